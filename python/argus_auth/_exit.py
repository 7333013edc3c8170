"""The end of the process: records that wait are handed on, and the engine stops."""

from __future__ import annotations

import atexit
import logging  # noqa: F401 - its own exit handler must be registered before this one, and so run after it

from argus_auth import _bridge, _native

# How long the end of the process waits for the engine's thread, in seconds.
_TIMEOUT = 1.0


def _at_exit() -> None:
    try:
        _native.close_log()
    finally:
        _bridge.interpreter_ends.set()
        _native.shutdown(_TIMEOUT)


atexit.register(_at_exit)
