"""A real MCP server that tells its clients which HTTP headers they sent.

    python mcp_backend.py [--port N] [--transport streamable-http|sse] [--log FILE] [--require-bearer]

Prints one line, ``mcp backend: URL``, when it is ready. Needs the package ``mcp`` (1.10 or later, below 2).

``POST /_control`` with ``{"reject": ["tok-1"]}`` makes it answer 401 to these tokens, as a server does that revoked
them; each call replaces the list. Control requests are not logged.
"""

from __future__ import annotations

import argparse
import json
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import uvicorn
from mcp.server.fastmcp import FastMCP
from mcp.server.transport_security import TransportSecuritySettings
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send


def raw_headers(scope: Scope) -> list[tuple[str, str]]:
    """All headers in the order in which they came, so that duplicates can be seen; ASGI makes names lower case."""
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]


def bearer_token(scope: Scope) -> str | None:
    """The first bearer token among the headers."""
    for name, value in raw_headers(scope):
        kind, _, token = value.partition(" ")
        if name == "authorization" and kind.lower() == "bearer":
            return token
    return None


def make_server() -> FastMCP:
    """The server and its tools."""
    # Tests reach it under whatever name they like, proxies included.
    security = TransportSecuritySettings(enable_dns_rebinding_protection=False)
    server = FastMCP("argus-auth test backend", transport_security=security, log_level="WARNING")

    @server.tool()
    def received_headers() -> str:
        """The headers of the HTTP request that carried this very call, as a JSON list of [name, value]."""
        request = server.get_context().request_context.request
        if not isinstance(request, Request):
            raise TypeError("this transport hands on no HTTP request")
        return json.dumps(raw_headers(request.scope))

    @server.tool()
    def echo(text: str) -> str:
        """The text as it came."""
        return text

    return server


class Gate:
    """Stands before the MCP application: logs each request, refuses bad tokens, takes control requests."""

    def __init__(self, app: ASGIApp, *, log: Path | None, require_bearer: bool) -> None:
        self._app = app
        # Line buffered: whoever reads the log after an answer finds the request in it.
        self._log = log.open("a", buffering=1, encoding="utf-8") if log else None
        self._require_bearer = require_bearer
        self._rejected: frozenset[str] = frozenset()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one ASGI event stream."""
        answer: ASGIApp = self._app
        if scope["type"] == "http":
            if scope["path"] == "/_control":
                answer = await self._control(Request(scope, receive))
            else:
                self._record(scope)
                answer = self._refusal(scope) or self._app
        await answer(scope, receive, send)

    def _record(self, scope: Scope) -> None:
        if self._log:
            entry = {"method": scope["method"], "path": scope["path"], "headers": raw_headers(scope)}
            self._log.write(json.dumps(entry) + "\n")

    def _refusal(self, scope: Scope) -> Response | None:
        token = bearer_token(scope)
        if token is None and self._require_bearer:
            return unauthorized("Bearer")
        if token in self._rejected:
            return unauthorized('Bearer error="invalid_token"')
        return None

    async def _control(self, request: Request) -> Response:
        try:
            rejected = (await request.json())["reject"]
        except (ValueError, KeyError, TypeError) as error:
            return JSONResponse({"error": repr(error)}, status_code=400)
        self._rejected = frozenset(map(str, rejected))
        return JSONResponse({"ok": True})


def unauthorized(challenge: str) -> Response:
    """A 401 with its challenge."""
    return JSONResponse({"error": "unauthorized"}, status_code=401, headers={"WWW-Authenticate": challenge})


class AnnouncedServer(uvicorn.Server):
    """Says where it is once it can be reached."""

    def __init__(self, config: uvicorn.Config, url: str) -> None:
        super().__init__(config)
        self._url = url

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts serving, then prints the line that tests wait for."""
        await super().startup(sockets)
        print(f"mcp backend: {self._url}", flush=True)


def main() -> None:
    """Runs the server until it is told to end."""
    parser = argparse.ArgumentParser(description="An MCP server that shows the headers it receives.")
    parser.add_argument("--port", type=int, default=0, help="0, the default, picks a free one")
    parser.add_argument("--transport", choices=["streamable-http", "sse"], default="streamable-http")
    parser.add_argument("--log", type=Path, metavar="FILE", help="gets one JSON line per HTTP request")
    parser.add_argument("--require-bearer", action="store_true", help="401 without an Authorization: Bearer header")
    arguments = parser.parse_args()

    mcp = make_server()
    sse = arguments.transport == "sse"
    gate = Gate(
        mcp.sse_app() if sse else mcp.streamable_http_app(),
        log=arguments.log,
        require_bearer=arguments.require_bearer,
    )
    listener = socket.create_server(("127.0.0.1", arguments.port))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/{'sse' if sse else 'mcp'}"
    # Event streams stay open for ever; a test that ends doesn't wait for them.
    config = uvicorn.Config(gate, log_level="warning", timeout_graceful_shutdown=1)
    AnnouncedServer(config, url).run(sockets=[listener])


if __name__ == "__main__":
    main()
