"""The command `argus-auth`: its arguments, its subcommands and its exit statuses."""

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
_INTERRUPTED, _OUTPUT_CLOSED = 130, 141
_EXIT_STATUS = f"""\
exit status:
  0    success; there may be warnings
  1    the file has errors; or `headers` got no headers, or got them without the configured authentication
  2    `check --fetch`: a token endpoint gave no token; or the arguments are wrong
  {_INTERRUPTED}  interrupted with Ctrl-C
  {_OUTPUT_CLOSED}  the reader of the output closed it
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command. Returns its exit status, which `--help` explains.

    Raises SystemExit as argparse does: with status 2 for wrong arguments, with status 0 after `--help` and `--version`.
    """
    for stream in _open_streams():
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    # The commands print problems and errors themselves, so `logging` must not print them a second time.
    logging.getLogger("argus_mcp").addHandler(logging.NullHandler())
    try:
        status = _run(_parser().parse_args(arguments))
        for stream in _open_streams():
            stream.flush()
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        # Redirects the streams: the interpreter flushes them at exit, and would report the closed pipe.
        devnull = os.open(os.devnull, os.O_WRONLY)
        for stream in _open_streams():
            os.dup2(devnull, stream.fileno())
        return _OUTPUT_CLOSED
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
    parser = argparse.ArgumentParser(
        prog="argus-auth",
        description="Checks the configuration of an MCP gateway's outgoing authentication, "
        "and prints the headers of its requests.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    checker = commands.add_parser(
        "check",
        help="report every problem of a configuration",
        description="Reports every problem of a configuration, each with its line and column.",
    )
    checker.set_defaults(run=check)
    checker.add_argument(
        "--fetch",
        action="store_true",
        help="also request each token once, and explain each failure and its remedy",
    )
    checker.add_argument("--json", action="store_true", help="print the report as one JSON object")

    headers = commands.add_parser(
        "headers",
        help="print the headers that a request to a backend must carry",
        description="Prints the headers of requests to a backend, and fetches a token if needed.",
    )
    headers.set_defaults(run=_headers)

    for command in (checker, headers):
        command.add_argument("file", metavar="FILE", help="the configuration file, .yaml or .yml")
        command.add_argument(
            "--unresolved",
            choices=["error", "keep"],
            default="error",
            help="report an unset ${VAR} or a missing secret:name as an error (default), "
            "or keep its text and report a warning",
        )
    headers.add_argument("backend", metavar="BACKEND", help="the backend's name in the file")
    headers.add_argument("--show-secrets", action="store_true", help="print values instead of their lengths")
    headers.add_argument(
        "--timeout",
        type=seconds,
        default=35.0,
        metavar="SECONDS",
        help="seconds to wait for a token; a fetch takes at most 30 (default: %(default)s)",
    )
    for described in (parser, checker, headers):
        described.epilog = _EXIT_STATUS
        described.formatter_class = argparse.RawDescriptionHelpFormatter
    return parser


def seconds(text: str) -> float:
    """Converts a command-line argument to a number of seconds. Raises an error that argparse reports."""
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
        # The backend's policy is "open", so a gateway would send requests with these headers.
        print(f"argus-auth: the headers lack authentication: {status.last_error}", file=sys.stderr)
        return 1
    return 0
