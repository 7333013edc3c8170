"""The native module: see python/src. Private; argus_auth is what to import."""

from collections.abc import Sequence
from typing import Any, final

from typing_extensions import disjoint_base

from argus_auth._doctor import Diagnosis
from argus_auth._errors import Problem
from argus_auth._status import TokenStatus

__all__ = [
    "Checkup",
    "CompletionQueue",
    "RESOLVER_ONLY_KEYS",
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
    """Holds one token until `expires_in - expiry_buffer` seconds after it was put in.

    Both are numbers of seconds (float). A token is valid strictly before that moment: never if the difference is zero,
    negative or not a number, for ever if it is infinite. All methods may be called from any thread.
    """

    def __new__(cls, expiry_buffer: float = 30.0) -> TokenCache: ...
    @property
    def valid(self) -> bool:
        """Whether there is a valid token (bool)."""

    def get(self) -> str | None:
        """The token (str), or None if there is none or it is no longer valid."""

    def set(self, token: str, expires_in: float) -> None:
        """Puts a token in, in place of the one there. `expires_in` is its life in seconds from now."""

    def invalidate(self) -> None:
        """Empties the cache; that of a provider drops the token which it shares, too."""

    @property
    def _expiry_buffer(self) -> float:
        """The buffer, in seconds."""

def load_config(path: str, unresolved: str) -> dict[str, dict[str, Any]]: ...
def snippet(text: bytes, path: str, line: int, column: int, message: str, /) -> str | None: ...
def shown_url(url: str, /) -> str: ...
def shutdown(timeout: float) -> bool: ...
def close_log() -> None: ...
def flush_log() -> None: ...
