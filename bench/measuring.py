"""What the comparisons have in common: the two sides, the token endpoint, interleaved rounds, and how results travel.

Each comparison is a function that runs in an interpreter of its own, the one of an environment with argus-mcp and
argus-auth in it, and prints one JSON object: side to list of samples.
"""

from __future__ import annotations

import contextlib
import gc
import json
import resource
import subprocess
import sys
import time
import urllib.request
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

Samples: TypeAlias = dict[str, list[float]]

# The gateway's optional native modules. Without the first it reads YAML as all of its versions do.
YAML_MODULE = "yaml_rs"
TOKEN_MODULE = "token_cache_rs"  # noqa: S105


def without(module: str) -> None:
    """Makes the gateway go without one of its optional modules. Before the gateway is imported."""
    sys.modules[module] = None  # type: ignore[assignment]


def providers() -> dict[str, Callable[..., Any]]:
    """The provider class of each side."""
    from argus_mcp.bridge.auth.provider import OAuth2Provider  # type: ignore[import-not-found]  # noqa: PLC0415

    import argus_auth  # noqa: PLC0415

    return {"ours": argus_auth.OAuth2Provider, "theirs": OAuth2Provider}


class Endpoint:
    """The scriptable token endpoint, in a process of its own."""

    def __init__(self, url: str) -> None:
        self.url = url

    def requests(self) -> int:
        """How many token requests have come since the last time this was asked."""
        count = len(json.loads(self._control("GET", "/_requests")))
        self._control("POST", "/_reset")
        return count

    def _control(self, method: str, path: str) -> bytes:
        base = "/".join(self.url.split("/")[:3])
        request = urllib.request.Request(base + path, method=method, data=b"" if method == "POST" else None)  # noqa: S310
        with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310
            return bytes(response.read())


@contextlib.contextmanager
def token_endpoint(program: str) -> Iterator[Endpoint]:
    """The endpoint, until the end of the block. `program` is `token-endpoint` of tests/support."""
    process = subprocess.Popen([program, "--stdin-eof"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603
    with process:
        line = process.stdout.readline() if process.stdout else ""
        yield Endpoint(line.removeprefix("token endpoint: ").strip())
        if process.stdin:
            process.stdin.close()


def must(condition: bool, what: str) -> None:  # noqa: FBT001
    """Ends the comparison unless both sides did the same."""
    if not condition:
        raise SystemExit(f"bench: not so: {what}")


class Stopwatch:
    """Wall and CPU seconds since it was made. CPU is that of all threads of this process."""

    def __init__(self) -> None:
        gc.collect()
        self._cpu = _cpu()
        self._wall = time.perf_counter()

    def wall(self) -> float:
        """Seconds that have passed."""
        return time.perf_counter() - self._wall

    def cpu(self) -> float:
        """Seconds that processors spent on it."""
        return _cpu() - self._cpu


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def interleaved(rounds: int, sides: Mapping[str, Callable[[], Awaitable[Mapping[str, float]]]]) -> Samples:
    """Runs one after the other, `rounds` times; each tells its samples by name."""
    samples: Samples = {}
    for number in range(rounds):
        # Whoever is second in one round is first in the next.
        for name in sorted(sides, reverse=number % 2 == 1):
            for kind, value in (await sides[name]()).items():
                samples.setdefault(f"{name}{kind}", []).append(value)
    return samples
