"""The nouns as JSON, and back. `protocol.py` says where they go."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from manualchat.model import Chunk, Citation, Document, Done, Passage

Json = dict[str, Any]


def passage_json(passage: Passage) -> Json:
    """A passage, as `search --json` and the `sources` event give it."""
    chunk = passage.chunk
    return {
        "document": chunk.document,
        "name": passage.name,
        "title": passage.title,
        "page": chunk.page,
        "label": chunk.label,
        "heading": list(chunk.heading),
        "text": chunk.text,
        "context": chunk.context,
        "score": _number(passage.score),
        "lexical": _number(passage.lexical),
        "dense": _number(passage.dense),
        "cosine": _number(passage.cosine),
    }


def passage_from(data: Mapping[str, Any]) -> Passage:
    """The passage in this JSON. Its chunk has no id and no layout."""
    chunk = Chunk(
        id="",
        document=data["document"],
        ordinal=0,
        page=data["page"],
        start=0,
        text=data["text"],
        label=data.get("label", ""),
        heading=tuple(data.get("heading", ())),
        context=data.get("context", ""),
    )
    scores = {name: float(data.get(name, 0)) for name in ("score", "lexical", "dense", "cosine")}
    return Passage(chunk=chunk, name=data["name"], title=data.get("title", ""), **scores)


def citation_json(citation: Citation) -> Json:
    """A citation; boxes in PDF points from the top left of the page as displayed."""
    return {
        "document": citation.document,
        "name": citation.name,
        "page": citation.page,
        "label": citation.label,
        "quote": citation.quote,
        "boxes": [[round(side, 2) for side in box] for box in citation.boxes],
    }


def citation_from(data: Mapping[str, Any]) -> Citation:
    """The citation in this JSON."""
    return Citation(
        document=data["document"],
        name=data["name"],
        page=data["page"],
        label=data.get("label", ""),
        quote=data["quote"],
        boxes=tuple((b[0], b[1], b[2], b[3]) for b in data.get("boxes", ())),
    )


def document_json(document: Document) -> Json:
    """A document, without its key: a path is nobody's business on the wire."""
    return {
        "id": document.id,
        "name": document.name,
        "title": document.title,
        "status": document.status,
        "reason": document.reason,
        "pages": document.pages,
        "chunks": document.chunks,
        "pages_ocr": document.pages_ocr,
        "pages_empty": document.pages_empty,
        "language": document.language,
        "revision": document.revision,
        "added": document.added,
    }


def document_from(data: Mapping[str, Any]) -> Document:
    """The document in this JSON; its key is empty."""
    known = {name: data[name] for name in document_json(_NO_DOCUMENT) if name in data}
    return Document(**{"key": "", "revision": "", **known})


_NO_DOCUMENT = Document(id="", key="", name="", revision="", status="ready")


def source_json(passage: Passage) -> Json:
    """Where a passage comes from, without its text."""
    return {
        "document": passage.document,
        "name": passage.name,
        "page": passage.page,
        "label": passage.label,
        "score": _number(passage.score),
    }


def done_json(done: Done) -> Json:
    """The end of an answer."""
    return {
        "answer": done.answer,
        "refused": done.refused,
        "citations": [citation_json(citation) for citation in done.citations],
        "question": done.question,
        "usage": {name: _number(value) for name, value in done.usage.items()},
        "seconds": _number(done.seconds),
    }


def _number(value: float) -> float:
    """JSON has no NaN and no infinity, and nobody reads a seventh digit."""
    return round(value, 6) if math.isfinite(value) else 0.0
