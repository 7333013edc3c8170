"""Passes log records of the native engine to `logging`.

The loggers have the names that the gateway uses, because operators filter by these names.

The engine's thread never runs Python code. Its records wait in a bounded queue. The next Python thread that calls into
this package passes them on, each with the time of its event. The levels of `logging` are checked at that moment.
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
    """Passes on records of the form (seconds since the epoch, level, target, message).

    Prints an Exception of a filter or a log handler, and does not raise it.
    """
    for created, level, target, message in records:
        _emit(_LOGGERS.get(target, _PROVIDER), created, level, message)
    if dropped:
        message = f"{dropped} log records were dropped, because no Python thread called into argus_auth in time."
        _emit(_PROVIDER, time.time(), logging.WARNING, message)


def _emit(logger: logging.Logger, created: float, level: int, message: str) -> None:
    try:
        if logger.isEnabledFor(level):
            record = logger.makeRecord(logger.name, level, "(argus_auth)", 0, message, (), None)
            record.created = created
            record.msecs = created % 1.0 * 1000.0
            logger.handle(record)
    except Exception:  # a filter or handler failed; the caller still gets headers, and other records are logged
        with contextlib.suppress(Exception):  # standard error may be closed
            traceback.print_exc(limit=0)
