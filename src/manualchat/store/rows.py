"""Between the nouns and the rows of the library's tables."""

from __future__ import annotations

import json
import sqlite3
from functools import lru_cache

from manualchat.language import current_language
from manualchat.layout import Layout
from manualchat.model import Chunk, Document, Status

CHUNK_COLUMNS = "id, ordinal, page, start, text, label, heading, context, hidden, layout"

_INTERRUPTED = {
    "en": "The work was interrupted. Add the file again.",
    "ko": "작업이 중단되었습니다. 파일을 다시 추가하세요.",
}
_NEWER_FAILED = {
    "en": "The version before stays in use; the new one failed: {reason}",
    "ko": "이전 버전을 계속 사용합니다. 새 버전 처리 실패: {reason}",
}


def interrupted() -> str:
    """The reason of an ingest that nobody finished, in the user's language."""
    return _INTERRUPTED[current_language()]


def staged_row(chunk: Chunk) -> tuple[object, ...]:
    """The values of CHUNK_COLUMNS; the layout packed."""
    heading = json.dumps(chunk.heading, ensure_ascii=False)
    return (
        *(chunk.id, chunk.ordinal, chunk.page, chunk.start, chunk.text, chunk.label),
        *(heading, chunk.context, chunk.hidden, chunk.layout.pack()),
    )


@lru_cache(maxsize=4096)  # a section's chunks share it
def _heading(stored: str) -> tuple[str, ...]:
    return tuple(json.loads(stored))


def chunk_of(row: sqlite3.Row) -> Chunk:
    """The chunk of a row that holds CHUNK_COLUMNS and `document`."""
    return Chunk(
        id=row["id"],
        document=row["document"],
        ordinal=row["ordinal"],
        page=row["page"],
        start=row["start"],
        text=row["text"],
        label=row["label"],
        heading=_heading(row["heading"]),
        context=row["context"],
        hidden=row["hidden"],
        layout=Layout.unpack(row["layout"]),
    )


def facts_of(document: Document) -> tuple[object, ...]:
    """What is kept of the version that readers see, in the order of the UPDATE."""
    return (
        *(document.name, document.key, document.revision, document.title, document.pages),
        *(document.chunks, document.pages_ocr, document.pages_empty, document.language),
        document.content,
    )


def document_of(row: sqlite3.Row, now: float) -> Document:
    """The document of a row, as it stands at `now` (Unix seconds)."""
    status: Status = row["pending_status"] or "received"
    reason: str = row["pending_reason"]
    if status == "reading" and row["pending_deadline"] < now:
        status, reason = "failed", interrupted()
    active = bool(row["active"])
    if active:
        if status == "failed":
            reason = _NEWER_FAILED[current_language()].format(reason=reason)
        status = "ready"
    return Document(
        id=row["id"],
        key=row["key"],
        name=row["name"],
        revision=row["revision"] if active else row["pending_revision"],
        status=status,
        reason=reason,
        title=row["title"],
        pages=row["pages"],
        chunks=row["chunks"],
        pages_ocr=row["pages_ocr"],
        pages_empty=row["pages_empty"],
        language=row["language"],
        content=row["content"] if active else row["pending_content"],
        added=row["added"],
    )
