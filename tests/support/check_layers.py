"""Checks the imports in core/src against the layers in docs/architecture.md.

Fails if

- a module imports a module of a higher layer,
- a module is in no layer, or a layer names no module,
- files import each other in a cycle that is not listed in CYCLES,
- an import can't be followed to the file that defines its name.

An import is every path that leads to another file of the crate: in a `use`, in an expression or a type, in the body of
a macro, and as the whole of a string (an attribute such as serde's `with = "crate::a::b"`). Re-exports, renames (`as`)
and globs are followed. Comments and code that is compiled for tests only are left out.

A file may name an item of a mod.rs above it. That is not a cycle, because the mod.rs declares the file.
"""

from __future__ import annotations

import re
import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
CORE = ROOT / "core" / "src"

# The allowed cycles: files that import each other because they are one thing. The key is the reason.
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

# The path of a module or of an item, from the root of the crate. The root itself is ().
Name: TypeAlias = "tuple[str, ...]"

TOKEN = re.compile(
    r"""
      (?P<space> \s+ | //[^\n]* )
    | (?P<comment> /\* )
    | (?P<string> [bc]?r(?P<hashes>\#*)".*?"(?P=hashes) | [bc]?"(?:\\.|[^"\\])*" )
    | (?P<char> b?'(?:\\u\{[^}]*\}|\\.[0-9a-fA-F]{0,2}|[^'\\])' | '\w+ )  # also matches a lifetime
    | (?: r\#)?(?P<word> \w+ )
    | (?P<sign> :: | => | . )
    """,
    re.VERBOSE | re.DOTALL,
)
OPENING, CLOSING = "([{", ")]}"
# The first words of items. An item of the first set ends with its first block, or with a semicolon if that comes first.
# An item of the second set ends with a semicolon.
END_WITH_BLOCK = {"async", "enum", "extern", "fn", "impl", "macro_rules", "mod", "struct", "trait", "union", "unsafe"}
END_WITH_SEMICOLON = {"const", "let", "static", "type", "use"}
# Words that are followed by the name that they define.
DEFINE = {"const", "enum", "fn", "mod", "static", "struct", "trait", "type", "union"}
# Ways to reach another file that this program does not follow.
NOT_FOLLOWED = [["[", "macro_use", "]"], ["[", "path", "="], ["include", "!"], ["extern", "crate", "self"]]


def tokens(text: str) -> list[str]:
    """Returns the words, signs and strings of a Rust text.

    A string is returned as a quotation mark and its content, without the closing mark.
    """
    found, at = [], 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None:
            raise ValueError(f"no token at {text[at : at + 20]!r}")
        at = match.end()
        if match["comment"]:
            at = end_of_comment(text, at)
        elif match["string"]:
            found.append('"' + match["string"].partition('"')[2].rstrip("#").removesuffix('"'))
        elif match["word"] or match["sign"]:
            found.append(match["word"] or match["sign"])
    return found


def end_of_comment(text: str, at: int) -> int:
    """Returns the index after a block comment, which may contain block comments. `at` is the index after its `/*`."""
    depth = 1
    for match in re.compile(r"/\*|\*/").finditer(text, at):
        depth += 1 if match[0] == "/*" else -1
        if depth == 0:
            return match.end()
    return len(text)


def closing(code: list[str], at: int) -> int:
    """Returns the index of the closing bracket for the opening bracket at `at`."""
    depth = 0
    for index in range(at, len(code)):
        depth += (code[index] in OPENING) - (code[index] in CLOSING)
        if depth == 0:
            return index
    raise ValueError(f"a bracket that is never closed: {' '.join(code[at : at + 10])}")


def items(code: list[str]) -> Iterator[list[str]]:
    """Yields the parts of a list that is separated by commas. The last comma may be followed by nothing."""
    start = at = 0
    while at < len(code):
        if code[at] == ",":
            yield code[start:at]
            start = at + 1
        at = closing(code, at) + 1 if code[at] in OPENING else at + 1
    if code[start:]:
        yield code[start:]


def needs_test(predicate: list[str]) -> bool:
    """Returns whether the predicate of a cfg attribute holds in tests only."""
    if predicate[:2] in (["all", "("], ["any", "("]):
        parts = [needs_test(part) for part in items(predicate[2:-1])]
        return any(parts) if predicate[0] == "all" else all(parts)
    return predicate in (["test"], ["doctest"])


def is_word(token: str) -> bool:
    """Returns whether a token is an identifier or a keyword."""
    return token[0].isalnum() or token[0] == "_"


def without_tests(code: list[str]) -> list[str]:
    """Returns the code without the items, fields and statements that are compiled for tests only."""
    found: list[str] = []
    at = 0
    while at < len(code):
        inner = code[at : at + 3] == ["#", "!", "["]
        if inner or code[at : at + 2] == ["#", "["]:
            start = at + 2 + inner
            end = closing(code, start - 1)
            if code[start : start + 2] == ["cfg", "("] and needs_test(code[start + 2 : end - 1]):
                if inner:
                    return found
                at = end_of_item(code, end + 1)
                continue
        found.append(code[at])
        at += 1
    return found


def end_of_item(code: list[str], at: int) -> int:
    """Returns the index after the item, field or statement at `at`, which may begin with more attributes."""
    while code[at] == "#":
        at = closing(code, at + 1) + 1
    if code[at] == "pub":
        at = closing(code, at + 1) + 1 if code[at + 1] == "(" else at + 1
    first, kind = at, code[at]
    if kind == "const" and code[at + 1] in END_WITH_BLOCK:
        kind = "fn"
    while at < len(code) and code[at] not in CLOSING:
        if code[at] == ";" or (code[at] == "," and kind not in END_WITH_BLOCK | END_WITH_SEMICOLON):
            return at + 1
        if code[at] in OPENING:
            end = closing(code, at)
            if code[at] == "{" and (kind in END_WITH_BLOCK or at == first or code[at - 1] == "=>"):
                return end + 1
            at = end
        at += 1
    return at


def flattened(tree: list[str], prefix: Name = ()) -> Iterator[tuple[Name, str]]:
    """Yields the paths of a use tree with their local names: `a::{b, c as d}` is `a::b` as `b` and `a::c` as `d`."""
    path = prefix
    for index, token in enumerate(tree):
        if token == "{":
            for item in items(tree[index + 1 : -1]):
                yield from flattened(item, path)
            return
        if token in ("as", "*"):
            yield path, (tree[index + 1] if token == "as" else "*")
            return
        if is_word(token) and not (token == "self" and path):
            path = (*path, token)
    yield path, path[-1]


def modules(code: list[str], module: Name) -> Iterator[tuple[Name, list[str]]]:
    """Yields the module of a file and each module inside the file, each with its own code."""
    own: list[str] = []
    at = 0
    while at < len(code):
        if code[at] == "mod" and code[at + 2] == "{":
            end = closing(code, at + 2)
            yield from modules(code[at + 3 : end], (*module, code[at + 1]))
            own += [*code[at : at + 2], ";"]
            at = end
        else:
            own.append(code[at])
        at += 1
    yield module, own


class Scope:
    """A module: the names that it defines and imports, and every path in its code."""

    def __init__(self, code: list[str]) -> None:
        """Reads the code of a module, without the code of modules inside it."""
        self.defined = {name for word, name in pairwise(code) if word in DEFINE and is_word(name)}
        self.defined |= {code[at + 2] for at, token in enumerate(code) if token == "macro_rules"}
        self.imported: dict[str, Name] = {}
        self.globs: list[Name] = []
        self.paths: list[Name] = []
        at = 0
        while at < len(code):
            if code[at] == "use" and code[at + 1] != "<":
                end = code.index(";", at)
                self.import_tree(code[at + 1 : end])
            else:
                end = self.read_path(code, at)
            at = end + 1

    def import_tree(self, tree: list[str]) -> None:
        """Records the paths of a use declaration."""
        for path, name in flattened(tree):
            self.paths.append(path)
            if name == "*":
                self.globs.append(path)
            else:
                self.imported[name] = path

    def read_path(self, code: list[str], start: int) -> int:
        """Records the path at `start`, if a path begins there. Returns the index of its last token."""
        end = start
        while is_word(code[end]) and code[end + 1 : end + 2] == ["::"] and is_word(code[end + 2]):
            end += 2
        if end > start and code[start - 1 : start] != ["::"]:
            self.paths.append(tuple(code[start : end + 1 : 2]))
        elif re.fullmatch(r'"(crate|self|super)(::\w+)+', code[start]):
            self.paths.append(tuple(code[start][1:].split("::")))
        return end


def module_of(path: Path) -> Name:
    """Returns the module of a file. The path is relative to the folder of lib.rs."""
    parts = path.with_suffix("").parts
    return parts[:-1] if parts[-1] in ("mod", "lib") else parts


class Tree:
    """The modules of core/src, and what each file imports."""

    def __init__(self, source: Path) -> None:
        """Reads all files under `source`."""
        self.files: dict[Name, Path] = {}
        self.scopes: dict[Name, Scope] = {}
        self.faults: list[str] = []
        files = [path.relative_to(source) for path in source.rglob("*.rs")]
        for module, path in sorted((module_of(path), path) for path in files):
            # A file that is declared for tests only is left out.
            parent = self.scopes.get(module[:-1])
            if not module or (parent and module[-1] in parent.defined):
                self.files[module] = path
                self.read(module, without_tests(tokens((source / path).read_text())))
        self.imports = {module: set(self.imports_of(module)) for module in self.files}

    def read(self, module: Name, code: list[str]) -> None:
        """Records the modules of a file."""
        self.scopes |= {name: Scope(own) for name, own in modules(code, module)}
        for banned in NOT_FOLLOWED:
            if any(code[at : at + len(banned)] == banned for at in range(len(code))):
                self.fault(module, f"`{''.join(banned)}` can't be followed")

    def fault(self, module: Name, text: str) -> None:
        """Records a fault of a file."""
        self.faults.append(f"core/src/{self.files[module]}: {text}")

    def absolute(self, path: Name, module: Name, seen: frozenset[str] = frozenset()) -> Name | None:
        """Returns the path from the root of the crate; None if it leads outside of the crate, or to a local name.

        `module` is the module in which the path stands. `seen` holds the names whose look-up is under way. This ends
        the look-up of `use a::a`, where the first `a` is the crate `a` and not the local name.
        """
        first, rest = path[0], path[1:]
        if first == "crate":
            return rest
        if first in ("self", "super"):
            base = module if first == "self" else module[:-1]
            while rest[:1] == ("super",):
                base, rest = base[:-1], rest[1:]
            return base + rest
        scope = self.scopes[module]
        if first in scope.imported and first not in seen:
            base = self.absolute(scope.imported[first], module, seen | {first})
            return None if base is None else base + rest
        if (*module, first) in self.scopes:
            return module + path
        for glob in scope.globs:
            base = self.absolute(glob, module, seen | {first})
            if base is not None and (*base, first) in self.scopes:
                return base + path
        return None

    def definer(self, name: Name, seen: frozenset[Name] = frozenset()) -> Name | None:
        """Returns the module that a name denotes or that defines it, through re-exports; None if no module does.

        `seen` holds the names whose look-up is under way. This ends the look-up if globs lead in a cycle.
        """
        module = next(name[:end] for end in range(len(name), -1, -1) if name[:end] in self.scopes)
        rest, scope = name[len(module) :], self.scopes[module]
        if name in seen:
            return None
        if not rest or (rest[0] in scope.defined and rest[0] not in scope.imported):
            return module
        if rest[0] in scope.imported:
            target = self.absolute(scope.imported[rest[0]], module)
            # A name from another crate counts as defined by the module that re-exports it.
            return module if target is None else self.definer(target + rest[1:], seen | {name})
        for glob in scope.globs:
            target = self.absolute(glob, module)
            found = None if target is None else self.definer(target + rest, seen | {name})
            if found is not None:
                return found
        return None

    def imports_of(self, module: Name) -> Iterator[Name]:
        """Yields the file of every path in a file, and records the paths that can't be followed."""
        for place, scope in self.scopes.items():
            if self.file(place) != module:
                continue
            for path in scope.paths:
                name = self.absolute(path, place)
                if name is None:
                    continue
                target = self.definer(name)
                if target is None:
                    self.fault(module, f"no file defines `{'::'.join(path)}`")
                elif not name:
                    self.fault(module, "imports the crate's root; its modules must be imported by name")
                else:
                    yield self.file(target)
            for glob in scope.globs:
                base = self.absolute(glob, place)
                if base is not None and base in self.scopes:
                    yield from self.exported(base)

    def exported(self, module: Name) -> Iterator[Name]:
        """Yields the file of every name that a module imports and may re-export."""
        for path in self.scopes[module].paths:
            name = self.absolute(path, module)
            target = None if name is None else self.definer(name)
            if target is not None:
                yield self.file(target)

    def file(self, module: Name) -> Name:
        """Returns the module of the file that contains a module."""
        return next(module[:end] for end in range(len(module), -1, -1) if module[:end] in self.files)

    def cycles(self) -> Iterator[set[Name]]:
        """Yields the import cycles: the strongly connected sets of files.

        A cycle between two layers needs no check here: one of its imports leads to a higher layer, which is reported.
        """
        edges = {
            module: {target for target in targets if target[:1] == module[:1] and target != module[: len(target)]}
            for module, targets in self.imports.items()
        }

        def reachable(start: Name) -> set[Name]:
            seen: set[Name] = set()
            pending = list(edges[start])
            while pending:
                module = pending.pop()
                if module not in seen:
                    seen.add(module)
                    pending.extend(edges[module])
            return seen

        reach = {module: reachable(module) for module in edges}
        done: set[Name] = set()
        for module in edges:
            cycle = {other for other in reach[module] if module in reach[other]}
            if cycle and module not in done:
                yield cycle
            done |= cycle


def layers() -> dict[str, int]:
    """Returns the modules with the number of their layer, counted from the top."""
    text = (ROOT / "docs" / "architecture.md").read_text()
    block = re.search(r"```layers\n(.*?)```", text, re.DOTALL)
    if block is None:
        sys.exit("docs/architecture.md has no block of layers")
    return {line.split()[0]: number for number, line in enumerate(block[1].splitlines())}


def main() -> None:
    """Prints every fault, and fails if there are any."""
    order, tree = layers(), Tree(CORE)
    faults = tree.faults  # Tree.fault adds to it
    modules = {module[0] for module in tree.files if module} - NOT_IN_A_LAYER
    faults += [f"{module}: in no layer of docs/architecture.md" for module in sorted(modules - order.keys())]
    faults += [f"{module}: a layer without a module in core/src" for module in sorted(order.keys() - modules)]
    for module, targets in tree.imports.items():
        if not module or module[0] not in order:
            continue
        for above in sorted({target[0] if target else "lib.rs" for target in targets}):
            if order.get(above, -1) < order[module[0]]:
                tree.fault(module, f"imports {above}, which is in a higher layer than {module[0]}")
    for cycle in tree.cycles():
        names = {str(tree.files[module]) for module in cycle}
        if not any(names <= allowed for allowed in CYCLES.values()):
            faults.append(f"core/src: {', '.join(sorted(names))} import each other in a cycle")
    if faults:
        sys.exit("\n".join(dict.fromkeys(faults)))


if __name__ == "__main__":
    main()
