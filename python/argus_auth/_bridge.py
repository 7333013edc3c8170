"""Waiting for the engine: passes outcomes of fetches from the engine's thread to event loops and blocked threads.

Each event loop has one bridge: a native completion queue whose descriptor the loop watches. So outcomes are taken from
the queue on the loop's own thread, and the engine's thread never attaches to the interpreter. Each caller that waits
costs one future.

Ownership: the loop owns its bridge, through the reader that is registered for the descriptor. A bridge holds futures,
and the futures hold the loop. Apart from these, only a wait that is under way refers to a bridge, so a bridge is
collected after its loop is closed or dropped. Loops that can't watch a descriptor share one relay, which is a bridge
with a daemon thread. The relay exists until the process ends.

A child of fork begins without bridges. It shares the inherited descriptors with its parent, so it never reads or writes
them. Inherited waits end with an AuthError with code "forked".
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
    # Requests headers. Returns them, or None if the outcome will arrive in the queue under the tag.
    Start: TypeAlias = Callable[[_native.CompletionQueue, int], Headers | None]

_tags = itertools.count()
# The interval, in seconds, at which a blocked thread checks whether a signal handler has forked the process.
_LONGEST_POLL = 1.0


async def wait(start: Start) -> Headers:
    """Returns the headers that `start` requests, and waits for them on the running event loop.

    Cancelling the wait leaves the fetch running. Raises argus_auth.AuthError or a subclass if the fetch fails.
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


# Set at exit, before the engine is stopped. At that time, only the main thread and daemon threads exist.
interpreter_exiting = threading.Event()


def _is_daemon_at_exit() -> bool:
    """Returns whether the interpreter is exiting and this is a daemon thread.

    The shutdown of the engine wakes such a thread with an error. The thread must not pass the error to its caller,
    because the caller would report it, although the exit is intended.
    """
    return interpreter_exiting.is_set() and threading.current_thread().daemon


def wait_blocking(start: Start, timeout: float | None) -> Headers:
    """Returns the headers that `start` requests, and blocks this thread for at most `timeout` seconds.

    Raises DeadlineError after `timeout`, and AuthError or a subclass if the fetch fails. The thread waits in CPython's
    own `poll`, so that other threads and signal handlers run meanwhile, and the interpreter can exit.
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
        if os.getpid() != process:
            # This process is a child that a signal handler has forked. Only the parent gets the outcome.
            raise forked()
        if answered:
            break
        if left == 0.0:
            raise DeadlineError("no token within the timeout; the fetch continues")
    if _is_daemon_at_exit():
        threading.Event().wait()  # Blocks until the process ends: this thread must not return to its caller.
    ((_, headers, error),) = queue.drain()
    if headers is None:
        raise error or AuthError("the engine returned no headers and no error")
    return headers


class _Bridge:
    """Takes outcomes from a completion queue and sets the results of the futures of waiting callers."""

    def __init__(self) -> None:
        self.queue = _native.CompletionQueue()
        self.waiting: dict[int, asyncio.Future[Headers]] = {}
        self._inherited = False

    def drain(self) -> None:
        """Settles the futures of all outcomes that have arrived. Runs on the loop's thread."""
        if self._inherited:
            return
        for tag, headers, error in self.queue.drain():
            future = self.waiting.pop(tag, None)
            if future is not None and not _is_daemon_at_exit():
                _settle(future, headers, error)

    def abandon(self) -> None:
        """Ends all waits with the error "forked". Runs in a child of fork, where no outcome arrives for them."""
        self._inherited = True
        for future in self.waiting.values():
            # RuntimeError: the loop is closed or belongs to another thread. Such a loop does not run in the child.
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
    """The bridge that is shared by the loops that can't watch a descriptor. A daemon thread watches its descriptor."""

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
            except BaseException:  # raised by a log handler; the thread must survive for the other waiting callers
                with contextlib.suppress(Exception):  # standard error may be closed
                    traceback.print_exc()

    def drain(self) -> None:
        """Schedules each new outcome on the event loop of the caller that waits for it. Runs on the relay's thread."""
        for tag, headers, error in self.queue.drain():
            future = self.waiting.get(tag)
            if future is not None and not _is_daemon_at_exit():
                # RuntimeError: the loop was closed meanwhile.
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
            # In an empty context: the reader outlives this task, and must not keep the context of the task alive.
            contextvars.Context().run(loop.add_reader, bridge.queue.fileno(), bridge.drain)
        except NotImplementedError:
            bridge = _shared_relay()
        _bridges[loop] = weakref.ref(bridge)
    return bridge


def _shared_relay() -> _Relay:
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
