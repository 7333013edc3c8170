#!/usr/bin/env python3
"""Compiles the examples in the comments of the public headers: `check_examples.py COMPILER INCLUDE_DIRECTORY`.

COMPILER is gcc or clang. An example is a block between ```c or ```cpp and ```. There are two forms:

- A block that contains `#include` is a whole file, and is compiled as it is.
- Any other block is the body of a function with the `PARAMETERS` below, in a file with the `INCLUDES` below. It may
  declare a variable with the name of a parameter.

Errors show the line of the header. The check also fails if a public type has no example, or if there are no examples.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

FLAGS = {"c": ["-xc", "-std=c11"], "cpp": ["-xc++", "-std=c++17"]}
# An example uses only some of the parameters.
WARNINGS = ["-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter"]

INCLUDES = {
    "c": ["stdio.h", "stdlib.h", "string.h", "argus_auth.h"],
    "cpp": ["chrono", "iostream", "argus_auth.hpp"],
}
PARAMETERS = {
    "c": [
        "const argus_auth_resolver *resolver",
        "const argus_auth_backend *backend",
        "const argus_auth_headers *headers",
        "const argus_auth_token_status *token_status",
        "const argus_auth_error *error",
        "const argus_auth_problem *problem",
        "argus_auth_log_callback print_event",
    ],
    "cpp": [
        "const argus_auth::Resolver &resolver",
        "const argus_auth::Headers &headers",
        "const argus_auth::Error &error",
    ],
}

COMMENT = re.compile(r"\s*(?:///|/?\*+/?)(?: |$)(.*)")
# A public type, on the line after its comment. Members and their types are indented, so they do not match.
TYPE = re.compile(
    r"(?:enum|typedef struct) (argus_auth_\w+)|typedef void \(\*(argus_auth_\w+)\)"
    r"|(?:template <.*> )?(?:class|struct) (?:\[\[nodiscard\]\] )?([A-Z]\w+)|using (\w+) ="
)


class Example(NamedTuple):
    """A block, its language, and the number of its first line in the header."""

    header: Path
    line: int
    language: str
    code: str


def read(header: Path) -> tuple[list[Example], list[str]]:
    """Returns the examples of a header, and its public types without an example."""
    examples: list[Example] = []
    without: list[str] = []
    block: Example | None = None
    in_comment = has_example = in_detail = False
    for number, line in enumerate(header.read_text().splitlines(), 1):
        in_detail = "namespace detail {" in line or (in_detail and "} // namespace detail" not in line)
        comment = COMMENT.fullmatch(line)
        if not comment:
            type_name = TYPE.match(line)
            if in_comment and type_name and not has_example and not in_detail:
                without.append(f"{header.name}:{number}: {next(filter(None, type_name.groups()))}")
            in_comment = has_example = False
        elif block and comment[1] == "```":
            examples.append(block)
            block, has_example = None, True
        elif block:
            block = block._replace(code=block.code + comment[1] + "\n")
        elif comment[1] in ("```c", "```cpp"):
            block = Example(header, number + 1, comment[1][3:], "")
        in_comment = bool(comment)
    if block:
        sys.exit(f"{header.name}:{block.line}: the block has no end")
    return examples, without


def compiles(compiler: str, include: Path, language: str, source: str) -> bool:
    """Returns whether a file compiles. The compiler prints its errors."""
    command = [compiler, *FLAGS[language], *WARNINGS, f"-I{include}", "-O1", "-c", "-o", "/dev/null", "-"]
    return subprocess.run(command, input=source, text=True, check=False).returncode == 0


def main() -> None:
    compiler, include = sys.argv[1], Path(sys.argv[2])
    examples: list[Example] = []
    without: list[str] = []
    for header in sorted([*include.glob("*.h"), *include.glob("*.hpp")]):
        found, missing = read(header)
        examples += found
        without += missing
    good = True
    for language, includes in INCLUDES.items():
        bodies = "".join(f"#include <{name}>\n" for name in includes)
        parameters = ", ".join(PARAMETERS[language])
        for number, example in enumerate(examples):
            if example.language != language:
                continue
            place = f'#line {example.line} "{example.header}"\n'
            if "#include" in example.code:
                good &= compiles(compiler, include, language, place + example.code)
            else:
                # A variable may have the name of a parameter only in an inner block.
                bodies += f"void example_{number}({parameters}) {{{{\n{place}{example.code}}}}}\n"
        good &= compiles(compiler, include, language, bodies)
    for name in without:
        print(f"{name} has no example")
    print(f"{len(examples)} examples")
    sys.exit(not good or bool(without) or not examples)


if __name__ == "__main__":
    main()
