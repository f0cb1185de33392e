"""An emulator of OpenSearch Serverless' data plane, and of a plain server.

What it takes from the documentation, with the assertions in
test_opensearch_emulator.py:

- signed requests only: SigV4, service `aoss`, with x-amz-content-sha256; a
  principal outside the data access policy gets 403
- no `_refresh`, `_delete_by_query`, `_update_by_query`, scroll: 404
- `classic` rejects ids of the caller's own; `nextgen` rejects `engine` and `mode`
- what is written, or deleted, shows in searches `lag` seconds later
- bulk requests fail item by item; faults (429, 500, a cut connection) on demand

What it cannot show: latency, HNSW's recall, quotas, and nori's exact tokens.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.aws.http_double import Answer
from tests.aws.opensearch_analysis import UnknownAnalysis, analyzer
from tests.aws.opensearch_query import BadQuery, Segment

Json = dict[str, Any]
_ABSENT = ("_refresh", "_delete_by_query", "_update_by_query", "_forcemerge", "_flush")


@dataclass
class Index:
    body: Json
    segment: Segment
    live: dict[str, Json] = field(default_factory=dict)  # what was written
    coming: deque[tuple[float, str, Json | None]] = field(default_factory=deque)  # not shown yet


class OpenSearchEmulator:
    """`handle` answers one request; `faults` decides which ones fail."""

    def __init__(
        self,
        dialect: str = "nextgen",
        *,
        lag: float = 0.0,
        clock: Callable[[], float] = time.time,
        readers: frozenset[str] = frozenset(),
        writers: frozenset[str] = frozenset(),
    ) -> None:
        self.dialect = dialect
        self.lag = lag
        self.clock = clock
        self.readers = readers  # access keys; both empty: whoever signs may do all
        self.writers = writers
        self.indices: dict[str, Index] = {}
        self.requests: list[tuple[str, str]] = []
        self.faults: Callable[[str], str | None] = lambda point: None
        self._lock = threading.RLock()

    # the wire

    def handle(
        self, method: str, path: str, query: dict[str, str], headers: Mapping[str, str], body: bytes
    ) -> Answer:
        with self._lock:
            self.requests.append((method, path))
            headers = {k.lower(): v for k, v in headers.items()}
            if self.dialect != "opensearch":
                refused = self._refused(method, path, headers, body)
                if refused:
                    return refused
            verb = path.rsplit("/", 1)[-1]
            fault = self.faults(f"opensearch.{verb if verb.startswith('_') else method.lower()}")
            if fault == "429":
                return _error(429, "rejected_execution_exception", "Too many requests")
            if fault == "500":
                return _error(500, "internal_server_error", "Internal failure")
            answer = self._route(method, path, query, body)
            if fault == "lost":  # it took effect, but nobody hears of it
                return _error(504, "gateway_timeout", "the answer was lost")
            return answer

    def _refused(
        self, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> Answer | None:
        authorization = headers.get("authorization", "")
        if not authorization.startswith("AWS4-HMAC-SHA256 ") or "/aoss/aws4_request" not in (
            authorization
        ):
            return _error(403, "security_exception", "Bad Authorization")
        if headers.get("x-amz-content-sha256") != hashlib.sha256(body).hexdigest():
            return _error(403, "security_exception", "x-amz-content-sha256 is missing or wrong")
        if self.readers or self.writers:
            key = authorization.split("Credential=")[1].split("/")[0]
            reading = path.endswith(("_search", "_count", "_mapping")) or method in ("GET", "HEAD")
            if key not in self.writers and not (reading and key in self.readers):
                return _error(403, "security_exception", "403 Forbidden")
        return None

    def _route(self, method: str, path: str, query: dict[str, str], body: bytes) -> Answer:
        parts = [p for p in path.split("/") if p]
        if not parts:
            version = "2.0.0" if self.dialect != "opensearch" else "3.3.0"
            return _json({"version": {"distribution": "opensearch", "number": version}})
        if self.dialect != "opensearch" and (parts[-1] in _ABSENT or "scroll" in parts):
            return _error(404, "", "")
        if parts[-1] == "_bulk":
            return self._bulk(body, parts[0] if len(parts) > 1 else None)
        name, *rest = parts
        if not rest and method == "PUT":
            return self._create(name, json.loads(body or b"{}"))
        index = self.indices.get(name)
        if index is None:
            return _error(404, "index_not_found_exception", f"no such index [{name}]")
        if not rest:
            if method == "DELETE":
                del self.indices[name]
            return _json({"acknowledged": True})
        match rest[0]:
            case "_search":
                return self._search(index, json.loads(body or b"{}"))
            case "_count":
                data = json.loads(body or b"{}")
                hits = self._shown(index).search(data.get("query", {"match_all": {}}))
                return _json({"count": len(hits)})
            case "_mapping":
                return _json({name: {"mappings": index.body.get("mappings", {})}})
            case "_refresh":
                self._shown(index, now=True)
                return _json({"_shards": {"failed": 0}})
        return _error(400, "illegal_argument_exception", f"not emulated: {method} {path}")

    # indices

    def _create(self, name: str, body: Json) -> Answer:
        if name in self.indices:
            reason = f"index [{name}/x] already exists"
            return _error(400, "resource_already_exists_exception", reason)
        analysis = body.get("settings", {}).get("analysis", {})
        for spec in body.get("mappings", {}).get("properties", {}).values():
            problem = self._vector_problem(spec) if spec["type"] == "knn_vector" else ""
            if problem:
                return _error(400, "mapper_parsing_exception", problem)
        try:
            segment = Segment(body, lambda a: analyzer(analysis, a))
        except UnknownAnalysis as error:
            return _error(400, "mapper_parsing_exception", str(error))
        self.indices[name] = Index(body, segment)
        return _json({"acknowledged": True, "shards_acknowledged": True, "index": name})

    def _vector_problem(self, spec: Json) -> str:
        method = spec.get("method", {})
        if self.dialect == "nextgen" and ("engine" in method or "mode" in spec):
            return "[engine] and [mode] are not supported"
        if method.get("engine", "faiss") not in ("faiss", "lucene", "nmslib"):
            return f"Invalid engine type: {method['engine']}"
        if not isinstance(spec.get("dimension"), int):
            return "dimension is required"
        return ""

    def _shown(self, index: Index, *, now: bool = False) -> Segment:
        """What a search sees at this moment."""
        while index.coming and (now or index.coming[0][0] <= self.clock()):
            _, doc, source = index.coming.popleft()
            if source is None:
                index.segment.drop(doc)
            else:
                index.segment.put(doc, source)
        return index.segment

    # writing

    def _bulk(self, body: bytes, default: str | None) -> Answer:
        if len(body) > 10 * 1024 * 1024:
            return _error(413, "content_too_long_exception", "Request Entity Too Large")
        if not body.endswith(b"\n"):
            reason = "The bulk request must be terminated by a newline [\\n]"
            return _error(400, "illegal_argument_exception", reason)
        try:
            lines = [json.loads(line) for line in body.split(b"\n") if line]
        except ValueError:
            return _error(400, "json_parse_exception", "Malformed action/metadata line")
        items = []
        queue = iter(lines)
        for line in queue:
            ((action, meta),) = line.items()
            source = next(queue) if action != "delete" else None
            items.append({action: self._write(action, meta, source, default)})
        failed = any(next(iter(i.values()))["status"] >= 300 for i in items)
        return _json({"took": 1, "errors": failed, "items": items})

    def _write(self, action: str, meta: Json, source: Json | None, default: str | None) -> Json:
        name = meta.get("_index", default)
        index = self.indices.get(name)
        doc = meta.get("_id")
        answer: Json = {"_index": name, "_id": doc}

        def refuse(status: int, kind: str, reason: str) -> Json:
            return answer | {"status": status, "error": {"type": kind, "reason": reason}}

        if self.faults("opensearch.item") == "429":
            return refuse(429, "rejected_execution_exception", "Too many requests")
        if index is None:
            # Serverless would make the index, with a guessed mapping: never what is meant.
            return refuse(404, "index_not_found_exception", f"no such index [{name}]")
        at = self.clock() + self.lag
        if action == "delete":
            there = index.live.pop(doc, None) is not None
            index.coming.append((at, doc, None))
            return answer | {
                "status": 200 if there else 404,
                "result": "deleted" if there else "not_found",
            }
        if action not in ("index", "create"):
            return refuse(400, "illegal_argument_exception", f"[{action}] is not emulated")
        if doc is not None and self.dialect == "classic":
            reason = "Document ID is not supported in create/index operation request"
            return refuse(400, "illegal_argument_exception", reason)
        doc = doc or uuid.uuid4().hex
        answer["_id"] = doc
        problem = _mapping_problem(index.body.get("mappings", {}), source or {})
        if problem:
            return refuse(400, "mapper_parsing_exception", problem)
        if action == "create" and doc in index.live:
            return refuse(409, "version_conflict_engine_exception", "document already exists")
        status = 200 if doc in index.live else 201
        index.live[doc] = source or {}
        index.coming.append((at, doc, source or {}))
        return answer | {"status": status, "result": "created" if status == 201 else "updated"}

    # searching

    def _search(self, index: Index, body: Json) -> Answer:
        size = body.get("size", 10)
        if size + body.get("from", 0) > 10_000:
            return _error(400, "illegal_argument_exception", "Result window is too large")
        unknown = set(body) - {
            *("query", "size", "from", "sort", "search_after", "_source", "track_total_hits")
        }
        if unknown:
            return _error(400, "parsing_exception", f"Unknown key for {sorted(unknown)}")
        segment = self._shown(index)
        try:
            scores = segment.search(body.get("query", {"match_all": {}}))
        except BadQuery as error:
            return _error(400, "search_phase_execution_exception", str(error))
        if "sort" in body:
            names = [next(iter(s)) for s in body["sort"]]
            keys = {doc: [segment.docs[doc].get(n) for n in names] for doc in scores}
            order = sorted(scores, key=lambda doc: keys[doc])
            if "search_after" in body:
                order = [doc for doc in order if keys[doc] > body["search_after"]]
        else:
            order = sorted(scores, key=lambda doc: (-scores[doc], doc))
        start = body.get("from", 0)
        hits = []
        for doc in order[start : start + size]:
            hit: Json = {"_index": "", "_id": doc, "_score": scores[doc]}
            hit["_source"] = _filtered(segment.docs[doc], body.get("_source", True))
            if "sort" in body:
                hit |= {"_score": None, "sort": keys[doc]}
            hits.append(hit)
        exact = body.get("track_total_hits") is True
        total = {"value": len(scores), "relation": "eq"}
        if not exact and len(scores) > 10_000:
            total = {"value": 10_000, "relation": "gte"}
        return _json({"took": 1, "timed_out": False, "hits": {"total": total, "hits": hits}})

    # in this process

    def connection_class(self) -> type:
        """An opensearch-py connection that calls this emulator without a socket."""
        from opensearchpy import Connection

        emulator = self

        class InProcess(Connection):  # type: ignore[misc]
            def __init__(self, http_auth: Any = None, **options: Any) -> None:
                super().__init__(**{k: v for k, v in options.items() if k in ("host", "port")})
                self.auth = http_auth

            def perform_request(
                self,
                method: str,
                url: str,
                params: Any = None,
                body: Any = None,
                timeout: Any = None,
                ignore: Any = (),
                headers: Any = None,
            ) -> tuple[int, Mapping[str, str], str]:
                data = body.encode() if isinstance(body, str) else body or b""
                headers = dict(headers or {})
                if callable(self.auth):
                    headers |= self.auth(method, f"https://{self.hostname}{url}", data)
                answer = emulator.handle(method, url, dict(params or {}), headers, data)
                text = answer.body.decode()  # type: ignore[union-attr]
                if not 200 <= answer.status < 300:
                    self._raise_error(answer.status, text, "application/json")
                return answer.status, answer.headers, text

            def close(self) -> None:
                pass

        return InProcess


def _mapping_problem(mappings: Json, source: Json) -> str:
    properties = mappings.get("properties", {})
    for name, value in source.items():
        spec = properties.get(name)
        if spec is None:
            if mappings.get("dynamic") == "strict":
                return f"mapping set to strict, dynamic introduction of [{name}] is not allowed"
            continue
        if spec["type"] == "knn_vector" and (
            len(value) != spec["dimension"] or not all(isinstance(x, int | float) for x in value)
        ):
            return (
                f"failed to parse field [{name}] of type [knn_vector]: Vector dimension mismatch. "
                f"Expected: {spec['dimension']}, Given: {len(value)}"
            )
        if spec["type"] == "integer" and not isinstance(value, int):
            return f"failed to parse field [{name}] of type [integer]"
    return ""


def _filtered(source: Json, wanted: Any) -> Json:
    if isinstance(wanted, list):
        return {k: v for k, v in source.items() if k in wanted}
    if isinstance(wanted, dict):
        return {k: v for k, v in source.items() if k not in wanted.get("excludes", ())}
    return source if wanted else {}


def _json(data: Json, status: int = 200) -> Answer:
    return Answer(status, json.dumps(data).encode(), {"Content-Type": "application/json"})


def _error(status: int, kind: str, reason: str) -> Answer:
    return _json({"error": {"type": kind, "reason": reason}, "status": status}, status)
