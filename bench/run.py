"""Compares argus-auth with the providers and the loader of argus-mcp. Prints a table and writes it to a file.

    python -m bench.run --python PYTHON --programs DIRECTORY [--out results.md]

PYTHON is the interpreter of an environment that contains argus-mcp and argus-auth. DIRECTORY contains the programs that
`make bench` builds. Each comparison of Python code runs in a new interpreter. Both sides are warmed up in it, and then
they alternate. Only memory is measured in one interpreter per side. No time is asserted: a missed target is reported in
the table.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from bench import machine, native
from bench.table import Compared, Measured, Unit, rendered

if TYPE_CHECKING:
    from bench.measuring import Samples

ROOT = Path(__file__).resolve().parents[1]
BACKENDS, PROVIDERS = 10_000, 100_000
NANOSECONDS, MICROSECONDS, MILLISECONDS, BYTES = Unit("ns", 1), Unit("µs", 1e6), Unit("ms", 1e3), Unit("B", 1)


class Bench:
    """Runs all comparisons and collects the rows of the tables."""

    def __init__(self, python: str, programs: Path) -> None:
        self.python = python
        self.endpoint = str(programs / "token-endpoint")
        self.rust, self.c = str(programs / "bench-rust"), str(programs / "c" / "bench-c")
        self.compared: list[Compared] = []
        self.measured: list[Measured] = []
        self.remarks: list[str] = []

    def run(self) -> None:
        """Runs all comparisons."""
        self._cached()
        self._cold()
        self._loading()
        self._memory()
        self._native()

    def _cached(self) -> None:
        samples = self._python("fetching", "cached", self.endpoint)
        pure = self._python("fetching", "cached_without_module", self.endpoint)
        what = "cached `await get_headers()`"
        self._compare(what, samples, NANOSECONDS, target=3)
        self._compare(f"{what}, the gateway without its native cache", pure, NANOSECONDS, target=3)
        third, baseline = median(samples["theirs"]) / 3, median(samples["baseline_dict"])
        self.remarks.append(
            f"No `async def` can reach 3x for the cached read. A third of the gateway's time is {third:.0f} ns, but an "
            f"`async def` that only copies a dict takes {baseline:.0f} ns, and an empty one takes "
            f"{median(samples['baseline_empty']):.0f} ns."
        )
        self._measure("baseline: `await` of an empty `async def`", samples["baseline_empty"])
        self._measure("baseline: `await` of an `async def` that copies a dict", samples["baseline_dict"])

    def _cold(self) -> None:
        for name, what, unit, target in (
            ("cold", "one cold fetch, engine running", MICROSECONDS, 100),
            ("many_cold", "500 cold providers at once", MILLISECONDS, 100),
            ("herd", "10,000 callers of one cold provider, 1 request", MILLISECONDS, 2),
        ):
            samples = self._python("fetching", name, self.endpoint)
            self._compare(what, samples, unit, target=target)
            cpu = {side: samples[f"{side}_cpu"] for side in ("ours", "theirs")}
            self._compare(f"{what}: CPU", cpu, unit, target=target)

    def _loading(self) -> None:
        samples = self._python("loading", str(BACKENDS))
        self._compare(f"`load_config`, {BACKENDS:,} backends, same dict", samples, MILLISECONDS, target=100)
        resolver = {**samples, "ours": samples["resolver"]}
        self._compare(f"`Resolver.from_file`, {BACKENDS:,} backends", resolver, MILLISECONDS, target=100)

    def _memory(self) -> None:
        samples = {
            **self._python("fetching", "memory_ours", self.endpoint),
            **self._python("fetching", "memory_theirs", self.endpoint),
        }
        self._compare(f"memory per provider in Python, with {PROVIDERS:,} of them", samples, BYTES)
        rust = [native.bytes_per_provider(self.rust, PROVIDERS)]
        self.measured.append(Measured(f"memory per provider in Rust, with {PROVIDERS:,} of them", rust, BYTES))

    def _native(self) -> None:
        names = {
            "clock": "baseline: read of CLOCK_BOOTTIME",
            "provider": "cached `AuthProvider::current`",
            "resolver": "cached `Resolver::try_headers`",
            "resolver-merged": "the same, with configured headers",
            "copy": "baseline: `malloc`, copy of name and value, `free`",
            "clone": "`argus_auth_headers_clone` and `_free`",
            "try-headers": "cached `argus_auth_resolver_try_headers` and `_free`",
            "try-headers-long": f"the same, with a fixed header of {native.LONG:,} bytes",
            "headers": "cached `argus_auth_resolver_headers` and `_free`",
        }
        with native.configuration(self.endpoint) as config:
            for language, command in (("Rust", [self.rust, "reads"]), ("C", [self.c])):
                progress(f"reads in {language}")
                samples = native.nanoseconds(command, config)
                counts = native.instructions(command, config) or {}
                for name, values in samples.items():
                    self._measure(f"{language}: {names[name]}", values, counts.get(name))

    def _python(self, module: str, *arguments: str) -> Samples:
        progress(" ".join([module, *arguments[:1]]))
        # A minimal environment, so that no variable of the caller slows one side.
        environment = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"}
        command = [self.python, "-m", f"bench.{module}", *arguments]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT)  # noqa: S603
        samples: Samples = json.loads(done.stdout)
        return samples

    def _compare(self, what: str, samples: Samples, unit: Unit, target: float | None = None) -> None:
        self.compared.append(Compared(what, samples["ours"], samples["theirs"], unit, target))

    def _measure(self, what: str, values: list[float], instructions: float | None = None) -> None:
        self.measured.append(Measured(what, values, NANOSECONDS, instructions))


def progress(what: str) -> None:
    """Prints the current step to standard error."""
    sys.stderr.write(f"bench: {what}\n")


def main() -> None:
    """Runs the comparisons, prints the results, and writes them to a file if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--python", required=True, type=Path, help="interpreter with argus-mcp and argus-auth")
    parser.add_argument("--programs", required=True, type=Path, help="directory of the programs of `make bench`")
    parser.add_argument("--out", type=Path, help="file to write the results to")
    arguments = parser.parse_args()
    bench = Bench(str(arguments.python.absolute()), arguments.programs.resolve())
    before = os.getloadavg()[0]
    bench.run()
    text = rendered(machine.described(bench.python, before), bench.compared, bench.measured, bench.remarks)
    sys.stdout.write(text)
    if arguments.out:
        arguments.out.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
