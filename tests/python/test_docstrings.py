"""The docstrings of the public API: each class and function has one, and the examples in them run.

The examples find a file `config.yaml` in the working directory and the URL of a token endpoint in `token_url`.
"""

from __future__ import annotations

import ast
import doctest
import inspect
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import argus_auth

from .conftest import CANARY

if TYPE_CHECKING:
    from .endpoint import TokenEndpoint

PUBLIC: dict[str, Any] = {
    name: value
    for name in argus_auth.__all__
    if inspect.isclass(value := getattr(argus_auth, name)) or inspect.isroutine(value)
}


@pytest.fixture
def _directory(tmp_path: Path, endpoint: TokenEndpoint, client: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The working directory, with a config.yaml for the backends `search` (oauth2) and `reports` (static)."""
    oauth2 = f"{{type: oauth2, token_url: {endpoint.url}, client_id: {client}, client_secret: {CANARY}}}"
    (tmp_path / "config.yaml").write_text(f"""\
backends:
  reports:
    type: sse
    url: http://127.0.0.1:1/sse
    auth: {{type: static, headers: {{X-Report-Key: {CANARY}}}}}
  search:
    type: streamable-http
    url: http://127.0.0.1:1/mcp
    headers: {{X-Request-Source: argus}}
    auth: {oauth2}
""")
    monkeypatch.chdir(tmp_path)
    # An example calls `install`, which adds an import finder. The finder must not outlive the test.
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])


@pytest.mark.parametrize("name", PUBLIC)
def test_docstring_exists_for_public_object_and_its_own_methods(name: str) -> None:
    value = PUBLIC[name]
    methods = [member for member in vars(value) if not member.startswith("_")] if inspect.isclass(value) else []
    documented = [value, *(getattr(value, method) for method in methods)]
    assert [each for each in documented if not inspect.getdoc(each)] == []


def test_docstrings_of_the_native_token_cache_are_those_of_its_stub() -> None:
    stub = ast.parse(Path(argus_auth.__file__).with_name("_native.pyi").read_text())
    (cache,) = (node for node in stub.body if isinstance(node, ast.ClassDef) and node.name == "TokenCache")
    assert ast.get_docstring(cache) == inspect.getdoc(argus_auth.TokenCache)
    for method in cache.body:
        if isinstance(method, ast.FunctionDef) and method.name != "__new__":
            assert ast.get_docstring(method) == inspect.getdoc(getattr(argus_auth.TokenCache, method.name))


@pytest.mark.usefixtures("_directory")
@pytest.mark.parametrize("name", PUBLIC)
def test_docstring_examples_of_public_object_run(name: str, endpoint: TokenEndpoint) -> None:
    if name == "DeadlineError":
        endpoint.hold()  # The example waits for a token that does not arrive in time.
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS)
    finder = doctest.DocTestFinder()
    # `module=False` is needed to find the methods, because their module differs from the `__module__` of the class.
    tests = finder.find(PUBLIC[name], name, module=False, globs={"token_url": endpoint.url})
    report: list[str] = []
    for test in tests:
        runner.run(test, out=report.append)
    assert runner.failures == 0, "".join(report)
    assert sum(len(test.examples) for test in tests) > 0, "no example"
