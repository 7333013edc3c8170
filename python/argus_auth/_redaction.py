"""What may be seen of a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_SENSITIVE = (
    *("auth", "token", "key", "secret"),  # the gateway's
    *("cookie", "cred", "csrf", "jwt", "passw", "session", "sign", "xsrf"),
)


def redact(value: str, visible: int = 4) -> str:
    """Stars for all but the last `visible` characters; four stars if there are no more than those."""
    hidden = len(value) - visible
    return "*" * hidden + value[hidden:] if hidden > 0 else "****"


def mask(value: str) -> str:
    """As redact, but no more than a quarter of the value is seen."""
    return redact(value, min(4, len(value) // 4))


def mask_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Masks the values of all headers whose names sound confidential."""
    return {name: mask(value) if _is_sensitive(name) else value for name, value in headers.items()}


def _is_sensitive(name: str) -> bool:
    return any(word in name.lower() for word in _SENSITIVE)
