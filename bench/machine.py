"""A description of the machine and the software, for the results."""

from __future__ import annotations

import os
import platform
import subprocess
from pathlib import Path

VERSIONS = """\
import asyncio, platform
from importlib.metadata import version
packages = ("argus-mcp", "argus-auth", "httpx", "pydantic", "PyYAML")
print(f"{platform.python_implementation()} {platform.python_version()},", "asyncio,",
      ", ".join(f"{package} {version(package)}" for package in packages))
"""


def described(python: str, load_before: float) -> list[str]:
    """Returns lines that describe the machine, its load before and after the run, and the versions of the software."""
    versions = subprocess.run([python, "-c", VERSIONS], check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603
    system = f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"
    load = f"load average before {load_before:.1f}, after {os.getloadavg()[0]:.1f}"
    return [f"{system}; {load}", versions.stdout.strip()]


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
