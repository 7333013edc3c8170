"""From the engine to event loops and threads: how a caller waits for an answer.

Each loop has one bridge: a native queue of answers whose descriptor the loop watches, so that answers are taken on the
loop's own thread and the engine's thread never meets the interpreter. Waiting costs one future per caller.

Who owns what: the loop owns its bridge (by way of the reader it registers), and a bridge holds futures, which hold the
loop. Nothing else is held, so a bridge goes when its loop is closed or dropped. A loop that can't watch descriptors is
served by one daemon thread for all such loops.

After a fork the child begins with no bridges. The inherited descriptors are the parent's too, and are neither read nor
written; callers that were waiting are told so.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import itertools
import math
import os
import select
import threading
import time
import traceback
import weakref
from typing import TYPE_CHECKING, TypeAlias

from argus_auth import _native
from argus_auth._errors import AuthError, DeadlineError, forked

if TYPE_CHECKING:
    from collections.abc import Callable

    Headers: TypeAlias = dict[str, str]
    # Asks for headers: returns them, or None if the answer will come to the queue under the tag.
    Start: TypeAlias = Callable[[_native.CompletionQueue, int], Headers | None]

_tags = itertools.count()
# A blocked thread looks after so many seconds whether it is still in the same process.
_LONGEST_POLL = 1.0


async def wait(start: Start) -> Headers:
    """Headers that may have to be fetched first. Cancelling this ends the wait and nothing else.

    Raises whatever the engine answers; argus_auth.AuthError is the base of it.
    """
    loop = asyncio.get_running_loop()
    bridge = _bridge_of(loop)
    tag = next(_tags)
    future: asyncio.Future[Headers] = loop.create_future()
    bridge.waiting[tag] = future
    try:
        headers = start(bridge.queue, tag)
        return await future if headers is None else headers
    finally:
        bridge.waiting.pop(tag, None)


# Set before the engine is stopped at the end of the process, when no thread but the main one and daemons is left.
interpreter_ends = threading.Event()


def _outlived() -> bool:
    """Whether this is a daemon thread, woken by the end of the engine: it has nothing to say any more."""
    return interpreter_ends.is_set() and threading.current_thread().daemon


def wait_blocking(start: Start, timeout: float | None) -> Headers:
    """The same on a thread, for at most `timeout` seconds. Raises DeadlineError when they are over.

    The wait is CPython's own: other threads run, signal handlers too, and the end of the interpreter is its business.
    """
    if timeout is not None and math.isnan(timeout):
        raise ValueError("timeout is not a number")
    process = os.getpid()
    deadline = math.inf if timeout is None else time.monotonic() + timeout
    queue = _native.CompletionQueue()
    headers = start(queue, 0)
    if headers is not None:
        return headers
    poll = select.poll()
    poll.register(queue.fileno(), select.POLLIN)
    while True:
        left = max(0.0, deadline - time.monotonic())
        answered = poll.poll(min(left, _LONGEST_POLL) * 1000.0)
        if os.getpid() != process:  # A signal handler forked: to this process nobody will answer.
            raise forked()
        if answered:
            break
        if left == 0.0:
            raise DeadlineError("no token within the time this caller had; the request to the token endpoint goes on")
    if _outlived():
        threading.Event().wait()  # It ends here.
    ((_, headers, error),) = queue.drain()
    if headers is None:
        raise error or AuthError("an answer without headers")
    return headers


class _Bridge:
    """Takes answers from a queue and gives them to futures."""

    def __init__(self) -> None:
        self.queue = _native.CompletionQueue()
        self.waiting: dict[int, asyncio.Future[Headers]] = {}
        self._inherited = False

    def drain(self) -> None:
        """Gives out all answers that have come. Runs on the loop's thread."""
        if self._inherited:
            return
        for tag, headers, error in self.queue.drain():
            future = self.waiting.pop(tag, None)
            if future is not None and not _outlived():
                _settle(future, headers, error)

    def abandon(self) -> None:
        """Tells those who wait, in a forked child, that no answer will come to them."""
        self._inherited = True
        for future in self.waiting.values():
            # A loop that was closed, or that is not this thread's, has nobody to tell.
            with contextlib.suppress(RuntimeError):
                _settle(future, None, forked())
        self.waiting.clear()


def _settle(future: asyncio.Future[Headers], headers: Headers | None, error: Exception | None) -> None:
    if future.done():  # cancelled
        return
    if error is not None:
        future.set_exception(error)
    elif headers is not None:
        future.set_result(headers)


class _Relay(_Bridge):
    """A bridge for loops that can't watch a descriptor: a thread does it for all of them."""

    def __init__(self) -> None:
        super().__init__()
        threading.Thread(target=self._run, name="argus-auth-relay", daemon=True).start()

    def _run(self) -> None:
        poll = select.poll()
        poll.register(self.queue.fileno(), select.POLLIN)
        while True:
            poll.poll()
            try:
                self.drain()
            except BaseException:  # a log handler's; whoever else waits must not wait for ever
                with contextlib.suppress(Exception):  # standard error may be closed
                    traceback.print_exc()

    def drain(self) -> None:
        """Has all answers given out on the threads of their loops. Runs on the relay's thread."""
        for tag, headers, error in self.queue.drain():
            future = self.waiting.get(tag)
            if future is not None and not _outlived():
                # The loop may be closed by now.
                with contextlib.suppress(RuntimeError):
                    future.get_loop().call_soon_threadsafe(_settle, future, headers, error)


_bridges: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, weakref.ref[_Bridge]] = weakref.WeakKeyDictionary()
_relay: _Relay | None = None
_relay_lock = threading.Lock()


def _bridge_of(loop: asyncio.AbstractEventLoop) -> _Bridge:
    known = _bridges.get(loop)
    bridge = known() if known is not None else None
    if bridge is None:
        bridge = _Bridge()
        try:
            # In a context of its own: the reader outlives the task that happens to be the first.
            contextvars.Context().run(loop.add_reader, bridge.queue.fileno(), bridge.drain)
        except NotImplementedError:
            bridge = _the_relay()
        _bridges[loop] = weakref.ref(bridge)
    return bridge


def _the_relay() -> _Relay:
    global _relay  # noqa: PLW0603
    with _relay_lock:
        if _relay is None:
            _relay = _Relay()
        return _relay


def _after_fork_in_child() -> None:
    global _bridges, _relay, _relay_lock  # noqa: PLW0603
    inherited = {bridge for known in list(_bridges.values()) if (bridge := known()) is not None}
    _bridges = weakref.WeakKeyDictionary()
    _relay = None
    _relay_lock = threading.Lock()
    for bridge in inherited:
        bridge.abandon()


os.register_at_fork(after_in_child=_after_fork_in_child)
