"""The native module, written in Rust (`python/src`). Private: import `argus_auth` instead."""

from collections.abc import Sequence
from typing import Any, final

from typing_extensions import disjoint_base

from argus_auth._doctor import Diagnosis
from argus_auth._errors import Problem
from argus_auth._status import TokenStatus

__all__ = [
    "RESOLVER_ONLY_KEYS",
    "Checkup",
    "CompletionQueue",
    "OAuth2Source",
    "Resolver",
    "TokenCache",
    "__version__",
    "close_log",
    "flush_log",
    "load_config",
    "shown_url",
    "shutdown",
    "snippet",
]

__version__: str
RESOLVER_ONLY_KEYS: frozenset[str]

@final
class Resolver:
    @staticmethod
    def from_file(path: str, unresolved: str, *, thorough: bool = False) -> Resolver: ...
    @staticmethod
    def from_text(text: str, unresolved: str) -> Resolver: ...
    def ready(self, name: str) -> dict[str, str] | None: ...
    def request(self, name: str, queue: CompletionQueue, tag: int) -> dict[str, str] | None: ...
    def invalidate(self, name: str, rejected: str | None) -> None: ...
    def reload(self) -> None: ...
    def status(self, name: str) -> TokenStatus | None: ...
    def metrics(self) -> str: ...
    def diagnose(self) -> list[Checkup]: ...
    @property
    def backends(self) -> tuple[str, ...]: ...
    @property
    def warnings(self) -> tuple[Problem, ...]: ...

@final
class Checkup:
    def wait(self, timeout: float, /) -> Diagnosis | None: ...

@final
class OAuth2Source:
    def __new__(
        cls,
        token_url: str,
        client_id: str,
        client_secret: str,
        scopes: Sequence[str],
        expiry_buffer: float,
        cache: TokenCache | None,
    ) -> OAuth2Source: ...
    @property
    def cache(self) -> TokenCache: ...
    def ready(self) -> dict[str, str] | None: ...
    def held(self) -> dict[str, str] | None: ...
    def request(self, queue: CompletionQueue, tag: int) -> dict[str, str] | None: ...
    def invalidate(self) -> None: ...

@final
class CompletionQueue:
    def __new__(cls) -> CompletionQueue: ...
    def fileno(self) -> int: ...
    def drain(self) -> list[tuple[int, dict[str, str] | None, Exception | None]]: ...

@disjoint_base
class TokenCache:
    """A cache of one token, which is valid for `expires_in - expiry_buffer` seconds after it was set.

    Both are numbers of seconds (float). After that time, the token is not valid any more. If the difference is zero,
    negative or not a number, the token is never valid. If it is infinite, the token is always valid. All methods may be
    called from any thread, and none waits. The class may be subclassed.

    Example:
        >>> import argus_auth
        >>> cache = argus_auth.TokenCache(expiry_buffer=30.0)
        >>> cache.set("some-token", expires_in=3600)
        >>> cache.valid, cache.get()
        (True, 'some-token')
        >>> cache.invalidate()
        >>> cache.valid, cache.get()
        (False, None)

    """

    def __new__(cls, expiry_buffer: float = 30.0) -> TokenCache: ...
    @property
    def valid(self) -> bool:
        """True while there is a valid token (bool)."""

    def get(self) -> str | None:
        """Returns the token (str); None if the cache is empty or the token is no longer valid."""

    def set(self, token: str, expires_in: float) -> None:
        """Stores `token` (str) in place of the old one. `expires_in` is its lifetime in seconds from now (float)."""

    def invalidate(self) -> None:
        """Empties the cache. The cache of a provider also drops the shared token."""

    @property
    def _expiry_buffer(self) -> float:
        """The buffer in seconds (float)."""

def load_config(path: str, unresolved: str) -> dict[str, dict[str, Any]]: ...
def snippet(text: bytes, path: str, line: int, column: int, message: str, /) -> str | None: ...
def shown_url(url: str, /) -> str: ...
def shutdown(timeout: float) -> bool: ...
def close_log() -> None: ...
def flush_log() -> None: ...
