"""The engine's records in `logging`, and what is never in them."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from typing import TYPE_CHECKING

import pytest

from argus_auth import OAuth2Provider, Resolver, TokenError, _native, load_config

from .conftest import CANARY, succeed

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .endpoint import TokenEndpoint

PROVIDER = "argus_mcp.bridge.auth.provider"


@pytest.fixture(autouse=True)
def _flushed() -> None:
    _native.flush_log()


def flush_until(there: Callable[[], object]) -> None:
    """A token can be had a moment before its record is there."""
    deadline = time.monotonic() + 5
    while not there():
        assert time.monotonic() < deadline
        _native.flush_log()


def test_a_fetch_is_told(config: str, endpoint: TokenEndpoint, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    Resolver.from_str(config).headers_sync("oauth2")
    flush_until(lambda: "acquired" in caplog.text)
    told = [(record.name, record.levelname) for record in caplog.records if record.name.startswith("argus_mcp")]
    assert told == [(PROVIDER, "DEBUG"), (PROVIDER, "INFO")]
    assert endpoint.url in caplog.text
    assert abs(caplog.records[0].created - time.time()) < 10
    assert {record.thread for record in caplog.records} == {threading.get_ident()}


def test_the_warnings_of_a_configuration_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "config.yaml"

    def told() -> list[tuple[str, str, str]]:
        records = [(record.name, record.levelname, record.message) for record in caplog.records]
        caplog.clear()
        return records

    file.write_text(f"backends: {{a: {{type: sse, url: 'http://h', oops: {CANARY}}}}}")
    message = "configuration: line 1, column 44: backends.a.oops: unknown key, ignored"
    expected = [("argus_mcp.config.loader", "WARNING", message)]
    resolver = Resolver.from_file(file)
    assert told() == expected
    resolver.reload()
    assert told() == expected
    load_config(file)
    assert told() == expected


def test_levels_are_looked_at_again(config: str, caplog: pytest.LogCaptureFixture) -> None:
    resolver = Resolver.from_str(config)
    caplog.set_level(logging.INFO)
    resolver.headers_sync("oauth2")
    flush_until(lambda: "acquired" in caplog.text)
    assert [record.levelname for record in caplog.records] == ["INFO"]
    caplog.clear()
    caplog.set_level(logging.DEBUG, PROVIDER)
    resolver.invalidate("oauth2")
    resolver.headers_sync("oauth2")
    flush_until(lambda: "acquired" in caplog.text)
    assert [record.levelname for record in caplog.records] == ["DEBUG", "INFO"]
    caplog.clear()
    caplog.set_level(logging.CRITICAL, PROVIDER)
    resolver.invalidate("oauth2")
    resolver.headers_sync("oauth2")
    assert caplog.records == []


def test_an_open_failure_is_told_once(config: str, endpoint: TokenEndpoint, caplog: pytest.LogCaptureFixture) -> None:
    endpoint.default({"status": 400, "body": {"error": "invalid_scope"}})
    resolver = Resolver.from_str(config)
    for _ in range(10):
        resolver.headers_sync("oauth2")
    flush_until(lambda: "token fetch failed" in caplog.text)
    flush_until(lambda: "requests go out" in caplog.text)
    errors = [record.name for record in caplog.records if record.levelno == logging.ERROR]
    assert sorted(errors) == [PROVIDER, "argus_mcp.bridge.auth_discovery"]


def test_a_slow_handler_does_not_delay_a_fetch(endpoint: TokenEndpoint, client: str) -> None:
    entered, leave = threading.Event(), threading.Event()

    class Slow(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            entered.set()
            leave.wait(10)

    logger = logging.getLogger(PROVIDER)
    handler = Slow()
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        head = "type: sse, url: http://h"
        text = f"{{type: oauth2, token_url: {endpoint.url}, client_secret: s, client_id: {client}"
        resolver = Resolver.from_str(f"backends: {{a: {{{head}, auth: {text}a}}}}, b: {{{head}, auth: {text}b}}}}}}")
        slow = threading.Thread(target=resolver.headers_sync, args=["a"])
        slow.start()
        assert entered.wait(10)
        # Its records would come to the same handler; they are left to the one who is in it already, or wait.
        other = threading.Thread(target=resolver.headers_sync, args=["b"])
        other.start()
        endpoint.wait_for_requests(2)
        leave.set()
        slow.join(10)
        other.join(10)
        assert not slow.is_alive()
        assert not other.is_alive()
    finally:
        leave.set()
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)


def test_a_handler_may_call_back(config: str) -> None:
    resolver = Resolver.from_str(config)
    seen: list[str] = []

    class Curious(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(resolver.headers_sync("oauth2")["Authorization"])

    logger = logging.getLogger(PROVIDER)
    handler = Curious()
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        resolver.headers_sync("oauth2")
        flush_until(lambda: seen)
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)
    assert seen[0] == "Bearer tok-1"


def test_a_filter_that_fails_costs_nobody_his_headers(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    asked: list[logging.LogRecord] = []

    def broken(record: logging.LogRecord) -> bool:
        asked.append(record)
        raise RuntimeError(record.name)  # which costs the other records nothing either

    logger = logging.getLogger(PROVIDER)
    logger.addFilter(broken)
    logger.setLevel(logging.DEBUG)
    try:
        assert Resolver.from_str(config).headers_sync("oauth2")["Authorization"] == "Bearer tok-1"
        flush_until(lambda: len(asked) == 2)
    finally:
        logger.removeFilter(broken)
        logger.setLevel(logging.NOTSET)
    assert f"RuntimeError: {PROVIDER}" in capsys.readouterr().err


def test_records_that_nobody_takes_are_counted(endpoint: TokenEndpoint, client: str) -> None:
    output = succeed(
        """
        from python.child import *
        import logging
        from argus_auth import _native
        records = []
        class Keep(logging.Handler):
            def emit(self, record): records.append(record)
        logging.getLogger().addHandler(Keep())
        logging.getLogger().setLevel(logging.DEBUG)
        queue = _native.CompletionQueue()
        # request() hands no records on; each of these fetches makes three or more.
        for number in range(700):
            source = argus_auth.OAuth2Provider(TOKEN_URL, f"{CLIENT}-{number}", "s")._source
            source.request(queue, number)
        endpoint.wait_for_requests(700)
        _native.flush_log()
        print(records[1024].getMessage())
        """,
        endpoint.url,
        client,
    )
    assert output.endswith("log records were dropped, because no Python thread called into argus_auth in time.\n")


def test_no_secret_is_ever_logged(
    config: str, endpoint: TokenEndpoint, client: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(1)
    secret_token = f"token-{CANARY}"
    good = {"body": {"access_token": secret_token, "expires_in": 3600}}
    leaky = {"error": "invalid_request", "secret": CANARY}
    endpoint.script(good, {"status": 400, "body": leaky}, {"status": 302, "headers": [["Location", f"/{CANARY}"]]})
    endpoint.default({"body": CANARY})
    url = endpoint.url.replace("http://", f"http://user:{CANARY}@") + f"?key={CANARY}"
    resolver = Resolver.from_str(config)
    assert CANARY in resolver.headers_sync("oauth2")["Authorization"]
    for number in range(3):
        provider = OAuth2Provider(url, f"{client}-{number}", CANARY)
        with pytest.raises(TokenError) as caught:
            asyncio.run(provider.get_headers())
        assert CANARY not in repr(caught.value) + str(caught.value) + repr(vars(caught.value))
        assert CANARY not in repr(provider) + provider.redacted_repr()
    assert CANARY not in repr(resolver) + repr(resolver._native)
    assert len(caplog.records) > 5
    assert CANARY not in caplog.text
