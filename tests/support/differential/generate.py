"""Random configurations: valid, on the border, and broken; the same for the same seed."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from random import Random
from typing import TypeAlias

from .scalars import WORDS, block_scalar, scalar

ENVIRONMENT = {
    "A": "value",
    "EMPTY": "",
    "NUM": "42",
    "FLOAT": " 1.5 ",
    "BOOL": "yes",
    "NL": "a\nb",
    "BLANK": " \u00a0",
    "REF": "secret:k",
    "NEST": "${A}secret:k",
    "URL": "http://from-env",
    "é": "accent",
    "1": "digit",
    "PLAIN": "plain",
    "SECRET_K": "from-store",
    "SECRET_API_KEY": "key ${A} secret:k",
    "SECRET_É": "accented",
    "SECRET_A B": "blank",
}

SSE = "backends:\n  a:\n    type: sse\n    url: http://h\n"
STATIC = f"{SSE}    auth: {{type: static, headers: "
OAUTH2 = f"{SSE}    auth:\n        type: oauth2\n        token_url: t\n        client_id: i\n"
# A document each, with a hole for one scalar.
PLACES = [
    *["version: <>", "backends: <>", "backends:\n  a: <>", "backends:\n  ? <>\n  : {type: sse, url: http://h}"],
    *["backends:\n  a:\n    type: <>\n    url: http://h", "backends:\n  a:\n    type: sse\n    url: <>"],
    *[f"{SSE}    headers: <>", f"{SSE}    headers:\n      X: <>", f"{SSE}    headers:\n      <>: x"],
    *[f"{SSE}    command: <>", f"{SSE}    command: c\n    args: <>", f"{SSE}    command: c\n    args:\n    - <>"],
    *[f"{SSE}    command: c\n    env: {{A: <>}}", f"{SSE}    group: <>", f"{SSE}    metadata_version: <>"],
    *[f"{SSE}    timeouts:\n      {name}: <>" for name in ("init", "retries", "retry_delay")],
    *[f"{SSE}    auth: <>", f"{STATIC}<>}}", f"{STATIC}{{X: <>}}}}", f"{OAUTH2}        client_secret: <>"],
    *[f"{OAUTH2}        client_secret: s\n        scopes: {scopes}" for scopes in ("<>", "[<>]")],
    f"{OAUTH2}        client_secret: s\n        token_expiry_buffer_seconds: <>",
    f"{OAUTH2}        client_secret: s\n        auth_retry_on_401: <>",
    *[
        f"{SSE}    headers: {{X: 'secret:k'}}\nsecrets:\n  {key}: <>"
        for key in ("enabled", "provider", "strict", "path")
    ],
    f"secrets: {{enabled: true}}\n{SSE}    headers:\n      X: <>",
]

Yaml: TypeAlias = "str | dict[str, Yaml] | list[Yaml]"


@dataclass
class Case:
    """One configuration and the variables it is read with."""

    yaml: bytes
    env: dict[str, str]

    def message(self) -> dict[str, object]:
        return {"yaml": base64.b64encode(self.yaml).decode(), "env": self.env}


def case(seed: int) -> Case:
    """The case of this number."""
    random = Random(seed)
    env = {name: value for name, value in ENVIRONMENT.items() if random.random() < 0.9}
    generator = Generator(random)
    text = generator.one_scalar() if random.random() < 0.45 else generator.document()
    if random.random() < 0.2:
        text = mutate(random, text)
    data = text.encode("utf-8", "surrogatepass")
    if random.random() < 0.03:
        data = mutate_bytes(random, data)
    return Case(data, env)


class Generator:
    def __init__(self, random: Random) -> None:
        self.random = random
        # How often a value is anything at all instead of a sensible one.
        self.disorder = random.choice([0, 0, 0.03, 0.1, 0.3])

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def value(self, *sensible: Yaml) -> Yaml:
        if self.chance(self.disorder):
            return scalar(self.random)
        return self.random.choice(sensible)

    def fields(self, share: float, **fields: Yaml) -> dict[str, Yaml]:
        """Some of these fields, in any order."""
        names = [name for name in fields if self.chance(share)]
        self.random.shuffle(names)
        return {self.key(name): fields[name] for name in names}

    def key(self, name: str) -> str:
        if not self.chance(self.disorder / 3):
            return name
        typo = name[:-1] or "x"
        return self.random.choice(
            [f"'{name}'", f'"{name}"', name.upper(), typo, f"!!str {name}", f"? {name}\n", scalar(self.random)]
        )

    # A document with one scalar in a place of interest, all else in order.

    def one_scalar(self) -> str:
        text = block_scalar(self.random, 8) if self.chance(0.05) else scalar(self.random)
        return self.random.choice(PLACES).replace("<>", text) + "\n"

    # A whole document.

    def document(self) -> str:
        document = self.fields(
            0.95,
            backends=self.value({self.name(): self.backend() for _ in range(self.random.randint(0, 4))}),
        )
        document |= self.fields(0.3, version=self.value("'1'", '"2"', "v1"), secrets=self.value(self.secrets()))
        document |= self.fields(
            0.1, server=self.value("{}", "{port: 9000}"), plugins="{enabled: false}", unknown=scalar(self.random)
        )
        items = list(document.items())
        self.random.shuffle(items)
        return self.random.choice(["", "", "---\n", "%YAML 1.1\n---\n", "# c\n"]) + self.emit(dict(items), 0)

    def name(self) -> str:
        return (
            self.random.choice(["a", "b", "my-server", "x.y", "'${A}'", "日本"])
            if not self.chance(self.disorder)
            else scalar(self.random)
        )

    def secrets(self) -> Yaml:
        return self.fields(
            0.7,
            enabled=self.value("true", "true", "false", "'no'"),
            provider=self.value("env", "env", "env", "'env'"),
            strict=self.value("false", "false", "true"),
        )

    def backend(self) -> Yaml:
        if self.chance(0.05):
            return {"type": "stdio", "command": self.value("run")}
        kind = self.random.choice(["sse", "streamable-http"])
        required = {
            "type": self.value(kind, kind, f"'{kind}'"),
            "url": self.value("http://h", "https://h/p", "'${URL}'", "' http://h '"),
        }
        optional = self.fields(
            0.3,
            headers=self.value(self.headers(), "{}", "null"),
            auth=self.value(self.auth(), self.auth(), self.auth(), "null"),
            command=self.value("run", "' run '", "null", "'${A}'"),
            args=self.value("[]", "[a, '${B}']", ["a", scalar(self.random)]),
            env=self.value("{}", "null", "{K: v, L: '${A}'}", self.headers()),
            timeouts=self.value(self.timeouts(), "{}"),
            group=self.value("g", "''"),
            filters=self.value("{}", {"tools": {"allow": ["a", "'*'"], "deny": self.value("[]", "[b]")}}),
            tool_overrides=self.value(
                "{}", {"tool": self.fields(0.8, name=self.value("n", "null"), description=self.value("d"))}
            ),
            metadata_version=self.value("1", "null", "'2'"),
            created_by=self.value("me", "null"),
        )
        return required | optional if self.chance(0.95) else optional

    def headers(self) -> Yaml:
        names = ["X-A", "X-B", "Authorization", "Accept", "x-a"]
        values = ["v", "'Bearer ${A}'", "'secret:k'", "'secret:none'", "'${B}'", "'${REF}'", "secret:api-key", '""']
        return {self.key(self.random.choice(names)): self.value(*values) for _ in range(self.random.randint(1, 3))}

    def auth(self) -> Yaml:
        kind = self.random.choice(["static", "oauth2", "oauth2", "oauth2", "pkce"])
        text = ["t", "'${A}'", "'secret:k'", "http://as/t"]
        block: dict[str, Yaml] = {"type": self.value(kind)}
        if kind == "static":
            return block | self.fields(0.95, headers=self.value(self.headers()))
        required = ("token_url",) if kind == "oauth2" else ("authorization_endpoint", "token_endpoint")
        block |= self.fields(0.97, **{name: self.value(*text) for name in (*required, "client_id", "client_secret")})
        return block | self.fields(
            0.4,
            scopes=self.value("[]", "[a, b]", ["a", scalar(self.random)], "['', '']"),
            token_expiry_buffer_seconds=self.value("5", "0.5", "'${NUM}'", "'1_0'", ".inf", "0"),
            auth_retry_on_401=self.value("true", "no", "'off'", "'${BOOL}'", "1"),
            scope="unknown",
        )

    def timeouts(self) -> Yaml:
        seconds = ["0", "1.5", "'${NUM}'", "30", "true", "null"]
        return self.fields(
            0.5,
            init=self.value(*seconds),
            cap_fetch=self.value(*seconds),
            sse_startup=self.value(*seconds),
            startup=self.value(*seconds),
            retries=self.value("0", "10", "'3'", "2.0", "'${NUM}'", "null", "11", "1.5"),
            retry_delay=self.value("0", "120", "1.5", "121"),
        )

    # To text, in block or flow style, with anchors, aliases and merge keys here and there.

    def emit(self, value: Yaml, indent: int) -> str:
        blanks = " " * indent
        if isinstance(value, dict):
            if not value or (indent and self.chance(0.15)):
                return self.flow(value)
            lines = [f"{blanks}{key}:{self.after(item, indent)}" for key, item in value.items()]
            if self.chance(self.disorder / 3):
                merged = self.random.choice(
                    ["{X: m}", "{url: http://m}", "[{x-a: m}, {X-A: n}]", "*a", "{type: sse}", scalar(self.random)]
                )
                lines.insert(self.random.randint(0, len(lines)), f"{blanks}<<: {merged}")
            return "\n".join(lines) + "\n"
        if isinstance(value, list):
            return "".join(f"{blanks}-{self.after(item, indent)}\n" for item in value) if value else "[]"
        return value

    def after(self, item: Yaml, indent: int) -> str:
        if isinstance(item, str):
            if self.chance(self.disorder / 4):
                return " " + block_scalar(self.random, indent)
            return f" {item}" + self.random.choice(["", "", "", " ", " # comment"])
        text = self.emit(item, indent + self.random.choice([2, 2, 2, 4]))
        return f" {text}" if text.startswith(("{", "[")) else "\n" + text.rstrip("\n")

    def flow(self, value: Yaml) -> str:
        if isinstance(value, dict):
            return "{" + ", ".join(f"{key}: {self.flow(item)}" for key, item in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(self.flow(item) for item in value) + "]"
        return value


def mutate(random: Random, text: str) -> str:
    """A small change somewhere, as an editor's slip or another program would make it."""
    at = random.randrange(len(text) + 1)
    before, after = text[:at], text[at:]
    lines = text.splitlines(keepends=True) or [""]
    line = random.randrange(len(lines))
    control = random.choice("\0\x07\x7f\ufffe:#-,[]{}&*!|>'\"%@`\t\n \u0085\u2028")
    return random.choice(
        [
            "".join([*lines[:line], random.choice(lines), *lines[line:]]),
            "".join([*lines[:line], random.choice([" ", "  ", "\t", "- "]), *lines[line:]]),
            "".join([*lines[:line], lines[line][1:], *lines[line + 1 :]]),
            before + control + after,
            before + after[1:],
            before + random.choice(WORDS) + after,
            text.replace("\n", random.choice(["\r\n", "\r", "\u0085", "\u2028"])),
            random.choice(["\ufeff", "\ufeff\ufeff", "...\n", "--- ", "%TAG ! x\n---\n", "\n\n"]) + text,
            text + random.choice(["...\n", "---\n", "--- a\n", "...\n...\n", "\0", "# end", "*a"]),
        ]
    )


def mutate_bytes(random: Random, data: bytes) -> bytes:
    """Not always UTF-8 any more."""
    at = random.randrange(len(data) + 1)
    if random.random() < 0.3:
        return data.decode("utf-8", "replace").encode(random.choice(["utf-16", "utf-16-le", "utf-16-be", "utf-32"]))
    return (
        data[:at]
        + random.choice([b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\x80"])
        + data[at:]
    )
