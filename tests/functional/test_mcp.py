"""The MCP server as an assistant meets it: the official client, over stdio, a real library."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from mcp import Client, StdioServerParameters

from manualchat import Library


def test_an_assistant_searches_asks_and_reads(example_library: Library, tmp_path: Path) -> None:
    folder = tmp_path / "library"
    shutil.copytree(example_library.path, folder)
    asyncio.run(_session(folder))


async def _session(folder: Path) -> None:
    server = StdioServerParameters(
        command=sys.executable,
        args=["-c", "from manualchat.cli import main; main()", "--library", str(folder), "mcp"],
        env={k: v for k, v in os.environ.items() if k != "MANUALCHAT_LIBRARY"},
    )
    async with Client(server) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert set(tools) == {"search_manuals", "ask_manuals", "read_page", "list_manuals"}
        assert all(tool.annotations and tool.annotations.read_only_hint for tool in tools.values())

        question = "제습기 물통이 가득 차면 어떻게 되나요?"
        answer = await _call(client, "ask_manuals", question=question)
        assert answer["refused"] is False
        citation = answer["citations"][0]
        assert "boxes" not in citation
        page = await _call(
            client, "read_page", document=citation["document"], page=citation["page"]
        )
        assert citation["quote"] in page["text"]
        found = await _call(client, "search_manuals", query=question, top_k=2)
        assert len(found["passages"]) == 2
        assert len((await _call(client, "list_manuals"))["documents"]) == 3

        wrong = await client.call_tool("read_page", {"document": "nowhere", "page": 1})
        assert wrong.is_error and "nowhere" in wrong.content[0].text
        wrong = await client.call_tool("ask_manuals", {"question": "?"})
        assert wrong.is_error


async def _call(client: Client, name: str, **arguments: Any) -> dict[str, Any]:
    result = await client.call_tool(name, arguments)
    assert not result.is_error, result.content
    data: dict[str, Any] = json.loads(result.content[0].text)
    return data
