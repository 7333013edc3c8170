"""Activation: an unmodified argus-mcp hands out this package's providers.

The gateway looks its provider factory up by name each time it connects to a backend, so replacing that one name is
enough. If its module is loaded already, it is patched on the spot; if not, a finder waits for it and patches it once it
has been executed, at every reload too.
"""

from __future__ import annotations

import functools
import importlib
import logging
import sys
from importlib.abc import Loader, MetaPathFinder
from typing import TYPE_CHECKING, Any

from argus_auth import _providers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

_PACKAGE = "argus_mcp.bridge.auth"
_TARGET = f"{_PACKAGE}.provider"
_MARK = "__argus_auth__"
_log = logging.getLogger("argus_auth")


def install() -> None:
    """Makes argus-mcp, imported before or after, use this package for `static` and `oauth2` backends from now on.

    Providers that exist already stay; a reconnect or a reload replaces them. Other types of authentication stay the
    gateway's own. Idempotent, callable from any thread, and never raises: without argus-mcp it does nothing.
    """
    try:
        if not any(hasattr(finder, _MARK) for finder in sys.meta_path):
            sys.meta_path.insert(0, _Finder())
        module = sys.modules.get(_TARGET)
        if module is not None:
            if getattr(module.__spec__, "_initializing", False):
                # Another thread is importing it; this waits until it is done.
                module = importlib.import_module(_TARGET)
            _patch(module)
    except Exception:
        _log.exception("argus-mcp keeps its own outgoing authentication")


class _Finder(MetaPathFinder):
    """Finds one module, the way all others would, and has it patched once it is loaded."""

    # What tells these from other finders, also if this package was loaded twice.
    __argus_auth__ = True

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != _TARGET:
            return None
        for finder in sys.meta_path:
            find = getattr(finder, "find_spec", None)
            if find is None or hasattr(finder, _MARK):
                continue
            spec: ModuleSpec | None = find(fullname, path, target)
            if spec is not None:
                if spec.loader is not None:
                    spec.loader = _PatchingLoader(spec.loader)
                return spec
        return None


class _PatchingLoader(Loader):
    """Another loader's work, then the patch. Leaves no trace of itself on the module."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        try:
            _patch(module)
        except Exception:
            _log.exception("argus-mcp keeps its own outgoing authentication")

    def __getattr__(self, name: str) -> Any:
        """Whatever else the import system asks a loader for."""
        return getattr(self._loader, name)


def _patch(module: ModuleType) -> None:
    original = module.create_auth_provider
    if hasattr(original, _MARK):
        return
    # The gateway's refresh service asks with isinstance which providers to refresh; all of these are abstract classes.
    module.AuthProvider.register(_providers.AuthProvider)
    module.StaticTokenProvider.register(_providers.StaticTokenProvider)
    module.OAuth2Provider.register(_providers.OAuth2Provider)
    replacement = _factory(original)
    module.create_auth_provider = replacement  # type: ignore[attr-defined]
    package = sys.modules.get(_PACKAGE)
    if getattr(package, "create_auth_provider", None) is original:
        package.create_auth_provider = replacement  # type: ignore[union-attr]


def _factory(original: Callable[..., Any]) -> Callable[..., Any]:
    """A factory with the signature of the gateway's version, which goes on making what this package does not."""

    @functools.wraps(original)
    def create_auth_provider(auth_cfg: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        if auth_cfg.get("type") in ("static", "oauth2"):
            try:
                return _providers.create_auth_provider(auth_cfg)
            except Exception as error:  # the gateway's to judge, and to refuse in its own way
                _log.warning("A backend keeps argus-mcp's own provider (%s).", type(error).__name__)
        return original(auth_cfg, *args, **kwargs)

    setattr(create_auth_provider, _MARK, True)
    return create_auth_provider
