"""Runs the code blocks of the README and the guides in docs against a token endpoint, and checks their results."""

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


def blocks(page: str, language: str) -> list[str]:
    """Returns the code blocks of a page in a language, in order. Rust blocks run elsewhere, as doctests of core."""
    return re.findall(rf"^```{language}\n(.*?)^```$", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture
def directory(tmp_path: Path, endpoint: TokenEndpoint, client: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with the README's configuration as config.yaml, and its secrets in the environment."""
    (yaml,) = blocks("README.md", "yaml")
    url = "https://auth.example/oauth/token"
    assert url in yaml
    (tmp_path / "config.yaml").write_text(yaml.replace(url, endpoint.url).replace("argus-client", client))
    monkeypatch.setenv("OAUTH_CLIENT_SECRET", CANARY)
    monkeypatch.setenv("SECRET_REPORT_KEY", CANARY)
    return tmp_path


def run(command: list[str | Path], directory: Path) -> str:
    """Runs a program that must succeed. Returns its output."""
    return subprocess.run(command, cwd=directory, check=True, stdout=subprocess.PIPE, text=True, timeout=60).stdout


def test_readme_program_prints_the_output_in_its_comment(directory: Path) -> None:
    (program,) = blocks("README.md", "python")
    assert run([sys.executable, "-c", program], directory).strip() == program.strip().partition("# prints ")[2]


def test_python_guide_blocks_run_and_print_names_and_state(directory: Path) -> None:
    shortest, event_loop = blocks("docs/python.md", "python")
    assert run([sys.executable, "-c", shortest], directory) == "['Authorization', 'X-Request-Source']\n"
    assert run([sys.executable, "-c", event_loop], directory) == "fresh\n"


def test_operator_guide_script_is_the_one_that_starts_the_gateway_in_tests() -> None:
    (script,) = blocks("docs/operator.md", "python")
    tested = (ROOT / "tests" / "argus" / "gateway.py").read_text().partition('"""\n\n')[2]
    assert script == re.sub(r"  # noqa.*", "", tested)


@pytest.mark.parametrize("language", COMPILERS)
def test_c_and_cpp_blocks_compile_and_print_the_headers(language: str, directory: Path) -> None:
    compiler, standard, kind = COMPILERS[language]
    if not shutil.which(compiler) or not (LIBRARIES / "libargus_auth.so").exists():
        pytest.skip("needs a compiler and the release build of the C library: `make native`")
    (source,) = blocks(f"docs/{language}.md", language)
    warnings = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    link = [f"-L{LIBRARIES}", "-largus_auth", f"-Wl,-rpath,{LIBRARIES}"]
    # The loader looks for the library's SONAME. A file of that name exists only after an installation.
    soname = directory / "libargus_auth.so.0"
    soname.symlink_to(LIBRARIES / "libargus_auth.so")
    link.append(f"-Wl,-rpath,{directory}")
    command = [compiler, standard, *warnings, f"-I{ROOT / 'include'}", kind, "-", "-xnone", "-o", "example", *link]
    subprocess.run(command, cwd=directory, input=source, text=True, check=True, timeout=120)
    assert run([directory / "example"], directory) == "X-Request-Source: 5 bytes\nAuthorization: 12 bytes\n"


@pytest.mark.parametrize("page", ["README.md", "docs/operator.md"])
def test_console_blocks_run_and_show_no_secret(page: str, directory: Path) -> None:
    lines = [line.removeprefix("$ ") for block in blocks(page, "console") for line in block.splitlines()]
    commands = [line.partition("#")[0].split() for line in lines if "argus-auth " in line]
    assert commands
    for command in commands:
        program = Path(sys.executable).with_name(command[0])
        output = run([program, *command[1:]], directory)
        assert CANARY not in output
