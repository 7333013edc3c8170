"""The exit handler of the process: passes waiting log records on, and stops the engine."""

from __future__ import annotations

import atexit

# Exit handlers run in the reverse order of their registration. This import registers the exit handler of `logging`
# first, so that `logging` closes its log handlers only after this module has passed records on.
import logging  # noqa: F401

from argus_auth import _bridge, _native

# The longest time, in seconds, for which the exit of the process waits for the engine's thread.
_TIMEOUT = 1.0


def _at_exit() -> None:
    try:
        _native.close_log()
    finally:
        _bridge.interpreter_exiting.set()
        _native.shutdown(_TIMEOUT)


atexit.register(_at_exit)
