"""Starts argus-mcp as its own command does, with argus_auth activated and not a line of it changed."""

import sys

import argus_auth

argus_auth.install()

from argus_mcp.cli import main  # noqa: E402 - after the activation, as the command's own script has it

sys.argv[0] = "argus-mcp"
sys.exit(main())
