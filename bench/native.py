"""Measurements of the cached read in Rust and in C: nanoseconds, and instructions as callgrind counts them."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bench import measuring

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.measuring import Samples

CONFIG = """\
backends:
  plain:
    type: sse
    url: http://backend.example/sse
    auth: &auth
      type: oauth2
      token_url: "{url}"
      client_id: bench
      client_secret: bench
  merged:
    type: sse
    url: http://backend.example/sse
    headers:
      X-Request-Source: argus
    auth: *auth
  long:
    type: sse
    url: http://backend.example/sse
    auth:
      type: static
      headers:
        Authorization: "{long}"
"""
# The size, in bytes, of a header that is as long as a token with claims (JWT).
LONG = 1_200
ROUNDS, READS = 21, 200_000
# The number of reads under callgrind. The start of the program and its fetch are not in the functions that are counted.
COUNTED_READS = 20_000


@contextlib.contextmanager
def configuration(token_endpoint: str) -> Iterator[str]:
    """Runs a token endpoint until the end of the block. Yields the path of a configuration that uses it."""
    with measuring.token_endpoint(token_endpoint) as endpoint, tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "config.yaml")
        path.write_text(CONFIG.format(url=endpoint.url, long="x" * LONG), encoding="utf-8")
        yield str(path)


def nanoseconds(command: list[str], config: str) -> Samples:
    """Returns the nanoseconds per read of each operation, one value per round."""
    lines = _run([*command, config, str(ROUNDS), str(READS)]).splitlines()
    return {name: [float(value) for value in values] for name, *values in map(str.split, lines)}


def instructions(command: list[str], config: str) -> dict[str, float] | None:
    """Returns the instructions per read of each operation, including the loop; None if valgrind is not installed.

    Instructions of the kernel are not counted. So the read of the clock is hardly counted: under callgrind, it is a
    system call.
    """
    if not shutil.which("valgrind"):
        return None
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory, "callgrind.out")
        options = ["--tool=callgrind", f"--callgrind-out-file={out}", "-q"]
        _run(["valgrind", *options, *command, config, "0", str(COUNTED_READS)])
        table = _run(["callgrind_annotate", "--inclusive=yes", "--threshold=100", str(out)])
    counted = re.compile(r"^\s*([\d,]+) .*\bread_(\w+)", re.MULTILINE)
    found: dict[str, float] = {}
    for count, name in counted.findall(table):
        # The first match is the line of the function. Later matches are annotated source lines that call it.
        found.setdefault(name.replace("_", "-"), int(count.replace(",", "")) / COUNTED_READS)
    return found


def bytes_per_provider(program: str, providers: int) -> float:
    """Returns the memory of a provider without a token in Rust, in bytes."""
    return float(_run([program, "memory", str(providers)]))


def _run(command: list[str]) -> str:
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout  # noqa: S603
