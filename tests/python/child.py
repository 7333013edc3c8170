"""What programs that tests run in interpreters of their own begin with. Their arguments: token URL, client id."""

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
# These programs hold their loops up on purpose, and asyncio's debug mode would complain of it.
logging.getLogger("asyncio").setLevel(logging.ERROR)


def provider() -> argus_auth.OAuth2Provider:
    return argus_auth.OAuth2Provider(TOKEN_URL, CLIENT, "s")


def resolver() -> argus_auth.Resolver:
    """One whose backend `a` is the same client as the provider."""
    auth = f"{{type: oauth2, token_url: {TOKEN_URL!r}, client_id: {CLIENT}, client_secret: s}}"
    return argus_auth.Resolver.from_str(f"backends: {{a: {{type: sse, url: 'http://h', auth: {auth}}}}}")


def fetch(p: argus_auth.OAuth2Provider) -> str:
    return asyncio.run(p.get_headers())["Authorization"]


async def under_way(fetch: Coroutine[Any, Any, dict[str, str]]) -> asyncio.Task[dict[str, str]]:
    """A task that waits for an answer, its request being the first that the endpoint has got."""
    task = asyncio.ensure_future(fetch)
    await asyncio.sleep(0)
    endpoint.wait_for_requests(1)
    return task


def in_child(work: Callable[[], object], limit: int = 10) -> int:
    """The exit status of a forked child that runs `work`: under a time limit, and without the parent's business."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # 3.12 warns of threads; here there are some on purpose
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
