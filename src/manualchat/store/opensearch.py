"""The index of chunks in OpenSearch: k-NN and BM25, on Serverless or a plain server.

An index knows ingests, not documents' states: which ingest readers may see is
the ledger's word (`store/aws.py` joins the two). What Serverless lacks is done
without: no delete by query, no refresh, and on `classic` no ids of our own,
so that a repeated write leaves a second copy there; readers drop copies and
`sweep` deletes them.
"""

from __future__ import annotations

import base64
import json
import random
import time
import uuid
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from manualchat.errors import BackendError, Throttled
from manualchat.layout import Layout
from manualchat.lexical import STOP_WORDS, normalise
from manualchat.model import Chunk, Hit, Vector, Vectors
from manualchat.store.base import Ingest
from manualchat.store.index_mapping import Dialect, cosine, index_body
from manualchat.store.opensearch_client import in_our_words, retryable

_BULK_CHUNKS = 100
_BULK_BYTES = 4 * 1024 * 1024  # Serverless takes 10 MiB and likes 3 to 5
_PAGE = 1_000  # hits a request when walking through an ingest
_MOST = 10_000  # index.max_result_window
_TRIES = 7
# A clause a term and field: 1,024 are allowed in one query, and 160 syllables make up to 160
# bigrams, each in three fields, and 120 morphemes in four.
_QUESTION_CHARACTERS = 160
# Weights of the fields. Scored apart, a heading that holds a word is a short text, and BM25
# makes much of it: less than its share at home, where all is one text.
_FIELDS = (
    *("text^1.0", "text.bigram^1.0", "text.code^1.0"),
    *("around^0.5", "around.code^0.5"),
    *("heading^0.3", "heading.bigram^0.3", "heading.code^0.2"),
)
# A word of the title counts there, the same on every page of the manual, and little on the
# page that repeats it (store/postings.py says why).
_TITLE = ("title^3.0", "title.bigram^3.0", "title.code^3.0")
_OTHER_FIELDS = 0.25
_UNSEEN = ["embedding", "text", "around", "heading", "title"]  # not needed to make a chunk again

R = TypeVar("R")
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """A hit, and the ingest that wrote it."""

    hit: Hit
    ingest: str
    uid: str


class ChunkIndex:
    """Chunks with their vectors in one OpenSearch index."""

    def __init__(
        self,
        client: Any,
        index: str,
        dialect: Dialect,
        *,
        tries: int = _TRIES,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._tries = tries
        self._index = index
        self._dialect = dialect
        self._sleep = sleep

    # the index itself

    def create(self, dimensions: int, identity: str) -> bool:
        """Make the index; False when it is there already."""
        from opensearchpy.exceptions import RequestError

        body = index_body(self._dialect, dimensions, identity)
        try:
            self._call(lambda: self._client.indices.create(index=self._index, body=body))
        except BackendError as error:
            cause = error.__cause__
            if isinstance(cause, RequestError) and "already_exists" in str(cause.error):
                return False
            raise
        return True

    def embedder(self) -> tuple[str, int] | None:
        """Identity and dimensions of the embedder that the index was made for."""
        from opensearchpy.exceptions import NotFoundError

        try:
            answer = self._call(lambda: self._client.indices.get_mapping(index=self._index))
        except BackendError as error:
            if isinstance(error.__cause__, NotFoundError):
                return None
            raise
        meta = next(iter(answer.values()))["mappings"].get("_meta", {})
        return meta.get("embedder", ""), meta.get("dimensions", 0)

    # writing

    def write(self, ingest: Ingest, chunks: Sequence[Chunk], vectors: Vectors, title: str) -> None:
        """Add chunks; a chunk that is there already is written over (`classic`: again)."""
        actions = [
            self._action(ingest, chunk, vector, title)
            for chunk, vector in zip(chunks, vectors, strict=True)
        ]
        for batch in _batches(actions):
            self._bulk(batch)

    def _action(self, ingest: Ingest, chunk: Chunk, vector: Vector, title: str) -> bytes:
        uid = f"{ingest.id}-{chunk.ordinal}"
        operation: Json = {"index": {"_index": self._index}}
        if self._dialect == "classic":
            uid = uuid.uuid4().hex
        else:
            operation["index"]["_id"] = uid
        source = {
            "uid": uid,
            "chunk": chunk.id,
            "document": chunk.document,
            "ingest": ingest.id,
            "ordinal": chunk.ordinal,
            "page": chunk.page,
            "text": normalise(chunk.text),
            "around": normalise("\n".join(filter(None, (chunk.context, chunk.hidden)))),
            "heading": normalise("\n".join(chunk.heading)),
            "title": normalise(title),
            "rest": _pack(chunk),
            "embedding": [round(float(x), 6) for x in vector],
        }
        lines = (json.dumps(line, ensure_ascii=False) for line in (operation, source))
        return ("\n".join(lines) + "\n").encode("utf-8", "replace")

    def _bulk(self, actions: list[bytes]) -> None:
        """Send actions until each is in; those that are throttled go again."""
        for attempt in range(self._tries):
            body = b"".join(actions).decode()
            answer = self._call(lambda body=body: self._client.bulk(body=body))  # type: ignore[misc]
            again = []
            for action, item in zip(actions, answer["items"], strict=True):
                result = next(iter(item.values()))
                status = result["status"]
                if status < 300 or (status == 404 and "delete" in item):
                    continue
                if status != 429 and status < 500:
                    error = result.get("error") or {}
                    detail = f"{error.get('type')}: {error.get('reason')}"
                    raise BackendError(service="OpenSearch", detail=detail)
                again.append(action)
            if not again:
                return
            actions = again
            self._pause(attempt)
        raise Throttled(service="OpenSearch")

    def sweep(self, document: str, keep: Callable[[], Collection[str]]) -> int:
        """Delete what a search finds of this document outside the ingests that `keep` names.

        And second copies inside them. `keep` is asked after the search, so that
        an ingest which begins meanwhile is kept. Returns how many were deleted.
        What was written moments ago is not found yet: sweep again after the
        refresh lag.
        """
        fields = ["ingest", "chunk"]
        hits = list(self._walk([{"term": {"document": document}}], fields))
        kept = keep() if hits else ()
        doomed: list[str] = []
        seen: set[tuple[str, str]] = set()
        for hit in hits:
            source = hit["_source"]
            copy = (source["ingest"], source["chunk"])
            if source["ingest"] not in kept or copy in seen:
                doomed.append(hit["_id"])
            seen.add(copy)
        deletes = [
            json.dumps({"delete": {"_index": self._index, "_id": i}}).encode() + b"\n"
            for i in doomed
        ]
        for start in range(0, len(deletes), _PAGE):
            self._bulk(deletes[start : start + _PAGE])
        return len(doomed)

    # reading

    def searchable(self, ingest: str) -> int:
        """How many chunks of this ingest a search can find now."""
        filters = [{"term": {"ingest": ingest}}]
        if self._dialect == "classic":  # copies must not count
            return len({hit["_source"]["chunk"] for hit in self._walk(filters, ["chunk"])})
        body = {"size": 0, "track_total_hits": True, "query": {"bool": {"filter": filters}}}
        total: int = self._search(body)["hits"]["total"]["value"]
        return total

    def chunks(self, ingest: str, first: int, last: int | None) -> list[Chunk]:
        """The chunks of these pages, in order."""
        pages: Json = {"gte": first} if last is None else {"gte": first, "lte": last}
        filters: list[Json] = [{"term": {"ingest": ingest}}, {"range": {"page": pages}}]
        found = {hit["_source"]["chunk"]: _found(hit) for hit in self._walk(filters, None)}
        return sorted((f.hit.chunk for f in found.values()), key=lambda c: c.ordinal)

    def lexical(self, text: str, limit: int, ingests: Collection[str] | None) -> list[Found]:
        """BM25 over text and what surrounds it, best first."""
        words = dict.fromkeys(_content(text)[:_QUESTION_CHARACTERS].split())
        query: Json = {"should": [_word(word) for word in words], "minimum_should_match": 1}
        if ingests is not None:
            query["filter"] = [{"terms": {"ingest": sorted(ingests)}}]
        return self._hits({"size": limit, "query": {"bool": query}})

    def dense(self, vector: Vector, limit: int, ingests: Collection[str] | None) -> list[Found]:
        """Nearest chunks, best first; scores are cosines."""
        knn: Json = {"vector": [float(x) for x in vector], "k": limit}
        if ingests is not None:
            knn["filter"] = {"bool": {"filter": [{"terms": {"ingest": sorted(ingests)}}]}}
        found = self._hits({"size": limit, "query": {"knn": {"embedding": knn}}})
        return [
            Found(Hit(f.hit.chunk, cosine(self._dialect, f.hit.score)), f.ingest, f.uid)
            for f in found
        ]

    def _hits(self, body: Json) -> list[Found]:
        body["size"] = min(body["size"], _MOST)
        answer = self._search({**body, "_source": {"excludes": _UNSEEN}})
        return [_found(hit) for hit in answer["hits"]["hits"]]

    def _walk(self, filters: list[Json], fields: list[str] | None) -> Iterator[Json]:
        """Every hit of a filter, page by page (search_after on the unique `uid`)."""
        after: list[Any] | None = None
        while True:
            body: Json = {
                "size": _PAGE,
                "query": {"bool": {"filter": filters}},
                "sort": [{"uid": "asc"}],
                "_source": fields or {"excludes": _UNSEEN},
            }
            if after:
                body["search_after"] = after
            hits = self._search(body)["hits"]["hits"]
            yield from hits
            if len(hits) < _PAGE:
                return
            after = hits[-1]["sort"]

    def _search(self, body: Json) -> Json:
        answer: Json = self._call(lambda: self._client.search(index=self._index, body=body))
        return answer

    def _call(self, request: Callable[[], R]) -> R:
        """Make a request; again, with full jitter, while it may yet succeed."""
        attempt = 0
        while True:
            try:
                with in_our_words():
                    return request()
            except BackendError as error:
                attempt += 1
                cause = error.__cause__
                if cause is None or not retryable(cause) or attempt >= self._tries:
                    raise
            self._pause(attempt)

    def _pause(self, attempt: int) -> None:
        self._sleep(random.uniform(0, min(10.0, 0.2 * 2**attempt)))  # noqa: S311

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()


def _content(question: str) -> str:
    """The question without English words that say nothing, as at home (lexical.py)."""
    words = normalise(question).split()
    kept = [word for word in words if word.strip(".,?!'\"") not in STOP_WORDS]
    return " ".join(kept or words)


def _word(word: str) -> Json:
    """One word of a question: what it is worth in the title or in the text."""
    parts = [
        {"multi_match": {"query": word, "fields": list(fields), "type": "most_fields"}}
        for fields in (_FIELDS, _TITLE)
    ]
    return {"dis_max": {"queries": parts, "tie_breaker": _OTHER_FIELDS}}


def _batches(actions: list[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for action in actions:
        if batch and (len(batch) == _BULK_CHUNKS or size + len(action) > _BULK_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(action)
        size += len(action)
    if batch:
        yield batch


def _pack(chunk: Chunk) -> str:
    """What is shown: the exact text, and fields that no search needs, in base64."""
    rest = {
        "text": chunk.text,
        "start": chunk.start,
        "label": chunk.label,
        "heading": chunk.heading,
        "context": chunk.context,
        "hidden": chunk.hidden,
        "layout": base64.b64encode(chunk.layout.pack()).decode() if chunk.layout.words else "",
    }
    data = json.dumps({k: v for k, v in rest.items() if v}, ensure_ascii=False)
    return base64.b64encode(zlib.compress(data.encode("utf-8", "replace"))).decode()


def _found(hit: Json) -> Found:
    source = hit["_source"]
    rest = json.loads(zlib.decompress(base64.b64decode(source["rest"])))
    chunk = Chunk(
        id=source["chunk"],
        document=source["document"],
        ordinal=source["ordinal"],
        page=source["page"],
        start=rest.get("start", 0),
        text=rest.get("text", ""),
        label=rest.get("label", ""),
        heading=tuple(rest.get("heading", ())),
        context=rest.get("context", ""),
        hidden=rest.get("hidden", ""),
        layout=Layout.unpack(base64.b64decode(rest.get("layout", ""))),
    )
    return Found(Hit(chunk, hit.get("_score") or 0.0), source["ingest"], source["uid"])
