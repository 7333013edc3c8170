"""The command `argus-auth check`: reports every problem of a file, and with `--fetch` also requests each token."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from argus_auth import _native
from argus_auth._doctor import diagnose
from argus_auth._errors import ConfigError, TokenError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Sequence

    from argus_auth._doctor import Diagnosis
    from argus_auth._errors import AuthError, Problem

OK, PROBLEMS, FETCH_FAILED = 0, 1, 2


def check(options: argparse.Namespace) -> int:
    """Runs the command. Returns 0 for success, 1 for errors in the file, and 2 if a token endpoint gave no token."""
    try:
        resolver = _native.Resolver.from_file(options.file, options.unresolved, thorough=True)
    except ConfigError as error:
        if options.json:
            _print_json(options.file, None, error.problems, None)
        else:
            print_problems(options.file, error.problems)
        return PROBLEMS
    diagnoses = diagnose(resolver) if options.fetch else None
    if options.json:
        failed = _print_json(options.file, resolver.backends, resolver.warnings, diagnoses)
    else:
        print_problems(options.file, resolver.warnings)
        count = len(resolver.backends)
        print(f"{options.file}: ok, {count} remote backend{'' if count == 1 else 's'}", flush=True)
        failed = diagnoses is not None and _print_diagnoses(resolver.backends, diagnoses)
    return FETCH_FAILED if failed else OK


def print_problems(file: str, problems: Sequence[Problem]) -> None:
    """Prints each problem to stderr as FILE:LINE:COLUMN, followed by the line of the file.

    Editors turn FILE:LINE:COLUMN into a link. Values that may be secret are masked in the line.
    """
    text = _text(file) if any(problem.line for problem in problems) else b""
    for problem in problems:
        place = f"{file}:{problem.line}:{problem.column}" if problem.line else file
        path = f"{problem.path}: " if problem.path else ""
        print(f"{place}: {problem.severity}: {path}{problem.message}", file=sys.stderr)
        snippet = _native.snippet(text, problem.path, problem.line, problem.column, problem.message)
        if snippet is not None:
            print(snippet, file=sys.stderr)


def _text(file: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError:  # the file was removed since it was checked; the problems are printed without their lines
        return b""


def _print_diagnoses(backends: Sequence[str], diagnoses: Iterator[Diagnosis]) -> bool:
    """Prints each diagnosis as soon as it arrives. Returns whether any token endpoint failed."""
    failed, without_endpoint = False, dict.fromkeys(backends)
    for diagnosis in diagnoses:
        print(f"{_words(diagnosis.backends, ', ')}: {diagnosis.token_url}")
        for line in _lines(diagnosis):
            print(f"  {line}", flush=True)
        failed = failed or diagnosis.error is not None
        for backend in diagnosis.backends:
            without_endpoint.pop(backend, None)
    if without_endpoint:
        print(f"{_words(without_endpoint, ', ')}: no token endpoint to ask")
    return failed


def _lines(diagnosis: Diagnosis) -> Iterator[str]:
    milliseconds = f"{diagnosis.latency * 1000:.0f} ms"
    if diagnosis.error is not None:
        yield ", ".join([f"FAILED after {milliseconds}", *_verdict(diagnosis.error)])
        yield f"cause: {diagnosis.error}"
        yield f"what to do: {diagnosis.advice}"
        return
    yield f"ok, a token after {milliseconds}"
    if diagnosis.lifetime is None:
        yield "lifetime: not stated, an hour is assumed"
    else:
        yield f"lifetime: {diagnosis.lifetime:g} s"
    granted, missing = diagnosis.scopes_granted, diagnosis.scopes_missing
    if granted is not None:
        yield f"scope: granted {_words(granted)}, asked for {_words(diagnosis.scopes_asked)}"
    elif diagnosis.scopes_asked:
        yield f"scope: not stated, granted as asked for: {_words(diagnosis.scopes_asked)}"
    if missing:
        yield f"warning: asked for and not granted: {_words(missing)}"


def _verdict(error: AuthError) -> Iterator[str]:
    """Yields the HTTP status and the OAuth error code of the server.

    The message of `error` may lack them, because a gateway would conclude from some of them that a backend refused a
    request.
    """
    if isinstance(error, TokenError) and error.http_status is not None:
        yield f"HTTP {error.http_status}"
        if error.oauth_error:
            yield error.oauth_error


def _words(words: Iterable[str], separator: str = " ") -> str:
    """Returns the joined words, or "none". Quotes words with control characters, because a terminal acts on those."""
    return separator.join(word if word.isprintable() else repr(word) for word in words) or "none"


def _print_json(
    file: str, backends: Sequence[str] | None, problems: Sequence[Problem], diagnoses: Iterator[Diagnosis] | None
) -> bool:
    """Prints one JSON object. Returns whether any token endpoint failed."""
    fetches = None if diagnoses is None else [fetch for diagnosis in diagnoses for fetch in _fetches(diagnosis)]
    failed = any(not fetch["ok"] for fetch in fetches or ())
    report = {
        "file": file,
        "ok": backends is not None and not failed,
        "backends": backends,
        "problems": [dataclasses.asdict(problem) for problem in problems],
    }
    if fetches is not None:
        report["fetches"] = fetches
    print(json.dumps(report, indent=2))
    return failed


def _fetches(diagnosis: Diagnosis) -> Iterator[dict[str, Any]]:
    """Yields one object per backend, although backends with the same credentials share one response."""
    error = diagnosis.error
    for backend in diagnosis.backends:
        fetch: dict[str, Any] = {
            "backend": backend,
            "token_url": diagnosis.token_url,
            "ok": error is None,
            "latency_seconds": diagnosis.latency,
            "scopes_asked": diagnosis.scopes_asked,
        }
        if error is None:
            fetch["lifetime_seconds"] = diagnosis.lifetime
            fetch["scopes_granted"] = diagnosis.scopes_granted
            fetch["scopes_missing"] = diagnosis.scopes_missing
        else:
            fetch["error"] = {"code": error.code, "message": str(error), "advice": diagnosis.advice}
            if isinstance(error, TokenError):
                fetch["error"]["http_status"] = error.http_status
                fetch["error"]["oauth_error"] = error.oauth_error
                fetch["error"]["oauth_error_description"] = error.oauth_error_description
        yield fetch
