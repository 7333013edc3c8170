"""`Resolver`, which maps each backend of a configuration to its headers, and `load_config`."""

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
    """A map from the remote backends of one Argus configuration to the headers that a request to each must carry.

    Use `from_file` or `from_str` to make one. That reads the configuration and the secrets that it refers to, and does
    nothing else.

    All methods may be called from any thread, on any event loop, and in a child of fork. All callers that wait for the
    same token share one fetch, from any thread or loop.

    When a token can't be obtained, the backend's `on_auth_failure` decides. With "open", the default, the error is
    logged and the backend's other headers are returned, without authentication. With "closed", the error is raised.

    Example:
        >>> import asyncio
        >>> import argus_auth
        >>> resolver = argus_auth.Resolver.from_file("config.yaml")
        >>> headers = asyncio.run(resolver.headers("search"))  # on an event loop: await resolver.headers("search")
        >>> list(headers)
        ['X-Request-Source', 'Authorization']
        >>> resolver.headers_sync("reports").keys()
        dict_keys(['X-Report-Key'])

    """

    __slots__ = ("__weakref__", "_native", "_ready")

    def __init__(self, native: _native.Resolver) -> None:
        """Wraps a native resolver. Private to this package: use `from_file` or `from_str`."""
        self._native = native
        self._ready = native.ready

    @classmethod
    def from_file(cls, path: str | os.PathLike[str], *, unresolved: Unresolved = "error") -> Resolver:
        """Loads a configuration file.

        `path` names the file (str or os.PathLike). `unresolved` (str) is "error" or "keep". With "error", an unset
        `${VAR}` or a missing `secret:name` is an error. With "keep", the text of the reference is used as the value,
        with a warning. With `secrets.strict` in the file, a missing `secret:name` is always an error.

        Returns a Resolver. Raises ConfigError, which lists all problems of the file, and ValueError for another value
        of `unresolved`.

        Blocks while it reads the file and its secrets, and no other Python code runs meanwhile. This takes milliseconds
        for hundreds of backends. It takes longer for secrets in a keyring, and 10 s if the keyring does not answer.
        """
        return cls(_native.Resolver.from_file(os.fspath(path), unresolved))

    @classmethod
    def from_str(cls, text: str, *, unresolved: Unresolved = "error") -> Resolver:
        """Reads a configuration from YAML text (str). Otherwise the same as `from_file`."""
        return cls(_native.Resolver.from_text(text, unresolved))

    async def headers(self, name: str) -> dict[str, str]:
        """Returns the headers that a request to the backend `name` (str) must carry.

        The result is a new dict from header name to value (str to str), which the caller may change. The configured
        headers come first, in the order of the file. A header from the `auth` block replaces a configured header with
        the same name (ignoring case), in its position. Waits only if a token must be fetched first, for at most 30 s.
        Cancelling the task ends its wait, and the fetch continues for the next caller.

        Raises AuthError with code "unknown_backend" for a name that the configuration lacks, with code "unsupported"
        for `type: pkce`, and with code "shutdown" or "forked" if the wait ended that way. If there is no token and
        `on_auth_failure` is "closed", raises TokenError, or AuthError with code "engine".
        """
        headers = self._ready(name)
        if headers is None:
            return await _bridge.wait(functools.partial(self._native.request, name))
        return headers

    def headers_sync(self, name: str, timeout: float | None = 35.0) -> dict[str, str]:
        """Returns the same as `headers`, and blocks the calling thread if a token must be fetched first.

        `timeout` is the longest wait in seconds (float); None waits as long as the fetch takes. Raises DeadlineError
        after `timeout`, and the fetch continues for the next caller. Raises ValueError if `timeout` is NaN and the call
        must wait. Otherwise raises the same exceptions as `headers`.

        Other threads run during the wait, and Ctrl-C interrupts it. Don't call this on a thread that runs an event
        loop, because it blocks the loop.
        """
        headers = self._ready(name)
        if headers is None:
            return _bridge.wait_blocking(functools.partial(self._native.request, name), timeout)
        return headers

    def invalidate(self, name: str, rejected: str | None = None) -> None:
        """Drops the token of the backend `name` (str) after a refusal by the backend. The next caller gets a new token.

        `rejected` is the value of the Authorization header that was refused (str). With it, a token that is newer than
        the refused one is kept, so that any number of refusals of one token cost one fetch. Without it, the current
        token is dropped, and a cool-down ends. If the request had no Authorization header, do not call this method,
        because it would drop a token that was not refused.

        Afterwards get the headers again, and repeat the request once. Never waits. Does nothing for a backend that
        needs no token. Raises AuthError with code "unknown_backend".
        """
        self._native.invalidate(name, rejected)

    def reload(self) -> None:
        """Reads the file again, with its secrets and `${VAR}` references, and replaces the configuration.

        A backend keeps its token and its cool-down if its `auth` block and its secrets are the same. Any other backend
        starts without a token and without a cool-down, unless the process has a token for the new values already.
        Callers that wait get the outcome of their fetch. Does nothing for a resolver that was made by `from_str`.

        Raises ConfigError, which lists all problems of the file; the old configuration then stays in use. Blocks like
        `from_file`.
        """
        self._native.reload()

    def status(self, name: str) -> TokenStatus | None:
        """Returns the state of the token of the backend `name` (str), as a TokenStatus.

        Returns None for a backend that needs no token. Never waits and never fetches. Raises AuthError with code
        "unknown_backend".
        """
        return self._native.status(name)

    def metrics(self) -> str:
        """Returns counters and gauges of all backends with tokens, in the Prometheus text format 0.0.4 (str)."""
        return self._native.metrics()

    @property
    def backends(self) -> tuple[str, ...]:
        """The names of the `sse` and `streamable-http` backends, in file order (tuple of str)."""
        return self._native.backends

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """The warnings of the last load, in file order (tuple of Problem).

        A warning is about a setting that is legal but probably a mistake.
        """
        return self._native.warnings

    def __repr__(self) -> str:
        """Shows the names of the backends and nothing else."""
        return f"Resolver(backends={self.backends!r})"


def load_config(path: str | os.PathLike[str], *, unresolved: Unresolved = "error") -> dict[str, dict[str, Any]]:
    """Returns the remote backends of a configuration file in the form that the gateway's own loader returns.

    The result is a dict from the name of a backend to a dict of its keys. References are resolved and defaults are
    filled in. Secrets are in clear text. `stdio` backends are left out. The arguments, the exceptions and the time that
    it blocks are the same as for `Resolver.from_file`.

    Example:
        >>> import argus_auth
        >>> backends = argus_auth.load_config("config.yaml")
        >>> backends["reports"]["type"]
        'sse'

    """
    return _native.load_config(os.fspath(path), unresolved)
