"""What each token endpoint answers when it is asked once: for `argus-auth check --fetch`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from argus_auth import _native
    from argus_auth._errors import AuthError

# Between two of these, in seconds, Ctrl-C is looked for.
_SLICE = 0.05


@dataclass(frozen=True)
class Diagnosis:
    """What a token endpoint answered, and what to make of it. The native module makes these; times are in seconds.

    Attributes:
        backends: the names of the backends that would use the token, in file order.
        token_url: the token endpoint, without user, password, query and fragment.
        scopes_asked: the scopes asked for.
        latency: from the start of the request to the end of the answer, or to the failure.
        lifetime: how long the server says that the token lives; None if it does not say, or there is none.
        scopes_granted: what the server says it granted; None if it does not say, which means those asked for.
        scopes_missing: the scopes that were asked for and not granted.
        error: why there is no token; None if there is one.
        advice: what to do about the error, in whole sentences without secrets; None without an error.

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
    """Asks all distinct token endpoints at once, and waits for one answer after the other, in file order."""
    for checkup in resolver.diagnose():
        while (diagnosis := checkup.wait(_SLICE)) is None:
            pass
        yield diagnosis
