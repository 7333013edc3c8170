"""Loads configurations with the real gateway.

Reads and writes the same lines as `load.rs`, but an outcome has the key `error` if the load fails, and no `problems`.
Needs a Python with argus-mcp.
"""

import base64
import fcntl
import json
import logging
import os
import struct
import sys
import tempfile

# Disables the gateway's optional native modules, so that every gateway uses its Python code. Above all, the native
# parser, `yaml_rs`, reads YAML differently from PyYAML.
sys.modules["yaml_rs"] = None
sys.modules["token_cache_rs"] = None

from argus_mcp.config.loader import load_and_validate_config  # noqa: E402


def shown(value: object) -> object:
    """Returns a value with its floats as their 64 bits, so that the comparison is exact."""
    if isinstance(value, float):
        return {"float": struct.unpack("<Q", struct.pack("<d", value))[0]}
    if isinstance(value, dict):
        return {key: shown(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shown(item) for item in value]
    return value


def load(path: str, case: dict) -> dict:
    """Returns the outcome of loading a case through the file at `path`."""
    with open(path, "wb") as file:
        file.write(base64.b64decode(case["yaml"]))
    os.environ.update(case["env"])
    try:
        backends = load_and_validate_config(path)
        remote = {name: backend for name, backend in backends.items() if backend["type"] != "stdio"}
        return {"ok": True, "backends": shown(remote)}
    except Exception as error:  # any exception keeps the gateway from starting
        return {"ok": False, "error": f"{type(error).__name__}: {error}"}
    finally:
        for name in case["env"]:
            del os.environ[name]


def out_of_reach(descriptor: int) -> int:
    """Copies a descriptor to a number of 900 or more, and returns that number.

    If the `path` of a secret store is an integer, the gateway opens the descriptor with this number and then closes it.
    The generator's words do not contain the numbers of the copies, 900 and 901.
    """
    return fcntl.fcntl(descriptor, fcntl.F_DUPFD, 900)


def main() -> None:
    logging.disable(logging.CRITICAL)
    lines, out = os.fdopen(out_of_reach(0)), os.fdopen(out_of_reach(1), "w")
    with tempfile.TemporaryDirectory() as directory:
        path = f"{directory}/config.yaml"
        for line in lines:
            print(json.dumps(load(path, json.loads(line))), flush=True, file=out)


main()
