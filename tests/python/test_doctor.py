"""`argus-auth check --fetch`: the report on a token endpoint, with the cause of each failure and advice for it."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import socketserver
import subprocess
import sys
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from argus_auth._cli import main

from .conftest import CANARY
from .endpoint import token_endpoint_program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from .endpoint import TokenEndpoint

NETWORK_VARIABLES = ("ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")


@dataclass
class Doctor:
    """Runs the command for a file with one backend, in a new process with an environment of its own."""

    file: Path

    def ask(self, url: str, *lines: str, **environment: str) -> dict[str, Any]:
        """Returns the report on the token URL `url`. Checks that text and JSON agree and that neither shows the secret.

        `lines` are added to the `auth` block, `environment` to the environment.
        """
        auth = [f"token_url: {url}", "client_id: c", f"client_secret: {CANARY}", "type: oauth2", *lines]
        self.file.write_text(
            "backends:\n  backend:\n    type: sse\n    url: http://h\n    auth:\n"
            + "".join(f"      {line}\n" for line in auth)
        )
        clean = {name: value for name, value in os.environ.items() if name.upper() not in NETWORK_VARIABLES}
        command = [sys.executable, "-m", "argus_auth", "check", "--fetch", str(self.file)]
        text, json_report = (
            subprocess.run(
                [*command, *more], env={**clean, **environment}, capture_output=True, text=True, timeout=60, check=False
            )
            for more in ([], ["--json"])
        )
        report = json.loads(json_report.stdout)
        (fetch,) = report["fetches"]
        status = 0 if fetch["ok"] else 2
        assert (text.returncode, json_report.returncode, report["ok"]) == (status, status, fetch["ok"])
        assert CANARY not in text.stdout + text.stderr + json_report.stdout + json_report.stderr
        if not fetch["ok"]:
            verdict = [
                fetch["error"]["http_status"] and f"HTTP {fetch['error']['http_status']}",
                fetch["error"]["oauth_error"],
            ]
            assert ", ".join([" ms", *filter(None, verdict)]) + "\n  cause: " in text.stdout
            explanation = f"cause: {fetch['error']['message']}\n  what to do: {fetch['error']['advice']}\n"
            assert explanation in text.stdout
        return fetch

    def error(self, url: str, *lines: str, **environment: str) -> dict[str, Any]:
        """Returns the error in the report that `ask` returns."""
        return self.ask(url, *lines, **environment)["error"]


@pytest.fixture
def doctor(tmp_path: Path) -> Doctor:
    """A Doctor with a file of its own."""
    return Doctor(tmp_path / "config.yaml")


@contextlib.contextmanager
def tls_endpoint(directory: Path, *flags: str) -> Iterator[str]:
    """Runs a token endpoint with TLS. Yields its URL, and leaves the certificate of its CA in `directory`."""
    command = [token_endpoint_program(), "--stdin-eof", "--tls-dir", directory, *flags]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        yield process.stdout.readline().split()[-1]
        process.kill()


@contextlib.contextmanager
def plain_server() -> Iterator[str]:
    """Runs a server that answers every request without TLS. Yields an https URL for it."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65_536)
            self.request.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"https://127.0.0.1:{server.server_address[1]}/token"
        server.shutdown()


@pytest.fixture
def closed() -> Iterator[str]:
    """An address that refuses connections. The port is bound, so that no other program gets it meanwhile."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{bound.getsockname()[1]}"


def test_diagnose_with_a_token_reports_lifetime_and_scopes(doctor: Doctor, endpoint: TokenEndpoint) -> None:
    endpoint.default({"body": {"access_token": CANARY, "expires_in": "120", "scope": "mcp:read openid"}})
    fetch = doctor.ask(endpoint.url, "scopes: ['mcp:read', 'mcp:write']")
    assert 0 <= fetch.pop("latency_seconds") < 30
    assert fetch == {
        "backend": "backend",
        "token_url": endpoint.url,
        "ok": True,
        "lifetime_seconds": 120.0,
        "scopes_asked": ["mcp:read", "mcp:write"],
        "scopes_granted": ["mcp:read", "openid"],
        "scopes_missing": ["mcp:write"],
    }


def test_diagnose_with_a_token_without_lifetime_and_scope_reports_none(doctor: Doctor, endpoint: TokenEndpoint) -> None:
    endpoint.default({"body": {"access_token": "t"}})
    fetch = doctor.ask(endpoint.url, "scopes: [a]")
    assert (fetch["lifetime_seconds"], fetch["scopes_granted"], fetch["scopes_missing"]) == (None, None, [])


def test_diagnose_requests_a_shared_token_once_and_names_its_backends(
    tmp_path: Path, config: str, endpoint: TokenEndpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "config.yaml"
    second = config[config.index("  oauth2:") : config.index("  none:")].replace("client_id: ", "client_id: other-")
    file.write_text(config + second.replace("  oauth2:", "  second:").replace("  closed:", "  third:"))
    assert main(["check", "--fetch", str(file)]) == 0
    output = capsys.readouterr().out
    assert f"oauth2, closed: {endpoint.url}\n  ok, a token after " in output
    assert f"second, third: {endpoint.url}\n  ok, a token after " in output
    assert "  lifetime: 3600 s\n" in output
    assert len(endpoint.requests()) == 2


OAUTH_ERRORS = {
    "invalid_client": "client_secret_post",
    "unauthorized_client": "client credentials grant",
    "invalid_scope": "mcp:admin",
    "invalid_target": "audience",
    "strange_error": "documentation",
}


@pytest.mark.parametrize("code", OAUTH_ERRORS)
def test_diagnose_of_an_oauth_error_gives_advice_for_its_code(
    code: str, doctor: Doctor, endpoint: TokenEndpoint
) -> None:
    endpoint.default({"status": 400, "body": {"error": code, "error_description": "no"}})
    error = doctor.error(endpoint.url, "scopes: ['mcp:admin']")
    assert (error["code"], error["http_status"], error["oauth_error"]) == ("token_rejected", 400, code)
    assert OAUTH_ERRORS[code] in error["advice"]


FAULTY_RESPONSES = [
    ({"status": 200, "body": "<!doctype html>"}, "token_response", "HTML", "token_endpoint"),
    ({"status": 200, "body": f"hello {CANARY}"}, "token_response", "not a JSON object", "token_endpoint"),
    ({"status": 404, "body": "<html>"}, "token_response", "HTTP 404", "token_endpoint"),
    ({"status": 302, "headers": [["Location", "http://h"]]}, "token_redirect", "redirect", "https://"),
    ({"status": 503}, "token_unavailable", "HTTP 503", "log"),
    ({"status": 429}, "token_unavailable", "HTTP 429", "limits"),
    ({"fault": "reset_before_reply"}, "token_transport", "broke", "https://"),
]


@pytest.mark.parametrize("response", FAULTY_RESPONSES, ids=lambda response: response[2])
def test_diagnose_of_a_faulty_response_names_the_cause_without_retry(
    response: tuple[dict[str, Any], str, str, str], doctor: Doctor, endpoint: TokenEndpoint
) -> None:
    reply, code, cause, advice = response
    endpoint.default(reply)
    error = doctor.error(endpoint.url)
    assert error["code"] == code
    assert cause in error["message"]
    assert advice in error["advice"]
    assert len(endpoint.requests()) == 2, "one for the text, one for the JSON: no retries"


def test_diagnose_of_an_unknown_host_names_the_host(doctor: Doctor) -> None:
    error = doctor.error("http://argus-auth.invalid/token")
    assert error["code"] == "token_dns"
    assert "argus-auth.invalid" in error["message"]
    assert "DNS" in error["advice"]


def test_diagnose_of_a_refused_connection_gives_advice_on_the_port(doctor: Doctor, closed: str) -> None:
    error = doctor.error(f"http://{closed}/token")
    assert error["code"] == "token_connect"
    assert "refused" in error["message"]
    assert "port" in error["advice"]


def test_diagnose_of_a_failing_proxy_names_the_proxy_without_its_password(
    doctor: Doctor, closed: str, endpoint: TokenEndpoint
) -> None:
    proxy = f"http://user:{CANARY}@{closed}"
    error = doctor.error("http://auth.example/token", HTTP_PROXY=proxy)
    assert error["code"] == "token_connect"
    assert f"through the proxy {closed}, which" in error["advice"]
    assert "NO_PROXY" in error["advice"]
    assert doctor.ask(endpoint.url, HTTP_PROXY=proxy, NO_PROXY="127.0.0.1")["ok"]

    endpoint.default({"status": 407})
    error = doctor.error("https://auth.example/token", HTTPS_PROXY=endpoint.url)
    assert error["code"] == "token_connect"
    assert "proxy" in error["message"]
    assert "password" in error["advice"]


def test_diagnose_of_a_failed_tls_handshake_names_the_cause(doctor: Doctor, tmp_path: Path) -> None:
    ca = f"ca_bundle: {tmp_path / 'ca.pem'}"
    untrusted = "an issuer that is not trusted"
    client = [f"client_certificate: {tmp_path / 'client.pem'}", f"client_certificate_key: {tmp_path / 'client.key'}"]

    def expect(error: dict[str, Any], cause: str, advice: str) -> None:
        assert error["code"] == "token_tls"
        assert cause in error["message"]
        assert advice in error["advice"]

    with tls_endpoint(tmp_path, "--tls", "valid") as url:
        assert doctor.ask(url, ca)["ok"]
        assert doctor.ask(url, SSL_CERT_FILE=str(tmp_path / "ca.pem"))["ok"]
    with tls_endpoint(tmp_path / "other", "--tls", "valid") as url:
        expect(doctor.error(url), untrusted, "this machine's CA certificates")
        expect(doctor.error(url, ca), untrusted, f"ca_bundle {tmp_path / 'ca.pem'}")
        expect(doctor.error(url, SSL_CERT_FILE=str(tmp_path / "ca.pem")), untrusted, f"SSL_CERT_FILE {tmp_path}")
    with tls_endpoint(tmp_path, "--tls", "wrong-host") as url:
        expect(doctor.error(url, ca), "for another host", "token_url")
    with tls_endpoint(tmp_path, "--tls", "expired") as url:
        expect(doctor.error(url, ca), "has expired", "renewed")
    with tls_endpoint(tmp_path, "--tls", "valid", "--require-client-certificate") as url:
        expect(doctor.error(url, ca), "client certificate", "Set client_certificate")
        assert doctor.ask(url, ca, *client)["ok"]
    with plain_server() as url:
        expect(doctor.error(url, ca), "does not speak TLS", "http://")
    # A scheme that can't be requested. Missing files are not tested here, because `check` reports them without a fetch.
    error = doctor.error("ftp://127.0.0.1/token")
    assert error["code"] == "token_request"
    assert "auth block" in error["advice"]
