"""Generates random configurations: valid, unusual and broken. The same seed gives the same configuration."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from random import Random
from typing import TypeAlias

from .scalars import WORDS, block_scalar, scalar
from .schema import DOCUMENT, PEM, PLACEHOLDER, TEMPLATES_OF_KEYS, TEMPLATES_OF_VALUES, Field, Table

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
    "PEM": PEM,
    "SECRET_K": "from-store",
    "SECRET_API_KEY": "key ${A} secret:k",
    "SECRET_É": "accented",
    "SECRET_A B": "blank",
}

Yaml: TypeAlias = "str | Field | dict[str, Yaml] | list[Yaml]"


@dataclass
class Case:
    """A configuration and the environment variables with which it is loaded."""

    yaml: bytes
    env: dict[str, str]

    def message(self) -> dict[str, object]:
        """Returns the case in the form that the programs under test read, as one JSON object per line."""
        return {"yaml": base64.b64encode(self.yaml).decode(), "env": self.env}


def case(seed: int) -> Case:
    """Returns the case with this number."""
    random = Random(seed)
    env = {name: value for name, value in ENVIRONMENT.items() if random.random() < 0.9}
    generator = Generator(random)
    text = generator.one_random_scalar() if random.random() < 0.45 else generator.document()
    if random.random() < 0.2:
        text = mutate(random, text)
    data = text.encode("utf-8", "surrogatepass")
    if random.random() < 0.03:
        data = mutate_bytes(random, data)
    return Case(data, env)


class Generator:
    """Generates the YAML text of one case."""

    def __init__(self, random: Random) -> None:
        self.random = random
        # The probability that a value is any scalar instead of a plausible value.
        self.disorder = random.choice([0, 0, 0.01, 0.03, 0.1, 0.3])
        # The probability of each optional key.
        self.share = random.choice([0.1, 0.3, 0.5])
        # True if a whole random document may have keys that only this library knows.
        self.ours = random.random() < 0.4

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def key(self, name: str) -> str:
        """Returns a key as YAML text. Rarely, it is misspelt, has another form, or is replaced by any scalar."""
        if not self.chance(self.disorder / 3):
            return name
        typo = name[:-1] or "x"
        return self.random.choice(
            [f"'{name}'", f'"{name}"', name.upper(), typo, f"!!str {name}", f"? {name}\n", scalar(self.random)]
        )

    # --- a plain document with one random value or key

    def one_random_scalar(self) -> str:
        """Returns a plain document with one random value or key.

        A random key is any scalar. A random value is any scalar, or one of the good and bad values of its field.
        """
        self.disorder = 0
        secrets: dict[str, Yaml] = {"secrets": "{enabled: true}"} if self.chance(0.3) else {}
        if self.chance(0.9):
            return self.emit(secrets | self.random.choice(TEMPLATES_OF_VALUES), 0)
        return self.emit(secrets | self.random.choice(TEMPLATES_OF_KEYS), 0).replace(PLACEHOLDER, scalar(self.random))

    # --- a whole random document

    def document(self) -> str:
        """Returns a document with random keys and values of the schema."""
        return self.random.choice(["", "", "---\n", "%YAML 1.1\n---\n", "# c\n"]) + self.emit(self.block(DOCUMENT), 0)

    def block(self, table: Table) -> Yaml:
        """Returns the required keys and some optional keys, in any order."""
        keys = [
            key
            for key, field in table.items()
            if (self.ours or not field.ours) and self.chance(0.97 if field.required else self.share)
        ]
        self.random.shuffle(keys)
        return {self.key(key): self.value(table[key]) for key in keys}

    def value(self, field: Field) -> Yaml:
        """Returns one of the field's good values or, rarely, an odd value."""
        if self.chance(self.disorder):
            return self.odd(field)
        value = self.random.choice(field.good or field.bad)
        if isinstance(value, dict):
            return self.block(value)
        return [self.value(item) for item in value] if isinstance(value, list) else value

    def odd(self, field: Field) -> str:
        """Returns any scalar, or one of the good and bad values of this field."""
        texts = [value for value in (*field.good, *field.bad) if isinstance(value, str)]
        return self.random.choice(texts) if texts and self.chance(0.4) else scalar(self.random)

    # --- conversion to text, in block or flow style, with some anchors, aliases and merge keys

    def emit(self, value: Yaml, indent: int) -> str:
        """Returns a value as YAML text, indented by `indent` spaces."""
        spaces = " " * indent
        if isinstance(value, dict):
            if not value or (indent and self.chance(0.15)):
                return self.flow(value)
            lines = [f"{spaces}{key}:{self.after(item, indent)}" for key, item in value.items()]
            if self.chance(self.disorder / 3):
                merged = self.random.choice(
                    ["{X: m}", "{url: http://m}", "[{x-a: m}, {X-A: n}]", "*a", "{type: sse}", scalar(self.random)]
                )
                lines.insert(self.random.randint(0, len(lines)), f"{spaces}<<: {merged}")
            return "\n".join(lines) + "\n"
        if isinstance(value, list):
            return "".join(f"{spaces}-{self.after(item, indent)}\n" for item in value) if value else "[]"
        return self.odd(value) if isinstance(value, Field) else value

    def after(self, item: Yaml, indent: int) -> str:
        """Returns the text that follows `key:` or `-`."""
        if isinstance(item, (str, Field)):
            if self.chance(self.disorder / 4 if isinstance(item, str) else 0.05):
                return " " + block_scalar(self.random, indent)
            return f" {self.emit(item, indent)}" + self.random.choice(["", "", "", " ", " # comment"])
        text = self.emit(item, indent + self.random.choice([2, 2, 2, 4]))
        return f" {text}" if text.startswith(("{", "[")) else "\n" + text.rstrip("\n")

    def flow(self, value: Yaml) -> str:
        """Returns a value as YAML text in flow style."""
        if isinstance(value, dict):
            return "{" + ", ".join(f"{key}: {self.flow(item)}" for key, item in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(self.flow(item) for item in value) + "]"
        return self.odd(value) if isinstance(value, Field) else value


def mutate(random: Random, text: str) -> str:
    """Returns the text with one small change, such as a typing mistake or another line ending."""
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
    """Returns the bytes in another encoding, or with bytes that are not UTF-8."""
    at = random.randrange(len(data) + 1)
    if random.random() < 0.3:
        return data.decode("utf-8", "replace").encode(random.choice(["utf-16", "utf-16-le", "utf-16-be", "utf-32"]))
    return (
        data[:at]
        + random.choice([b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82", b"\x80"])
        + data[at:]
    )
