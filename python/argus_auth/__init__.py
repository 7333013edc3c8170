"""Outgoing authentication for MCP gateways, on a native core.

    resolver = argus_auth.Resolver.from_file("config.yaml")
    headers = await resolver.headers("my-server")

`Resolver` maps the name of a backend to the headers that a request to it must carry. `install` makes an unmodified
argus-mcp use this package. The provider classes are for code that is written for the gateway's own classes.

Importing this package starts nothing: no thread, no socket, no DNS query. Making a provider starts nothing either.
Making a resolver only reads the configuration and its secrets. The engine, which fetches tokens, starts at the first
fetch in a native thread, and ends with the process.
"""

# The files, from the public ones down:
#   _resolver     Resolver and load_config
#   _providers    the provider classes and their factory, with the signatures of the gateway
#   _install      makes an unmodified argus-mcp use them
#   _cli, _check  the command `argus-auth`; _doctor has the diagnoses that `check --fetch` prints
#   _bridge       waits for outcomes, on event loops and in threads
#   _errors, _status, _logs, _redaction    exceptions, token status, log records, masked values
#   _exit         at the end of the process: passes on the last log records, and stops the engine
#   _native       the extension module; its sources are in python/src

from argus_auth import _exit as _exit
from argus_auth._errors import AuthError, ConfigError, DeadlineError, Problem, TokenError
from argus_auth._install import install
from argus_auth._native import TokenCache, __version__
from argus_auth._providers import AuthProvider, OAuth2Provider, StaticTokenProvider, create_auth_provider
from argus_auth._resolver import Resolver, load_config
from argus_auth._status import TokenStatus

__all__ = [
    "AuthError",
    "AuthProvider",
    "ConfigError",
    "DeadlineError",
    "OAuth2Provider",
    "Problem",
    "Resolver",
    "StaticTokenProvider",
    "TokenCache",
    "TokenError",
    "TokenStatus",
    "__version__",
    "create_auth_provider",
    "install",
    "load_config",
]
