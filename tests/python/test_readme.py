"""Every block of code in the README does what it says, against a real token endpoint."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .conftest import CANARY
from .endpoint import ROOT

if TYPE_CHECKING:
    from .endpoint import TokenEndpoint

LIBRARIES = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
COMPILERS = {"c": ("cc", "-std=c11", "-xc"), "cpp": ("c++", "-std=c++17", "-xc++")}


def blocks(language: str) -> list[str]:
    """The code blocks in a language, in order. The Rust ones are documentation tests of core."""
    return re.findall(rf"^```{language}\n(.*?)^```$", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture
def directory(tmp_path: Path, endpoint: TokenEndpoint, client: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with the README's configuration as config.yaml, and its secrets in the environment."""
    (yaml,) = blocks("yaml")
    url = "https://auth.example/oauth/token"
    assert url in yaml
    (tmp_path / "config.yaml").write_text(yaml.replace(url, endpoint.url).replace("argus-client", client))
    monkeypatch.setenv("OAUTH_CLIENT_SECRET", CANARY)
    monkeypatch.setenv("SECRET_REPORT_KEY", CANARY)
    return tmp_path


def run(command: list[str | Path], directory: Path) -> str:
    return subprocess.run(command, cwd=directory, check=True, stdout=subprocess.PIPE, text=True, timeout=60).stdout


def test_python(directory: Path) -> None:
    example, install = blocks("python")
    assert run([sys.executable, "-c", example], directory) == "dict_keys(['X-Report-Key'])\n"
    assert run([sys.executable, "-c", install], directory) == ""


@pytest.mark.parametrize("language", COMPILERS)
def test_compiled(language: str, directory: Path) -> None:
    compiler, standard, kind = COMPILERS[language]
    if not shutil.which(compiler) or not (LIBRARIES / "libargus_auth.so").exists():
        pytest.skip("needs a compiler and the release build of the C library: `make native`")
    (source,) = blocks(language)
    warnings = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    link = [f"-L{LIBRARIES}", "-largus_auth", f"-Wl,-rpath,{LIBRARIES}"]
    # The library is found by its SONAME, which only an installed one has as a file.
    soname = directory / "libargus_auth.so.0"
    soname.symlink_to(LIBRARIES / "libargus_auth.so")
    link.append(f"-Wl,-rpath,{directory}")
    command = [compiler, standard, *warnings, f"-I{ROOT / 'include'}", kind, "-", "-xnone", "-o", "example", *link]
    subprocess.run(command, cwd=directory, input=source, text=True, check=True, timeout=120)
    assert run([directory / "example"], directory) == "X-Request-Source: 5 bytes\nAuthorization: 12 bytes\n"


def test_console(directory: Path) -> None:
    (session,) = [block for block in blocks("console") if "argus-auth" in block]
    for line in session.splitlines():
        command = line.removeprefix("$ ").partition("#")[0].split()
        program = Path(sys.executable).with_name(command[0])
        output = run([program, *command[1:]], directory)
        assert CANARY not in output
