"""Starts an unmodified argus-mcp as its own command does, after the activation of argus_auth."""

import sys

import argus_auth

argus_auth.install()

from argus_mcp.cli import main  # noqa: E402 - after the activation; the rest is the command's own script

sys.argv[0] = "argus-mcp"
sys.exit(main())
