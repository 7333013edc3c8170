"""Checks the structure of core/src against the floors in docs/architecture.md.

Fails if a module imports one that stands above it, if a module is in no floor, or if files import each other in a circle
that is not listed here. Tests and comments are left out.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
CORE = ROOT / "core" / "src"

# Files that import each other because they are one thing, each ring with its reason.
RINGS = {
    "a token renews itself: a source starts fetches, which publish to it and plan its next renewal": {
        "token/fetch.rs",
        "token/generation.rs",
        "token/registry.rs",
        "token/renewal.rs",
        "token/retry.rs",
        "token/source.rs",
    },
    "a clock is the system's or one that tests move, and both speak of instants": {
        "runtime/clock.rs",
        "runtime/virtual_clock.rs",
    },
}

# Compiled for the fuzzer only; it may look everywhere.
NOT_IN_A_FLOOR = {"lib", "fuzzing"}

USE = re.compile(r"\b(?:pub(?:\([^)]*\))?\s+)?use\s+([^;]+);")
PATH = re.compile(r"\b(?:crate|super|self)(?:::\w+)+")


def floors() -> dict[str, int]:
    """The modules with the number of their floor, counted from the top."""
    text = (ROOT / "docs" / "architecture.md").read_text()
    block = re.search(r"```floors\n(.*?)```", text, re.DOTALL)
    if block is None:
        sys.exit("docs/architecture.md has no block of floors")
    return {line.split()[0]: number for number, line in enumerate(block[1].splitlines())}


def code(path: Path) -> str:
    """The text of a file without comments and without its tests."""
    text = re.sub(r"//[^\n]*", "", path.read_text())
    return re.split(r"#\[cfg\((?:all\()?test", text)[0]


def flattened(tree: str) -> list[str]:
    """The paths of a use tree: `a::{b, c::d}` is `a::b` and `a::c::d`."""
    tree = re.sub(r"\s+as\s+\w+", "", re.sub(r"\s+", " ", tree)).strip()
    match = re.fullmatch(r"((?:\w+::)*)\{(.*)\}", tree)
    if match is None:
        return [tree.removesuffix("::*")]
    prefix, inner = match.groups()
    parts, depth, start = [], 0, 0
    for index, char in enumerate(inner):
        depth += (char == "{") - (char == "}")
        if char == "," and depth == 0:
            parts.append(inner[start:index])
            start = index + 1
    parts.append(inner[start:])
    paths = [path for part in parts if part.strip() for path in flattened(part)]
    return [prefix.removesuffix("::") if path == "self" else prefix + path for path in paths]


def absolute(path: str, module: tuple[str, ...]) -> tuple[str, ...] | None:
    """A path from the crate's root; None if it leads outside of the crate."""
    first, *rest = path.split("::")
    base = {"crate": (), "self": module}.get(first)
    if first == "super":
        base = module[:-1]
        while rest and rest[0] == "super":
            base, rest = base[:-1], rest[1:]
    return None if base is None else (*base, *rest)


class Tree:
    """The files of core/src, and what each of them imports."""

    def __init__(self) -> None:
        """Reads all files."""
        self.files: dict[tuple[str, ...], Path] = {}
        for path in sorted(CORE.rglob("*.rs")):
            parts = path.relative_to(CORE).with_suffix("").parts
            if "tests" not in parts:
                self.files[parts[:-1] if parts[-1] == "mod" else parts] = path
        self.code = {module: code(path) for module, path in self.files.items()}

    def imports(self, module: tuple[str, ...]) -> set[tuple[str, ...]]:
        """Every path of the crate that a module names."""
        text = self.code[module]
        uses = [path for tree in USE.findall(text) for path in flattened(tree)]
        paths = uses + PATH.findall(USE.sub("", text))
        return {found for path in paths if (found := absolute(path, module)) is not None}

    def resolve(self, path: tuple[str, ...]) -> tuple[str, ...]:
        """The file that defines what a path names, through re-exports."""
        module = path
        while module and module not in self.files:
            module = module[:-1]
        rest = path[len(module) :]
        if rest and module in self.files and self.files[module].name == "mod.rs":
            exported = [
                found for found in self.imports(module) if found[-1] == rest[0] and len(found) > len(module) + 1
            ]
            for found in exported:
                if found[: len(module)] == module and found != path:
                    return self.resolve(found)
        return module

    def graph(self) -> dict[tuple[str, ...], set[tuple[str, ...]]]:
        """The files that each file imports, but for the folder that it stands in."""
        edges = {}
        for module in self.files:
            targets = {self.resolve(path) for path in self.imports(module)}
            edges[module] = {target for target in targets if target in self.files and target != module[: len(target)]}
        return edges


def name(module: tuple[str, ...], tree: Tree) -> str:
    """A module as the path of its file."""
    return str(tree.files[module].relative_to(CORE))


def circles(edges: dict[tuple[str, ...], set[tuple[str, ...]]]) -> list[set[tuple[str, ...]]]:
    """The sets of files of which each can be reached from each other."""

    def reachable(start: tuple[str, ...]) -> set[tuple[str, ...]]:
        seen, pending = set(), list(edges[start])
        while pending:
            module = pending.pop()
            if module not in seen:
                seen.add(module)
                pending.extend(edges[module])
        return seen

    reach = {module: reachable(module) for module in edges}
    found: list[set[tuple[str, ...]]] = []
    for module in edges:
        ring = {other for other in reach[module] if module in reach[other]}
        if len(ring) > 1 and ring not in found:
            found.append(ring)
    return found


def main() -> None:
    """Prints every fault, and fails if there is one."""
    order, tree, faults = floors(), Tree(), []
    modules = {module[0] for module in tree.files if module} - NOT_IN_A_FLOOR
    faults += [f"{module}: in no floor of docs/architecture.md" for module in sorted(modules - order.keys())]
    faults += [f"{module}: a floor without a module in core/src" for module in sorted(order.keys() - modules)]
    for module in tree.files:
        if not module or module[0] not in order:
            continue
        for path in sorted(tree.imports(module)):
            if path and path[0] in order and order[path[0]] < order[module[0]]:
                faults.append(f"core/src/{name(module, tree)}: imports {path[0]}, which stands above {module[0]}")
    for ring in circles(tree.graph()):
        names = {name(module, tree) for module in ring}
        if not any(names <= allowed for allowed in RINGS.values()):
            faults.append(f"core/src: {', '.join(sorted(names))} import each other in a circle")
    if faults:
        sys.exit("\n".join(faults))


if __name__ == "__main__":
    main()
