"""Compares how fast argus-auth and argus-mcp load one configuration. Prints seconds.

python -m bench.loading BACKENDS
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from bench import measuring

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from bench.measuring import Samples

ROUNDS = 3

HEAD = """\
server:
  host: 127.0.0.1
  port: 9000
secrets:
  enabled: true
  provider: env
backends:
"""
STATIC = """\
  static-{number}:
    type: sse
    url: "http://backend-{number}.example:8080/sse"
    headers:
      X-Request-Source: argus
    auth:
      type: static
      headers:
        X-Key: "secret:bench-key"
"""
OAUTH2 = """\
  oauth2-{number}:
    type: streamable-http
    url: "https://backend-{number}.example/mcp"
    auth:
      type: oauth2
      token_url: "https://auth.example/oauth/token"
      client_id: client-{number}
      client_secret: "${{BENCH_SECRET}}"
      scopes: [mcp:read, mcp:write]
"""
PLAIN = """\
  plain-{number}:
    type: streamable-http
    url: https://backend-{number}.example/mcp
    timeouts:
      init: 20.0
"""


def configuration(backends: int) -> str:
    """Returns the text of a configuration with this number of remote backends, of three kinds."""
    kinds = (STATIC, OAUTH2, PLAIN)
    return HEAD + "".join(kinds[number % len(kinds)].format(number=number) for number in range(backends))


async def compare(path: str) -> Samples:
    """Measures the gateway's loader, this library's `load_config` with the same result, and `Resolver.from_file`."""
    measuring.without(measuring.YAML_MODULE)
    from argus_mcp.config.loader import (  # type: ignore[import-not-found]  # noqa: PLC0415
        load_and_validate_config,
    )

    import argus_auth  # noqa: PLC0415

    measuring.must(argus_auth.load_config(path) == load_and_validate_config(path), "both read the same")

    def side(load: Callable[[str], object]) -> Callable[[], Awaitable[Mapping[str, float]]]:
        async def run() -> Mapping[str, float]:
            watch = measuring.Stopwatch()
            loaded = load(path)
            wall = watch.wall()
            del loaded
            return {"": wall}

        return run

    loaders: dict[str, Callable[[str], object]] = {
        "ours": argus_auth.load_config,
        "resolver": argus_auth.Resolver.from_file,
        "theirs": load_and_validate_config,
    }
    return await measuring.interleaved(ROUNDS, {name: side(load) for name, load in loaders.items()})


def main() -> None:
    """Runs the comparison and prints its samples."""
    os.environ["BENCH_SECRET"] = "a-client-secret"  # noqa: S105
    os.environ["SECRET_BENCH_KEY"] = "a-key"  # noqa: S105
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory, "config.yaml")
        path.write_text(configuration(int(sys.argv[1])), encoding="utf-8")
        json.dump(asyncio.run(compare(str(path))), sys.stdout)


if __name__ == "__main__":
    main()
