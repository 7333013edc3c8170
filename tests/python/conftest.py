"""Fixtures, and helpers to run programs in interpreters of their own."""

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

CANARY = "canary-7f3a91"

# What is logged when the tests have ended is nobody's.
logging.getLogger("argus_mcp").addHandler(logging.NullHandler())


@pytest.fixture
def endpoint() -> Iterator[TokenEndpoint]:
    """A token endpoint of the test's own: what an earlier test left the engine to do can't reach it."""
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
    """A client id that no other test uses: equal clients share a token."""
    return f"client-{next(_clients)}"


@pytest.fixture
def config(endpoint: TokenEndpoint, client: str) -> str:
    """A configuration with the kinds of backend: static, oauth2 under both policies, none."""
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
    """Starts `code` in a new interpreter where warnings are errors. `python.child` has helpers for it."""
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-X", "dev", "-c", textwrap.dedent(code), *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT / "tests")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ends_well(process: subprocess.Popen[str], timeout: float = 30) -> str:
    """What the program printed; it must end with status 0 and have nothing to complain about."""
    try:
        output, errors = process.communicate(timeout=timeout)
    finally:
        process.kill()
    assert (process.returncode, errors) == (0, ""), f"{process.returncode}\n{output}\n{errors}"
    return output


def succeed(code: str, *arguments: str) -> str:
    """Runs `code` as start_python does, to a good end."""
    return ends_well(start_python(code, *arguments))
