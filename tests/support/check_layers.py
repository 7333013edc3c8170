"""Checks the imports in core/src against the layers in docs/architecture.md: check_layers.py [ROOT].

Fails if a module imports a module of a higher layer, if a module is in no layer, if core/src/lib.rs lists the layers in
another order, or if files import each other in a cycle that is not in CYCLES.

An import is a path that begins with `crate`, `super` or `self`, in a `use` or in an expression. Code for tests is left
out. Code that could hide an import (FORBIDDEN) is a fault too. A file may name an item of a mod.rs above it. This does
not count as a cycle, because the mod.rs declares the file.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

# The allowed cycles: sets of files that may import each other. The key is the reason.
CYCLES = {
    "a source starts fetches, and a fetch publishes its token to the source and plans the next renewal": {
        "token/fetch.rs",
        "token/generation.rs",
        "token/registry.rs",
        "token/renewal.rs",
        "token/retry.rs",
        "token/source.rs",
    },
    "the virtual clock for tests is a kind of clock, and all clocks have the same type of instant": {
        "runtime/clock.rs",
        "runtime/virtual_clock.rs",
    },
}

# Modules that may import any other module, because they are compiled for the fuzzer only.
NOT_IN_A_LAYER = {"fuzzing"}

FORBIDDEN = {
    r"\bsuper::super\b": "write `crate::`",
    r"\bcrate::([A-Z]|\*)": "name the module of the item",
    r"\bcrate\s+as\b|\bextern\s+crate\b": "write `crate::`",
    r"#\[path\b|\binclude!": "declare a module",
}

# The path of a module or of an item, from the root of the crate.
Name: TypeAlias = "tuple[str, ...]"

LITERAL = re.compile(r"""//[^\n]*|/\*.*?\*/|r(#*)".*?"\1|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])'""", re.DOTALL)
TEST_ONLY = re.compile(r"#\[cfg\((?:all\()?test\b[^\]]*\][^;{]*")
PATH = re.compile(r"\b(crate|super|self)((?:::\w+)*)(::\{)?")


def closing_brace(text: str, start: int) -> int:
    """Returns the index after the brace that closes the brace at `start`."""
    depth = 0
    for index in range(start, len(text)):
        depth += (text[index] == "{") - (text[index] == "}")
        if depth == 0:
            return index + 1
    return len(text)


def code(text: str) -> str:
    """Returns a source text without comments, the content of literals, and items that are compiled for tests only."""
    text = LITERAL.sub('""', text)
    while match := TEST_ONLY.search(text):
        end = closing_brace(text, match.end()) if text[match.end() :].startswith("{") else match.end() + 1
        text = text[: match.start()] + text[end:]
    return text


def group(prefix: Name, text: str) -> Iterator[Name]:
    """Yields the paths of a use group, `a, b::{c, d}`, each after `prefix`."""
    while text := text.lstrip(", \n"):
        match = re.match(r"\w+(?:::\w+)*", text)
        if match is None:
            return
        path, rest = (*prefix, *match[0].split("::")), text[match.end() :]
        if rest.startswith("::{"):
            end = closing_brace(rest, 2)
            yield from group(path, rest[3 : end - 1])
            rest = rest[end:]
        else:
            yield path[:-1] if path[-1] == "self" else path
        text = rest.partition(",")[2]


class Tree:
    """The files of core/src, by the name of their module, and their imports."""

    def __init__(self, source: Path) -> None:
        self.paths = {}
        for path in sorted(source.rglob("*.rs")):
            parts = path.relative_to(source).with_suffix("").parts
            if parts != ("lib",) and "tests" not in parts:
                self.paths[parts[:-1] if parts[-1] == "mod" else parts] = str(path.relative_to(source))
        self.code = {module: code((source / path).read_text()) for module, path in self.paths.items()}
        self.imports = {module: set(self._imports(module)) for module in self.paths}

    def _imports(self, module: Name) -> Iterator[Name]:
        bases = {"crate": (), "super": module[:-1], "self": module}
        for match in PATH.finditer(self.code[module]):
            path = bases[match[1]] + tuple(match[2].split("::")[1:])
            if match[3]:
                start = match.end() - 1
                yield from group(path, self.code[module][start + 1 : closing_brace(self.code[module], start) - 1])
            elif match[2]:
                yield path

    def file(self, path: Name) -> Name:
        """Returns the module whose file defines the item `path`. Follows the re-exports of a mod.rs."""
        module = path
        while module and module not in self.paths:
            module = module[:-1]
        if module != path and self.paths.get(module, "").endswith("mod.rs"):
            for exported in self.imports[module]:
                if exported[:-1] != module and exported[: len(module)] == module and exported[-1] == path[len(module)]:
                    return self.file(exported)
        return module

    def cycles(self) -> set[frozenset[str]]:
        """Returns the import cycles: the largest sets of files that all import each other, directly or not."""
        edges = {
            module: {self.file(path) for path in paths} - {module[:length] for length in range(len(module) + 1)}
            for module, paths in self.imports.items()
        }
        reachable = {}
        for module in edges:
            found: set[Name] = set()
            pending = [module]
            while pending:
                new = edges.get(pending.pop(), set()) - found
                found |= new
                pending += new
            reachable[module] = found
        cycles = {
            frozenset(other for other in found if module in reachable[other]) for module, found in reachable.items()
        }
        return {frozenset(self.paths[module] for module in cycle) for cycle in cycles if len(cycle) > 1}


def faults(root: Path) -> Iterator[str]:
    """Yields every fault of the checkout at `root`, in words."""
    layers = re.search(r"```layers\n(.*?)```", (root / "docs" / "architecture.md").read_text(), re.DOTALL)
    order = [line.split()[0] for line in layers[1].splitlines()] if layers else []
    table = re.findall(r"^//! \| (.*?) \|", (root / "core" / "src" / "lib.rs").read_text(), re.MULTILINE)
    if re.findall(r"`(\w+)`", " ".join(table)) != order:
        yield "core/src/lib.rs: its table of modules is not the list of layers in docs/architecture.md"
    tree = Tree(root / "core" / "src")
    for module in sorted({module[0] for module in tree.paths} ^ {*order, *NOT_IN_A_LAYER}):
        yield f"{module}: in core/src or in the layers of docs/architecture.md, but not in both"
    for module, path in tree.paths.items():
        for pattern, remedy in FORBIDDEN.items():
            if match := re.search(pattern, tree.code[module]):
                yield f"core/src/{path}: `{match[0]}` may hide an import; {remedy}"
        own = order.index(module[0]) if module[0] in order else 0
        for name in sorted({imported[0] for imported in tree.imports[module] if imported}):
            if name in NOT_IN_A_LAYER - {module[0]} or (module[0] not in NOT_IN_A_LAYER and name in order[:own]):
                yield f"core/src/{path}: imports {name}, a higher layer than {module[0]}"
    for cycle in tree.cycles():
        if not any(cycle <= allowed for allowed in CYCLES.values()):
            yield f"core/src: {', '.join(sorted(cycle))} import each other in a cycle"


if __name__ == "__main__":
    sys.exit("\n".join(faults(Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).parents[2])) or 0)
