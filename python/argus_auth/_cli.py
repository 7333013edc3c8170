"""The command `argus-auth`."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from argus_auth._errors import AuthError, ConfigError, Problem
from argus_auth._native import __version__
from argus_auth._resolver import Resolver

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command. Returns its exit status: 0, or 1 if something is wrong; argparse exits with 2 itself."""
    options = _parser().parse_args(arguments)
    try:
        resolver = Resolver.from_file(options.file, unresolved=options.unresolved)
        status: int = options.run(resolver, options)
    except ConfigError as error:
        _print_problems(options.file, error.problems)
        return 1
    except AuthError as error:
        print(f"argus-auth: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="argus-auth", description="Outgoing authentication of MCP gateways.")
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    check = commands.add_parser("check", help="report every problem of a configuration; asks no token endpoint")
    check.set_defaults(run=_check)

    headers = commands.add_parser("headers", help="print the headers that a request to a backend must carry")
    headers.set_defaults(run=_headers)

    for command in (check, headers):
        command.add_argument("file", metavar="FILE", help="the gateway's config.yaml")
        command.add_argument(
            "--unresolved",
            choices=["error", "keep"],
            default="error",
            help="what an unset ${VAR} or missing secret:name is: an error, or text that stays as it is",
        )
    headers.add_argument("backend", metavar="BACKEND", help="the backend's name in the file")
    headers.add_argument("--show-secrets", action="store_true", help="print values instead of their lengths")
    headers.add_argument("--timeout", type=float, default=35.0, metavar="SECONDS", help="default: %(default)s")
    return parser


def _check(resolver: Resolver, options: argparse.Namespace) -> int:
    _print_problems(options.file, resolver.warnings)
    count = len(resolver.backends)
    print(f"{options.file}: ok, {count} remote backend{'' if count == 1 else 's'}")
    return 0


def _headers(resolver: Resolver, options: argparse.Namespace) -> int:
    headers = resolver.headers_sync(options.backend, timeout=options.timeout)
    for name, value in headers.items():
        print(f"{name}: {value if options.show_secrets else f'<redacted> ({len(value.encode())} bytes)'}")
    return 0


def _print_problems(file: str, problems: Sequence[Problem]) -> None:
    """One problem a line, in the form that editors jump from."""
    for problem in problems:
        place = f"{file}:{problem.line}:{problem.column}" if problem.line else file
        path = f"{problem.path}: " if problem.path else ""
        print(f"{place}: {problem.severity}: {path}{problem.message}", file=sys.stderr)
