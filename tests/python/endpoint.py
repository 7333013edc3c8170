"""A client of the scriptable token endpoint: the program `token-endpoint` of tests/support, which listens on loopback.

ARGUS_AUTH_TOKEN_ENDPOINT names the program. By default, the program in the workspace's target directory is used. It is
built if it is missing.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def token_endpoint_program() -> Path:
    """Returns the path of the program, and builds it if it is missing."""
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
    """A running token endpoint, with methods for its control paths."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._base = url.rpartition("/")[0]

    def _control(self, path: str, body: Any = None, method: str = "POST") -> Any:
        data = None if method == "GET" else json.dumps(body).encode()
        request = urllib.request.Request(self._base + path, data=data, method=method)
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.load(response)

    def requests(self) -> list[dict[str, Any]]:
        """Returns all token requests so far, in the order in which they arrived."""
        return self._control("/_requests", method="GET")

    def script(self, *replies: dict[str, Any]) -> None:
        """Adds replies to the script. Each request gets the next reply, or the default reply if the script is empty."""
        self._control("/_script", list(replies))

    def default(self, reply: dict[str, Any]) -> None:
        """Sets the reply to requests without a scripted reply."""
        self._control("/_default", reply)

    def hold(self) -> None:
        """Sets a default reply, with a new token each time, that waits for `release`."""
        self.default({"body": {"access_token": "tok-{n}", "expires_in": 3600}, "hold": True})

    def release(self) -> None:
        """Waits for the first request, then sends the replies that are held."""
        self.wait_for_requests(1)
        self._control("/_release", {})

    def wait_for_requests(self, count: int) -> None:
        """Waits until `count` requests have arrived; fails after 10 s."""
        deadline = time.monotonic() + 10
        while len(self.requests()) < count:
            assert time.monotonic() < deadline, f"{len(self.requests())} of {count} requests arrived"
            time.sleep(0.005)
