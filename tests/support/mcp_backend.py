"""A real MCP server with a tool that returns the HTTP headers of its call.

    python mcp_backend.py [--port N] [--transport streamable-http|sse] [--log FILE] [--require-bearer]

Prints one line, ``mcp backend: URL``, when it is ready. Needs the package ``mcp`` (1.10 or later, below 2).
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
    """Returns all headers in order of arrival, including duplicates. ASGI makes their names lower case."""
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]


def has_bearer_token(scope: Scope) -> bool:
    """Returns whether an Authorization header carries a bearer token."""
    return any(name == "authorization" and value.lower().startswith("bearer ") for name, value in raw_headers(scope))


def make_server() -> FastMCP:
    """Returns the server with its tools."""
    # Tests reach the server by various host names, and through proxies.
    security = TransportSecuritySettings(enable_dns_rebinding_protection=False)
    server = FastMCP("argus-auth test backend", transport_security=security, log_level="WARNING")

    @server.tool()
    def received_headers() -> str:
        """Returns the headers of the HTTP request that carried this call, as a JSON list of [name, value]."""
        request = server.get_context().request_context.request
        if not isinstance(request, Request):
            raise TypeError("this transport does not pass on its HTTP request")
        return json.dumps(raw_headers(request.scope))

    @server.tool()
    def echo(text: str) -> str:
        """Returns the text unchanged."""
        return text

    return server


class Gate:
    """Wraps the MCP application: logs each request, and refuses requests without a bearer token if told so."""

    def __init__(self, app: ASGIApp, *, log: Path | None, require_bearer: bool) -> None:
        self._app = app
        # Line buffered, so that a test finds a request in the log as soon as it has the response.
        self._log = log.open("a", buffering=1, encoding="utf-8") if log else None
        self._require_bearer = require_bearer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one ASGI connection."""
        answer: ASGIApp = self._app
        if scope["type"] == "http":
            self._record(scope)
            if self._require_bearer and not has_bearer_token(scope):
                answer = unauthorized("Bearer")
        await answer(scope, receive, send)

    def _record(self, scope: Scope) -> None:
        if self._log:
            entry = {"method": scope["method"], "path": scope["path"], "headers": raw_headers(scope)}
            self._log.write(json.dumps(entry) + "\n")


def unauthorized(challenge: str) -> Response:
    """Returns a 401 response with a challenge."""
    return JSONResponse({"error": "unauthorized"}, status_code=401, headers={"WWW-Authenticate": challenge})


class AnnouncedServer(uvicorn.Server):
    """A server that prints its URL when it accepts connections."""

    def __init__(self, config: uvicorn.Config, url: str) -> None:
        super().__init__(config)
        self._url = url

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts serving, then prints the line that tests wait for."""
        await super().startup(sockets)
        print(f"mcp backend: {self._url}", flush=True)


def main() -> None:
    """Runs the server until a signal ends it."""
    parser = argparse.ArgumentParser(description="An MCP server that shows the headers it receives.")
    parser.add_argument("--port", type=int, default=0, help="0, the default, chooses a free port")
    parser.add_argument("--transport", choices=["streamable-http", "sse"], default="streamable-http")
    parser.add_argument("--log", type=Path, metavar="FILE", help="append one JSON line per HTTP request")
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
    # Event streams never end by themselves, so a shutdown waits only one second for them.
    config = uvicorn.Config(gate, log_level="warning", timeout_graceful_shutdown=1)
    AnnouncedServer(config, url).run(sockets=[listener])


if __name__ == "__main__":
    main()
