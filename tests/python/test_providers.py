"""The provider classes: the gateway's signatures, and the private names that its subclasses and tests use."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import time
import weakref
from typing import TYPE_CHECKING
from unittest.mock import AsyncMock

import pytest

from argus_auth import (
    AuthProvider,
    ConfigError,
    OAuth2Provider,
    StaticTokenProvider,
    TokenCache,
    TokenError,
    create_auth_provider,
)
from argus_auth._providers import _redact

from .conftest import CANARY

if TYPE_CHECKING:
    from .endpoint import TokenEndpoint


@pytest.fixture
def provider(endpoint: TokenEndpoint, client: str) -> OAuth2Provider:
    """A provider whose tokens come from `endpoint`. No other test shares its token."""
    return OAuth2Provider(endpoint.url, client, CANARY)


def get(provider: AuthProvider) -> dict[str, str]:
    """Returns the provider's headers, on a new event loop."""
    return asyncio.run(provider.get_headers())


class TestTokenCache:
    def test_cache_is_valid_only_if_the_lifetime_exceeds_the_buffer(self) -> None:
        cache = TokenCache()
        assert (cache.valid, cache.get(), cache._expiry_buffer) == (False, None, 30.0)
        cache.set("tok", 30)
        assert (cache.valid, cache.get()) == (False, None)
        cache.set("tok", expires_in=3600)
        assert (cache.valid, cache.get()) == (True, "tok")
        cache.invalidate()
        cache.invalidate()
        assert (cache.valid, cache.get()) == (False, None)

    def test_cache_after_its_lifetime_is_not_valid(self) -> None:
        cache = TokenCache(expiry_buffer=0.0)
        cache.set("tok", 0.02)
        deadline = time.monotonic() + 5
        while cache.valid:
            assert time.monotonic() < deadline

    @pytest.mark.parametrize("expires_in", [0, -0.0, -1, True, float("nan"), float("-inf")])
    def test_set_with_a_lifetime_shorter_than_the_buffer_or_nan_stores_no_valid_token(self, expires_in: float) -> None:
        cache = TokenCache()
        cache.set("tok", expires_in)
        assert cache.get() is None

    @pytest.mark.parametrize("expires_in", [1e18, 1e19, 1e300, float("inf")])
    def test_set_with_a_huge_lifetime_stores_a_valid_token(self, expires_in: float) -> None:
        cache = TokenCache()
        cache.set("tok", expires_in)
        assert cache.get() == "tok"

    @pytest.mark.parametrize(
        ("arguments", "error"),
        [
            (("tok", "60"), TypeError),
            (("tok", None), TypeError),
            ((5, 60), TypeError),
            (("tok", 10**400), OverflowError),
        ],
    )
    def test_set_with_bad_arguments_raises_and_keeps_the_token(self, arguments: tuple, error: type[Exception]) -> None:
        cache = TokenCache(0)
        cache.set("kept", 60)
        with pytest.raises(error):
            cache.set(*arguments)
        assert cache.get() == "kept"

    def test_cache_can_be_subclassed_and_weakly_referenced(self) -> None:
        class Cache(TokenCache):
            pass

        cache = Cache(1.5)
        assert weakref.ref(cache)() is cache
        assert cache._expiry_buffer == 1.5


class TestStaticTokenProvider:
    def test_get_headers_after_changes_of_given_and_returned_dicts_is_unchanged(self) -> None:
        headers = {"Authorization": "Bearer x"}
        provider = StaticTokenProvider(headers)
        headers["Authorization"] = "changed"
        get(provider)["Authorization"] = "changed"
        provider.invalidate()
        assert get(provider) == {"Authorization": "Bearer x"}
        assert get(StaticTokenProvider([("A", "b")])) == {"A": "b"}

    def test_redacted_repr_masks_values_of_sensitive_names(self) -> None:
        shown = StaticTokenProvider(
            {"Authorization": f"Bearer {CANARY}", "X-Api-Key": "short", "Cookie": CANARY, "X-Custom": "visible"}
        ).redacted_repr()
        assert shown.startswith("StaticTokenProvider(headers={'Authorization': '****")
        assert CANARY not in shown
        assert "short" not in shown
        assert "'X-Custom': 'visible'" in shown

    @pytest.mark.parametrize("headers", [{1: "x"}, {"Authorization": 5}, {"X": object()}, {"token": None}])
    def test_redacted_repr_of_odd_headers_does_not_raise(self, headers: dict) -> None:
        assert StaticTokenProvider(headers).redacted_repr().startswith("StaticTokenProvider(")


class TestOAuth2Provider:
    def test_equal_providers_share_a_token_and_other_scopes_get_another(
        self, endpoint: TokenEndpoint, client: str
    ) -> None:
        for _ in range(3):
            assert get(OAuth2Provider(endpoint.url, client, CANARY)) == {"Authorization": "Bearer tok-1"}
            gc.collect()
        assert get(OAuth2Provider(endpoint.url, client, CANARY, scopes=["a", "b"])) == {"Authorization": "Bearer tok-2"}
        assert [request["form"] for request in endpoint.requests()][1][-1] == ["scope", "a b"]

    def test_many_callers_without_a_token_cause_one_request(
        self, provider: OAuth2Provider, endpoint: TokenEndpoint
    ) -> None:
        async def herd() -> list[dict[str, str]]:
            return await asyncio.gather(*(provider.get_headers() for _ in range(1000)))

        headers = asyncio.run(herd())
        assert headers == [{"Authorization": "Bearer tok-1"}] * 1000
        assert len({id(each) for each in headers}) == 1000
        assert len(endpoint.requests()) == 1

    def test_invalidate_drops_the_cached_and_the_shared_token(self, provider: OAuth2Provider) -> None:
        assert get(provider) == {"Authorization": "Bearer tok-1"}
        assert (provider._cache.valid, provider._cache.get()) == (True, "tok-1")
        provider._cache.set("by-hand", 3600)
        provider.invalidate()
        assert (provider._cache.valid, provider._cache.get()) == (False, None)
        assert get(provider) == {"Authorization": "Bearer tok-2"}
        provider._cache.invalidate()
        assert get(provider) == {"Authorization": "Bearer tok-3"}

    def test_rejected_credentials_raise_token_error(self, provider: OAuth2Provider, endpoint: TokenEndpoint) -> None:
        endpoint.default({"status": 400, "body": {"error": "invalid_client"}})
        with pytest.raises(TokenError, match="invalid_client"):
            get(provider)

    @pytest.mark.parametrize("url", ["", "no url", "ftp://h/", "http://[bad", "http://h:99999/"])
    def test_token_url_that_cannot_be_requested_raises_token_error(self, url: str, client: str) -> None:
        provider = OAuth2Provider(url, client, CANARY)
        with pytest.raises(TokenError) as caught:
            get(provider)
        assert caught.value.code == "token_request"
        assert provider.redacted_repr().startswith("OAuth2Provider(")

    def test_token_set_by_hand_is_used_by_its_provider_alone(
        self, provider: OAuth2Provider, endpoint: TokenEndpoint, client: str
    ) -> None:
        provider._cache.set("by-hand", expires_in=3600)
        assert get(provider) == {"Authorization": "Bearer by-hand"}
        assert endpoint.requests() == []
        assert get(OAuth2Provider(endpoint.url, client, CANARY)) == {"Authorization": "Bearer tok-1"}
        assert get(provider) == {"Authorization": "Bearer by-hand"}
        provider._cache.invalidate()
        assert not provider._cache.valid
        assert get(provider) == {"Authorization": "Bearer tok-2"}
        provider._cache = TokenCache(0)
        provider._cache.set("another", 60)
        assert get(provider) == {"Authorization": "Bearer another"}

    def test_fetch_token_replaced_on_one_provider_is_used_by_it_alone(
        self, provider: OAuth2Provider, endpoint: TokenEndpoint, client: str
    ) -> None:
        other = OAuth2Provider(endpoint.url, client, CANARY)
        # Fetches the shared token. The replacement is called although the shared token exists.
        assert get(other) == {"Authorization": "Bearer tok-1"}
        provider._fetch_token = AsyncMock(return_value="mine")  # type: ignore[method-assign]
        assert get(provider) == {"Authorization": "Bearer mine"}
        provider._fetch_token.assert_awaited_once()
        provider._cache.set("cached", 3600)
        assert get(provider) == {"Authorization": "Bearer cached"}
        provider._fetch_token.assert_awaited_once()
        assert get(other) == {"Authorization": "Bearer tok-1"}

    def test_fetch_token_replaced_runs_once_for_all_waiting_callers(self, provider: OAuth2Provider) -> None:
        calls = []

        async def fetch() -> str:
            calls.append(1)
            await asyncio.sleep(0)
            provider._cache.set("mine", 3600)
            return "mine"

        provider._fetch_token = fetch  # type: ignore[method-assign]

        async def herd() -> None:
            await asyncio.gather(*(provider.get_headers() for _ in range(50)))

        asyncio.run(herd())
        assert len(calls) == 1

    def test_fetch_token_replaced_in_a_subclass_may_call_super(self, endpoint: TokenEndpoint, client: str) -> None:
        calls = []

        class Counting(OAuth2Provider):
            async def _fetch_token(self) -> str:
                calls.append(1)
                return await super()._fetch_token()

        provider = Counting(endpoint.url, client, CANARY)
        assert [get(provider) for _ in range(3)] == [{"Authorization": "Bearer tok-1"}] * 3
        assert len(calls) == 1
        provider._cache.invalidate()
        assert get(provider) == {"Authorization": "Bearer tok-2"}
        assert len(calls) == 2

    def test_fetch_token_replaced_after_a_fetch_is_called_after_the_token_is_dropped(
        self, provider: OAuth2Provider
    ) -> None:
        assert get(provider) == {"Authorization": "Bearer tok-1"}
        provider._fetch_token = AsyncMock(return_value="mine")  # type: ignore[method-assign]
        assert get(provider) == {"Authorization": "Bearer tok-1"}  # The provider still has a token.
        provider._cache.invalidate()
        assert get(provider) == {"Authorization": "Bearer mine"}

    def test_fetch_token_replaced_does_not_keep_closed_loops_alive(self, provider: OAuth2Provider) -> None:
        loops = []

        async def fetch() -> str:
            await asyncio.sleep(0)
            return "mine"

        async def herd() -> None:
            loops.append(weakref.ref(asyncio.get_running_loop()))
            await asyncio.gather(provider.get_headers(), provider.get_headers())

        provider._fetch_token = fetch  # type: ignore[method-assign]
        for _ in range(10):
            asyncio.run(herd())
        gc.collect()
        assert sum(loop() is not None for loop in loops) <= 1

    def test_fetch_token_replaced_on_the_class_is_used(
        self, provider: OAuth2Provider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(OAuth2Provider, "_fetch_token", AsyncMock(return_value="patched"))
        assert get(provider) == {"Authorization": "Bearer patched"}

    def test_fetch_token_replaced_by_the_method_of_another_provider_is_used(
        self, provider: OAuth2Provider, endpoint: TokenEndpoint
    ) -> None:
        provider._fetch_token = OAuth2Provider(endpoint.url, "other", CANARY)._fetch_token  # type: ignore[method-assign]
        assert get(provider) == {"Authorization": "Bearer tok-1"}
        assert ["client_id", "other"] in endpoint.requests()[0]["form"]

    def test_cache_replaced_by_a_foreign_object_is_consulted(self, provider: OAuth2Provider) -> None:
        class Cache:
            """A cache that refers to its provider. The reference cycle must not keep cache and provider alive."""

            def __init__(self, provider: OAuth2Provider) -> None:
                self.provider = provider
                self.token: str | None = "elsewhere"

            def get(self) -> str | None:
                return self.token

            def invalidate(self) -> None:
                self.token = None

        class Early(OAuth2Provider):
            def __init__(self, *arguments: str) -> None:
                self._cache = Cache(self)
                super().__init__(*arguments)

        for each in (provider, Early(provider._token_url, provider._client_id, CANARY)):
            each._cache = Cache(each)
            assert get(each) == {"Authorization": "Bearer elsewhere"}
            each.invalidate()
            assert get(each)["Authorization"].startswith("Bearer tok-")
        early = Early(provider._token_url, provider._client_id, CANARY)
        assert get(early) == {"Authorization": "Bearer elsewhere"}
        gone = weakref.ref(early)
        del early
        gc.collect()
        assert gone() is None

    def test_fetch_token_replaced_works_on_many_loops_at_once(self, provider: OAuth2Provider) -> None:
        provider._fetch_token = AsyncMock(return_value="mine")  # type: ignore[method-assign]
        failures: list[BaseException] = []

        def work() -> None:
            try:
                for _ in range(50):
                    get(provider)
            except RuntimeError as error:
                failures.append(error)

        interval = sys.getswitchinterval()
        sys.setswitchinterval(1e-5)
        try:
            threads = [threading.Thread(target=work) for _ in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        finally:
            sys.setswitchinterval(interval)
        assert failures == []

    def test_fetch_token_returns_the_shared_token(self, provider: OAuth2Provider) -> None:
        assert asyncio.run(provider._fetch_token()) == "tok-1"
        assert asyncio.run(provider._fetch_token()) == "tok-1"

    def test_redacted_repr_shows_at_most_a_quarter_of_the_secret(self) -> None:
        provider = OAuth2Provider("https://u:pw@h/token?api=pw", "my-client", "a-long-enough-secret")
        assert provider.redacted_repr() == (
            "OAuth2Provider(token_url='https://h/token', client_id='my-client', client_secret=****************cret)"
        )
        assert "secret" not in repr(provider)
        short = OAuth2Provider("https://h/token", "my-client", "pass1")
        assert "ass1" not in short.redacted_repr()

    def test_mock_with_oauth2_provider_as_spec_is_an_auth_provider(self) -> None:
        assert isinstance(AsyncMock(spec=OAuth2Provider), AuthProvider)

    @pytest.mark.parametrize("buffer", [-1, float("nan"), float("inf"), 1e300, 0])
    def test_expiry_buffer_of_any_value_is_accepted(self, endpoint: TokenEndpoint, client: str, buffer: float) -> None:
        assert (
            get(OAuth2Provider(endpoint.url, client, CANARY, expiry_buffer=buffer))["Authorization"] == "Bearer tok-1"
        )


class TestFactory:
    def test_static_block_creates_a_static_provider(self) -> None:
        provider = create_auth_provider({"type": "static", "headers": {"X": "Y"}, "unknown": 1}, backend_name="b")
        assert isinstance(provider, StaticTokenProvider)
        assert get(provider) == {"X": "Y"}

    def test_oauth2_block_creates_a_provider_with_buffer_and_scopes(self) -> None:
        cfg = {"type": "oauth2", "token_url": "https://h/t", "client_id": "i", "client_secret": "s"}
        provider = create_auth_provider(cfg)
        assert isinstance(provider, OAuth2Provider)
        assert provider._cache._expiry_buffer == 300.0
        provider = create_auth_provider({**cfg, "token_expiry_buffer_seconds": "60", "scopes": ["a"]})
        assert isinstance(provider, OAuth2Provider)
        assert provider._cache._expiry_buffer == 60.0
        assert provider._scopes == ["a"]

    @pytest.mark.parametrize(
        ("cfg", "text"),
        [
            ({}, "Unknown auth type: ''"),
            ({"type": "magic"}, "Unknown auth type: 'magic'"),
            ({"type": "static"}, "Static auth requires non-empty 'headers' dict."),
            ({"type": "static", "headers": {}}, "Static auth requires non-empty 'headers' dict."),
            ({"type": "static", "headers": [("a", "b")]}, "Static auth requires non-empty 'headers' dict."),
            ({"type": "oauth2", "client_id": "i"}, "OAuth2 auth requires 'token_url'."),
            ({"type": "oauth2", "token_url": "u", "client_id": ""}, "OAuth2 auth requires 'client_id'."),
            ({"type": "oauth2", "token_url": "u", "client_id": "i"}, "OAuth2 auth requires 'client_secret'."),
        ],
    )
    def test_invalid_block_raises_config_error_with_the_gateways_text(self, cfg: dict, text: str) -> None:
        with pytest.raises(ValueError) as caught:  # noqa: PT011 - the whole text is compared
            create_auth_provider(cfg)
        assert str(caught.value) == text
        assert isinstance(caught.value, ConfigError)

    def test_buffer_that_is_not_a_number_raises(self) -> None:
        cfg = {"type": "oauth2", "token_url": "u", "client_id": "i", "client_secret": "s"}
        with pytest.raises(TypeError):
            create_auth_provider({**cfg, "token_expiry_buffer_seconds": None})
        with pytest.raises(ValueError, match="soon"):
            create_auth_provider({**cfg, "token_expiry_buffer_seconds": "soon"})


@pytest.mark.parametrize(
    ("value", "visible", "shown"),
    [("", 4, "****"), ("ab", 4, "****"), ("abcd", 4, "****"), ("abcde", 4, "*bcde"), ("abcde", 0, "*****")],
)
def test_redact_shows_only_the_last_characters(value: str, visible: int, shown: str) -> None:
    assert _redact(value, visible) == shown
