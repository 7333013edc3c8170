"""Fixtures that the tests share, and helpers that run programs in new interpreters.

* `endpoint`: a scriptable token endpoint (`TokenEndpoint` in endpoint.py), in a process of its own;
* `client`: a client id that no other test uses;
* `config`: the text of a configuration with one backend per kind, whose tokens come from `endpoint` for `client`.
"""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import textwrap
from typing import TYPE_CHECKING

import pytest

from .endpoint import ROOT, TokenEndpoint, token_endpoint_program

if TYPE_CHECKING:
    from collections.abc import Iterator

# A secret that is distinctive, so that tests can search output for it.
CANARY = "canary-7f3a91"

# Without a handler, records that arrive after the last test would be printed to standard error.
logging.getLogger("argus_mcp").addHandler(logging.NullHandler())


@pytest.fixture
def endpoint() -> Iterator[TokenEndpoint]:
    """A token endpoint for this test alone. Fetches of earlier tests that are still running can't reach it."""
    process = subprocess.Popen(
        [token_endpoint_program(), "--port", "0", "--stdin-eof"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    line = process.stdout.readline()
    assert line.startswith("token endpoint: "), line
    yield TokenEndpoint(line.split()[-1])
    process.kill()
    process.communicate()


_clients = iter(range(10**9))


@pytest.fixture
def client() -> str:
    """A client id that no other test uses, because equal clients share one token."""
    return f"client-{next(_clients)}"


@pytest.fixture
def config(endpoint: TokenEndpoint, client: str) -> str:
    """The text of a configuration with four backends.

    `static` and `none` need no token. `oauth2` and `closed` share one token. The failure policy of `oauth2` is "open",
    the failure policy of `closed` is "closed".
    """
    oauth2 = f"{{type: oauth2, token_url: {endpoint.url}, client_id: {client}, client_secret: {CANARY}}}"
    return textwrap.dedent(f"""\
        backends:
          static:
            type: sse
            url: http://127.0.0.1:1/sse
            auth: {{type: static, headers: {{Authorization: Bearer {CANARY}, X-Tenant: a}}}}
          oauth2:
            type: streamable-http
            url: http://127.0.0.1:1/mcp
            headers: {{X-Source: argus, authorization: replaced}}
            auth: {oauth2}
          closed:
            type: streamable-http
            url: http://127.0.0.1:1/mcp
            auth: {oauth2}
            on_auth_failure: closed
          none:
            type: sse
            url: http://127.0.0.1:1/sse
        """)


def start_python(code: str, *arguments: str) -> subprocess.Popen[str]:
    """Starts `code` in a new interpreter in which warnings are errors. `python.child` has helpers for such programs."""
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-X", "dev", "-c", textwrap.dedent(code), *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for_success(process: subprocess.Popen[str], timeout: float = 30) -> str:
    """Waits for the end of a program. Returns its output; fails unless its status is 0 and its stderr is empty."""
    try:
        output, errors = process.communicate(timeout=timeout)
    finally:
        process.kill()
    assert (process.returncode, errors) == (0, ""), f"{process.returncode}\n{output}\n{errors}"
    return output


def run_python(code: str, *arguments: str) -> str:
    """Runs `code` in a new interpreter, as start_python does. Returns its output; fails as wait_for_success does."""
    return wait_for_success(start_python(code, *arguments))
