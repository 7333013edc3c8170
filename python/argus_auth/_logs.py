"""Log records of the native engine, handed to `logging` under the names that the gateway's operators filter on.

The engine's thread never runs Python code. Its records wait in a bounded queue, and whatever Python thread calls into
this package next hands them on, with the time at which they arose. Levels are asked of `logging` at that moment.
"""

from __future__ import annotations

import contextlib
import logging
import time
import traceback

_PROVIDER = logging.getLogger("argus_mcp.bridge.auth.provider")
_LOGGERS = {
    "argus_auth::config": logging.getLogger("argus_mcp.config.loader"),
    "argus_auth::resolver": logging.getLogger("argus_mcp.bridge.auth_discovery"),
}


def emit(records: list[tuple[float, int, str, str]], dropped: int) -> None:
    """Hands records of the form (seconds since the epoch, level, target, message) on. Never raises an Exception."""
    for created, level, target, message in records:
        _emit(_LOGGERS.get(target, _PROVIDER), created, level, message)
    if dropped:
        _emit(
            _PROVIDER, time.time(), logging.WARNING, f"{dropped} log records were dropped: nothing took them in time."
        )


def _emit(logger: logging.Logger, created: float, level: int, message: str) -> None:
    try:
        if logger.isEnabledFor(level):
            record = logger.makeRecord(logger.name, level, "(argus_auth)", 0, message, (), None)
            record.created = created
            record.msecs = created % 1.0 * 1000.0
            logger.handle(record)
    except Exception:  # a filter that fails must not cost a caller its headers, nor the other records
        with contextlib.suppress(Exception):  # standard error may be closed
            traceback.print_exc(limit=0)
