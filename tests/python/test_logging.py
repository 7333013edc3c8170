"""Log records: the engine's records reach `logging`, and no record contains a secret."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from typing import TYPE_CHECKING

import pytest

from argus_auth import OAuth2Provider, Resolver, TokenError, _native, load_config

from .conftest import CANARY, run_python

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .endpoint import TokenEndpoint

PROVIDER = "argus_mcp.bridge.auth.provider"


@pytest.fixture(autouse=True)
def _flushed() -> None:
    """Passes on the records of earlier tests, so that each test begins with an empty queue."""
    _native.flush_log()


def flush_until(done: Callable[[], object]) -> None:
    """Passes records on until `done()`; fails after 5 s. A caller may get its token before the record is queued."""
    deadline = time.monotonic() + 5
    while not done():
        assert time.monotonic() < deadline
        _native.flush_log()


def test_fetch_logs_request_and_success_on_the_callers_thread(
    config: str, endpoint: TokenEndpoint, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    Resolver.from_str(config).headers_sync("oauth2")
    flush_until(lambda: "acquired" in caplog.text)
    logged = [(record.name, record.levelname) for record in caplog.records if record.name.startswith("argus_mcp")]
    assert logged == [(PROVIDER, "DEBUG"), (PROVIDER, "INFO")]
    assert endpoint.url in caplog.text
    assert abs(caplog.records[0].created - time.time()) < 10
    assert {record.thread for record in caplog.records} == {threading.get_ident()}


def test_every_load_of_a_configuration_logs_its_warnings(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "config.yaml"

    def logged() -> list[tuple[str, str, str]]:
        records = [(record.name, record.levelname, record.message) for record in caplog.records]
        caplog.clear()
        return records

    file.write_text(f"backends: {{a: {{type: sse, url: 'http://h', oops: {CANARY}}}}}")
    message = "configuration: line 1, column 44: backends.a.oops: unknown key, ignored"
    expected = [("argus_mcp.config.loader", "WARNING", message)]
    resolver = Resolver.from_file(file)
    assert logged() == expected
    resolver.reload()
    assert logged() == expected
    load_config(file)
    assert logged() == expected


def test_level_change_applies_to_the_next_record(config: str, caplog: pytest.LogCaptureFixture) -> None:
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


def test_failure_of_an_open_backend_is_logged_once_for_many_callers(
    config: str, endpoint: TokenEndpoint, caplog: pytest.LogCaptureFixture
) -> None:
    endpoint.default({"status": 400, "body": {"error": "invalid_scope"}})
    resolver = Resolver.from_str(config)
    for _ in range(10):
        resolver.headers_sync("oauth2")
    flush_until(lambda: "token fetch failed" in caplog.text)
    flush_until(lambda: "requests go out" in caplog.text)
    errors = [record.name for record in caplog.records if record.levelno == logging.ERROR]
    assert sorted(errors) == [PROVIDER, "argus_mcp.bridge.auth_discovery"]


def test_slow_handler_does_not_delay_a_fetch(endpoint: TokenEndpoint, client: str) -> None:
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
        # The fetch of the second thread must start although the handler blocks the first thread. The records of that
        # fetch reach the handler later.
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


def test_handler_that_calls_the_resolver_gets_headers(config: str) -> None:
    resolver = Resolver.from_str(config)
    seen: list[str] = []

    class Calling(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(resolver.headers_sync("oauth2")["Authorization"])

    logger = logging.getLogger(PROVIDER)
    handler = Calling()
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    try:
        resolver.headers_sync("oauth2")
        flush_until(lambda: seen)
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)
    assert seen[0] == "Bearer tok-1"


def test_failing_filter_is_reported_and_callers_still_get_headers(
    config: str, capsys: pytest.CaptureFixture[str]
) -> None:
    filtered: list[logging.LogRecord] = []

    def broken(record: logging.LogRecord) -> bool:
        filtered.append(record)
        raise RuntimeError(record.name)  # the other records still reach the filter

    logger = logging.getLogger(PROVIDER)
    logger.addFilter(broken)
    logger.setLevel(logging.DEBUG)
    try:
        assert Resolver.from_str(config).headers_sync("oauth2")["Authorization"] == "Bearer tok-1"
        flush_until(lambda: len(filtered) == 2)
    finally:
        logger.removeFilter(broken)
        logger.setLevel(logging.NOTSET)
    assert f"RuntimeError: {PROVIDER}" in capsys.readouterr().err


def test_records_beyond_the_capacity_are_dropped_and_counted(endpoint: TokenEndpoint, client: str) -> None:
    output = run_python(
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
        # request() passes no records on, and each of these fetches produces two records.
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


def test_log_records_errors_and_reprs_contain_no_secret(
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
