"""Provider classes with the signatures of the gateway's classes.

They also have the private names that subclasses and tests of the gateway's classes use.
"""

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

# The default of `token_expiry_buffer_seconds` in the gateway's factory, in seconds.
_FACTORY_EXPIRY_BUFFER = 300.0


class AuthProvider(ABC):
    """The base class of providers. A provider produces the headers that authenticate requests to one backend.

    Subclass it for an authentication scheme of your own.

    Example:
        >>> import argus_auth
        >>> class KeyProvider(argus_auth.AuthProvider):
        ...     async def get_headers(self):
        ...         return {"X-Key": "some-key"}
        ...
        ...     def redacted_repr(self):
        ...         return "KeyProvider(****)"
        >>> KeyProvider().redacted_repr()
        'KeyProvider(****)'

    """

    @abstractmethod
    async def get_headers(self) -> dict[str, str]:
        """Returns the headers to send, in a new dict from name to value (str to str)."""

    def invalidate(self) -> None:  # noqa: B027 - subclasses written for early gateway versions lack this method
        """Drops the refused headers. This default does nothing; override it if the provider can get new headers."""

    @abstractmethod
    def redacted_repr(self) -> str:
        """Returns a description without secrets, for logs (str)."""


class StaticTokenProvider(AuthProvider):
    """A provider of the same headers for every request.

    `headers` is a mapping, or an iterable of pairs, from header name to value (str to str). It is copied. Instances may
    be used from any thread and any event loop.

    Example:
        >>> import asyncio
        >>> import argus_auth
        >>> provider = argus_auth.StaticTokenProvider({"Authorization": "Bearer some-token"})
        >>> asyncio.run(provider.get_headers())
        {'Authorization': 'Bearer some-token'}

    """

    def __init__(self, headers: Mapping[str, str] | Iterable[tuple[str, str]]) -> None:
        self._headers: dict[str, str] = dict(headers)

    async def get_headers(self) -> dict[str, str]:
        """Returns the headers in a new dict (str to str). Never waits."""
        return self._headers.copy()

    def redacted_repr(self) -> str:
        """Returns all names, and masks the values of headers whose names suggest a secret (str). Never raises."""
        return _described(
            lambda: f"StaticTokenProvider(headers={mask_headers(self._headers)})", "StaticTokenProvider(headers=****)"
        )


class OAuth2Provider(AuthProvider):
    """A provider of bearer tokens from the OAuth 2.0 client credentials grant (RFC 6749 section 4.4).

    `token_url`, `client_id` and `client_secret` are str. `scopes` is a sequence of str; None and an empty sequence
    request no scope. `expiry_buffer` is the time before the expiry of a token in which the token is renewed and still
    served, in seconds (float). It is limited to a quarter of the token's lifetime.

    Making a provider does no I/O. Instances may be used from any thread, on any event loop, and in a child of fork.
    Providers that are equal in all arguments share one token and one fetch. A valid token is kept even if no such
    provider is left, for providers that are made later. A token that was set in `_cache` by hand, or that a replaced
    `_fetch_token` returns, belongs to its provider alone.

    Example:
        >>> import asyncio
        >>> import argus_auth
        >>> provider = argus_auth.OAuth2Provider(token_url, "client-id", "client-secret", scopes=["mcp:read"])
        >>> asyncio.run(provider.get_headers())  # on an event loop: await provider.get_headers()
        {'Authorization': 'Bearer ...'}

    """

    # The default cache also returns the shared token. Any object with the methods of a TokenCache may replace it.
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
        # Used with a replaced `_fetch_token`. There is a lock per event loop, because an asyncio.Lock belongs to one
        # loop.
        self._locks: dict[asyncio.AbstractEventLoop, asyncio.Lock] = {}
        self._make_source(None)

    def __setattr__(self, name: str, value: Any) -> None:
        """Sets an attribute. A new `_cache` replaces the cache that is asked for a token."""
        super().__setattr__(name, value)
        if name == "_cache" and hasattr(self, "_source"):
            self._make_source(value if type(value) is TokenCache else None)

    def _make_source(self, cache: TokenCache | None) -> None:
        """Makes the native source, which asks `cache` first. If `cache` is None, the source makes its own cache."""
        self._source = _native.OAuth2Source(
            self._token_url, self._client_id, self._client_secret, self._scopes, self._expiry_buffer, cache
        )
        if not hasattr(self, "_cache"):
            super().__setattr__("_cache", self._source.cache)
        self._set_fast_path(self._source.held)

    def _set_fast_path(self, ready: Callable[[], dict[str, str] | None]) -> None:
        """Sets the function that `get_headers` calls first.

        If the class of `_cache` is TokenCache, this function is `ready`. Otherwise it is a function that asks `_cache`.

        A replaced `_fetch_token` is called whenever the provider has no token of its own, as in the gateway. So a new
        provider starts with `held`, which ignores the shared token. It changes to the source's `ready`, which serves
        the shared token, as soon as it has found that `_fetch_token` is not replaced.
        """
        self._ready = ready if type(self._cache) is TokenCache else self._headers_from_foreign_cache

    def _headers_from_foreign_cache(self) -> dict[str, str] | None:
        token = self._cache.get()
        return None if token is None else {"Authorization": f"Bearer {token}"}

    async def get_headers(self) -> dict[str, str]:
        """Returns `{"Authorization": "Bearer <token>"}` in a new dict.

        Waits only if there is no valid token, for at most 30 s. Cancelling the task ends its wait, and the fetch
        continues for the next caller. Raises TokenError if the fetch failed, and AuthError with code "engine" if the
        engine could not start, or with code "shutdown" or "forked" if the wait ended that way.
        """
        headers = self._ready()
        if headers is None:
            return await self._wait()
        return headers

    def invalidate(self) -> None:
        """Drops the token in `_cache` and the shared token. The next call fetches another token. Never waits."""
        if type(self._cache) is not TokenCache:
            self._cache.invalidate()
        self._source.invalidate()
        self._set_fast_path(self._source.held)

    def redacted_repr(self) -> str:
        """Returns token URL, client id, and at most the last four characters of the secret (str). Never raises."""
        return _described(
            lambda: (
                f"OAuth2Provider(token_url={_native.shown_url(self._token_url)!r}, client_id={self._client_id!r}, "
                f"client_secret={mask(self._client_secret)})"
            ),
            "OAuth2Provider(****)",
        )

    async def _fetch_token(self) -> str:
        """Returns a token that was set in the cache by hand, or else the shared token, which is fetched if necessary.

        May be replaced, on the class or on one provider.
        """
        headers = self._source.ready() or await _bridge.wait(self._source.request)
        self._set_fast_path(self._source.ready)
        return headers["Authorization"].removeprefix("Bearer ")

    async def _wait(self) -> dict[str, str]:
        # Checks whether `_fetch_token` was replaced. Compares the bound method, because an access to `__dict__` makes
        # every later attribute access slower.
        method = self._fetch_token
        if (getattr(method, "__func__", None), getattr(method, "__self__", None)) != (_FETCH_TOKEN, self):
            self._set_fast_path(self._source.held)
            return await self._headers_by_replacement()
        self._set_fast_path(self._source.ready)
        headers = self._source.ready()
        if headers is None:
            return await _bridge.wait(self._source.request)
        return headers

    async def _headers_by_replacement(self) -> dict[str, str]:
        """Returns headers with the token from `_cache`, or else from the replaced `_fetch_token`.

        On each event loop, only one call of the replaced `_fetch_token` runs at a time.
        """
        async with self._lock():
            headers = self._ready()
            if headers is None:
                headers = {"Authorization": f"Bearer {await self._fetch_token()}"}
        return headers

    def _lock(self) -> asyncio.Lock:
        loop = asyncio.get_running_loop()
        if loop not in self._locks:
            # Removes the locks of closed loops, because this dict keeps their loops alive. A WeakKeyDictionary would
            # keep them alive too: a lock for which a task has waited refers to its loop.
            for closed in [known for known in list(self._locks) if known.is_closed()]:
                self._locks.pop(closed, None)
        return self._locks.setdefault(loop, asyncio.Lock())


_FETCH_TOKEN = OAuth2Provider._fetch_token  # noqa: SLF001


def _described(describe: Callable[[], str], otherwise: str) -> str:
    try:
        return describe()
    except Exception:  # if this raised, the gateway would continue without authentication
        return otherwise


def create_auth_provider(auth_cfg: dict[str, Any], *, backend_name: str = "") -> AuthProvider:  # noqa: ARG001
    """Returns a provider for an `auth` block of the gateway's configuration, of type `static` or `oauth2`.

    `auth_cfg` is the block as the gateway's loader returns it (dict). `backend_name` is ignored; the gateway passes it.

    Raises ConfigError, which is a ValueError, for another type, for a missing key, and for a key that works only in a
    configuration file (see Resolver). Raises TypeError or ValueError for a value that can't be used, such as a
    `token_expiry_buffer_seconds` that is not a number. Does no I/O.

    Example:
        >>> import argus_auth
        >>> block = {"type": "static", "headers": {"X-Tenant": "acme"}}
        >>> argus_auth.create_auth_provider(block).redacted_repr()
        "StaticTokenProvider(headers={'X-Tenant': 'acme'})"

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
        # The gateway never passes these keys. Other callers must not believe that they have an effect here.
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
