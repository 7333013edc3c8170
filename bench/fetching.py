"""Compares the providers of argus-auth and argus-mcp: cached reads, cold fetches, many callers at once, and memory.

python -m bench.fetching COMPARISON TOKEN_ENDPOINT_PROGRAM
"""

from __future__ import annotations

import asyncio
import gc
import itertools
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import measuring

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from bench.measuring import Endpoint, Samples

SCOPES = ("mcp:read", "mcp:write")
_numbers = itertools.count()


def _new(provider: Callable[..., Any], url: str) -> Any:
    """Returns a provider with new credentials, so that it shares its token with no other provider."""
    number = next(_numbers)
    return provider(url, f"client-{number}", f"secret-{number}", scopes=list(SCOPES), expiry_buffer=300.0)


def _authenticated(headers: dict[str, str]) -> bool:
    return headers["Authorization"].startswith("Bearer ")


async def cached(endpoint: Endpoint) -> Samples:
    """Measures a cached `await get_headers()` in nanoseconds, and two smaller `async def` functions as baselines."""
    headers = {"Authorization": "Bearer " + "x" * 40}

    async def baseline_dict() -> dict[str, str]:
        return headers.copy()

    async def baseline_empty() -> None:
        pass

    calls: dict[str, Callable[[], Awaitable[object]]] = {
        "baseline_dict": baseline_dict,
        "baseline_empty": baseline_empty,
    }
    for side, provider in measuring.providers().items():
        one = _new(provider, endpoint.url)
        measuring.must(_authenticated(await one.get_headers()), "headers with a token")
        calls[side] = one.get_headers

    def repeated(call: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[Mapping[str, float]]]:
        async def run() -> Mapping[str, float]:
            count = 50_000
            gc.collect()
            start = time.perf_counter_ns()
            for _ in itertools.repeat(None, count):
                await call()
            return {"": (time.perf_counter_ns() - start) / count}

        return run

    sides = {name: repeated(call) for name, call in calls.items()}
    await measuring.interleaved(1, sides)  # warm-up
    return await measuring.interleaved(21, sides)


async def cached_without_module(endpoint: Endpoint) -> Samples:
    """Measures the same as `cached`, without the gateway's native module: the gateway uses its cache in Python."""
    measuring.without(measuring.TOKEN_MODULE)
    return await cached(endpoint)


async def cold(endpoint: Endpoint) -> Samples:
    """Measures the first `await get_headers()` of a new provider in seconds. The engine runs already."""
    return await _cold(endpoint, providers=1, callers=1, times=10, rounds=15)


async def many_cold(endpoint: Endpoint) -> Samples:
    """Measures the seconds until 500 new providers, which are called at once, have returned their headers."""
    return await _cold(endpoint, providers=500, callers=1, times=1, rounds=3)


async def herd(endpoint: Endpoint) -> Samples:
    """Measures the seconds until 10,000 callers of one new provider have their headers."""
    return await _cold(endpoint, providers=1, callers=10_000, times=1, rounds=11)


async def _cold(endpoint: Endpoint, *, providers: int, callers: int, times: int, rounds: int) -> Samples:
    """Measures the seconds until new providers are made and all their callers have headers.

    A sample is the mean of `times` runs.
    """

    def side(provider: Callable[..., Any]) -> Callable[[], Awaitable[Mapping[str, float]]]:
        async def run() -> Mapping[str, float]:
            endpoint.requests()
            watch = measuring.Stopwatch()
            for _ in range(times):
                new = [_new(provider, endpoint.url) for _ in range(providers)]
                answers = await asyncio.gather(*(one.get_headers() for one in new for _ in range(callers)))
            wall, cpu = watch.wall(), watch.cpu()
            measuring.must(all(map(_authenticated, answers)), "headers with a token")
            measuring.must(len({id(answer) for answer in answers}) == providers * callers, "a dict for each")
            measuring.must(endpoint.requests() == providers * times, "one request per provider")
            return {"": wall / times, "_cpu": cpu / times}

        return run

    sides = measuring.providers()
    for provider in sides.values():  # warm-up
        await _new(provider, endpoint.url).get_headers()
    return await measuring.interleaved(rounds, {name: side(provider) for name, provider in sides.items()})


async def memory_ours(endpoint: Endpoint) -> Samples:
    """Measures the bytes per provider of argus-auth, for 100,000 providers without a token."""
    return _memory("ours", endpoint)


async def memory_theirs(endpoint: Endpoint) -> Samples:
    """Measures the bytes per provider of argus-mcp, for 100,000 providers without a token."""
    return _memory("theirs", endpoint)


def _memory(side: str, endpoint: Endpoint) -> Samples:
    provider, count = measuring.providers()[side], 100_000
    first = _new(provider, endpoint.url)
    gc.collect()
    before = _resident()
    providers = [_new(provider, endpoint.url) for _ in range(count)]
    gc.collect()
    size = (_resident() - before) / count
    del first, providers
    return {side: [size]}


def _resident() -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (line,) = (line for line in status.splitlines() if line.startswith("VmRSS:"))
    return float(line.split()[1]) * 1024


COMPARISONS = (cached, cached_without_module, cold, many_cold, herd, memory_ours, memory_theirs)


def main() -> None:
    """Runs one comparison and prints its samples."""
    name, program = sys.argv[1:]
    (comparison,) = (comparison for comparison in COMPARISONS if comparison.__name__ == name)
    with measuring.token_endpoint(program) as endpoint:
        json.dump(asyncio.run(comparison(endpoint)), sys.stdout)


if __name__ == "__main__":
    main()
