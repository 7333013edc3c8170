"""Exceptions: their classes and fields, and the absence of secrets in their texts."""

from __future__ import annotations

import asyncio
import pickle
import traceback
from typing import TYPE_CHECKING

import pytest

import argus_auth
from argus_auth import AuthError, ConfigError, DeadlineError, Resolver, TokenError

from .conftest import CANARY

if TYPE_CHECKING:
    from .endpoint import TokenEndpoint


def test_exceptions_derive_from_auth_error_and_are_no_timeout_error() -> None:
    for error in (AuthError, ConfigError, DeadlineError, TokenError):
        assert issubclass(error, AuthError)
        assert not issubclass(error, TimeoutError | asyncio.TimeoutError)
        assert error.__module__ == "argus_auth"
        assert getattr(argus_auth, error.__name__) is error
    assert issubclass(ConfigError, ValueError)


def test_config_error_lists_problems_with_places_and_without_secrets() -> None:
    with pytest.raises(ConfigError) as caught:
        Resolver.from_str(f"backends:\n  a:\n    type: sse\n    auth: {{type: oauth2, client_secret: {CANARY}}}\n")
    error = caught.value
    assert error.code == "config"
    assert error.file is None
    assert {"backends.a.url", "backends.a.auth.token_url"} <= {problem.path for problem in error.problems}
    for problem in error.problems:
        assert problem.line in (2, 3, 4)
        assert problem.column > 0
        assert problem.severity == "error"
        assert problem.message in str(error)
    assert CANARY not in str(error) + repr(error) + repr(error.problems)
    assert pickle.loads(pickle.dumps(error)).problems == error.problems


def test_config_error_of_a_missing_file_names_the_file(tmp_path) -> None:
    path = tmp_path / "config.yaml"
    with pytest.raises(ConfigError) as caught:
        Resolver.from_file(path)
    assert caught.value.file == str(path)
    assert caught.value.problems[0].line == 0


def test_unset_variable_is_an_error_or_with_keep_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ARGUS_AUTH_UNSET", raising=False)
    text = "backends: {a: {type: sse, url: 'http://h/', headers: {X-A: '${ARGUS_AUTH_UNSET}'}}}"
    with pytest.raises(ConfigError, match="ARGUS_AUTH_UNSET"):
        Resolver.from_str(text)
    kept = Resolver.from_str(text, unresolved="keep")
    assert kept.headers_sync("a") == {"X-A": "${ARGUS_AUTH_UNSET}"}
    assert [problem.severity for problem in kept.warnings] == ["warning"]
    monkeypatch.setenv("ARGUS_AUTH_UNSET", "now it is")
    assert Resolver.from_str(text).headers_sync("a") == {"X-A": "now it is"}
    with pytest.raises(ValueError, match="unresolved"):
        Resolver.from_str(text, unresolved="maybe")  # type: ignore[arg-type]


def test_unknown_backend_raises_auth_error_in_headers_and_invalidate(config: str) -> None:
    resolver = Resolver.from_str(config)
    for call in (
        lambda: asyncio.run(resolver.headers("no-such-backend")),
        lambda: resolver.headers_sync("no-such-backend"),
        lambda: resolver.invalidate("no-such-backend"),
    ):
        with pytest.raises(AuthError, match="no-such-backend") as caught:
            call()
        assert (caught.value.code, caught.value.retryable) == ("unknown_backend", False)


def test_token_error_is_one_instance_per_caller_with_fields_of_the_response(
    config: str, endpoint: TokenEndpoint
) -> None:
    endpoint.default({"status": 401, "body": {"error": "invalid_client", "error_description": "no such client"}})
    resolver = Resolver.from_str(config)

    async def herd() -> list[dict[str, str] | BaseException]:
        return await asyncio.gather(*(resolver.headers("closed") for _ in range(10)), return_exceptions=True)

    errors = asyncio.run(herd())
    assert len(endpoint.requests()) == 1
    assert len({id(error) for error in errors}) == 10
    for error in errors:
        assert isinstance(error, TokenError)
        assert error.code == "token_rejected"
        assert not error.retryable
        assert error.token_url == endpoint.url
        assert error.http_status == 401
        assert error.oauth_error == "invalid_client"
        assert error.oauth_error_description == "no such client"
        for word in ("401", "403", "unauthorized", CANARY):
            assert word not in "".join(traceback.format_exception(error)).lower()
        assert vars(pickle.loads(pickle.dumps(error))) == vars(error)


def test_rejected_credentials_raise_only_for_a_closed_backend(config: str, endpoint: TokenEndpoint) -> None:
    endpoint.default({"status": 400, "body": {"error": "invalid_scope"}})
    resolver = Resolver.from_str(config)
    assert resolver.headers_sync("oauth2") == {"X-Source": "argus", "authorization": "replaced"}
    with pytest.raises(TokenError):
        resolver.headers_sync("closed")
