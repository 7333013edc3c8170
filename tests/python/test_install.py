"""Activation (`install`), with a package that has the structure of the gateway. tests/argus uses the real gateway."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

from .conftest import run_python

if TYPE_CHECKING:
    from pathlib import Path

PROVIDER = """
from abc import ABC, abstractmethod

class AuthProvider(ABC):
    @abstractmethod
    async def get_headers(self): ...

class StaticTokenProvider(AuthProvider): ...
class OAuth2Provider(AuthProvider): ...

def create_auth_provider(auth_cfg, *, backend_name=""):
    return ("the gateway's own", auth_cfg["type"], backend_name)
"""

# The beginning of each program. `check` asserts that a gateway module is patched completely.
COMMON = """
import importlib, logging, sys
sys.path.insert(0, sys.argv[1])
logging.getLogger("argus_auth").addHandler(logging.NullHandler())
import argus_auth
STATIC = {"type": "static", "headers": {"A": "b"}}
OAUTH2 = {"type": "oauth2", "token_url": "http://h/", "client_id": "i", "client_secret": "s"}

def check(module):
    static = module.create_auth_provider(STATIC, backend_name="b")
    oauth2 = module.create_auth_provider(OAUTH2)
    assert type(static) is argus_auth.StaticTokenProvider
    assert type(oauth2) is argus_auth.OAuth2Provider
    assert isinstance(static, module.AuthProvider) and isinstance(oauth2, module.AuthProvider)
    assert isinstance(static, module.StaticTokenProvider) and not isinstance(oauth2, module.StaticTokenProvider)
    assert isinstance(oauth2, module.OAuth2Provider)
    assert module.create_auth_provider({"type": "pkce"}, backend_name="b") == ("the gateway's own", "pkce", "b")
    for odd in ({"client_secret": 5}, {"client_secret": "\\udcff"}, {"audience": "api"}):
        assert module.create_auth_provider({**OAUTH2, **odd}) == ("the gateway's own", "oauth2", "")
    assert "SourceFileLoader" in repr(module.__loader__)
    assert module.__spec__.loader is module.__loader__
    package = sys.modules["argus_mcp.bridge.auth"]
    assert package.create_auth_provider is module.create_auth_provider
    assert module.create_auth_provider({"type": "static"}) == ("the gateway's own", "static", "")
"""


@pytest.fixture
def site(tmp_path: Path) -> str:
    """A directory with a package `argus_mcp` that has the gateway's structure."""
    package = tmp_path / "argus_mcp" / "bridge" / "auth"
    package.mkdir(parents=True)
    (tmp_path / "argus_mcp/__init__.py").touch()
    (tmp_path / "argus_mcp/bridge/__init__.py").touch()
    (package / "__init__.py").write_text("from argus_mcp.bridge.auth.provider import create_auth_provider\n")
    (package / "provider.py").write_text(PROVIDER)
    return str(tmp_path)


def run(site: str, code: str) -> None:
    """Runs COMMON and then `code` in a new interpreter that finds the package in `site`."""
    run_python(COMMON + textwrap.dedent(code), site)


def test_install_before_the_import_of_the_gateway_patches_it(site: str) -> None:
    run(
        site,
        """
        argus_auth.install()
        argus_auth.install()
        assert "argus_mcp" not in sys.modules
        assert len([f for f in sys.meta_path if "argus_auth" in type(f).__module__]) == 1
        import argus_mcp.bridge.auth.provider as module
        check(module)
        """,
    )


def test_install_after_the_import_of_the_gateway_patches_it_once(site: str) -> None:
    run(
        site,
        """
        import argus_mcp.bridge.auth.provider as module
        original = module.create_auth_provider
        argus_auth.install()
        check(module)
        patched = module.create_auth_provider
        argus_auth.install()
        assert module.create_auth_provider is patched and patched.__wrapped__ is original
        """,
    )


def test_install_then_reload_or_reimport_of_the_gateway_patches_it_again(site: str) -> None:
    run(
        site,
        """
        argus_auth.install()
        import argus_mcp.bridge.auth as package, argus_mcp.bridge.auth.provider as module
        for _ in range(2):
            importlib.reload(module)
            importlib.reload(package)
            check(module)
        del sys.modules["argus_mcp.bridge.auth.provider"]
        module = importlib.import_module("argus_mcp.bridge.auth.provider")
        importlib.reload(package)
        check(module)
        """,
    )


def test_install_while_another_thread_imports_the_gateway_waits_and_patches(site: str) -> None:
    run(
        site,
        """
        import pathlib, threading, builtins
        builtins.entered, builtins.leave = threading.Event(), threading.Event()
        path = pathlib.Path(site := sys.argv[1], "argus_mcp/bridge/auth/provider.py")
        path.write_text("entered.set(); leave.wait(10)\\n" + path.read_text())
        importing = threading.Thread(target=importlib.import_module, args=["argus_mcp.bridge.auth.provider"])
        importing.start()
        entered.wait(10)
        threading.Timer(0.2, leave.set).start()
        argus_auth.install()
        importing.join()
        check(sys.modules["argus_mcp.bridge.auth.provider"])
        """,
    )


def test_install_in_many_threads_that_import_the_gateway_patches_it(site: str) -> None:
    run(
        site,
        """
        import threading
        def work():
            argus_auth.install()
            check(importlib.import_module("argus_mcp.bridge.auth.provider"))
        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        """,
    )


def test_install_without_the_gateway_does_nothing() -> None:
    run_python(
        """
        import argus_auth
        argus_auth.install()
        try:
            import argus_mcp.bridge.auth.provider
        except ModuleNotFoundError as error:
            assert error.name == "argus_mcp"
        """
    )


def test_install_with_a_gateway_of_another_structure_leaves_it_unpatched(site: str) -> None:
    run(
        site,
        """
        import pathlib
        path = pathlib.Path(sys.argv[1], "argus_mcp/bridge/auth/provider.py")
        path.write_text("def create_auth_provider(cfg): return 'its own'\\n")
        argus_auth.install()
        import argus_mcp.bridge.auth.provider as module
        assert module.create_auth_provider(STATIC) == "its own"
        """,
    )
