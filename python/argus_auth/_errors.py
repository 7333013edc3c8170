"""What can go wrong. The native module makes these; the fields say everything that the texts say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable


class AuthError(Exception):
    """The base of all exceptions of this package. None of them is a TimeoutError, and no text holds a secret.

    Attributes:
        code: a stable word for the kind of error (str): "unknown_backend", "unsupported", "shutdown", "engine",
            "forked", "internal", or one of a subclass.
        retryable: whether the same call may succeed later without anyone changing anything (bool).

    """

    __module__ = "argus_auth"

    def __init__(self, message: str, *, code: str = "internal", retryable: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.retryable = retryable


class DeadlineError(AuthError):
    """The caller's own time to wait ran out. The fetch goes on, and its result will be there for the next call."""

    __module__ = "argus_auth"

    def __init__(self, message: str, *, code: str = "deadline", retryable: bool = True) -> None:
        super().__init__(message, code=code, retryable=retryable)


class TokenError(AuthError):
    """An access token could not be had.

    Attributes:
        code: the class of failure: "token_request", "token_dns", "token_connect", "token_tls", "token_transport",
            "token_timeout", "token_unavailable", "token_rejected", "token_redirect" or "token_response".
        token_url: the token endpoint, without user, password, query and fragment (str).
        http_status: the HTTP status, if there was a response (int or None).
        oauth_error: `error` of the token endpoint's answer, as RFC 6749 section 5.2 has it (str or None).
        oauth_error_description: its `error_description`, shortened (str or None).

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
    """One thing that is wrong with a configuration.

    Attributes:
        severity: "error", or "warning" for what can be used but is probably not meant.
        path: where in the document, as in "backends.my-server.auth.token_url"; empty for the whole file.
        line: line number from 1; 0 if the problem has no place in the text.
        column: column in characters from 1; 0 if the problem has no place in the text.
        message: what was found and what would be right.

    """

    __module__ = "argus_auth"

    severity: Literal["error", "warning"]
    path: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        """One line for a person."""
        place = f"line {self.line}, column {self.column}: " if self.line else ""
        path = f"{self.path}: " if self.path else ""
        return f"{place}{path}{self.message}"


class ConfigError(AuthError, ValueError):
    """A configuration that can't be used. The text lists every problem.

    Attributes:
        problems: every problem, warnings included, in file order (tuple of Problem).
        file: the path of the file, if it came from one (str or None).

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
    """The error of a caller that was waiting when the process forked, as it is told in the child."""
    return AuthError("this process was forked while a token was being fetched", code="forked", retryable=True)
