"""Tests the real, unmodified gateway with the providers of argus_auth, from the configuration to the request headers.

Each version is installed in an environment of its own, `build/argus-VERSION`, which `make test-argus` creates.
ARGUS_AUTH_PYTHON_0_6_0 and ARGUS_AUTH_PYTHON_0_8_6 name other interpreters.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from python.conftest import CANARY, endpoint  # noqa: F401 - `python` is tests/python, `endpoint` is a fixture
from python.endpoint import ROOT, TokenEndpoint

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent


def interpreter(version: str) -> str:
    """Returns the interpreter of an environment with this version of the gateway."""
    name = f"ARGUS_AUTH_PYTHON_{version.replace('.', '_')}"
    path = os.environ.get(name, str(ROOT / f"build/argus-{version}/bin/python"))
    if not Path(path).exists():
        pytest.fail(f"{path} is missing; `make test-argus` creates it, or set {name}")
    return path


@contextmanager
def running(command: list[str], log: Path, **options) -> Iterator[subprocess.Popen[str]]:
    """Runs a program until the end of the block. Its standard error goes to the file `log`."""
    with log.open("w") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, **options)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.communicate(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def free_port() -> int:
    """Returns a port that no program listens on at the moment."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def call_tool(python: str, gateway: subprocess.Popen[str], url: str, log: Path) -> dict[str, str]:
    """Returns the headers that the backend received. Calls its tool through the gateway, until the gateway answers."""
    deadline = time.monotonic() + 90
    while True:
        command = [python, str(HERE / "call_tool.py"), url, "received_headers"]
        result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        if result.returncode == 0:
            return dict(json.loads(result.stdout))
        if gateway.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"gateway: {gateway.poll()}\n{log.read_text()[-5000:]}\nclient:\n{result.stderr[-5000:]}")
        time.sleep(0.5)


# Version 0.6 starts a new session for each request over streamable HTTP. Clients that conform to the protocol can't use
# that, so version 0.6 is tested over SSE.
@pytest.mark.parametrize(("version", "path"), [("0.6.0", "/sse"), ("0.8.6", "/mcp")])
def test_gateway_requests_carry_the_token_and_its_logs_hold_no_secret(
    endpoint: TokenEndpoint,  # noqa: F811
    tmp_path: Path,
    version: str,
    path: str,
) -> None:
    python = interpreter(version)
    assert subprocess.check_output([python, "-m", "pip", "show", "argus-mcp"], text=True).split()[3] == version
    with ExitStack() as stack:
        requests_log = tmp_path / "backend.jsonl"
        backend = stack.enter_context(
            running(
                [python, str(HERE / "backend.py"), "--log", str(requests_log), "--require-bearer"],
                tmp_path / "backend.log",
            )
        )
        assert backend.stdout
        url = backend.stdout.readline().split()[-1]
        config = tmp_path / "config.yaml"
        config.write_text(
            f"""
version: "1"
backends:
  native:
    type: streamable-http
    url: {url}
    headers: {{X-Request-Source: argus}}
    auth: {{type: oauth2, token_url: {endpoint.url}, client_id: gateway, client_secret: {CANARY}, scopes: [mcp:read]}}
"""
        )
        port = free_port()
        log = tmp_path / "gateway.log"
        gateway = stack.enter_context(
            running(
                [python, str(HERE / "gateway.py"), "server", "--config", str(config), "--port", str(port)],
                log,
                cwd=tmp_path,
                env={**os.environ, "HOME": str(tmp_path), "PYTHONUNBUFFERED": "1"},
            )
        )
        received = call_tool(python, gateway, f"http://127.0.0.1:{port}{path}", log)

    assert received["authorization"] == "Bearer tok-1"
    assert received["x-request-source"] == "argus"
    all_requests = [dict(json.loads(line)["headers"]) for line in requests_log.read_text().splitlines()]
    assert len(all_requests) > 3
    assert {headers.get("authorization") for headers in all_requests} == {"Bearer tok-1"}

    (request,) = endpoint.requests()
    headers = {name.lower(): value for name, value in request["headers"]}
    assert headers["user-agent"].startswith("argus-auth/")
    assert request["form"] == [
        ["grant_type", "client_credentials"],
        ["client_id", "gateway"],
        ["client_secret", CANARY],
        ["scope", "mcp:read"],
    ]
    everything = "".join(path.read_text() for path in [log, *tmp_path.glob("logs/*.log")])
    assert "site-packages/argus_auth" not in everything, "a traceback goes through our code"
    assert "argus_mcp.bridge.auth.provider" in everything  # the records of argus_auth
    assert CANARY not in everything
    assert "tok-1" not in everything
