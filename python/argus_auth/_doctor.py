"""Diagnosis of token endpoints for `argus-auth check --fetch`: requests each token once and explains the response."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argus_auth import _native
    from argus_auth._errors import AuthError

# The length of one wait in native code, in seconds. Between two waits, Python handles signals, such as Ctrl-C.
_SLICE = 0.05


@dataclass(frozen=True)
class Diagnosis:
    """The explained response of a token endpoint. The native module makes these. All times are in seconds.

    Attributes:
        backends: the names of the backends that would use the token, in file order.
        token_url: the token endpoint, without user, password, query and fragment.
        scopes_asked: the scopes of the request.
        latency: the time from the start of the request to the end of the response, or to the failure; 0 if the engine
            could not start or was shut down.
        lifetime: the lifetime that the server states for the token, limited to between 1 s and 30 days; None if the
            server states no lifetime, or if no token was granted.
        scopes_granted: the scopes that the server states; None if no token was granted, or if the server states no
            scopes, which means that all requested scopes were granted (RFC 6749 section 5.1).
        scopes_missing: the scopes that were asked for but not granted.
        error: the reason why no token was granted; None if a token was granted.
        advice: what an operator can do about the error, in whole sentences without secrets; None without an error.

    """

    backends: tuple[str, ...]
    token_url: str
    scopes_asked: tuple[str, ...]
    latency: float
    lifetime: float | None
    scopes_granted: tuple[str, ...] | None
    scopes_missing: tuple[str, ...]
    error: AuthError | None
    advice: str | None


def diagnose(resolver: _native.Resolver) -> Iterator[Diagnosis]:
    """Starts the requests for all distinct tokens at the same time. Yields the diagnoses one by one, in file order."""
    for checkup in resolver.diagnose():
        while (diagnosis := checkup.wait(_SLICE)) is None:
            pass
        yield diagnosis
