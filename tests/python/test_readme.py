"""The code blocks of the README: each runs against a token endpoint and has the result that the README promises."""

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
    """Returns the code blocks in a language, in order. The Rust blocks are documentation tests of core."""
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
    """Runs a program that must succeed. Returns its output."""
    return subprocess.run(command, cwd=directory, check=True, stdout=subprocess.PIPE, text=True, timeout=60).stdout


def test_python_blocks_run_and_print_the_header_names(directory: Path) -> None:
    example, install = blocks("python")
    assert run([sys.executable, "-c", example], directory) == "dict_keys(['X-Report-Key'])\n"
    assert run([sys.executable, "-c", install], directory) == ""


@pytest.mark.parametrize("language", COMPILERS)
def test_c_and_cpp_blocks_compile_and_print_the_headers(language: str, directory: Path) -> None:
    compiler, standard, kind = COMPILERS[language]
    if not shutil.which(compiler) or not (LIBRARIES / "libargus_auth.so").exists():
        pytest.skip("needs a compiler and the release build of the C library: `make native`")
    (source,) = blocks(language)
    warnings = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    link = [f"-L{LIBRARIES}", "-largus_auth", f"-Wl,-rpath,{LIBRARIES}"]
    # The loader looks for the library's SONAME. A file of that name exists only after an installation.
    soname = directory / "libargus_auth.so.0"
    soname.symlink_to(LIBRARIES / "libargus_auth.so")
    link.append(f"-Wl,-rpath,{directory}")
    command = [compiler, standard, *warnings, f"-I{ROOT / 'include'}", kind, "-", "-xnone", "-o", "example", *link]
    subprocess.run(command, cwd=directory, input=source, text=True, check=True, timeout=120)
    assert run([directory / "example"], directory) == "X-Request-Source: 5 bytes\nAuthorization: 12 bytes\n"


def test_console_blocks_run_and_show_no_secret(directory: Path) -> None:
    (session,) = [block for block in blocks("console") if "argus-auth" in block]
    for line in session.splitlines():
        command = line.removeprefix("$ ").partition("#")[0].split()
        program = Path(sys.executable).with_name(command[0])
        output = run([program, *command[1:]], directory)
        assert CANARY not in output
