"""The main job, seen end to end: `make run`.

A token endpoint and a real MCP server on loopback; `config.yaml`, which names the three kinds of backend; hosts in
Rust, C, C++ and Python that resolve it; a real MCP call per backend and language whose server says which headers came;
a thousand callers at once; and a token endpoint that goes away. Exits with 1 if anything is not as promised.

No value of a secret is printed, at any log level; `--log` adds every log record of every host.
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


class Promises:
    """What was promised, and whether it was kept."""

    def __init__(self) -> None:
        """Nothing is broken yet."""
        self.broken = 0

    def check(self, promise: str, *, kept: bool) -> None:
        """Print a line for one promise."""
        print(f"  {'ok' if kept else 'BROKEN':<6}  {promise}")
        self.broken += not kept


class TokenEndpoint:
    """The token endpoint of tests/support, started as a program."""

    def __init__(self, program: str, token: str) -> None:
        """Start it with one fixed token, so that four processes with four caches get the same headers."""
        self._process = subprocess.Popen(
            [program, "--stdin-eof"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.url = _announced(self._process)
        self.token = token
        self._control("/_default", {"body": {"access_token": self.token, "token_type": "Bearer", "expires_in": 3600}})

    def _control(self, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(self.url.removesuffix("/token") + path, data, timeout=10) as answer:
            return json.load(answer)

    def requests(self) -> collections.Counter[str]:
        """How many token requests each client made since the start."""
        return collections.Counter(dict(request["form"])["client_id"] for request in self._control("/_requests"))

    def stop(self) -> None:
        """From now on connections are refused."""
        self._process.kill()
        self._process.communicate()


def _announced(process: subprocess.Popen[str]) -> str:
    """The URL that a server prints when it is ready."""
    line = process.stdout.readline() if process.stdout else ""
    if ": http" not in line:
        raise SystemExit(f"a server did not start: {process.args!r}")
    return line.split()[-1]


@contextlib.contextmanager
def mcp_server() -> Iterator[str]:
    """A real MCP server, whose tool `received_headers` says what came with the request."""
    program = HERE.parent / "tests" / "support" / "mcp_backend.py"
    with subprocess.Popen(
        [sys.executable, program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            yield _announced(process)
        finally:
            process.kill()


def resolve(command: list[str], *, log: bool) -> tuple[dict[str, Headers], set[str]]:
    """The headers of each backend as a host in some language prints them, and the backends it has an error for."""
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


async def arrived(url: str, headers: Headers) -> Headers:
    """What an MCP server receives when these headers are sent along, by lower-case name."""
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


def shown(headers: Headers) -> str:
    """Headers for a table, values by their length only."""
    return ", ".join(f"{name}: <{len(value)} bytes>" for name, value in headers.items()) or "(none)"


async def demonstrate(
    hosts: dict[str, list[str]], callers: str, endpoint: TokenEndpoint, mcp_url: str, *, log: bool
) -> int:
    """Make every promise and keep count."""
    promises = Promises()

    print("\nFrom one configuration to the wire, in four languages\n")
    print(f"  {'language':<8}  {'backend':<9}  {'kind':<14}  {'headers':<62}  {'arrived':<7}  token requests")
    by_language = {}
    for language, command in hosts.items():
        before = endpoint.requests()
        by_language[language], failed = resolve(command, log=log)
        requests = endpoint.requests() - before
        promises.broken += bool(failed) or by_language[language].keys() != KINDS.keys()
        for backend, headers in by_language[language].items():
            received = await arrived(mcp_url, headers)
            same = all(received.get(name.lower()) == value for name, value in headers.items())
            client = CLIENTS.get(backend)
            fetches = requests[client] if client else 0
            row = f"{language:<8}  {backend:<9}  {KINDS[backend]:<14}  {shown(headers):<62}"
            print(f"  {row}  {'yes' if same else 'NO':<7}  {fetches if client else '-'}")
            authenticated = ("authorization" in received) == (KINDS[backend] != "none")
            promises.broken += not (same and authenticated and fetches == (client is not None))
    print()
    promises.check("the same headers from all languages", kept=len({json.dumps(r) for r in by_language.values()}) == 1)
    bearer = {f"Bearer {endpoint.token}"}
    tokens = {resolved[name]["Authorization"] for resolved in by_language.values() for name in (OAUTH2, CLOSED)}
    promises.check("the token endpoint's token in each", kept=tokens == bearer)

    print("\nA thousand callers at once, no token yet\n")
    resolver = argus_auth.Resolver.from_file(str(CONFIG))
    before = endpoint.requests()
    answers = await asyncio.gather(*(resolver.headers(OAUTH2) for _ in range(1000)))
    fetches = (endpoint.requests() - before).total()
    promises.check(f"Python: 1,000 callers, {fetches} token request", kept=fetches == 1)
    promises.check("all with the same token", kept={answer["Authorization"] for answer in answers} == bearer)
    before = endpoint.requests()
    subprocess.run([callers, str(CONFIG), OAUTH2], check=True, stdout=subprocess.DEVNULL)
    fetches = (endpoint.requests() - before).total()
    promises.check(f"C: 64 threads, 1,000 calls each, {fetches} token request", kept=fetches == 1)

    print("\nThe token endpoint goes away\n")
    endpoint.stop()
    headers = await resolver.headers(OAUTH2)
    promises.check("a valid token stays in use", kept=headers["Authorization"] in bearer)
    for language, command in hosts.items():
        resolved, failed = resolve(command, log=log)
        promises.check(
            f"{language}: {OAUTH2} (open) goes out without authentication, {CLOSED} (closed) does not go out",
            kept=resolved.get(OAUTH2) == {"X-Request-Source": "argus"} and failed == {CLOSED},
        )
    print(f"\n{'Everything as promised.' if not promises.broken else f'{promises.broken} promises broken.'}")
    return 1 if promises.broken else 0


def main() -> int:
    """Start what is needed, with secrets that nobody has seen before."""
    parser = argparse.ArgumentParser(description="Show the main job end to end.")
    parser.add_argument("--token-endpoint", required=True, help="the token-endpoint program")
    parser.add_argument("--host", action="append", required=True, metavar="LANGUAGE=PROGRAM", help="a compiled host")
    parser.add_argument("--callers", required=True, help="the program with 64 threads that make 1,000 calls each")
    parser.add_argument("--token", default=secrets.token_urlsafe(24), help="the access token to be issued")
    parser.add_argument("--log", action="store_true", help="show every log record of every host")
    options = parser.parse_args()
    hosts = {language: [program] for language, _, program in (host.partition("=") for host in options.host)}
    hosts["Python"] = [sys.executable, str(HERE / "python" / "host.py")]
    for name in ("REPORTS_TOKEN", "SECRET_REPORT_KEY", "SEARCH_CLIENT_SECRET"):
        os.environ.setdefault(name, secrets.token_urlsafe(24))
    endpoint = TokenEndpoint(options.token_endpoint, options.token)
    with mcp_server() as mcp_url:
        os.environ |= {"TOKEN_URL": endpoint.url, "MCP_URL": mcp_url}
        print(f"token endpoint  {endpoint.url}\nMCP server      {mcp_url}\nconfiguration   examples/config.yaml")
        return asyncio.run(demonstrate(hosts, options.callers, endpoint, mcp_url, log=options.log))


if __name__ == "__main__":
    sys.exit(main())
