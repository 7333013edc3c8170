"""An example in Python of a host, a program that embeds this library.

    python host.py CONFIG [--show-secrets] [--log]

Prints the HTTP headers that a request to each backend of a configuration must carry.
"""

from __future__ import annotations

import argparse
import asyncio
import logging

import argus_auth


async def main() -> None:
    """Prints the headers of each backend in the order of the file."""
    parser = argparse.ArgumentParser(description="Print the headers for each backend of a configuration.")
    parser.add_argument("config", help="the configuration file of the gateway")
    parser.add_argument(
        "--show-secrets", action="store_true", help="print the values of headers instead of their lengths"
    )
    parser.add_argument("--log", action="store_true", help="print the library's log to stderr")
    options = parser.parse_args()
    if options.log:
        logging.basicConfig(level=logging.DEBUG)

    resolver = argus_auth.Resolver.from_file(options.config)
    for backend in resolver.backends:
        try:
            # For an oauth2 backend, the first call waits for its token; later calls return the cached token.
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
