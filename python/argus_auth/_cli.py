"""The command `argus-auth`."""

from __future__ import annotations

import argparse
import io
import logging
import os
import sys
from typing import TYPE_CHECKING, TextIO

from argus_auth._check import check, print_problems
from argus_auth._errors import AuthError, ConfigError
from argus_auth._native import __version__
from argus_auth._resolver import Resolver

if TYPE_CHECKING:
    from collections.abc import Sequence

_DAY = 24 * 3600


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command. Returns its exit status: 0; 1 if something is wrong; 2 if `check` got no token.

    argparse exits with 2 itself.
    """
    for stream in _open_streams():
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    # The commands themselves tell what is logged.
    logging.getLogger("argus_mcp").addHandler(logging.NullHandler())
    try:
        status = _run(_parser().parse_args(arguments))
        for stream in _open_streams():
            stream.flush()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        # Nobody reads on; the interpreter shall not stumble over that once more when it ends.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in _open_streams():
            os.dup2(nowhere, stream.fileno())
        return 141
    return status


def _open_streams() -> list[TextIO]:
    return [stream for stream in (sys.stdout, sys.stderr) if stream is not None]


def _run(options: argparse.Namespace) -> int:
    try:
        status: int = options.run(options)
    except ConfigError as error:
        print_problems(options.file, error.problems)
        return 1
    except AuthError as error:
        print(f"argus-auth: {error}", file=sys.stderr)
        return 1
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="argus-auth", description="Outgoing authentication of MCP gateways.")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    checker = commands.add_parser(
        "check",
        help="report every problem of a configuration",
        epilog="Exit status: 0 if all is well, 1 for errors in the file, 2 if a token endpoint failed.",
    )
    checker.set_defaults(run=check)
    checker.add_argument("--fetch", action="store_true", help="ask each token endpoint once, and say what to do")
    checker.add_argument("--json", action="store_true", help="print one JSON object")

    headers = commands.add_parser("headers", help="print the headers that a request to a backend must carry")
    headers.set_defaults(run=_headers)

    for command in (checker, headers):
        command.add_argument("file", metavar="FILE", help="the gateway's config.yaml")
        command.add_argument(
            "--unresolved",
            choices=["error", "keep"],
            default="error",
            help="what an unset ${VAR} or missing secret:name is: an error, or text that stays as it is",
        )
    headers.add_argument("backend", metavar="BACKEND", help="the backend's name in the file")
    headers.add_argument("--show-secrets", action="store_true", help="print values instead of their lengths")
    headers.add_argument("--timeout", type=seconds, default=35.0, metavar="SECONDS", help="default: %(default)s")
    return parser


def seconds(text: str) -> float:
    """A time to wait, for argparse."""
    number = float(text)
    if not 0 <= number <= _DAY:
        raise argparse.ArgumentTypeError(f"must be from 0 to {_DAY} seconds, not {text}")
    return number


def _headers(options: argparse.Namespace) -> int:
    resolver = Resolver.from_file(options.file, unresolved=options.unresolved)
    print_problems(options.file, resolver.warnings)
    headers = resolver.headers_sync(options.backend, timeout=options.timeout)
    for name, value in headers.items():
        print(f"{name}: {value if options.show_secrets else f'<redacted> ({len(value.encode())} bytes)'}")
    status = resolver.status(options.backend)
    if status is not None and status.state in {"empty", "expired"}:
        # The backend's policy is "open": requests would go out like this.
        print(f"argus-auth: without authentication: {status.last_error}", file=sys.stderr)
        return 1
    return 0
