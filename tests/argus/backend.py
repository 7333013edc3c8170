"""The MCP backend of tests/support, without structured results.

The gateway's version 0.6 hands on a tool's output schema but not what the schema describes, and so fails every call.
"""

import functools
import runpy
from pathlib import Path

from mcp.server.fastmcp import FastMCP

FastMCP.tool = functools.partialmethod(FastMCP.tool, structured_output=False)
runpy.run_path(str(Path(__file__).parents[1] / "support/mcp_backend.py"), run_name="__main__")
