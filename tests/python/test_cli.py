"""The command `argus-auth`: its output, its messages and its exit statuses."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import argus_auth
from argus_auth._cli import main

from .conftest import CANARY

if TYPE_CHECKING:
    from .endpoint import TokenEndpoint

FIVE_MISTAKES = f"""\
backends:
  one:
    type: sse
  two:
    type: streamable-http
    url: ftp://host/mcp
  three:
    type: streamable-http
    url: http://host/mcp
    auth:
      type: oauth2
      client_id: me
      client_secret: {CANARY}
  four:
    type: sse
    url: http://host/sse
    headers:
      X-Key: ${{ARGUS_AUTH_UNSET}}
  five:
    type: sse
    url: http://host/sse
    auth: {{type: magic}}
"""


@pytest.fixture
def file(tmp_path: Path, config: str) -> str:
    """The path of a file with the text of the fixture `config`."""
    path = tmp_path / "config.yaml"
    path.write_text(config)
    return str(path)


def test_check_of_a_valid_file_counts_backends_and_sends_no_request(
    file: str, endpoint: TokenEndpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", file]) == 0
    assert capsys.readouterr() == (f"{file}: ok, 4 remote backends\n", "")
    assert endpoint.requests() == []


def test_check_of_an_invalid_file_reports_every_problem_with_its_line(
    file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(file).write_text(FIVE_MISTAKES)
    assert main(["check", file]) == 1
    output, errors = capsys.readouterr()
    assert output == ""
    problems = [line for line in errors.splitlines() if line.startswith(file)]
    places = [(line.split(": ")[0].rsplit(":", 1)[0], line.split(": ")[2]) for line in problems]
    assert places == [
        (f"{file}:3", "backends.one.url"),
        (f"{file}:6", "backends.two.url"),
        (f"{file}:11", "backends.three.auth.token_url"),
        (f"{file}:18", "backends.four.headers.X-Key"),
        (f"{file}:22", "backends.five.auth.type"),
    ]
    assert CANARY not in errors


def test_check_shows_the_line_of_a_problem_with_the_secret_masked(
    file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    mistake = f"backends:\n  a:\n    type: sse\n    url: http://h\n    headers: {CANARY}\n"
    Path(file).write_text(mistake)
    assert main(["check", file]) == 1
    first, *snippet = capsys.readouterr().err.splitlines()
    assert first.startswith(f"{file}:5:14: error: backends.a.headers: ")
    assert snippet == ["  |", "5 |     headers: …", "  |              ^"]


def test_check_reports_a_missing_ca_bundle_which_loading_does_not(
    tmp_path: Path, file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(file).write_text(
        "backends:\n  a:\n    type: sse\n    url: http://h\n    auth:\n      type: oauth2\n      client_id: i\n"
        f"      client_secret: s\n      token_url: https://h/t\n      ca_bundle: {tmp_path / 'none.pem'}\n"
    )
    assert argus_auth.Resolver.from_file(file).warnings == ()
    assert main(["check", file]) == 1
    where = f"{file}:10:18: error: backends.a.auth.ca_bundle: "
    assert capsys.readouterr().err.startswith(f"{where}{tmp_path / 'none.pem'} does not exist\n")


def test_check_with_json_prints_one_object_for_valid_and_invalid_files(
    file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", file, "--json"]) == 0
    backends = ["static", "oauth2", "closed", "none"]
    assert json.loads(capsys.readouterr().out) == {"file": file, "ok": True, "backends": backends, "problems": []}

    Path(file).write_text(FIVE_MISTAKES)
    assert main(["check", file, "--json", "--fetch"]) == 1
    output, errors = capsys.readouterr()
    report = json.loads(output)
    assert (report["ok"], report["backends"], errors) == (False, None, "")
    assert "fetches" not in report
    assert len(report["problems"]) == 5
    problem = report["problems"][1]
    assert problem.pop("message")
    assert problem == {"severity": "error", "path": "backends.two.url", "line": 6, "column": 10}
    assert CANARY not in output


def test_check_of_a_missing_file_returns_1_with_its_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = str(tmp_path / "none.yaml")
    assert main(["check", file]) == 1
    assert capsys.readouterr().err.startswith(f"{file}: error: ")


def test_check_of_a_directory_or_pipe_returns_1_with_its_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory, pipe = tmp_path / "directory.yaml", tmp_path / "pipe.yaml"
    directory.mkdir()
    os.mkfifo(pipe)
    for file in (directory, pipe):
        assert main(["check", str(file)]) == 1
        assert capsys.readouterr().err.startswith(f"{file}: error: the file is ")


def test_check_and_headers_with_warnings_only_return_0(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path(file).write_text("backends: {a: {type: sse, url: 'http://h', header: {}}}")
    assert main(["check", file]) == 0
    output, errors = capsys.readouterr()
    assert output == f"{file}: ok, 1 remote backend\n"
    assert errors.startswith(f"{file}:1:44: warning: backends.a.header: ")
    assert main(["headers", file, "a"]) == 0
    assert capsys.readouterr().err == errors


def test_check_of_an_unset_variable_fails_unless_unresolved_is_keep(
    file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(file).write_text("backends: {a: {type: sse, url: 'http://h', headers: {X-A: '${ARGUS_AUTH_UNSET}'}}}")
    assert main(["check", file]) == 1
    assert main(["check", file, "--unresolved", "keep"]) == 0
    assert "warning: backends.a.headers.X-A: " in capsys.readouterr().err


def test_headers_prints_lengths_unless_show_secrets(file: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["headers", file, "oauth2"]) == 0
    assert capsys.readouterr().out == "X-Source: <redacted> (5 bytes)\nAuthorization: <redacted> (12 bytes)\n"
    assert main(["headers", file, "oauth2", "--show-secrets"]) == 0
    assert capsys.readouterr().out == "X-Source: argus\nAuthorization: Bearer tok-1\n"


def test_headers_of_closed_backend_without_token_or_unknown_backend_returns_1(
    file: str, endpoint: TokenEndpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    endpoint.default({"status": 400, "body": {"error": "invalid_client"}})
    assert main(["headers", file, "closed"]) == 1
    assert "invalid_client" in capsys.readouterr().err
    assert main(["headers", file, "no-such-backend"]) == 1
    assert "no-such-backend" in capsys.readouterr().err


def test_headers_of_open_backend_without_token_prints_the_rest_and_returns_1(
    file: str, endpoint: TokenEndpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    endpoint.default({"status": 400, "body": {"error": "invalid_client"}})
    assert main(["headers", file, "oauth2"]) == 1
    output, errors = capsys.readouterr()
    # The policy is "open", so the other headers are printed, with a message that authentication is missing.
    assert output == "X-Source: <redacted> (5 bytes)\nauthorization: <redacted> (8 bytes)\n"
    assert errors.startswith("argus-auth: the headers lack authentication: no access token: ")


@pytest.mark.parametrize("timeout", ["nan", "inf", "-1", "soon"])
def test_headers_with_an_invalid_timeout_exits_with_2(
    timeout: str, file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["headers", file, "static", f"--timeout={timeout}"])
    assert "--timeout" in capsys.readouterr().err


@pytest.mark.parametrize("command", [[], ["check"], ["headers"]], ids=" ".join)
def test_help_lists_the_exit_statuses(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main([*command, "--help"])
    statuses = capsys.readouterr().out.partition("exit status:\n")[2].splitlines()
    assert [line.split()[0] for line in statuses] == ["0", "1", "2", "130", "141"]


def test_check_escapes_characters_that_a_terminal_cannot_show_or_acts_on(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text('backends: {"bé": {type: sse, url: "http://h", "hé": 1}, "\\e[31m": {type: sse, url: "http://h"}}')
    command = [sys.executable, "-m", "argus_auth", "check", "--fetch", str(file)]
    env = os.environ | {"PYTHONIOENCODING": "ascii"}
    result = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert (result.returncode, "\x1b" in result.stdout + result.stderr) == (0, False)
    assert "b\\xe9" in result.stderr
    assert result.stdout.endswith("b\\xe9, '\\x1b[31m': no token endpoint to ask\n")


@pytest.mark.parametrize(("stream", "text"), [("stdout", "backends: {}"), ("stderr", "backends: {a: {}}")])
def test_check_with_a_closed_output_pipe_returns_141_silently(stream: str, text: str, tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(text)
    command = [sys.executable, "-m", "argus_auth", "check", str(file)]
    read, write = os.pipe()
    os.close(read)
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, stream: write}
    result = subprocess.run(command, check=False, text=True, **streams)  # type: ignore[call-overload]
    os.close(write)
    assert (result.returncode, result.stdout or "", result.stderr or "") == (141, "", "")


def test_script_and_module_run_the_same_command(file: str) -> None:
    script = shutil.which("argus-auth", path=str(Path(sys.executable).parent))
    assert script
    for command in ([script], [sys.executable, "-m", "argus_auth"]):
        result = subprocess.run([*command, "check", file], capture_output=True, text=True, check=False)
        assert (result.returncode, result.stderr) == (0, "")
        version = subprocess.check_output([*command, "--version"], text=True)
        assert version == f"argus-auth {argus_auth.__version__}\n"
        assert subprocess.run([*command], capture_output=True, check=False).returncode == 2
