"""The exceptions of this package, and `Problem`. The native module creates most of these objects.

A program can decide by the fields of an exception, so it need not parse the message.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable


class AuthError(Exception):
    """The base class of all exceptions of this package.

    No message contains a secret. All exceptions can be pickled. No class is a TimeoutError, so an `except TimeoutError`
    around `asyncio.wait_for` catches only the timeout of `wait_for`.

    Attributes:
        code: a stable word for the kind of error (str): "unknown_backend" (the configuration has no remote backend of
            this name), "unsupported" (the backend's authentication needs an interactive login), "shutdown" (the engine
            was shut down during the wait), "engine" (the engine could not start), "forked" (the process is a child of
            fork, and its parent started the wait), "internal" (a defect of this package), or the code of a subclass.
        retryable: true if the same call may succeed later without any change (bool).

    Example:
        >>> import argus_auth
        >>> resolver = argus_auth.Resolver.from_file("config.yaml")
        >>> try:
        ...     resolver.headers_sync("no-such-backend")
        ... except argus_auth.AuthError as error:
        ...     print(error.code, error.retryable)
        unknown_backend False

    """

    __module__ = "argus_auth"

    def __init__(self, message: str, *, code: str = "internal", retryable: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.retryable = retryable


class DeadlineError(AuthError):
    """The exception for a wait that exceeded the caller's timeout.

    The fetch continues, and a later call gets its result. `code` is "deadline" (str), and `retryable` is True.

    Example:
        >>> import argus_auth
        >>> resolver = argus_auth.Resolver.from_file("config.yaml")
        >>> try:
        ...     resolver.headers_sync("search", timeout=0.01)
        ... except argus_auth.DeadlineError as error:
        ...     print(error.code, error.retryable)
        deadline True

    """

    __module__ = "argus_auth"

    def __init__(self, message: str, *, code: str = "deadline", retryable: bool = True) -> None:
        super().__init__(message, code=code, retryable=retryable)


class TokenError(AuthError):
    """The exception for a fetch that got no access token, with the cause.

    Each caller that waits for the fetch gets an exception of its own. All these exceptions have the same fields.
    `str(error)` never contains "unauthorized", 401 or 403, because a gateway would conclude from these that a backend
    refused a request. The fields may contain them.

    Attributes:
        code: the class of failure (str): "token_request" (the token URL, the credentials or a certificate file can't be
            used), "token_dns" (the host name did not resolve), "token_connect" (there is no connection to the host or
            its proxy), "token_tls" (the TLS handshake failed), "token_transport" (the connection broke),
            "token_timeout" (there was no complete response within 30 s), "token_unavailable" (HTTP 408, 429 or 5xx, a
            temporary OAuth error, or an open circuit breaker), "token_rejected" (any other OAuth error, RFC 6749
            section 5.2; also HTTP 401, or another HTTP 4xx with a JSON object), "token_redirect" (a redirect, which is
            never followed) or "token_response" (any other response without a usable token).
        token_url: the token endpoint, without user, password, query and fragment (str).
        http_status: the HTTP status; None if there was no response (int or None).
        oauth_error: the field `error` of an error response, RFC 6749 section 5.2; None if there is none, or if it
            repeats a secret (str or None).
        oauth_error_description: the field `error_description` of an error response, at most 200 characters; None if
            there is none, or if it repeats a secret (str or None).

    Example:
        >>> import asyncio
        >>> import argus_auth
        >>> provider = argus_auth.OAuth2Provider("ftp://auth.example/token", "client-id", "client-secret")
        >>> try:
        ...     asyncio.run(provider.get_headers())
        ... except argus_auth.TokenError as error:
        ...     print(error.code, error.token_url, error.http_status)
        token_request ftp://auth.example/token None

    """

    __module__ = "argus_auth"

    def __init__(  # noqa: PLR0913
        self,
        message: str,
        *,
        code: str = "token_request",
        retryable: bool = False,
        token_url: str = "",
        http_status: int | None = None,
        oauth_error: str | None = None,
        oauth_error_description: str | None = None,
    ) -> None:
        super().__init__(message, code=code, retryable=retryable)
        self.token_url = token_url
        self.http_status = http_status
        self.oauth_error = oauth_error
        self.oauth_error_description = oauth_error_description


@dataclass(frozen=True)
class Problem:
    """One fault of a configuration, with its place. Immutable. `str(problem)` is one line of text.

    Attributes:
        severity: "error", or "warning" for a value that is legal but probably a mistake (str).
        path: the place in the document, such as "backends.my-server.auth.token_url"; empty for the whole file (str).
        line: the line number from 1; 0 if the problem has no place in the text (int).
        column: the column in characters from 1; 0 if the problem has no place in the text (int).
        message: what was found and what would be right, without secrets (str).

    Example:
        >>> import argus_auth
        >>> resolver = argus_auth.Resolver.from_str("backends: {a: {type: sse, url: 'http://h/', headr: {}}}")
        >>> [(problem.severity, problem.path, problem.line, problem.column) for problem in resolver.warnings]
        [('warning', 'backends.a.headr', 1, 45)]

    """

    __module__ = "argus_auth"

    severity: Literal["error", "warning"]
    path: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        """Returns one line for a person: the place, the path and the message."""
        place = f"line {self.line}, column {self.column}: " if self.line else ""
        path = f"{self.path}: " if self.path else ""
        return f"{place}{path}{self.message}"


class ConfigError(AuthError, ValueError):
    """The exception for a configuration that can't be used, with all of its problems.

    `str(error)` lists them. `code` is "config" (str), and `retryable` is False.

    Attributes:
        problems: all problems, including warnings, in file order; empty if `create_auth_provider` raised the exception
            (tuple of Problem). At most 100 errors and 100 warnings are listed; a further problem then states the number
            of the others.
        file: the path of the file; None if the configuration did not come from a file (str or None).

    Example:
        >>> import argus_auth
        >>> try:
        ...     argus_auth.Resolver.from_str("backends: {search: {type: sse}}")
        ... except argus_auth.ConfigError as error:
        ...     print([problem.path for problem in error.problems])
        ['backends.search.url']

    """

    __module__ = "argus_auth"

    def __init__(
        self,
        message: str,
        *,
        code: str = "config",
        retryable: bool = False,
        problems: Iterable[Problem] = (),
        file: str | None = None,
    ) -> None:
        super().__init__(message, code=code, retryable=retryable)
        self.problems = tuple(problems)
        self.file = file


def forked() -> AuthError:
    """Returns the error for a caller that waits in a child of fork, where the outcome of its fetch never arrives."""
    return AuthError("this process was forked while a token was being fetched", code="forked", retryable=True)
