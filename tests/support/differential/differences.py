"""Every known difference between the gateway's loader and ours, each with its reason and the narrowest test for it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .generate import Case

LEGAL_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+", re.ASCII)
LEGAL_VALUE = re.compile(r"(?:[!-~](?:[ \t!-~]*[!-~])?)?")


def explain(case: Case, theirs: dict[str, Any], ours: dict[str, Any]) -> tuple[bool, str]:
    """Whether the two outcomes agree, and if not the reason; empty if there is none."""
    if theirs["ok"] and ours["ok"]:
        if exact(theirs["backends"]) == exact(ours["backends"]):
            return True, ""
        same = exact(merge_cases(theirs["backends"])) == exact(ours["backends"])
        return (
            False,
            "header names that differ in case only: the merged one gives way, HTTP ignores case" if same else "",
        )
    if theirs["ok"]:
        errors = [problem for problem in ours["problems"] if problem["severity"] == "error"]
        return False, first_reason(WE_REJECT, errors, lambda rule, problem: rule(case, theirs["backends"], problem))
    if ours["ok"]:
        frame, *lines = theirs["error"].split("\n  • ")
        return False, first_reason(WE_ACCEPT, lines or [frame], lambda rule, line: rule(case, line))
    return True, ""


def first_reason(rules: dict[str, Any], items: list[Any], holds: Callable[[Any, Any], bool]) -> str:
    """The reason for the first item, if there is one for each of them."""
    reasons = [next((reason for reason, rule in rules.items() if holds(rule, item)), "") for item in items]
    return reasons[0] if reasons and all(reasons) else ""


def exact(value: Any) -> Any:
    """Something equal only to what is the same value of the same type in the same order."""
    if isinstance(value, dict):
        return [(key, exact(item)) for key, item in value.items()]
    if isinstance(value, list):
        return ["list", *map(exact, value)]
    return (type(value).__name__, value)


# --- they accept, we reject ------------------------------------------------------------------------------------------


def headers(backends: dict[str, Any]) -> Iterator[dict[str, str]]:
    for backend in backends.values():
        yield backend.get("headers") or {}
        yield (backend.get("auth") or {}).get("headers") or {}


def merge_cases(backends: dict[str, Any]) -> dict[str, Any]:
    def merged(fields: dict[str, str]) -> dict[str, str]:
        found: dict[str, tuple[str, str]] = {}
        for name, value in fields.items():
            found[name.lower()] = (name, value)
        return dict(found.values())

    def backend(fields: dict[str, Any]) -> dict[str, Any]:
        return {
            key: merged(item) if key == "headers" else backend(item) if key == "auth" else item
            for key, item in fields.items()
        }

    return {name: backend(fields) for name, fields in backends.items()}


def illegal_header(_: Case, backends: dict[str, Any], problem: dict[str, str]) -> bool:
    illegal = any(
        not LEGAL_NAME.fullmatch(name) or not LEGAL_VALUE.fullmatch(value)
        for fields in headers(backends)
        for name, value in fields.items()
    )
    return illegal and problem["message"].startswith(("a header name ", "a header value "))


def same_header(_: Case, backends: dict[str, Any], problem: dict[str, str]) -> bool:
    same = any(len({name.lower() for name in fields}) < len(fields) for fields in headers(backends))
    return same and problem["message"].startswith("HTTP ignores case")


def nodes(case: Case) -> Iterator[yaml.Node]:
    def walk(node: yaml.Node) -> Iterator[yaml.Node]:
        if node is not None and id(node) not in seen:
            seen.add(id(node))
            yield node
            for child in node.value if isinstance(node, (yaml.SequenceNode, yaml.MappingNode)) else ():
                for part in child if isinstance(child, tuple) else (child,):
                    yield from walk(part)

    seen: set[int] = set()
    yield from walk(yaml.compose(case.yaml.decode(), yaml.SafeLoader))


def duplicate_key(case: Case, _: dict[str, Any], problem: dict[str, str]) -> bool:
    def duplicates(node: yaml.Node) -> bool:
        if not isinstance(node, yaml.MappingNode):
            return False
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        return len(set(keys)) < len(keys)

    return problem["message"].startswith("this key is already on line ") and any(map(duplicates, nodes(case)))


def tagged(tag: str, message: str) -> Callable[[Case, dict[str, Any], dict[str, str]], bool]:
    def rule(case: Case, _: dict[str, Any], problem: dict[str, str]) -> bool:
        return message in problem["message"] and any(node.tag == f"tag:yaml.org,2002:{tag}" for node in nodes(case))

    return rule


def lone_surrogate(case: Case, _: dict[str, Any], problem: dict[str, str]) -> bool:
    return "surrogate" in problem["message"] and re.search(rb"\\(u|U0000)[dD][89a-fA-F]", case.yaml) is not None


WE_REJECT = {
    "a header that is illegal in HTTP is an error at load, not on the wire": illegal_header,
    "the same header in two cases: one of the two would be lost": same_header,
    "a duplicate key: the gateway's two parsers disagree on it": duplicate_key,
    "!!binary as a key: nobody writes one, so it is a slip": tagged(
        "binary", "a key here must be text, found binary data"
    ),
    "!!set for a list: it has no order, and the gateway's other parser rejects it": tagged("set", "found a set"),
    "half of a surrogate pair is no character; nothing could send it": lone_surrogate,
}

# --- they reject, we accept ------------------------------------------------------------------------------------------

READ = ("backends", "secrets", "version")


def other_section(_: Case, line: str) -> bool:
    where = line.split(" → ", 1)[0].split(":", 1)[0]
    return where not in READ and re.fullmatch(r"[a-z_]+", where) is not None and ": " in line


def stdio(_: Case, line: str) -> bool:
    return re.match(r"backends → .* → stdio → ", line) is not None


def too_deep(_: Case, line: str) -> bool:
    return "recursion depth limit exceeded" in line


READ_IN_A_BACKEND = re.compile(
    r"\.backends\..*\.(type|url|headers|auth(\.(type|headers|\w+_endpoint|token_url|client_id|client_secret|scopes"
    r"|token_expiry_buffer_seconds|auth_retry_on_401))?)(\..*|\[.*)?",
    re.DOTALL,
)


def unread_secret(_: Case, line: str) -> bool:
    pattern = r"ConfigurationError: Secret resolution failed: Secret '.*' not found \(referenced at (.*)\)"
    where = re.fullmatch(pattern, line, re.DOTALL)
    if where is None or re.match(r"\.(secrets|version)\b", where[1]):
        return False
    return not READ_IN_A_BACKEND.fullmatch(where[1])


def unread_store(_: Case, line: str) -> bool:
    # Where one of ours is read, this store fails for us too.
    return re.fullmatch(r"ValueError: Unknown secret provider type: .*", line, re.DOTALL) is not None


WE_ACCEPT = {
    "a section that has nothing to do with outgoing authentication is not checked": other_section,
    "a stdio backend is not checked": stdio,
    "deeper than 20 levels: a limit of version 0.8.6 alone": too_deep,
    "a missing secret where nothing is read": unread_secret,
    "an unknown kind of secret store that is referred to only where nothing is read": unread_store,
}
