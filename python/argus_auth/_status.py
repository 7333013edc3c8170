"""What can be said of a token from outside. The native module makes these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from argus_auth._errors import TokenError


@dataclass(frozen=True)
class TokenStatus:
    """A snapshot of one token and of the fetches that got it. All times are in seconds (float).

    Attributes:
        state: "empty" (there is none), "fresh" (it is served), "renewing" (it is served, and time to renew it) or
            "expired" (it is not served).
        expires_in: how long the token may still be used; None without one.
        since_success: how long ago a token was last got; None if none ever was.
        last_error: why the last fetch that failed did, kept after a success; None if none failed (TokenError).
        cool_down: how long the token endpoint is left alone after a failure; None when it is not.
        fetching: whether a fetch is under way (bool).
        successes: fetches that got a token, since the start (int).
        failures: fetches that ended without one, since the start, whatever the reason, a shutdown included; one fetch
            may be several requests, and one that was not let out is none (int).
        hits: how often the token was served without waiting, since the start (int).

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
