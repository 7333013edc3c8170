"""Differential test of the loader: the real gateway and this library read the same generated configurations.

Both must return the same values, or differ in a way that is listed in tests/support/differential.

ARGUS_AUTH_DIFFERENTIAL_CASES is the number of cases (default 2,000), and ARGUS_AUTH_DIFFERENTIAL_SEED is the first seed
(default 0). The gateway is installed in `build/argus-0.8.6`; ARGUS_AUTH_PYTHON_0_8_6 names another interpreter that has
it.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.differential.differences import explain
from support.differential.generate import case

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
SUPPORT = ROOT / "tests/support/differential"
CASES = int(os.environ.get("ARGUS_AUTH_DIFFERENTIAL_CASES", "2000"))
SEED = int(os.environ.get("ARGUS_AUTH_DIFFERENTIAL_SEED", "0"))
LOAD = ["cargo", "run", "--quiet", "-p", "argus-auth-core", "--example", "load"]


def outcomes(command: list[str], env: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Yields the program's outcome for each case, in order."""
    process = subprocess.Popen(command, cwd=ROOT, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def feed() -> None:
        with process.stdin:
            for seed in range(SEED, SEED + CASES):
                process.stdin.write(json.dumps(case(seed).message()) + "\n")

    feeder = threading.Thread(target=feed, daemon=True)
    feeder.start()
    with process.stdout:
        yield from map(json.loads, process.stdout)
    feeder.join()
    assert process.wait() == 0, command


def test_load_of_generated_files_equals_the_gateways_or_differs_as_listed(capsys: pytest.CaptureFixture[str]) -> None:
    python = os.environ.get("ARGUS_AUTH_PYTHON_0_8_6", str(ROOT / "build/argus-0.8.6/bin/python"))
    if not Path(python).exists():
        pytest.fail(f"{python} is missing; `make test-argus` creates it, or set ARGUS_AUTH_PYTHON_0_8_6")
    # A minimal environment for the gateway's program, which sets the variables of each case itself.
    bare = {"PATH": os.environ["PATH"], "PYTHONUTF8": "1"}
    both = zip(outcomes([python, str(SUPPORT / "gateway.py")], bare), outcomes(LOAD, dict(os.environ)), strict=True)
    listed: Counter[str] = Counter()
    accepted = cases = 0
    unexplained = []
    for seed, (theirs, ours) in enumerate(both, SEED):
        cases += 1
        agree, reason = explain(case(seed), theirs, ours)
        accepted += agree and theirs["ok"]
        if not agree and reason:
            listed[reason] += 1
        elif not agree:
            unexplained.append((seed, theirs, ours))
    with capsys.disabled():
        agreements = cases - listed.total() - len(unexplained)
        print(f"\n{cases} cases, {agreements} agreements ({accepted} accepted by both),", end=" ")
        print(f"{listed.total()} listed differences, {len(unexplained)} unexplained")
        for reason, count in listed.most_common():
            print(f"  {count:6} {reason}")
        for seed, theirs, ours in unexplained[:20]:
            print(
                f"--- case {seed}\n{case(seed).yaml.decode(errors='replace')}\n  gateway: {theirs}\n  ours:    {ours}"
            )
    assert cases == CASES
    assert not unexplained
