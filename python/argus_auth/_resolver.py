"""Backend name to headers."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from argus_auth import _bridge, _native

if TYPE_CHECKING:
    from argus_auth._errors import Problem
    from argus_auth._status import TokenStatus

Unresolved: TypeAlias = Literal["error", "keep"]


class Resolver:
    """The remote backends of one Argus configuration, and the headers that a request to each must carry.

    All methods may be called from any thread, on any event loop, and after a fork; any number of callers of one token
    share one fetch of it. Making a resolver reads the configuration and does nothing else.

    When a token can't be had, a backend's `on_auth_failure` decides: with "open", the default, the error is logged and
    the backend's other headers are returned; with "closed", TokenError is raised.
    """

    __slots__ = ("__weakref__", "_native", "_ready")

    def __init__(self, native: _native.Resolver) -> None:
        """For this package; use from_file or from_str."""
        self._native = native
        self._ready = native.ready

    @classmethod
    def from_file(cls, path: str | os.PathLike[str], *, unresolved: Unresolved = "error") -> Resolver:
        """Loads a configuration file.

        An unset `${VAR}` or a missing `secret:name` is an error, or with unresolved="keep" a warning, and the text
        stays as it is. Raises ConfigError with every problem at once.
        """
        return cls(_native.Resolver.from_file(os.fspath(path), unresolved))

    @classmethod
    def from_str(cls, text: str, *, unresolved: Unresolved = "error") -> Resolver:
        """Reads a configuration from YAML text; otherwise as from_file."""
        return cls(_native.Resolver.from_text(text, unresolved))

    async def headers(self, name: str) -> dict[str, str]:
        """The headers for the backend `name`: a new dict, in order, that the caller may change.

        Waits only if a token must be fetched first, for 30 s at most. Cancelling this ends the wait, not the fetch.
        Raises AuthError with code "unknown_backend" or "unsupported", and TokenError if the backend's policy is
        "closed".
        """
        headers = self._ready(name)
        if headers is None:
            return await _bridge.wait(functools.partial(self._native.request, name))
        return headers

    def headers_sync(self, name: str, timeout: float | None = 35.0) -> dict[str, str]:
        """The same for threads: waits for at most `timeout` seconds (None: as long as the fetch takes).

        Other threads run meanwhile, and Ctrl-C interrupts. Raises DeadlineError when the time is over; the fetch goes
        on. Don't call it on a thread that runs an event loop: the loop stands still meanwhile.
        """
        headers = self._ready(name)
        if headers is None:
            return _bridge.wait_blocking(functools.partial(self._native.request, name), timeout)
        return headers

    def invalidate(self, name: str, rejected: str | None = None) -> None:
        """Told that the backend refused its headers: the next caller gets a new token.

        `rejected` is the value of the Authorization header that was refused. With it, a token that has been replaced
        since is kept, so that any number of refusals of one token cost one fetch. Raises AuthError for an unknown
        backend.
        """
        self._native.invalidate(name, rejected)

    def reload(self) -> None:
        """Reads the file again, its secrets and `${VAR}`s too, and goes on with what it says now.

        A backend whose configuration did not change keeps its token; another begins anew, with any cool-down over.
        Callers that wait are not disturbed. A resolver that came from text has nothing to read and stays as it is.

        Raises ConfigError with every problem of the file; then the old configuration stays in force. The calling
        thread reads the file, and no other Python code runs meanwhile: milliseconds for hundreds of backends, but as
        long as a keyring takes, and 10 s for one that does not answer.
        """
        self._native.reload()

    def status(self, name: str) -> TokenStatus | None:
        """A snapshot of the token of the backend `name`; None for a backend without one. Neither waits nor fetches.

        Raises AuthError with code "unknown_backend".
        """
        return self._native.status(name)

    def metrics(self) -> str:
        """Counters and gauges of all backends with tokens, in the Prometheus text format (version 0.0.4)."""
        return self._native.metrics()

    @property
    def backends(self) -> tuple[str, ...]:
        """The names of the `sse` and `streamable-http` backends, in file order."""
        return self._native.backends

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What is legal in the configuration but probably not meant, in file order."""
        return self._native.warnings

    def __repr__(self) -> str:
        """Names only."""
        return f"Resolver(backends={self.backends!r})"


def load_config(path: str | os.PathLike[str], *, unresolved: Unresolved = "error") -> dict[str, dict[str, Any]]:
    """The remote backends of a configuration file as the gateway's own loader hands them on: name to dict.

    References are resolved, defaults filled in; secrets are in clear. `stdio` backends are left out. Otherwise as
    Resolver.from_file.
    """
    return _native.load_config(os.fspath(path), unresolved)
