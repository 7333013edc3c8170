"""Activation: makes an unmodified argus-mcp use this package's providers.

The gateway looks up its provider factory by name each time it connects to a backend, so it is enough to replace the
factory in the module `provider`, and in the package that re-exports it. If the module is loaded already, it is patched
at once. An import finder patches it after each later import or reload.
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
    """Makes argus-mcp in this process use the providers of this package for `static` and `oauth2` backends.

    Call it before or after argus-mcp is imported. Providers that exist already stay until the gateway reconnects or
    reloads. The gateway keeps its own providers for other types of authentication, and for `auth` blocks that this
    package does not accept.

    Returns nothing and never raises: a failure is logged to the logger `argus_auth`, and the gateway then keeps its own
    providers. Without argus-mcp there is no effect. Idempotent. May be called from any thread. The call waits if
    another thread is importing the gateway's module.

    Example:
        >>> import argus_auth
        >>> argus_auth.install()

    """
    try:
        if not any(hasattr(finder, _MARK) for finder in sys.meta_path):
            sys.meta_path.insert(0, _Finder())
        module = sys.modules.get(_TARGET)
        if module is not None:
            if getattr(module.__spec__, "_initializing", False):
                # Another thread is importing the module. This import waits until the other thread has finished.
                module = importlib.import_module(_TARGET)
            _patch(module)
    except Exception:  # the gateway also works without this package
        _log.exception("argus-mcp keeps its own outgoing authentication")


class _Finder(MetaPathFinder):
    """A finder for the gateway's module: delegates to the other finders, and adds a loader that patches the module."""

    # Marks the finders of this package. If the package was loaded twice, isinstance would not recognise a finder of the
    # other copy.
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
    """A loader that runs another loader and then patches the module.

    After the import, the `__loader__` of the module is the other loader, as it would be without this class.
    """

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
        except Exception:  # the import of the gateway's module must not fail
            _log.exception("argus-mcp keeps its own outgoing authentication")

    def __getattr__(self, name: str) -> Any:
        """Returns an attribute of the wrapped loader. The import system may use more attributes than this class has."""
        return getattr(self._loader, name)


def _patch(module: ModuleType) -> None:
    original = module.create_auth_provider
    if hasattr(original, _MARK):
        return
    # The gateway's refresh service selects providers by isinstance. So the classes of this package are registered as
    # subclasses of the gateway's classes. This works because the gateway's classes are abstract base classes.
    module.AuthProvider.register(_providers.AuthProvider)
    module.StaticTokenProvider.register(_providers.StaticTokenProvider)
    module.OAuth2Provider.register(_providers.OAuth2Provider)
    replacement = _factory(original)
    module.create_auth_provider = replacement  # type: ignore[attr-defined]
    package = sys.modules.get(_PACKAGE)
    if getattr(package, "create_auth_provider", None) is original:
        package.create_auth_provider = replacement  # type: ignore[union-attr]


def _factory(original: Callable[..., Any]) -> Callable[..., Any]:
    """Returns a factory with the signature of `original`.

    It calls `original` for providers that this package does not create.
    """

    @functools.wraps(original)
    def create_auth_provider(auth_cfg: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        if auth_cfg.get("type") in ("static", "oauth2"):
            try:
                return _providers.create_auth_provider(auth_cfg)
            except Exception as error:  # the gateway's own factory decides, and reports errors in its own words
                _log.warning("A backend keeps argus-mcp's own provider (%s).", type(error).__name__)
        return original(auth_cfg, *args, **kwargs)

    setattr(create_auth_provider, _MARK, True)
    return create_auth_provider
