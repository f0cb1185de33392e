"""What a store is: a ledger of documents and an index of their chunks, as one.

Ingestion has an exactly-once effect whatever is killed, repeated or reordered:

    begin(document)  -> Ingest, or None: this revision or a newer one is known
    write(ingest, chunks, vectors)      any number of times, invisible to readers
    finish(ingest, document)            flips readers to this ingest, then sweeps the old
    fail(ingest, reason)                the old version, if any, stays answerable

`tests/contract/store_contract.py` is the full behaviour; every store passes it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from manualchat.model import Chunk, Document, Hit, Vector, Vectors


@dataclass(frozen=True, slots=True)
class Ingest:
    """One attempt at bringing one revision of one document in."""

    id: str
    document: str
    revision: str


class Store(Protocol):
    """Holds documents and their chunks; searches them by words and by meaning."""

    def begin(self, document: Document, *, deadline: float) -> Ingest | None:
        """Claim this revision. None when it, or a newer one, is in or was removed.

        `deadline` is in Unix seconds: past it an unfinished ingest counts as failed.
        A revision that failed, or was begun and not finished, may begin again.
        """
        ...

    def write(self, ingest: Ingest, chunks: Sequence[Chunk], vectors: Vectors) -> None:
        """Add chunks of this ingest. Writing the same chunks again changes nothing."""
        ...

    def finish(self, ingest: Ingest, document: Document) -> bool:
        """Make this ingest the one that readers see, and drop older ones.

        False, and nothing changed, when a newer revision came first.
        """
        ...

    def fail(self, ingest: Ingest, document: Document) -> None:
        """Record `document.reason`. A version that was ready before stays so."""
        ...

    def remove(self, document_id: str, revision: str | None = None) -> bool:
        """Remove a document, all of it. False when it is not there, or is newer.

        With `revision` (an S3 sequencer), an older ingest that arrives later
        stays out.
        """
        ...

    def documents(self, only: Collection[str] | None = None) -> list[Document]:
        """Every document, failed ones too, by name; with `only`, those of these ids."""
        ...

    def document(self, document_id: str) -> Document | None:
        """The document of this id."""
        ...

    def chunks(self, document_id: str, first: int = 1, last: int | None = None) -> list[Chunk]:
        """The chunks of pages `first` to `last`, in order, of the version readers see."""
        ...

    def lexical(self, text: str, limit: int, documents: Collection[str] | None = None) -> list[Hit]:
        """Chunks that share words with `text`, best first (BM25)."""
        ...

    def dense(
        self, vector: Vector, limit: int, documents: Collection[str] | None = None
    ) -> list[Hit]:
        """Chunks nearest to `vector`, best first. Scores are cosines, -1 to 1."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...
