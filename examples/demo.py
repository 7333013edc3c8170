"""Shows the main job of the library end to end: `make run`.

Starts a token endpoint and a real MCP server on loopback, and then shows and checks that

1. hosts in Rust, C, C++ and Python get the same headers from `config.yaml`, and a real MCP call with these headers
   reaches the server, which reports the headers that it received,
2. 1,000 callers at once cause one token request,
3. a valid token stays in use after the token endpoint has stopped, and hosts without a token follow `on_auth_failure`.

Exits with status 1 if a check fails. Prints no value of a secret, at any log level. `--log` adds the log of every host.
"""

from __future__ import annotations

import argparse
import asyncio
import collections
import contextlib
import json
import os
import secrets
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mcp
from mcp.client.streamable_http import streamablehttp_client

import argus_auth

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).resolve().parent
CONFIG = HERE / "config.yaml"
OAUTH2, CLOSED = "search", "payments"
CLIENTS = {OAUTH2: "argus-demo", CLOSED: "argus-payments"}
KINDS = {"reports": "static", OAUTH2: "oauth2", CLOSED: "oauth2, closed", "public": "none"}

Headers = dict[str, str]


class Checks:
    """Prints the result of each check and counts those that failed."""

    def __init__(self) -> None:
        """Starts with no failed check."""
        self.failed = 0

    def check(self, statement: str, *, holds: bool) -> None:
        """Prints a line for one check."""
        print(f"  {'ok' if holds else 'FAILED':<6}  {statement}")
        self.failed += not holds


class TokenEndpoint:
    """The token endpoint of tests/support, started as a program."""

    def __init__(self, program: str, token: str) -> None:
        """Starts the endpoint. It issues one fixed token, so that all hosts get the same headers."""
        self._process = subprocess.Popen(
            [program, "--stdin-eof"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.url = _announced(self._process)
        self.token = token
        self._control("/_default", {"body": {"access_token": self.token, "token_type": "Bearer", "expires_in": 3600}})

    def _control(self, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(self.url.removesuffix("/token") + path, data, timeout=10) as response:
            return json.load(response)

    def requests(self) -> collections.Counter[str]:
        """Returns the number of token requests of each client since the start."""
        return collections.Counter(dict(request["form"])["client_id"] for request in self._control("/_requests"))

    def stop(self) -> None:
        """Stops the endpoint. After that, connections to it fail."""
        self._process.kill()
        self._process.communicate()


def _announced(process: subprocess.Popen[str]) -> str:
    """Returns the URL that a server prints when it is ready."""
    line = process.stdout.readline() if process.stdout else ""
    if ": http" not in line:
        raise SystemExit(f"a server did not start: {process.args!r}")
    return line.split()[-1]


@contextlib.contextmanager
def mcp_server() -> Iterator[str]:
    """Runs a real MCP server with a tool that returns the headers of the request. Yields its URL."""
    program = HERE.parent / "tests" / "support" / "mcp_backend.py"
    with subprocess.Popen(
        [sys.executable, program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            yield _announced(process)
        finally:
            process.kill()


def resolve(command: list[str], *, log: bool) -> tuple[dict[str, Headers], set[str]]:
    """Runs a host. Returns the headers that it prints for each backend, and the backends with an error."""
    command = [*command, str(CONFIG), "--show-secrets", *(["--log"] if log else [])]
    records = None if log else subprocess.DEVNULL
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=records, text=True).stdout
    resolved: dict[str, Headers] = collections.defaultdict(dict)
    failed = set()
    for line in output.splitlines():
        backend, _, field = line.partition("\t")
        name, _, value = field.partition(": ")
        if name == "error":
            failed.add(backend)
        elif value:
            resolved[backend][name] = value
        else:
            resolved[backend] = {}
    return dict(resolved), failed


async def received_headers(url: str, headers: Headers) -> Headers:
    """Calls the MCP server with these headers. Returns the headers that it received, by lower-case name."""
    async with (
        streamablehttp_client(url, headers=headers) as (read, write, _),
        mcp.ClientSession(read, write) as session,
    ):
        await session.initialize()
        answer = await session.call_tool("received_headers")
        content = answer.content[0]
        if not isinstance(content, mcp.types.TextContent):
            raise SystemExit("the MCP server's answer is not text")
        return {name.lower(): value for name, value in json.loads(content.text)}


def token_requests(count: int) -> str:
    """Returns `count` with its unit, such as "2 token requests"."""
    return "1 token request" if count == 1 else f"{count} token requests"


def shown(headers: Headers) -> str:
    """Returns headers for a table, with the lengths of their values."""
    return ", ".join(f"{name}: <{len(value)} bytes>" for name, value in headers.items()) or "(none)"


async def demonstrate(
    hosts: dict[str, list[str]], callers: str, endpoint: TokenEndpoint, mcp_url: str, *, log: bool
) -> int:
    """Runs the three parts of the demonstration and checks their results. Returns the exit status."""
    checks = Checks()

    print("\n1. One configuration, four languages: the headers of each backend, received by a real MCP server\n")
    print(f"  {'language':<8}  {'backend':<9}  {'kind':<14}  {'headers':<62}  {'received':<8}  token requests")
    by_language = {}
    for language, command in hosts.items():
        before = endpoint.requests()
        by_language[language], failed = resolve(command, log=log)
        requests = endpoint.requests() - before
        checks.failed += bool(failed) or by_language[language].keys() != KINDS.keys()
        for backend, headers in by_language[language].items():
            received = await received_headers(mcp_url, headers)
            same = all(received.get(name.lower()) == value for name, value in headers.items())
            client = CLIENTS.get(backend)
            fetches = requests[client] if client else 0
            row = f"{language:<8}  {backend:<9}  {KINDS[backend]:<14}  {shown(headers):<62}"
            print(f"  {row}  {'yes' if same else 'NO':<8}  {fetches if client else '-'}")
            authenticated = ("authorization" in received) == (KINDS[backend] != "none")
            checks.failed += not (same and authenticated and fetches == (client is not None))
    print()
    checks.check("all languages get the same headers", holds=len({json.dumps(r) for r in by_language.values()}) == 1)
    bearer = {f"Bearer {endpoint.token}"}
    tokens = {resolved[name]["Authorization"] for resolved in by_language.values() for name in (OAUTH2, CLOSED)}
    checks.check("the oauth2 backends get the token that the token endpoint issued", holds=tokens == bearer)

    print("\n2. Many callers at once, with no token cached\n")
    resolver = argus_auth.Resolver.from_file(str(CONFIG))
    before = endpoint.requests()
    answers = await asyncio.gather(*(resolver.headers(OAUTH2) for _ in range(1000)))
    fetches = (endpoint.requests() - before).total()
    checks.check(f"Python: 1,000 callers cause {token_requests(fetches)}", holds=fetches == 1)
    checks.check(
        "Python: all callers get the same token", holds={answer["Authorization"] for answer in answers} == bearer
    )
    before = endpoint.requests()
    subprocess.run([callers, str(CONFIG), OAUTH2], check=True, stdout=subprocess.DEVNULL)
    fetches = (endpoint.requests() - before).total()
    checks.check(f"C: 64 threads with 1,000 calls each cause {token_requests(fetches)}", holds=fetches == 1)

    print("\n3. The token endpoint stops\n")
    endpoint.stop()
    headers = await resolver.headers(OAUTH2)
    checks.check("Python: a valid token stays in use", holds=headers["Authorization"] in bearer)
    for language, command in hosts.items():
        resolved, failed = resolve(command, log=log)
        checks.check(
            f"{language}, new process: {OAUTH2} (open) gets headers without a token, {CLOSED} (closed) gets an error",
            holds=resolved.get(OAUTH2) == {"X-Request-Source": "argus"} and failed == {CLOSED},
        )
    print(f"\n{'Everything as promised.' if not checks.failed else f'{checks.failed} checks failed.'}")
    return 1 if checks.failed else 0


def main() -> int:
    """Starts the servers, with new random secrets, and runs the demonstration."""
    parser = argparse.ArgumentParser(description="Show the main job of the library end to end.")
    parser.add_argument("--token-endpoint", required=True, help="the program token-endpoint")
    parser.add_argument(
        "--host", action="append", required=True, metavar="LANGUAGE=PROGRAM", help="a compiled example host"
    )
    parser.add_argument("--callers", required=True, help="the program with 64 threads that make 1,000 calls each")
    parser.add_argument(
        "--token", default=secrets.token_urlsafe(24), help="the access token that the token endpoint issues"
    )
    parser.add_argument("--log", action="store_true", help="print the log of every host")
    options = parser.parse_args()
    hosts = {language: [program] for language, _, program in (host.partition("=") for host in options.host)}
    hosts["Python"] = [sys.executable, str(HERE / "python" / "host.py")]
    for name in ("REPORTS_TOKEN", "SECRET_REPORT_KEY", "SEARCH_CLIENT_SECRET"):
        os.environ.setdefault(name, secrets.token_urlsafe(24))
    endpoint = TokenEndpoint(options.token_endpoint, options.token)
    with mcp_server() as mcp_url:
        os.environ |= {"TOKEN_URL": endpoint.url, "MCP_URL": mcp_url}
        print("configuration   examples/config.yaml")
        print(f"token endpoint  {endpoint.url}  (of the tests; it counts token requests)")
        print(f"MCP server      {mcp_url}  (a real one; it reports the headers that it receives)")
        return asyncio.run(demonstrate(hosts, options.callers, endpoint, mcp_url, log=options.log))


if __name__ == "__main__":
    sys.exit(main())
