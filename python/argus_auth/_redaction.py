"""Redaction of secrets in the texts that providers offer for logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_SENSITIVE = (
    *("auth", "token", "key", "secret"),  # the gateway itself masks headers with these words in their names
    *("cookie", "cred", "csrf", "jwt", "passw", "session", "sign", "xsrf"),
)


def redact(value: str, visible: int = 4) -> str:
    """Replaces all but the last `visible` characters by stars.

    Returns four stars if `value` has at most `visible` characters.
    """
    hidden = len(value) - visible
    return "*" * hidden + value[hidden:] if hidden > 0 else "****"


def mask(value: str) -> str:
    """Redacts `value`, and shows at most a quarter of it and at most four characters."""
    return redact(value, min(4, len(value) // 4))


def mask_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Masks the values of all headers whose names suggest a secret."""
    return {name: mask(value) if _is_sensitive(name) else value for name, value in headers.items()}


def _is_sensitive(name: str) -> bool:
    return any(word in name.lower() for word in _SENSITIVE)
