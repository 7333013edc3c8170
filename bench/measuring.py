"""Helpers of all comparisons: the two sides, the token endpoint, a stopwatch, and interleaved rounds.

The sides are argus-auth (`ours`) and argus-mcp (`theirs`). Each comparison runs in a new interpreter, in an environment
that contains both packages. It prints one JSON object that maps names, such as `ours` and `ours_cpu`, to lists of
samples.
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

# The gateway's optional native modules. Without YAML_MODULE, all versions of the gateway read YAML in the same way.
YAML_MODULE = "yaml_rs"
TOKEN_MODULE = "token_cache_rs"  # noqa: S105


def without(module: str) -> None:
    """Makes one of the gateway's optional modules unavailable. Call it before the gateway is imported."""
    sys.modules[module] = None  # type: ignore[assignment]


def providers() -> dict[str, Callable[..., Any]]:
    """Returns the provider class of each side."""
    from argus_mcp.bridge.auth.provider import OAuth2Provider  # type: ignore[import-not-found]  # noqa: PLC0415

    import argus_auth  # noqa: PLC0415

    return {"ours": argus_auth.OAuth2Provider, "theirs": OAuth2Provider}


class Endpoint:
    """A scriptable token endpoint that runs in another process."""

    def __init__(self, url: str) -> None:
        self.url = url

    def requests(self) -> int:
        """Returns the number of token requests since the last call."""
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
    """Runs the token endpoint until the end of the block. `program` is `token-endpoint` of tests/support."""
    process = subprocess.Popen([program, "--stdin-eof"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603
    with process:
        line = process.stdout.readline() if process.stdout else ""
        yield Endpoint(line.removeprefix("token endpoint: ").strip())
        if process.stdin:
            process.stdin.close()


def must(condition: bool, what: str) -> None:  # noqa: FBT001
    """Ends the comparison with an error if `condition` is false. `what` describes the condition."""
    if not condition:
        raise SystemExit(f"bench: this should hold but does not: {what}")


class Stopwatch:
    """A stopwatch that starts when it is made. Measures wall time, and the CPU time of all threads of the process."""

    def __init__(self) -> None:
        gc.collect()
        self._cpu = _cpu()
        self._wall = time.perf_counter()

    def wall(self) -> float:
        """Returns the wall time since the start, in seconds."""
        return time.perf_counter() - self._wall

    def cpu(self) -> float:
        """Returns the CPU time since the start, in seconds."""
        return _cpu() - self._cpu


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def interleaved(rounds: int, sides: Mapping[str, Callable[[], Awaitable[Mapping[str, float]]]]) -> Samples:
    """Runs the sides one after the other, for `rounds` rounds. Returns the samples of each side by name.

    A side returns one value per kind of sample. The name of a sample is the name of the side, followed by the kind.
    """
    samples: Samples = {}
    for number in range(rounds):
        # The order of the sides alternates, so that no side always runs last.
        for name in sorted(sides, reverse=number % 2 == 1):
            for kind, value in (await sides[name]()).items():
                samples.setdefault(f"{name}{kind}", []).append(value)
    return samples
