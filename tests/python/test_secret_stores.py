"""Secret stores: this library reads secrets that the gateway's command and Python's `keyring` have written.

The gateway is installed in `build/argus-0.8.6`; ARGUS_AUTH_PYTHON_0_8_6 names another interpreter that has it.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import argus_auth

ROOT = Path(__file__).resolve().parents[2]
KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()
SECRETS = {"api-key": "hunter2", "ünïcode name": 'quotes " and \\ and €\n', "empty": ""}
LOAD = ["cargo", "run", "--quiet", "-p", "argus-auth-core", "--features", "keyring", "--example", "load"]


def gateway() -> Path:
    """Returns the interpreter of an environment with the gateway."""
    python = Path(os.environ.get("ARGUS_AUTH_PYTHON_0_8_6", ROOT / "build/argus-0.8.6/bin/python"))
    if not python.exists():
        pytest.fail(f"{python} is missing; `make test-argus` creates it, or set ARGUS_AUTH_PYTHON_0_8_6")
    return python


def config_with_secrets(secrets: str, names: list[str]) -> str:
    """Returns the text of a configuration whose only backend has an environment variable for each of the secrets."""
    env = {f"V{index}": f"secret:{name}" for index, name in enumerate(names)}
    backend = json.dumps({"type": "sse", "url": "http://h", "command": "c", "env": env}, ensure_ascii=False)
    return f"secrets: {{enabled: true, {secrets}}}\nbackends:\n  b: {backend}\n"


def load(yaml: str, wrapper: tuple[str, ...] = (), **env: str) -> dict[str, Any]:
    """Loads a configuration with the core's example program `load`, run by `wrapper`. Returns the program's report."""
    case = json.dumps({"yaml": base64.b64encode(yaml.encode()).decode(), "env": env})
    # Runs in the repository, so that the toolchain is found even if the wrapper changes the home directory.
    result = subprocess.run([*wrapper, *LOAD], cwd=ROOT, input=case, text=True, capture_output=True, check=False)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def values(result: dict[str, Any]) -> list[str]:
    """Returns the values of the secrets, in the order of the names that `config_with_secrets` got."""
    assert result["ok"], result["problems"]
    return list(result["backends"]["b"]["env"].values())


def messages(result: dict[str, Any]) -> list[str]:
    """Returns the messages of all problems."""
    return [problem["message"] for problem in result["problems"]]


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """A secrets file that the gateway's command has written."""
    path = tmp_path / "secrets.enc"
    for name, value in SECRETS.items():
        write(path, name, value)
    return path


def write(store: Path, name: str, value: str) -> None:
    """Writes a secret with the gateway's command."""
    program = gateway().with_name("argus-mcp")
    command = [str(program), "secret", "--provider", "file", "--path", str(store), "set", name, value]
    env = os.environ | {"ARGUS_SECRET_KEY": KEY}
    result = subprocess.run(command, cwd=store.parent, env=env, capture_output=True, text=True, check=False)
    assert result.returncode == 0, (command, result.stdout, result.stderr)


def test_file_store_reads_what_the_gateway_has_written(store: Path) -> None:
    result = load(config_with_secrets(f"provider: file, path: '{store}'", list(SECRETS)), ARGUS_SECRET_KEY=KEY)
    assert values(result) == list(SECRETS.values())
    assert messages(result) == []


def test_file_store_with_another_key_fails_and_with_open_permissions_warns(store: Path) -> None:
    yaml = config_with_secrets(f"provider: file, path: '{store}'", ["api-key"])
    other = base64.urlsafe_b64encode(bytes(32)).decode()
    (message,) = messages(load(yaml, ARGUS_SECRET_KEY=other))
    assert message.endswith(
        "can't be decrypted: ARGUS_SECRET_KEY is not the key that it was written with, or the file is damaged"
    )
    store.chmod(0o644)
    result = load(yaml, ARGUS_SECRET_KEY=KEY)
    assert values(result) == ["hunter2"]
    (message,) = messages(result)
    assert message.endswith("can be read by its group and everyone else (mode 644); run `chmod 600` on it")


def test_file_store_rotated_secret_is_used_after_a_reload(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARGUS_SECRET_KEY", KEY)
    resolver = argus_auth.Resolver.from_file(config_with_header(tmp_path, f"provider: file, path: '{store}'"))
    assert resolver.headers_sync("b") == {"X-Key": "hunter2"}
    write(store, "api-key", "hunter3")
    assert resolver.headers_sync("b") == {"X-Key": "hunter2"}
    resolver.reload()
    assert resolver.headers_sync("b") == {"X-Key": "hunter3"}


def config_with_header(directory: Path, secrets: str) -> Path:
    """Writes a configuration whose only backend has a secret as a header. Returns the file."""
    file = directory / "config.yaml"
    backend = "{type: sse, url: 'http://h', headers: {X-Key: 'secret:api-key'}}"
    file.write_text(f"secrets: {{enabled: true, {secrets}}}\nbackends: {{b: {backend}}}\n")
    return file


# --- the keyring ----------------------------------------------------------------------------------------------------

# A script that starts a keyring daemon. It runs in a private D-Bus session with its own home directory.
SESSION = """
set -eu
mkdir -p "$HOME/.local/share/keyrings" "$XDG_RUNTIME_DIR"
printf 'password' | gnome-keyring-daemon --unlock --components=secrets >/dev/null
"""
WRITE = """
import json, sys, keyring
from keyring.backends.SecretService import Keyring
assert isinstance(keyring.get_keyring(), Keyring), keyring.get_keyring()
for name, value in json.loads(sys.argv[1]).items():
    keyring.set_password("argus-mcp", name, value)
"""
LOCK = """
import contextlib, secretstorage
with contextlib.closing(secretstorage.dbus_init()) as bus:
    secretstorage.get_default_collection(bus).lock()
"""


@pytest.fixture(scope="module")
def _daemon() -> None:
    """Skips the test if the keyring daemon or D-Bus is not installed."""
    needed = [str(ROOT / "tests/support/has"), "gnome-keyring", "dbus"]
    if subprocess.run(needed, check=False).returncode != 0:
        pytest.skip("gnome-keyring or dbus is not installed and can't be installed: the keyring is not tested")


def in_session(tmp_path: Path, script: str) -> tuple[str, ...]:
    """Returns a wrapper that runs `script`, and then the wrapped command, in a private D-Bus session."""
    places = {
        "HOME": str(tmp_path),
        "XDG_RUNTIME_DIR": str(tmp_path / "run"),
        "XDG_DATA_HOME": str(tmp_path / ".local/share"),
    }
    # Cargo's directories stay where they are, although HOME changes.
    cargo = {
        name: os.environ.get(name, str(Path.home() / default))
        for name, default in (("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup"))
    }
    variables = [f"{name}={value}" for name, value in (places | cargo).items()]
    return ("env", *variables, "dbus-run-session", "--", "sh", "-c", script + '\nexec "$@"', "sh")


@pytest.mark.usefixtures("_daemon")
def test_keyring_store_reads_what_pythons_keyring_has_written(tmp_path: Path) -> None:
    secrets = {name: value for name, value in SECRETS.items() if value}
    writer = tmp_path / "write.py"
    writer.write_text(WRITE)
    argument = tmp_path / "secrets.json"
    argument.write_text(json.dumps(secrets))
    script = f'{SESSION}\n{sys.executable} {writer} "$(cat {argument})"'
    result = load(config_with_secrets("provider: keyring", list(secrets)), in_session(tmp_path, script))
    assert values(result) == list(secrets.values())
    result = load(config_with_secrets("provider: keyring", ["no-such"]), in_session(tmp_path, SESSION))
    assert messages(result)[0].startswith('secret "no-such" was not found: the default keyring has no such entry')


@pytest.mark.usefixtures("_daemon")
def test_keyring_store_is_read_by_the_wheels_command(tmp_path: Path) -> None:
    writer = tmp_path / "write.py"
    writer.write_text(WRITE)
    script = f'{SESSION}\n{sys.executable} {writer} \'{{"api-key": "hunter2"}}\''
    show = [sys.executable, "-m", "argus_auth", "headers", "--show-secrets"]
    command = [*in_session(tmp_path, script), *show, str(config_with_header(tmp_path, "provider: keyring")), "b"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.stdout, result.returncode) == ("X-Key: hunter2\n", 0), result.stderr


@pytest.mark.usefixtures("_daemon")
def test_keyring_store_that_is_locked_asks_to_unlock_it(tmp_path: Path) -> None:
    writer, lock = tmp_path / "write.py", tmp_path / "lock.py"
    writer.write_text(WRITE)
    lock.write_text(LOCK)
    script = f'{SESSION}\n{sys.executable} {writer} \'{{"a": "canary"}}\'\n{sys.executable} {lock}'
    result = load(config_with_secrets("provider: keyring", ["a"]), in_session(tmp_path, script))
    assert not result["ok"]
    assert "the keyring is locked; unlock it" in messages(result)[0]


def bus(tmp_path: Path, *rules: str) -> tuple[str, ...]:
    """Returns a wrapper that runs the wrapped command with a session bus that has no services to start."""
    config = tmp_path / "bus.conf"
    policy = "".join(f"<allow {rule}/>" for rule in rules)
    config.write_text(
        "<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen>"
        f'<policy context="default">{policy}</policy></busconfig>'
    )
    return ("dbus-run-session", f"--config-file={config}", "--")


@pytest.mark.usefixtures("_daemon")
def test_keyring_store_without_keyring_bus_or_answer_names_the_cause(tmp_path: Path) -> None:
    send, receive = 'send_destination="*"', 'eavesdrop="true"'
    for wrapper, expected in [
        (bus(tmp_path, send, receive), "no keyring runs on the D-Bus session bus; start one"),
        (("env", "DBUS_SESSION_BUS_ADDRESS=unix:path=/nonexistent"), "there is no D-Bus session bus"),
    ]:
        result = load(config_with_secrets("provider: keyring", ["a", "b"]), wrapper)
        assert not result["ok"]
        assert len(messages(result)) == 2
        assert all(expected in message for message in messages(result)), result
    # A bus that delivers no message. The first look-up waits 10 s, and the second fails without waiting again.
    started = time.monotonic()
    result = load(config_with_secrets("provider: keyring", ["a", "b"]), bus(tmp_path, send))
    assert time.monotonic() - started < 19
    assert all("did not answer within 10 seconds" in message for message in messages(result)), result
