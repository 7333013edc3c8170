"""Runs the MCP backend of tests/support without structured results.

Version 0.6 of the gateway forwards the output schema of a tool, but not the structured result. Every call would fail,
because its result would not match the schema.
"""

import functools
import runpy
from pathlib import Path

from mcp.server.fastmcp import FastMCP

FastMCP.tool = functools.partialmethod(FastMCP.tool, structured_output=False)
runpy.run_path(str(Path(__file__).parents[1] / "support/mcp_backend.py"), run_name="__main__")
