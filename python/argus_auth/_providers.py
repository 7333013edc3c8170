"""The gateway's provider classes, with its signatures and the private names that its users reach for."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from argus_auth import _bridge, _native
from argus_auth._errors import ConfigError
from argus_auth._redaction import mask, mask_headers, redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

TokenCache = _native.TokenCache
_redact = redact

# The gateway's default for `token_expiry_buffer_seconds`.
_FACTORY_EXPIRY_BUFFER = 300.0


class AuthProvider(ABC):
    """Something that authenticates requests to one backend."""

    @abstractmethod
    async def get_headers(self) -> dict[str, str]:
        """The headers to send, in a new dict."""

    def invalidate(self) -> None:  # noqa: B027 - the gateway's first versions have no such method to implement
        """Told that the backend refused the headers: the next call gets others, if there can be others."""

    @abstractmethod
    def redacted_repr(self) -> str:
        """What may be logged."""


class StaticTokenProvider(AuthProvider):
    """The same headers for every request. Takes whatever dict() takes, and copies it. Safe to use from any thread."""

    def __init__(self, headers: Mapping[str, str] | Iterable[tuple[str, str]]) -> None:
        self._headers: dict[str, str] = dict(headers)

    async def get_headers(self) -> dict[str, str]:
        """The headers, in a new dict. Never waits."""
        return self._headers.copy()

    def redacted_repr(self) -> str:
        """All names, and the values of those whose names do not sound confidential. Never raises."""
        return _attempt(
            lambda: f"StaticTokenProvider(headers={mask_headers(self._headers)})", "StaticTokenProvider(headers=****)"
        )


class OAuth2Provider(AuthProvider):
    """Bearer tokens from the OAuth 2.0 client credentials grant. Safe to use from any thread and any event loop.

    Providers that are equal in all arguments share one token and one fetch of it, also one after the other. A token
    that is put into `_cache` by hand, or that a replaced `_fetch_token` returns, belongs to its provider alone.

    `expiry_buffer` is how many seconds (float) before its expiry a token is renewed; at most a quarter of its life.
    """

    # Shows the shared token too, once there is one. Anything with its methods may be put in its place.
    _cache: Any
    _ready: Callable[[], dict[str, str] | None]

    def __init__(
        self,
        token_url: str,
        client_id: str,
        client_secret: str,
        *,
        scopes: Sequence[str] | None = None,
        expiry_buffer: float = 30.0,
    ) -> None:
        self._token_url = token_url
        self._client_id = client_id
        self._client_secret = client_secret
        self._scopes = scopes or []
        self._expiry_buffer = expiry_buffer
        # For a replaced `_fetch_token`; one per event loop, since an asyncio.Lock can't serve two.
        self._locks: dict[asyncio.AbstractEventLoop, asyncio.Lock] = {}
        self._use(None)

    def __setattr__(self, name: str, value: Any) -> None:
        """As usual. A `_cache` that is put in the place of the first one is asked from then on."""
        super().__setattr__(name, value)
        if name == "_cache" and hasattr(self, "_source"):
            self._use(value if type(value) is TokenCache else None)

    def _use(self, cache: TokenCache | None) -> None:
        self._source = _native.OAuth2Source(
            self._token_url, self._client_id, self._client_secret, self._scopes, self._expiry_buffer, cache
        )
        if not hasattr(self, "_cache"):
            super().__setattr__("_cache", self._source.cache)
        self._ask(self._source.held)

    def _ask(self, ready: Callable[[], dict[str, str] | None]) -> None:
        """Who is asked for headers first: `ready`, if it knows what is in `_cache`.

        As with the gateway, a replaced `_fetch_token` is called unless the provider has a token already; so a new one
        looks at the shared token only once it knows that nothing is replaced.
        """
        self._ready = ready if type(self._cache) is TokenCache else self._held_elsewhere

    def _held_elsewhere(self) -> dict[str, str] | None:
        token = self._cache.get()
        return None if token is None else {"Authorization": f"Bearer {token}"}

    async def get_headers(self) -> dict[str, str]:
        """`{"Authorization": "Bearer <token>"}` in a new dict.

        Waits only if there is no valid token, for 30 s at most. Raises TokenError.
        """
        headers = self._ready()
        if headers is None:
            return await self._wait()
        return headers

    def invalidate(self) -> None:
        """Drops the token, one put into `_cache` as well as the shared one; the next call fetches another."""
        if type(self._cache) is not TokenCache:
            self._cache.invalidate()
        self._source.invalidate()
        self._ask(self._source.held)

    def redacted_repr(self) -> str:
        """Token URL and client id; of the secret its end at most. Never raises."""
        return _attempt(
            lambda: (
                f"OAuth2Provider(token_url={_native.shown_url(self._token_url)!r}, client_id={self._client_id!r}, "
                f"client_secret={mask(self._client_secret)})"
            ),
            "OAuth2Provider(****)",
        )

    async def _fetch_token(self) -> str:
        """The shared token, fetched if need be. May be replaced, on the class or on one provider."""
        headers = self._source.ready() or await _bridge.wait(self._source.request)
        self._ask(self._source.ready)
        return headers["Authorization"].removeprefix("Bearer ")

    async def _wait(self) -> dict[str, str]:
        # Asked of the method: to look into `__dict__` makes every later look at an attribute slower.
        method = self._fetch_token
        if (getattr(method, "__func__", None), getattr(method, "__self__", None)) != (_FETCH_TOKEN, self):
            self._ask(self._source.held)
            return await self._headers_by_replacement()
        self._ask(self._source.ready)
        headers = self._source.ready()
        if headers is None:
            return await _bridge.wait(self._source.request)
        return headers

    async def _headers_by_replacement(self) -> dict[str, str]:
        """As get_headers, with the token from `_cache` or else from the replacement: one call of it at a time."""
        async with self._lock():
            headers = self._ready()
            if headers is None:
                headers = {"Authorization": f"Bearer {await self._fetch_token()}"}
        return headers

    def _lock(self) -> asyncio.Lock:
        loop = asyncio.get_running_loop()
        if loop not in self._locks:
            # A lock that was waited for holds its loop.
            for closed in [known for known in list(self._locks) if known.is_closed()]:
                self._locks.pop(closed, None)
        return self._locks.setdefault(loop, asyncio.Lock())


_FETCH_TOKEN = OAuth2Provider._fetch_token  # noqa: SLF001


def _attempt(describe: Callable[[], str], otherwise: str) -> str:
    try:
        return describe()
    except Exception:  # the gateway goes on without authentication if this raises
        return otherwise


def create_auth_provider(auth_cfg: dict[str, Any], *, backend_name: str = "") -> AuthProvider:  # noqa: ARG001
    """The provider for an `auth` block of the gateway's configuration: of type `static` or `oauth2`.

    Raises ConfigError, which is a ValueError, for another type or if something is missing. `backend_name` is accepted
    because the gateway gives it.
    """
    kind = auth_cfg.get("type", "")
    if kind == "static":
        headers = auth_cfg.get("headers")
        if not headers or not isinstance(headers, dict):
            raise ConfigError("Static auth requires non-empty 'headers' dict.")
        return StaticTokenProvider(headers)
    if kind == "oauth2":
        for field in ("token_url", "client_id", "client_secret"):
            if not auth_cfg.get(field):
                raise ConfigError(f"OAuth2 auth requires '{field}'.")
        # What the gateway does not know it does not hand on. Anyone else must not believe that it is honoured.
        for field in _native.RESOLVER_ONLY_KEYS & auth_cfg.keys():
            raise ConfigError(f"OAuth2 auth takes '{field}' from a configuration file only: use Resolver.")
        return OAuth2Provider(
            auth_cfg["token_url"],
            auth_cfg["client_id"],
            auth_cfg["client_secret"],
            scopes=auth_cfg.get("scopes"),
            expiry_buffer=float(auth_cfg.get("token_expiry_buffer_seconds", _FACTORY_EXPIRY_BUFFER)),
        )
    raise ConfigError(f"Unknown auth type: {kind!r}")
