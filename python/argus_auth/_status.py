"""The status of a token, for monitoring. The native module creates it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from argus_auth._errors import TokenError


@dataclass(frozen=True)
class TokenStatus:
    """The state of one token and of its fetches at one moment. Immutable. All times are in seconds.

    Backends with the same `auth` block share one token, and so one status. The counters start at 0 when the first
    resolver or provider with these credentials is made. A child of fork starts with a copy of its parent's token and
    counters.

    Attributes:
        state: "empty" (there is no token), "fresh" (the token is served), "renewing" (the token is served, and due for
            renewal) or "expired" (the token is not served any more) (str).
        expires_in: the time until the token expires, 0 if it has expired; None without a token (float or None).
        since_success: the time since the last successful fetch; None if there was none (float or None).
        last_error: the error of the last failed fetch, kept after a success (TokenError or None). It leaves out
            withheld fetches (see `failures`), and fetches that ended by a shutdown or a defect of this package, or
            because the engine could not start.
        cool_down: the time until the end of the cool-down; None if there is no cool-down (float or None). During a
            cool-down, no fetch is made, and a caller that finds no valid token gets the result of the failed fetch.
        fetching: true while a fetch is under way (bool).
        successes: the number of fetches that got a token (int).
        failures: the number of fetches that ended without a token for any reason, including a shutdown. A fetch counts
            once for all its attempts. A withheld fetch (circuit breaker open, no request sent) does not count (int).
        hits: the number of times that the token was served without waiting (int).

    Example:
        >>> import argus_auth
        >>> resolver = argus_auth.Resolver.from_file("config.yaml")
        >>> headers = resolver.headers_sync("search")
        >>> status = resolver.status("search")
        >>> status.state, status.successes, status.failures
        ('fresh', 1, 0)

    """

    __module__ = "argus_auth"

    state: Literal["empty", "fresh", "renewing", "expired"]
    expires_in: float | None
    since_success: float | None
    last_error: TokenError | None
    cool_down: float | None
    fetching: bool
    successes: int
    failures: int
    hits: int
