"""Reload of a configuration that has changed; status and metrics of its tokens."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TYPE_CHECKING

import pytest

import argus_auth
from argus_auth import Resolver

from .conftest import CANARY

if TYPE_CHECKING:
    from pathlib import Path

    from .endpoint import TokenEndpoint


@pytest.fixture
def file(tmp_path: Path, config: str) -> Path:
    """The path of a file with the text of the fixture `config`."""
    path = tmp_path / "config.yaml"
    path.write_text(config)
    return path


def token(resolver: Resolver, backend: str = "closed") -> str:
    """Returns the Authorization header of a backend."""
    return resolver.headers_sync(backend)["Authorization"]


def test_reload_with_a_new_backend_keeps_the_tokens_of_the_others(file: Path, endpoint: TokenEndpoint) -> None:
    resolver = Resolver.from_file(file)
    assert token(resolver) == "Bearer tok-1"
    file.write_text(file.read_text() + "  later:\n    type: sse\n    url: http://host/sse\n    headers: {X-A: b}\n")
    resolver.reload()
    assert resolver.backends == ("static", "oauth2", "closed", "none", "later")
    assert resolver.headers_sync("later") == resolver.headers_sync("later") == {"X-A": "b"}
    assert token(resolver) == "Bearer tok-1"
    assert len(endpoint.requests()) == 1


def test_reload_with_changed_headers_or_no_backends_applies_the_change(file: Path) -> None:
    resolver = Resolver.from_file(file)
    assert resolver.headers_sync("static")["X-Tenant"] == "a"
    file.write_text(file.read_text().replace("X-Tenant: a", "X-Tenant: b"))
    resolver.reload()
    assert resolver.headers_sync("static")["X-Tenant"] == "b"
    file.write_text("backends: {}")
    resolver.reload()
    with pytest.raises(argus_auth.AuthError, match="static"):
        resolver.headers_sync("static")


def test_reload_with_a_new_secret_ends_the_cool_down(
    file: Path, endpoint: TokenEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(file.read_text().replace(f"client_secret: {CANARY}", "client_secret: '${ARGUS_AUTH_ROTATED}'"))
    monkeypatch.setenv("ARGUS_AUTH_ROTATED", "old")
    resolver = Resolver.from_file(file)
    endpoint.script({"status": 400, "body": {"error": "invalid_client"}})
    for _ in range(3):
        with pytest.raises(argus_auth.TokenError):
            token(resolver)
    assert len(endpoint.requests()) == 1
    status = resolver.status("closed")
    assert status is not None
    assert status.cool_down is not None

    monkeypatch.setenv("ARGUS_AUTH_ROTATED", "new")
    resolver.reload()
    assert token(resolver) == "Bearer tok-1"
    assert dict(endpoint.requests()[-1]["form"])["client_secret"] == "new"


def test_reload_of_an_invalid_or_missing_file_raises_and_changes_nothing(file: Path, endpoint: TokenEndpoint) -> None:
    resolver = Resolver.from_file(file)
    assert token(resolver) == "Bearer tok-1"
    file.write_text("backends:\n  a: {type: sse}\n  b: {type: ssee, url: 'http://h'}\n")
    with pytest.raises(argus_auth.ConfigError) as caught:
        resolver.reload()
    assert [problem.path for problem in caught.value.problems] == ["backends.a.url", "backends.b.type"]
    assert caught.value.file == str(file)
    assert token(resolver) == "Bearer tok-1"
    file.unlink()
    with pytest.raises(argus_auth.ConfigError):
        resolver.reload()
    assert token(resolver) == "Bearer tok-1"
    assert len(endpoint.requests()) == 1


def test_reload_during_a_fetch_lets_the_waiting_caller_get_its_headers(file: Path, endpoint: TokenEndpoint) -> None:
    resolver = Resolver.from_file(file)
    file.write_text("backends: {}")

    async def main() -> None:
        endpoint.hold()
        waiting = asyncio.create_task(resolver.headers("closed"))
        await asyncio.sleep(0)
        await asyncio.to_thread(endpoint.wait_for_requests, 1)
        resolver.reload()
        endpoint.release()
        assert (await waiting)["Authorization"] == "Bearer tok-1"

    asyncio.run(main())


def test_reload_of_a_resolver_from_text_does_nothing(config: str) -> None:
    resolver = Resolver.from_str(config)
    resolver.reload()
    assert len(resolver.backends) == 4


def test_status_before_a_fetch_after_a_failure_and_after_a_success(file: Path, endpoint: TokenEndpoint) -> None:
    resolver = Resolver.from_file(file)
    assert resolver.status("static") is None
    assert resolver.status("none") is None
    with pytest.raises(argus_auth.AuthError, match="no-such-backend"):
        resolver.status("no-such-backend")
    assert resolver.status("oauth2") == argus_auth.TokenStatus(
        state="empty",
        expires_in=None,
        since_success=None,
        last_error=None,
        cool_down=None,
        fetching=False,
        successes=0,
        failures=0,
        hits=0,
    )

    endpoint.script({"status": 400, "body": {"error": "invalid_client"}})
    with pytest.raises(argus_auth.TokenError):
        token(resolver)
    failed = resolver.status("closed")
    assert failed is not None
    assert (failed.state, failed.failures) == ("empty", 1)
    assert isinstance(failed.last_error, argus_auth.TokenError)
    assert (failed.last_error.code, failed.last_error.oauth_error) == ("token_rejected", "invalid_client")
    assert isinstance(failed.cool_down, float)
    assert 0 < failed.cool_down <= 5

    resolver.invalidate("closed")
    assert token(resolver) == token(resolver)
    fresh = resolver.status("closed")
    assert fresh is not None
    assert (fresh.state, fresh.successes, fresh.failures) == ("fresh", 1, 1)
    assert fresh.hits in {1, 2}, "the first call may find the token of the fetch that it has started"
    assert isinstance(fresh.expires_in, float)
    assert isinstance(fresh.since_success, float)
    assert 3500 < fresh.expires_in <= 3600
    assert 0 <= fresh.since_success < 60
    assert fresh.cool_down is None
    with pytest.raises(dataclasses.FrozenInstanceError):
        fresh.hits = 0  # type: ignore[misc]


def test_metrics_cover_only_backends_with_tokens(file: Path) -> None:
    resolver = Resolver.from_file(file)
    token(resolver)
    lines = resolver.metrics().splitlines()
    assert 'argus_auth_token_valid{backend="closed"} 1' in lines
    assert 'argus_auth_token_fetches_total{backend="oauth2"} 1' in lines
    assert "# TYPE argus_auth_token_fetches_total counter" in lines
    assert not any("static" in line for line in lines)
