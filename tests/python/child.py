"""Helpers for programs that tests run in new interpreters. Their first arguments are the token URL and a client id.

A program begins with `from python.child import *`, which also provides the imported modules.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
import threading  # noqa: F401 - for the programs
import traceback
import warnings
from typing import TYPE_CHECKING, Any

import argus_auth
from python.endpoint import TokenEndpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

TOKEN_URL, CLIENT = sys.argv[1:3]
endpoint = TokenEndpoint(TOKEN_URL)
# These programs block their event loops on purpose, and asyncio's debug mode would warn about that.
logging.getLogger("asyncio").setLevel(logging.ERROR)


def provider() -> argus_auth.OAuth2Provider:
    """Returns a provider for the program's client."""
    return argus_auth.OAuth2Provider(TOKEN_URL, CLIENT, "s")


def resolver() -> argus_auth.Resolver:
    """Returns a resolver whose backend `a` shares its token with `provider()`."""
    auth = f"{{type: oauth2, token_url: {TOKEN_URL!r}, client_id: {CLIENT}, client_secret: s}}"
    return argus_auth.Resolver.from_str(f"backends: {{a: {{type: sse, url: 'http://h', auth: {auth}}}}}")


def fetch(p: argus_auth.OAuth2Provider) -> str:
    """Returns the Authorization header of a provider, on a new event loop."""
    return asyncio.run(p.get_headers())["Authorization"]


async def start_waiting(fetch: Coroutine[Any, Any, dict[str, str]]) -> asyncio.Task[dict[str, str]]:
    """Starts a task that waits for headers. Returns it as soon as the endpoint has received the first request."""
    task = asyncio.ensure_future(fetch)
    await asyncio.sleep(0)
    endpoint.wait_for_requests(1)
    return task


def in_child(work: Callable[[], object], limit: int = 10) -> int:
    """Runs `work` in a forked child, for at most `limit` seconds. Returns the child's exit status.

    The child leaves by `os._exit`, so that it runs none of its parent's exit handlers.
    """
    with warnings.catch_warnings():
        # From Python 3.12, a fork of a process with threads causes a warning. These tests have threads on purpose.
        warnings.simplefilter("ignore", DeprecationWarning)
        pid = os.fork()
    if pid == 0:
        signal.alarm(limit)
        status = 1
        try:
            work()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
