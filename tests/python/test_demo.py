"""The demonstration of `make run`, with all log records of all hosts in the output: it succeeds and shows no secret."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from .conftest import CANARY
from .endpoint import ROOT

RELEASE = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
SECRETS = {name: f"{CANARY}-{name}" for name in ("REPORTS_TOKEN", "SECRET_REPORT_KEY", "SEARCH_CLIENT_SECRET")}


def test_demo_with_all_log_records_succeeds_and_shows_no_secret() -> None:
    hosts = {"Rust": RELEASE / "host-rust", "C": RELEASE / "c/host-c", "C++": RELEASE / "c/host-cpp"}
    command = [sys.executable, ROOT / "examples/demo.py", "--log", "--token", f"{CANARY}-token"]
    command += ["--token-endpoint", RELEASE / "token-endpoint", "--callers", RELEASE / "c/callers"]
    command += [argument for language, host in hosts.items() for argument in ("--host", f"{language}={host}")]
    result = subprocess.run(
        command,
        env={**os.environ, **SECRETS},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stdout
    assert "Everything as promised." in result.stdout
    # The output holds the records of all four languages, so the search for the secret covers them.
    assert result.stdout.count("token acquired") >= 2 * len(hosts)
    assert "argus_mcp.bridge.auth" in result.stdout
    assert CANARY not in result.stdout
