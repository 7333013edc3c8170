"""Lists every known difference between the gateway's loader (theirs) and this library's (ours).

Each difference has a reason, and a function that is as strict as possible, so that the reason explains no other
difference.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml

from .schema import COMMAND, OAUTH2, PEM, PKCE, STATIC, TIMEOUTS, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .generate import Case

LEGAL_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+", re.ASCII)
LEGAL_VALUE = re.compile(r"(?:[!-~](?:[ \t!-~]*[!-~])?)?")


def explain(case: Case, theirs: dict[str, Any], ours: dict[str, Any]) -> tuple[bool, str]:
    """Returns whether the two outcomes agree, and the listed reason if they differ.

    The reason is "" if the outcomes agree, or if no reason is listed. Equal outcomes count as a difference without a
    reason if our loader had to reject a key of ours.
    """
    if theirs["ok"] and ours["ok"]:
        if exact(theirs["backends"]) == exact(ours["backends"]):
            return not is_rejection_missing(case), ""
        merged = any(node.tag == "tag:yaml.org,2002:merge" for node in nodes(case))
        same = merged and exact(merge_cases(theirs["backends"])) == exact(ours["backends"])
        return (
            False,
            "header names that differ only in case, one of them merged: HTTP ignores case, so the merged one is dropped"
            if same
            else "",
        )
    if theirs["ok"]:
        errors = [problem for problem in ours["problems"] if problem["severity"] == "error"]
        return False, why_we_reject(case, theirs["backends"], errors)
    if ours["ok"]:
        frame, *lines = theirs["error"].split("\n  • ")
        reason = why_we_accept(case, lines or [frame])
        return False, "" if reason and is_rejection_missing(case) else reason
    return True, ""


def why_we_reject(case: Case, backends: dict[str, Any], errors: list[dict[str, str]]) -> str:
    """Returns the first reason that applies; "" unless the reasons together explain each of our errors."""
    unexplained, first = errors, ""
    for reason, (pattern, holds) in WE_REJECT.items():
        found = [error for error in unexplained if re.search(pattern, f"{error['path']}: {error['message']}")]
        if found and holds(case, backends, found):
            unexplained = [error for error in unexplained if error not in found]
            first = first or reason
    return "" if unexplained else first


def why_we_accept(case: Case, lines: list[str]) -> str:
    """Returns the reason for the first line of their error; "" unless each line has a reason."""
    reasons = [next((reason for reason, holds in WE_ACCEPT.items() if holds(case, line)), "") for line in lines]
    return reasons[0] if all(reasons) else ""


def exact(value: Any) -> Any:
    """Returns a form of a value that is equal only for equal values of the same type in the same order."""
    if isinstance(value, dict):
        return [(key, exact(item)) for key, item in value.items()]
    if isinstance(value, list):
        return ["list", *map(exact, value)]
    return (type(value).__name__, value)


# --- they accept, we reject ------------------------------------------------------------------------------------------


def header_tables(backends: dict[str, Any]) -> Iterator[dict[str, str]]:
    """Yields the headers of each backend and of its auth block."""
    for backend in backends.values():
        yield backend.get("headers") or {}
        yield (backend.get("auth") or {}).get("headers") or {}


def merge_cases(backends: dict[str, Any]) -> dict[str, Any]:
    """Returns the backends. Where headers differ only in the case of their names, the last header is kept."""

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


Problems: TypeAlias = "list[dict[str, str]]"


def illegal_header(_: Case, backends: dict[str, Any], problems: Problems) -> bool:
    names = [not LEGAL_NAME.fullmatch(name) for fields in header_tables(backends) for name in fields]
    values = [not LEGAL_VALUE.fullmatch(value) for fields in header_tables(backends) for value in fields.values()]
    return len(problems) == sum(names) + sum(values)


def same_header(_: Case, backends: dict[str, Any], problems: Problems) -> bool:
    return len(problems) <= sum(
        len(fields) - len({name.lower() for name in fields}) for fields in header_tables(backends)
    )


def nodes(case: Case) -> Iterator[yaml.Node]:
    """Yields each node of the document once."""

    def walk(node: yaml.Node) -> Iterator[yaml.Node]:
        if node is not None and id(node) not in seen:
            seen.add(id(node))
            yield node
            for child in node.value if isinstance(node, (yaml.SequenceNode, yaml.MappingNode)) else ():
                for part in child if isinstance(child, tuple) else (child,):
                    yield from walk(part)

    seen: set[int] = set()
    yield from walk(yaml.compose(case.yaml.decode(), yaml.SafeLoader))


def duplicate_key(case: Case, _: dict[str, Any], problems: Problems) -> bool:
    def duplicates(node: yaml.Node) -> Iterator[int]:
        keys = [key for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        for index, key in enumerate(keys):
            if any(key.value == later.value for later in keys[index + 1 :]):
                yield key.start_mark.line + 1

    lines = {line for node in nodes(case) if isinstance(node, yaml.MappingNode) for line in duplicates(node)}
    return all(int(re.findall(r"on line (\d+);", problem["message"])[-1]) in lines for problem in problems)


def binary_key(case: Case, _: dict[str, Any], __: Problems) -> bool:
    mappings = (node for node in nodes(case) if isinstance(node, yaml.MappingNode))
    return any(key.tag == "tag:yaml.org,2002:binary" for node in mappings for key, _ in node.value)


def set_for_list(case: Case, _: dict[str, Any], __: Problems) -> bool:
    return any(node.tag == "tag:yaml.org,2002:set" for node in nodes(case))


def lone_surrogate(case: Case, _: dict[str, Any], __: Problems) -> bool:
    return re.search(rb"\\(u|U0000)[dD][89a-fA-F]", case.yaml) is not None


OUR_KEYS = [key for key, field in OAUTH2.items() if field.ours]
OUR_TEXTS = ("audience", "ca_bundle", "client_certificate", "client_certificate_key")
ASSERTION_TEXTS = ("private_key_id", "assertion_audience")
METHODS = ("client_secret_post", "client_secret_basic", "private_key_jwt")
RESERVED = {
    *("grant_type", "client_id", "client_secret", "scope", "audience", "resource"),
    *("client_assertion", "client_assertion_type"),
}
PLAIN_URI = re.compile(r"https?://[a-z-]+(/\w+)*|urn:\w+:\w+", re.ASCII)


def must_reject(backend: dict[str, Any], key: str) -> bool:
    """Returns whether our loader must reject this key of ours in this backend, or its absence."""

    def is_text(value: object) -> bool:
        return isinstance(value, str) or (isinstance(value, bytes) and value.decode(errors="replace").encode() == value)

    block = backend.get("auth") or {}
    value = block.get(key)
    if key == "on_auth_failure":
        return key in block or backend.get(key, "open") not in ("open", "closed")
    required = (
        (key == "private_key" and is_jwt(block))
        or (key == "client_certificate" and "client_certificate_key" in block)
        or (key == "client_certificate_key" and "client_certificate" in block)
    )
    if block.get("type") != "oauth2" or not (key in block or required):
        return False
    by_key = {
        **dict.fromkeys(OUR_TEXTS, lambda: not (is_text(value) and value)),
        **dict.fromkeys(ASSERTION_TEXTS, lambda: is_jwt(block) and not (is_text(value) and value)),
        "private_key": lambda: is_jwt(block) and value != PEM,
        "token_endpoint_auth_method": lambda: value not in METHODS,
        "resource": lambda: (
            not all(
                isinstance(item, str) and PLAIN_URI.fullmatch(item)
                for item in (value if isinstance(value, list) else [value])
            )
        ),
        "extra_params": lambda: (
            not isinstance(value, dict)
            or any(not isinstance(name, str) or name in RESERVED or not is_text(text) for name, text in value.items())
        ),
    }
    return by_key[key]()


def is_jwt(block: dict[str, Any]) -> bool:
    return block.get("token_endpoint_auth_method") == "private_key_jwt"


def remote_backends(case: Case) -> dict[str, dict[str, Any]]:
    return {name: backend for name, backend in typed_backends(case).items() if backend["type"] != "stdio"}


def key_of_ours(case: Case, _: dict[str, Any], problems: Problems) -> bool:
    def starts_with(name: str) -> str:
        return f"backends.{name}." if re.fullmatch(r"[\w-]+", name) else 'backends["'

    backends = remote_backends(case).items()
    return all(
        any(problem["path"].startswith(starts_with(name)) and must_reject(backend, key) for name, backend in backends)
        for problem in problems
        for key in re.findall(OUR_KEY_IN_PATH, f"{problem['path']}: ")[-1:]
    )


def is_rejection_missing(case: Case) -> bool:
    """Returns whether our loader accepts a key of ours that it must reject. Does not check `resource` and PEM keys."""
    keys = [key for key in OUR_KEYS if key != "resource"]  # PLAIN_URI is not a complete check of URIs
    return any(
        must_reject(backend, key) and "PRIVATE KEY" not in str((backend.get("auth") or {}).get(key))
        for backend in (remote_backends(case).values() if any(key.encode() in case.yaml for key in keys) else ())
        for key in keys
    )


OUR_KEY_IN_PATH = rf"\.({'|'.join(OUR_KEYS)})(?=[.\[:])"
# For each reason, the pattern of the errors that it explains, and a function that returns whether the case has the
# cause.
WE_REJECT: dict[str, tuple[str, Callable[[Case, dict[str, Any], Problems], bool]]] = {
    "a header that is illegal in HTTP is an error at load, not at the first request": (
        ": a header (name|value) ",
        illegal_header,
    ),
    "the same header name in two cases: one of the two values would be lost": (": HTTP ignores case", same_header),
    "a duplicate key: the gateway's two parsers disagree on it": (": this key is already on line ", duplicate_key),
    "!!binary as a key is most likely a mistake": (
        ": a key here must be text, found binary data",
        binary_key,
    ),
    "!!set for a list: a set has no order, and the gateway's other parser rejects it": (
        ": expected a list, found a set$",
        set_for_list,
    ),
    "half of a surrogate pair is not a character, so no request can carry it": ("surrogate", lone_surrogate),
    "a wrong value of a key that only this library knows": (OUR_KEY_IN_PATH, key_of_ours),
}

# --- they reject, we accept ------------------------------------------------------------------------------------------

SECTIONS = ("backends", "secrets", "version")


def document(case: Case) -> dict[str, Any]:
    """Returns the configuration as the gateway validates it, with its references resolved."""
    raw = expanded(case)
    secrets = raw.get("secrets")
    enabled = isinstance(secrets, dict) and secrets.get("enabled") and secrets.get("provider", "env") == "env"

    def resolve(text: str) -> str:
        name = re.match(r"secret:(.+)$", text)
        return case.env.get("SECRET_" + name[1].upper().replace("-", "_"), text) if name else text

    return each_text(raw, resolve) if enabled else raw


def expanded(case: Case) -> dict[str, Any]:
    """Returns the configuration with its variables replaced."""
    text = re.sub("\r\n?", "\n", case.yaml.decode())
    return each_text(
        yaml.safe_load(text), lambda text: re.sub(r"\$\{(\w+)\}", lambda name: case.env.get(name[1], name[0]), text)
    )


def each_text(value: Any, change: Callable[[str], str]) -> Any:
    """Returns the value with each text in it changed."""
    if isinstance(value, dict):
        return {key: each_text(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [each_text(item, change) for item in value]
    return change(value) if isinstance(value, str) else value


def typed_backends(case: Case) -> dict[str, dict[str, Any]]:
    """Returns the backends that are mappings with a type."""
    backends = document(case).get("backends") or {}
    return {name: backend for name, backend in backends.items() if isinstance(backend, dict) and "type" in backend}


def other_section(case: Case, line: str) -> bool:
    section = re.match(r"([a-z_]+)(?: → [^:]*)?: ", line)
    return section is not None and section[1] not in SECTIONS and section[1] in document(case)


def stdio(case: Case, line: str) -> bool:
    if not line.startswith("backends → "):
        return False
    names = [name for name, backend in typed_backends(case).items() if backend["type"] == "stdio"]
    return any(line.startswith(f"backends → {name} → stdio → ") for name in names)


def too_deep(case: Case, line: str) -> bool:
    def depth(value: object) -> int:
        items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return max((1 + depth(item) for item in items), default=0)

    return "recursion depth limit exceeded" in line and depth(yaml.safe_load(case.yaml.decode())) > 20


def references(case: Case) -> Iterator[tuple[str | int, ...]]:
    """Yields the path of each `secret:name`."""

    def walk(value: object, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
        if isinstance(value, (dict, list)):
            for key, item in value.items() if isinstance(value, dict) else enumerate(value):
                yield from walk(item, (*path, key))
        elif isinstance(value, str) and re.match(r"secret:.+$", value):
            yield path

    return walk(expanded(case), ())


def is_read(case: Case, path: tuple[str | int, ...]) -> bool:
    """Returns whether our loader reads the value at this path."""
    if path[0] != "backends":
        return path[0] in SECTIONS
    backend, key, *more = typed_backends(case).get(path[1], {"type": ""}), *path[2:]
    if key == "auth" and more:
        block = {"static": STATIC, "oauth2": OAUTH2, "pkce": PKCE}.get(backend["auth"].get("type"), {})
        return block.get(more[0], UNKNOWN) is not UNKNOWN
    if key == "timeouts" and more:
        return TIMEOUTS.get(more[0], UNKNOWN) is not UNKNOWN
    read = ["type", "url", "headers", "auth", "on_auth_failure", "timeouts", "metadata_version"]
    return backend["type"] != "stdio" and key in [*read, *(COMMAND if backend["type"] == "sse" else ())]


def unread_secret(case: Case, line: str) -> bool:
    pattern = r"ConfigurationError: Secret resolution failed: Secret '.*' not found \(referenced at (.*)\)"
    where = re.fullmatch(pattern, line, re.DOTALL)
    if where is None:
        return False

    def shown(path: tuple[str | int, ...]) -> str:
        return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)

    paths = [path for path in references(case) if shown(path) == where[1]]
    return bool(paths) and not any(is_read(case, path) for path in paths)


def unread_store(case: Case, line: str) -> bool:
    unknown = r"ValueError: Unknown secret provider type: .*"
    unusable = r"ConfigurationError: Secret resolution failed: (Failed to load|ARGUS_SECRET_KEY) .*"
    failed = re.fullmatch(f"{unknown}|{unusable}", line, re.DOTALL)
    return failed is not None and not any(is_read(case, path) for path in references(case))


def assertion_for_secret(case: Case, line: str) -> bool:
    return line.endswith(" → client_secret: Field required") and any(
        line == f"backends → {name} → {backend['type']} → auth → oauth2 → client_secret: Field required"
        and is_jwt(backend["auth"])
        for name, backend in remote_backends(case).items()
        if isinstance(backend.get("auth"), dict)
    )


# For each reason, a function that returns whether the reason explains a line of the gateway's error.
WE_ACCEPT: dict[str, Callable[[Case, str], bool]] = {
    "a section that has nothing to do with outgoing authentication is not checked": other_section,
    "a stdio backend is not checked": stdio,
    "deeper than 20 levels: only version 0.8.6 of the gateway has this limit": too_deep,
    "a missing secret in a place that this library does not read": unread_secret,
    "a secret store that can't be opened, referred to only in places that this library does not read": unread_store,
    "private_key_jwt needs no client_secret; the gateway does not know this method": assertion_for_secret,
}
