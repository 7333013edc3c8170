"""Calls one tool of an MCP server and prints the text that it returns: call_tool.py URL NAME_ENDING.

The gateway may add a prefix to the names of tools, so the first tool whose name ends with NAME_ENDING is called.
"""

import asyncio
import sys
from urllib.parse import urlsplit

from mcp import ClientSession
from mcp.client.sse import sse_client
from mcp.client.streamable_http import streamablehttp_client


async def main(url: str, ending: str) -> None:
    parts = urlsplit(url)
    headers = {"Origin": f"{parts.scheme}://{parts.netloc}"}
    connect = sse_client if parts.path == "/sse" else streamablehttp_client
    async with connect(url, headers=headers) as (read, write, *_), ClientSession(read, write) as session:
        await session.initialize()
        tools = (await session.list_tools()).tools
        tool = next(tool.name for tool in tools if tool.name.endswith(ending))
        result = await session.call_tool(tool, {})
        assert not result.isError, result
        print(result.content[0].text)


asyncio.run(main(*sys.argv[1:]))
