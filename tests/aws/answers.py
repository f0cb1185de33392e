"""A library on AWS's doubles that has one manual in it, and a model that cites it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from manualchat.embedding.bedrock import BedrockEmbedder
from manualchat.model import Chunk, Document, chunk_id, document_id
from tests.aws.world import World

MODEL = "global.anthropic.claude-haiku-5-5-v1:0"
PAGES = (
    "필터 청소 방법\n필터는 2주마다 미지근한 물로 씻고 그늘에서 말립니다.",
    "오류 코드 E-04는 배수 호스가 막혔다는 뜻입니다. 배수 호스를 청소하세요.",
    "전원 코드를 뽑고 10분 뒤에 다시 연결합니다.",
)


def cited(request: dict[str, Any]) -> str:
    """What a good model would say: a sentence of the first source, with its proof."""
    text = request["messages"][0]["content"][0]["text"]
    if "Standalone question:" in text:
        return "필터는 며칠마다 청소하나요?"
    first = re.search(r'n="1"[^>]*>\n(.*?)\n</source', text, re.DOTALL)
    sentence = first[1].split("\n")[-1].split(". ")[0].rstrip(".") if first else "모릅니다"
    return f'{sentence} [1 "{sentence}"].'


def fill(world: World) -> Document:
    """Put the manual in."""
    world.aws.bedrock.reply = cited
    store = world.store()
    embedder = BedrockEmbedder(
        "amazon.titan-embed-text-v2:0", dimensions=256, client=world.aws.client("bedrock-runtime")
    )
    key = "설명서/공기청정기.pdf"
    document = Document(document_id(key), key, "공기청정기.pdf", "01", "reading", pages=len(PAGES))
    ingest = store.begin(document, deadline=world.clock() + 600)
    assert ingest
    chunks = [
        Chunk(chunk_id(document.id, "01", n), document.id, n, n + 1, 0, text)
        for n, text in enumerate(PAGES)
    ]
    store.write(ingest, chunks, embedder.passages([chunk.text for chunk in chunks]))
    assert store.finish(ingest, replace(document, chunks=len(chunks)))
    world.aws.bedrock.requests.clear()
    return document
