"""The store at home: one SQLite file, in WAL mode, and a matrix of vectors.

An ingest is gathered in memory, packed, and written in one transaction when it
is finished; so readers see a document whole or not at all, and a killed process
leaves nothing behind but its `pending` mark. Writers queue for the file's lock.
"""

from __future__ import annotations

import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np

from manualchat.errors import ModelMismatch
from manualchat.faults import point
from manualchat.lexical import terms
from manualchat.model import Chunk, Document, Hit, Vector, Vectors
from manualchat.store.base import Ingest
from manualchat.store.postings import pack_chunk, pack_title
from manualchat.store.rows import CHUNK_COLUMNS, chunk_of, document_of, facts_of, staged_row
from manualchat.store.schema import migrate
from manualchat.store.search_index import Found, Part, SearchIndex
from manualchat.store.sqlite_connections import Connections
from manualchat.store.sqlite_errors import as_library_error

_WAIT_SECONDS = 120.0
_HELD = 2_000  # chunks kept for the next search: some 5 MB


class _Staged(NamedTuple):
    """A chunk that waits for `finish`, packed small: text, not objects."""

    id: str
    ordinal: int
    columns: tuple[object, ...]
    heading: str  # terms, parted by spaces
    body: str
    vector: bytes


class SqliteStore:
    """See `manualchat.store.base.Store`. May be shared by threads and processes."""

    def __init__(self, path: Path, *, wait: float = _WAIT_SECONDS) -> None:
        self._connections = Connections(path, wait)
        self._staged: dict[str, list[_Staged]] = {}
        self._lock = threading.Lock()
        self._index = SearchIndex(-1, {})
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise as_library_error(error, path) from error
        with self._connections.use() as connection:
            migrate(connection, path)

    # -- the embedding model's identity

    def expect_model(self, identity: str, dimensions: int) -> None:
        """Remember the embedding model, or raise ModelMismatch when it is another."""
        value = f"{identity}/{dimensions}"
        stored = self.model()
        if stored is None:
            with self._connections.transaction() as connection:
                connection.execute("INSERT OR IGNORE INTO meta VALUES ('model', ?)", (value,))
            stored = self.model()
        if stored != value:
            raise ModelMismatch(stored=stored, wanted=value)

    def model(self) -> str | None:
        """Identity and dimensions of the model that the vectors are of, if any are there."""
        with self._connections.use() as connection:
            row = connection.execute("SELECT value FROM meta WHERE name = 'model'").fetchone()
        return str(row[0]) if row else None

    def change_model(self, identity: str, dimensions: int, vectors: Mapping[str, Vectors]) -> None:
        """Replace every document's vectors at once, with those of another model."""
        with self._connections.transaction() as connection:
            for document, rows in vectors.items():
                data = np.asarray(rows, np.float32)
                connection.execute(
                    "UPDATE indexes SET vectors = ?, width = ?, ingest = ? WHERE document = ?",
                    (data.tobytes(), dimensions, uuid.uuid4().hex, document),
                )
            connection.execute(
                "INSERT OR REPLACE INTO meta VALUES ('model', ?)", (f"{identity}/{dimensions}",)
            )
            _advance(connection)

    # -- ingestion

    def begin(self, document: Document, *, deadline: float) -> Ingest | None:
        """Claim a revision; see Store."""
        ingest = Ingest(uuid.uuid4().hex, document.id, document.revision)
        with self._connections.transaction() as connection:
            row = connection.execute(
                "SELECT * FROM documents WHERE id = ?", (document.id,)
            ).fetchone()
            if row and (
                (row["active"] and row["revision"] >= document.revision)
                or row["removed"] >= document.revision
            ):
                return None
            if row is None:
                connection.execute(
                    "INSERT INTO documents (id, key, name, added) VALUES (?, ?, ?, ?)",
                    (document.id, document.key, document.name, document.added or _now()),
                )
            if row is None or row["pending_revision"] <= document.revision:
                connection.execute(
                    "UPDATE documents SET pending = ?, pending_revision = ?, pending_content = '',"
                    " pending_status = 'reading', pending_reason = '', pending_deadline = ?"
                    " WHERE id = ?",
                    (ingest.id, document.revision, deadline, document.id),
                )
        point("begun")
        self._staged[ingest.id] = []
        return ingest

    def write(self, ingest: Ingest, chunks: Sequence[Chunk], vectors: Vectors) -> None:
        """Gather chunks, packed, until `finish`."""
        staged = self._staged.setdefault(ingest.id, [])
        known = {row.id for row in staged}
        for chunk, vector in zip(chunks, vectors, strict=True):
            if chunk.id not in known:
                staged.append(_stage(chunk, vector))
        point("written")

    def finish(self, ingest: Ingest, document: Document) -> bool:
        """Make this ingest the one that readers see; see Store."""
        staged = sorted(self._staged.pop(ingest.id, []), key=lambda row: row.ordinal)
        title = pack_title(terms(f"{document.name}\n{document.title}"))
        with self._connections.transaction() as connection:
            row = connection.execute(
                "SELECT * FROM documents WHERE id = ?", (document.id,)
            ).fetchone()
            if (
                row is None
                or (row["active"] and row["revision"] > ingest.revision)
                or row["removed"] >= ingest.revision
            ):
                return False
            point("finish-started")
            connection.execute("DELETE FROM chunks WHERE document = ?", (document.id,))
            point("old-deleted")
            first = connection.execute(
                "SELECT coalesce(max(number), 0) + 1 FROM chunks"
            ).fetchone()[0]
            connection.executemany(
                f"INSERT INTO chunks (number, document, {CHUNK_COLUMNS})"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [(number, document.id, *row.columns) for number, row in enumerate(staged, first)],
            )
            point("chunks-inserted")
            postings = [
                pack_chunk(at, row.heading.split(), row.body.split())
                for at, row in enumerate(staged)
            ]
            width = len(staged[0].vector) // 4 if staged else 0
            vectors = b"".join(row.vector for row in staged)
            connection.execute(
                "INSERT OR REPLACE INTO indexes VALUES (?, ?, ?, ?, ?, ?, ?)",
                (document.id, ingest.id, first, width, vectors, b"".join(postings), title),
            )
            point("index-inserted")
            settled = replace(document, chunks=len(staged), revision=ingest.revision)
            connection.execute(
                "UPDATE documents SET active = ?, name = ?, key = ?, revision = ?, title = ?,"
                " pages = ?, chunks = ?, pages_ocr = ?, pages_empty = ?, language = ?,"
                " content = ?, added = ? WHERE id = ?",
                (ingest.id, *facts_of(settled), document.added or _now(), document.id),
            )
            connection.execute(
                "UPDATE documents SET pending = NULL, pending_status = '', pending_reason = '',"
                " pending_revision = '' WHERE id = ? AND pending_revision <= ?",
                (document.id, ingest.revision),
            )
            _advance(connection)
            point("before-commit")
        point("committed")
        return True

    def fail(self, ingest: Ingest, document: Document) -> None:
        """Record why; see Store."""
        self._staged.pop(ingest.id, None)
        with self._connections.transaction() as connection:
            connection.execute(
                "UPDATE documents SET pending_status = 'failed', pending_reason = ?,"
                " pending_content = ? WHERE id = ? AND pending = ?",
                (document.reason, document.content, document.id, ingest.id),
            )
            if document.pages:
                connection.execute(
                    "UPDATE documents SET pages = ? WHERE id = ? AND active IS NULL",
                    (document.pages, document.id),
                )
        point("failed")

    def remove(self, document_id: str, revision: str | None = None) -> bool:
        """Remove a document; see Store."""
        with self._connections.transaction() as connection:
            row = connection.execute(
                "SELECT * FROM documents WHERE id = ?", (document_id,)
            ).fetchone()
            if row and revision is not None and row["revision"] > revision:
                return False
            known = bool(row and (row["active"] or row["pending"]))
            kept = row["removed"] if row else ""
            connection.execute("DELETE FROM documents WHERE id = ?", (document_id,))
            point("remove-started")
            if revision is not None:
                # the tombstone: an older version that is still on its way stays out
                connection.execute(
                    "INSERT INTO documents (id, key, name, removed) VALUES (?, '', '', ?)",
                    (document_id, max(revision, kept)),
                )
            _advance(connection)
        point("removed")
        return known

    # -- reading

    def documents(self, only: Collection[str] | None = None) -> list[Document]:
        """Every document, or some; see Store."""
        chosen = "" if only is None else f" AND id IN ({', '.join('?' * len(only))})"
        with self._connections.use() as connection:
            rows = connection.execute(
                "SELECT * FROM documents WHERE (active IS NOT NULL OR pending IS NOT NULL)"
                f"{chosen} ORDER BY name, id",
                list(only or ()),
            ).fetchall()
        now = time.time()
        return [document_of(row, now) for row in rows]

    def document(self, document_id: str) -> Document | None:
        """The document of this id."""
        with self._connections.use() as connection:
            row = connection.execute(
                "SELECT * FROM documents WHERE id = ?"
                " AND (active IS NOT NULL OR pending IS NOT NULL)",
                (document_id,),
            ).fetchone()
        return document_of(row, time.time()) if row else None

    def chunks(self, document_id: str, first: int = 1, last: int | None = None) -> list[Chunk]:
        """Chunks by page; see Store."""
        with self._connections.use() as connection:
            rows = connection.execute(
                f"SELECT document, {CHUNK_COLUMNS} FROM chunks WHERE document = ?"
                " AND page BETWEEN ? AND ? ORDER BY ordinal",
                (document_id, first, 2**31 if last is None else last),
            ).fetchall()
        return [chunk_of(row) for row in rows]

    def lexical(self, text: str, limit: int, documents: Collection[str] | None = None) -> list[Hit]:
        """BM25 over the terms of title, headings and body."""
        wanted = list(dict.fromkeys(terms(text)))
        return self._hits(lambda index: index.matching(wanted, limit, documents))

    def dense(
        self, vector: Vector, limit: int, documents: Collection[str] | None = None
    ) -> list[Hit]:
        """Exact nearest neighbours by cosine."""
        query = np.asarray(vector, np.float32)
        return self._hits(lambda index: index.nearest(query, limit, documents))

    def _hits(self, find: Callable[[SearchIndex], Found]) -> list[Hit]:
        """Search and fetch in one transaction, so that both see one moment."""
        with self._connections.transaction("DEFERRED") as connection:
            index = self._current(connection)
            best = find(index)
            found = {n: chunk for n, _ in best if (chunk := index.chunks.get(n)) is not None}
            missing = [number for number, _ in best if number not in found]
            marks = ", ".join("?" * len(missing))
            rows = connection.execute(
                f"SELECT number, document, {CHUNK_COLUMNS} FROM chunks WHERE number IN ({marks})",
                missing,
            ).fetchall()
        new = {row["number"]: chunk_of(row) for row in rows}
        if len(index.chunks) > _HELD:
            index.chunks.clear()
        index.chunks.update(new)
        found |= new
        return [Hit(found[number], score) for number, score in best if number in found]

    def _current(self, connection: sqlite3.Connection) -> SearchIndex:
        """The index as of this transaction; only documents that changed are loaded."""
        query = "SELECT value FROM meta WHERE name = 'generation'"
        generation = int(connection.execute(query).fetchone()[0])
        with self._lock:
            if self._index.generation != generation:
                held = self._index.parts
                parts: dict[str, Part] = {}
                for document, ingest in connection.execute(
                    "SELECT document, ingest FROM indexes ORDER BY first"
                ).fetchall():
                    part = held.get(document)
                    if part is None or part.ingest != ingest:
                        part = Part.of(
                            *connection.execute(
                                "SELECT ingest, first, width, vectors, postings, title"
                                " FROM indexes WHERE document = ?",
                                (document,),
                            ).fetchone()
                        )
                    parts[document] = part
                self._index = SearchIndex(generation, parts)
            return self._index

    def close(self) -> None:
        """Close the file, when other threads' calls have ended. May be called again."""
        self._connections.close()


def _stage(chunk: Chunk, vector: Vector) -> _Staged:
    body = terms("\n".join((chunk.context, chunk.text, chunk.hidden)))
    heading = terms("\n".join(chunk.heading))
    data = np.asarray(vector, np.float32).tobytes()
    return _Staged(
        chunk.id, chunk.ordinal, staged_row(chunk), " ".join(heading), " ".join(body), data
    )


def _advance(connection: sqlite3.Connection) -> None:
    """Tell every process that its matrix is out of date."""
    connection.execute(
        "UPDATE meta SET value = CAST(value AS INTEGER) + 1 WHERE name = 'generation'"
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
