"""Prints the headers that a request to each backend of a configuration must carry.

python host.py CONFIG [--show-secrets] [--log]
"""

from __future__ import annotations

import argparse
import asyncio
import logging

import argus_auth


async def main() -> None:
    """Asks for each backend's headers in file order."""
    parser = argparse.ArgumentParser(description="Print the headers of every backend of a configuration.")
    parser.add_argument("config", help="the gateway's config.yaml")
    parser.add_argument("--show-secrets", action="store_true", help="print values instead of their lengths")
    parser.add_argument("--log", action="store_true", help="print every log record to stderr")
    options = parser.parse_args()
    if options.log:
        logging.basicConfig(level=logging.DEBUG)

    resolver = argus_auth.Resolver.from_file(options.config)
    for backend in resolver.backends:
        try:
            headers = await resolver.headers(backend)
        except argus_auth.AuthError as error:
            print(f"{backend}\terror: {error.code}")
            continue
        for name, value in headers.items():
            shown = value if options.show_secrets else f"<redacted> ({len(value.encode())} bytes)"
            print(f"{backend}\t{name}: {shown}")
        if not headers:
            print(f"{backend}\t(no headers)")


if __name__ == "__main__":
    asyncio.run(main())
