"""A scriptable token endpoint on loopback, and helpers to run programs in interpreters of their own.

The endpoint is the program `token-endpoint` of tests/support. ARGUS_AUTH_TOKEN_ENDPOINT names it; otherwise the one in
the workspace's target directory is taken, and built if it is not there.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
CANARY = "canary-7f3a91"


# In a child of fork: a time limit, and an end that does not run the parent's business.
CHILD = '''
import asyncio, os, signal, sys, threading, time, traceback, warnings
import argus_auth

def in_child(work, limit=10):
    """The exit status of a forked child that runs `work`."""
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

def provider():
    return argus_auth.OAuth2Provider(sys.argv[1], sys.argv[2], "s")

def fetch(p):
    return asyncio.run(p.get_headers())["Authorization"]
'''


def token_endpoint_program() -> Path:
    """The program, built if need be."""
    if named := os.environ.get("ARGUS_AUTH_TOKEN_ENDPOINT"):
        return Path(named)
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    for profile in ("release", "debug"):
        program = target / profile / "token-endpoint"
        if program.exists():
            return program
    subprocess.run(["cargo", "build", "-q", "-p", "argus-auth-test-support"], cwd=ROOT, check=True)
    return target / "debug" / "token-endpoint"


class TokenEndpoint:
    """The running program, and its control paths."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._base = url.rpartition("/")[0]

    def _control(self, path: str, body: Any = None, method: str = "POST") -> Any:
        data = None if method == "GET" else json.dumps(body).encode()
        request = urllib.request.Request(self._base + path, data=data, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def requests(self) -> list[dict[str, Any]]:
        return self._control("/_requests", method="GET")

    def script(self, *replies: dict[str, Any]) -> None:
        self._control("/_script", list(replies))

    def default(self, reply: dict[str, Any]) -> None:
        self._control("/_default", reply)

    def hold(self) -> None:
        """Every reply waits for release()."""
        self.default({"body": {"access_token": "tok-{n}", "expires_in": 3600}, "hold": True})

    def release(self) -> None:
        self._control("/_release", {})

    def wait_for_requests(self, count: int) -> None:
        deadline = time.monotonic() + 10
        while len(self.requests()) < count:
            assert time.monotonic() < deadline, f"{len(self.requests())} of {count} requests came"
            time.sleep(0.005)


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


def run_python(code: str, *arguments: str, timeout: float = 30) -> subprocess.CompletedProcess[str]:
    """Runs `code` in a new interpreter where warnings are errors, under a time limit."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-X", "dev", "-c", textwrap.dedent(code), *arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


def succeed(code: str, *arguments: str, timeout: float = 30) -> str:
    """As run_python; the program must end with status 0 and have nothing to complain about."""
    result = run_python(code, *arguments, timeout=timeout)
    assert (result.returncode, result.stderr) == (0, ""), f"{result.returncode}\n{result.stdout}\n{result.stderr}"
    return result.stdout
