"""Log records of the native engine, handed to `logging` under the names that the gateway's operators filter on.

The engine's thread never runs Python code. Its records wait in a bounded queue, and whatever Python thread calls into
this package next hands them on, with the time at which they arose. Levels are asked of `logging` at that moment.
"""

from __future__ import annotations

import logging
import traceback

_PROVIDER = logging.getLogger("argus_mcp.bridge.auth.provider")
_LOGGERS = {
    "argus_auth::config": logging.getLogger("argus_mcp.config.loader"),
    "argus_auth::resolver": logging.getLogger("argus_mcp.bridge.auth_discovery"),
}


def emit(records: list[tuple[float, int, str, str]], dropped: int) -> None:
    """Hands records of the form (seconds since the epoch, level, target, message) on. Never raises an Exception."""
    try:
        for created, level, target, message in records:
            logger = _LOGGERS.get(target, _PROVIDER)
            if logger.isEnabledFor(level):
                record = logger.makeRecord(logger.name, level, "(argus_auth)", 0, message, (), None)
                record.created = created
                record.msecs = created % 1.0 * 1000.0
                logger.handle(record)
        if dropped:
            _PROVIDER.warning("%d log records were dropped: nothing took them in time.", dropped)
    except Exception:  # a filter that fails must not cost a caller its headers
        traceback.print_exc(limit=0)
