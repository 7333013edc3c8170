"""The layer check reports forbidden imports in all their forms, cycles and wrong tables, and accepts correct code."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from .endpoint import ROOT

sys.path.insert(0, str(ROOT / "tests" / "support"))
import check_layers

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the files that the check reads."""
    shutil.copytree(ROOT / "core" / "src", tmp_path / "core" / "src")
    shutil.copytree(ROOT / "docs", tmp_path / "docs")
    return tmp_path


def append(checkout: Path, file: str, text: str) -> list[str]:
    """Appends text to a file of core/src. Returns the faults that the check then finds."""
    path = checkout / "core" / "src" / file
    path.write_text(path.read_text() + text)
    return list(check_layers.faults(checkout))


def test_tree_has_no_fault() -> None:
    assert list(check_layers.faults(ROOT)) == []


@pytest.mark.parametrize(
    "text",
    [
        "use crate::token::TokenStatus;",
        "pub(crate) use crate::{lock::Mutex, token::{TokenState, TokenStatus as Status}};",
        "use super::super::token;",
        "fn f() -> crate::token::TokenState { todo!() }",
        "macro_rules! m { () => { $crate::token::TokenState } }",
        "use crate::Resolver;",
        "use crate::*;",
        "use crate as root;",
        "extern crate self as root;",
        '#[path = "../token/mod.rs"] mod copy;',
        "/* \" */ const A: char = '\"'; use crate::token::TokenState;",
        "#[cfg(test)] use crate::lock::Mutex; use crate::token::TokenState;",
    ],
)
def test_import_of_a_higher_layer_or_code_that_may_hide_one_is_a_fault(text: str, checkout: Path) -> None:
    (fault,) = append(checkout, "runtime/thread.rs", f"\n{text}\n")
    assert fault.startswith("core/src/runtime/thread.rs: ")


@pytest.mark.parametrize(
    "text",
    [
        "// use crate::token::TokenStatus;",
        "/* crate::token */",
        'const A: &str = "crate::token::TokenState";',
        "#[cfg(test)]\nmod more_tests { fn f() { crate::token::f() } }",
        "#[cfg(test)]\nuse crate::token::TokenState;",
        "use crate::lock::Mutex;",
    ],
)
def test_comment_literal_test_code_or_import_of_a_lower_layer_is_no_fault(text: str, checkout: Path) -> None:
    assert append(checkout, "runtime/thread.rs", f"\n{text}\n") == []


def test_files_that_import_each_other_are_a_fault(checkout: Path) -> None:
    assert append(checkout, "error/token.rs", "\nuse super::config::Problem;\n") == []
    (fault,) = append(checkout, "error/config.rs", "\nuse super::TokenError;\n")
    assert fault == "core/src: error/config.rs, error/token.rs import each other in a cycle"


def test_module_without_a_layer_is_a_fault(checkout: Path) -> None:
    (checkout / "core" / "src" / "new.rs").touch()
    (fault,) = check_layers.faults(checkout)
    assert fault.startswith("new: ")


def test_table_that_differs_from_the_layers_is_a_fault(checkout: Path) -> None:
    lib = checkout / "core" / "src" / "lib.rs"
    lib.write_text(lib.read_text().replace("| `tls` |", "| `TLS` |"))
    (fault,) = check_layers.faults(checkout)
    assert fault.startswith("core/src/lib.rs: ")
