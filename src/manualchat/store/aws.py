"""The store on AWS: the ledger in DynamoDB and the index in OpenSearch, as one.

The ledger says which ingest of a document is active; hits of any other are
dropped. An ingest becomes active only once a search finds all of its chunks,
so that a document stays answerable while it is replaced although OpenSearch
shows what was written up to a minute late.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import PurePath

from manualchat.aws_calls import client
from manualchat.config import Settings
from manualchat.errors import BackendError, ConfigurationError, ModelMismatch
from manualchat.model import Chunk, Document, Hit, Vector, Vectors
from manualchat.store import head as transition
from manualchat.store.base import Ingest
from manualchat.store.head import Head
from manualchat.store.ledger import Ledger
from manualchat.store.opensearch import ChunkIndex, Found
from manualchat.store.opensearch_client import connect

_POLL = 1.0  # seconds between looks whether writes are searchable
_MOST = 5_000  # hits to look through for live ones


class AwsStore:
    """Implements `store.base.Store` over DynamoDB and OpenSearch."""

    def __init__(
        self,
        ledger: Ledger,
        index: ChunkIndex,
        *,
        wait: float = 90.0,
        create: bool = False,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.ledger = ledger
        self.index = index
        self._wait = wait
        self._create = create
        self._clock = clock
        self._sleep = sleep
        self._titles: dict[str, str] = {}
        self._written: dict[str, set[str]] = {}

    @classmethod
    def open(cls, settings: Settings, *, create: bool = False) -> AwsStore:
        """The store that the settings name. Raises ConfigurationError.

        `create` lets `expect_model` make the index where it is missing; on AWS
        the deployment makes it.
        """
        for value, variable in (
            (settings.opensearch_host, "OPENSEARCH_HOST"),
            (settings.opensearch_index, "OPENSEARCH_INDEX"),
            (settings.ledger_table, "LEDGER_TABLE"),
        ):
            if not value:
                raise ConfigurationError(variable=variable, detail="is not set")
        table = client("dynamodb", region=settings.region, read_timeout=10)
        return cls(
            Ledger(table, settings.ledger_table),
            ChunkIndex(
                connect(settings.opensearch_host, region=settings.region),
                settings.opensearch_index,
                settings.opensearch_dialect,
            ),
            create=create,
        )

    def expect_model(self, identity: str, dimensions: int) -> None:
        """Raise ModelMismatch when the index is for another embedding model."""
        stored = self.index.embedder()
        if stored is None and self._create:
            self.index.create(dimensions, identity)
            return
        if stored is None:
            raise ConfigurationError(
                variable="OPENSEARCH_INDEX",
                detail="there is no such index; the deployment makes it",
            )
        if stored[1] and stored != (identity, dimensions):
            raise ModelMismatch(stored=stored[0], wanted=identity)

    def model(self) -> str | None:
        """The embedding model that the index was made for."""
        stored = self.index.embedder()
        return f"{stored[0]}/{stored[1]}" if stored else None

    def change_model(self, identity: str, dimensions: int, vectors: object) -> None:
        """Not in place: an index holds vectors of one length. Raises ConfigurationError."""
        raise ConfigurationError(
            variable="OPENSEARCH_INDEX",
            detail=f"another model ({identity}) needs a new index: name one, and add the manuals to it",
        )

    # bringing in

    def begin(self, document: Document, *, deadline: float, source: str = "") -> Ingest | None:
        """Claim this revision. See `Store.begin`. `source` is an S3 object's version id."""
        ingest = Ingest(uuid.uuid4().hex, document.id, document.revision)

        def change(head: Head) -> tuple[Head | None, bool]:
            new = transition.begun(head, ingest.id, document, deadline, source)
            return new, new is not None

        return ingest if self.ledger.change(document.id, change) else None

    def resume(self, document_id: str, revision: str) -> Ingest | None:
        """The ingest of this revision that is under way, to go on with."""
        pending = self.ledger.head(document_id).pending
        if pending and pending.document.revision == revision and pending.deadline > self._clock():
            return Ingest(pending.ingest, document_id, revision)
        return None

    def current(self, ingest: Ingest) -> bool:
        """Whether this ingest is still the one that is being brought in."""
        pending = self.ledger.head(ingest.document).pending
        return pending is not None and pending.ingest == ingest.id

    def describe(self, ingest: Ingest, document: Document) -> None:
        """Record what is known of the document while it is being brought in."""
        self.ledger.change(
            document.id, lambda head: (transition.described(head, ingest.id, document), None)
        )
        self._titles.pop(ingest.id, None)

    def write(self, ingest: Ingest, chunks: Sequence[Chunk], vectors: Vectors) -> None:
        """Add chunks of this ingest. See `Store.write`."""
        if not chunks:
            return
        self.index.write(ingest, chunks, vectors, self._title(ingest))
        self._written.setdefault(ingest.id, set()).update(chunk.id for chunk in chunks)

    def _title(self, ingest: Ingest) -> str:
        """What the document is called: searched with each of its chunks."""
        if ingest.id not in self._titles:
            pending = self.ledger.head(ingest.document).pending
            document = pending.document if pending else None
            words = (document.title, PurePath(document.name).stem) if document else ()
            self._titles[ingest.id] = " ".join(filter(None, words))
        return self._titles[ingest.id]

    def searchable(self, ingest: Ingest, chunks: int, wait: float) -> bool:
        """Whether a search finds this many chunks of the ingest, looking for `wait` seconds."""
        until = self._clock() + wait
        while self.index.searchable(ingest.id) < chunks:
            if self._clock() >= until:
                return False
            self._sleep(_POLL)
        return True

    def finish(self, ingest: Ingest, document: Document) -> bool:
        """Make this ingest the one that readers see. See `Store.finish`.

        Waits until all of it is searchable; BackendError when that takes too long.
        """
        chunks = max(document.chunks, len(self._written.get(ingest.id, ())))
        document = replace(
            document,
            chunks=chunks,
            added=document.added or datetime.now(UTC).isoformat(timespec="seconds"),
        )
        if self.current(ingest) and not self.searchable(ingest, chunks, self._wait):
            detail = f"{chunks} written chunks are not searchable after {self._wait:.0f} s"
            raise BackendError(service="OpenSearch", detail=detail)
        if not self.activate(ingest, document):
            return False
        self.sweep(document.id)
        return True

    def activate(self, ingest: Ingest, document: Document) -> bool:
        """Turn readers to this ingest: the one write that makes a document new."""

        def change(head: Head) -> tuple[Head | None, bool]:
            new = transition.finished(head, ingest.id, document)
            return new, new is not None

        self._written.pop(ingest.id, None)
        self._titles.pop(ingest.id, None)
        return self.ledger.change(document.id, change)

    def fail(self, ingest: Ingest, document: Document) -> None:
        """Record `document.reason`. See `Store.fail`."""
        self._written.pop(ingest.id, None)
        self._titles.pop(ingest.id, None)
        self.ledger.change(
            document.id, lambda head: (transition.failed(head, ingest.id, document), None)
        )
        self.sweep(document.id)

    def remove(self, document_id: str, revision: str | None = None) -> bool:
        """Remove a document. See `Store.remove`."""
        there = self.ledger.change(document_id, lambda h: transition.removed(h, revision))
        self.sweep(document_id)
        return there

    def sweep(self, document_id: str) -> int:
        """Delete the chunks that no reader will see any more, as far as a search shows them."""
        return self.index.sweep(document_id, lambda: self.ledger.head(document_id).live())

    # looking

    def documents(self, only: Collection[str] | None = None) -> list[Document]:
        """Every document, or some. See `Store.documents`."""
        now = self._clock()
        heads = self.ledger.all() if only is None else self.ledger.heads(only).values()
        seen = (head.seen(now) for head in heads)
        return sorted((d for d in seen if d), key=lambda d: (d.name, d.id))

    def document(self, document_id: str) -> Document | None:
        """The document of this id."""
        return self.ledger.head(document_id).seen(self._clock())

    def chunks(self, document_id: str, first: int = 1, last: int | None = None) -> list[Chunk]:
        """The chunks of these pages, of the version readers see."""
        active = self.ledger.head(document_id).active
        return self.index.chunks(active.ingest, first, last) if active else []

    def lexical(self, text: str, limit: int, documents: Collection[str] | None = None) -> list[Hit]:
        """Chunks that share words with `text`, best first (BM25)."""
        if not text.strip():
            return []
        return self._live(lambda n, only: self.index.lexical(text, n, only), limit, documents)

    def dense(
        self, vector: Vector, limit: int, documents: Collection[str] | None = None
    ) -> list[Hit]:
        """Chunks nearest to `vector`, best first. Scores are cosines."""
        return self._live(lambda n, only: self.index.dense(vector, n, only), limit, documents)

    def _live(
        self,
        search: Callable[[int, Collection[str] | None], list[Found]],
        limit: int,
        documents: Collection[str] | None,
    ) -> list[Hit]:
        """The best `limit` hits of active ingests.

        Few documents are filtered in the search itself. Else hits of ingests
        that are not active yet, or not swept yet, are dropped here, and the
        search goes deeper when too few are left.
        """
        if limit < 1:
            return []
        only: list[str] | None = None
        if documents is not None:
            heads = self.ledger.heads(documents)
            only = [head.active.ingest for head in heads.values() if head.active]
            if not only:
                return []
        size = limit if only else min(limit * 2, _MOST)
        while True:
            found = search(size, only)
            heads = self.ledger.heads({f.hit.chunk.document for f in found})
            hits: dict[str, Hit] = {}  # by chunk: `classic` may hold copies
            for f in found:
                head = heads.get(f.hit.chunk.document)
                if head and head.active and head.active.ingest == f.ingest:
                    hits.setdefault(f.hit.chunk.id, f.hit)
            if len(hits) >= limit or len(found) < size or size >= _MOST:
                return list(hits.values())[:limit]
            size = min(size * 4, _MOST)

    def close(self) -> None:
        """Let go of the connections."""
        self.index.close()
