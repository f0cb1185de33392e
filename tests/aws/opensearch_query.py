"""Queries of the OpenSearch emulator: the query DSL that manualchat uses, scored as Lucene does.

BM25 is Lucene 9's (k1 1.2, b .75, without the constant factor k1 + 1), but for
Lucene's one-byte rounding of lengths. k-NN is exact, so recall is 1 where a
real HNSW graph has a little less.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

K1, B = 1.2, 0.75
Json = dict[str, Any]


class BadQuery(ValueError):
    """A query that OpenSearch answers with 400."""


@dataclass
class Postings:
    """One analysed field."""

    terms: dict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    lengths: dict[str, int] = field(default_factory=dict)
    total: int = 0

    def add(self, doc: str, tokens: list[str]) -> None:
        self.lengths[doc] = len(tokens)
        self.total += len(tokens)
        for token, count in Counter(tokens).items():
            self.terms[token][doc] = count

    def discard(self, doc: str, tokens: list[str]) -> None:
        if doc not in self.lengths:
            return
        self.total -= self.lengths.pop(doc)
        for token in set(tokens):
            self.terms[token].pop(doc, None)
            if not self.terms[token]:
                del self.terms[token]

    def score(self, tokens: list[str]) -> dict[str, float]:
        scores: dict[str, float] = defaultdict(float)
        count = len(self.lengths)
        average = self.total / count if count else 1.0
        for token in tokens:
            docs = self.terms.get(token, {})
            idf = math.log(1 + (count - len(docs) + 0.5) / (len(docs) + 0.5))
            for doc, tf in docs.items():
                norm = K1 * (1 - B + B * self.lengths[doc] / average)
                scores[doc] += idf * tf / (tf + norm)
        return scores


class Segment:
    """What a search sees of one index: documents, postings, vectors."""

    def __init__(self, body: Json, analyzers: Callable[[str], Callable[[str], list[str]]]) -> None:
        self.properties: Json = body.get("mappings", {}).get("properties", {})
        self.docs: dict[str, Json] = {}
        self.fields: dict[str, tuple[str, Callable[[str], list[str]]]] = {}
        self.postings: dict[str, Postings] = {}
        self.vectors: dict[str, Any] = {}
        self._matrix: tuple[list[str], Any] | None = None
        self._clauses = 0
        for name, spec in self.properties.items():
            if spec["type"] == "text":
                for sub, inner in {"": spec, **spec.get("fields", {})}.items():
                    full = f"{name}.{sub}" if sub else name
                    self.fields[full] = (name, analyzers(inner.get("analyzer", "standard")))
                    self.postings[full] = Postings()
        self.vector_field = next(
            (n for n, s in self.properties.items() if s["type"] == "knn_vector"), ""
        )

    def put(self, doc: str, source: Json) -> None:
        self.drop(doc)
        self.docs[doc] = source
        for full, (name, analyse) in self.fields.items():
            if source.get(name):
                self.postings[full].add(doc, analyse(source[name]))
        if source.get(self.vector_field):
            self.vectors[doc] = np.asarray(source[self.vector_field], dtype=np.float32)
            self._matrix = None

    def drop(self, doc: str) -> None:
        source = self.docs.pop(doc, None)
        if source is None:
            return
        for full, (name, analyse) in self.fields.items():
            if source.get(name):
                self.postings[full].discard(doc, analyse(source[name]))
        if self.vectors.pop(doc, None) is not None:
            self._matrix = None

    def search(self, query: Json) -> dict[str, float]:
        """Scores of the documents that match. Lucene 9 counts the clauses of the whole query."""
        self._clauses = 0
        return self._query(query)

    def _query(self, query: Json) -> dict[str, float]:
        if len(query) != 1:
            raise BadQuery("[bool] malformed query, expected one clause")
        ((kind, body),) = query.items()
        match kind:
            case "match_all":
                return dict.fromkeys(self.docs, 1.0)
            case "term" | "terms" | "range":
                ((name, wanted),) = body.items()
                return self._filter(kind, name, wanted)
            case "match":
                ((name, wanted),) = body.items()
                text = wanted["query"] if isinstance(wanted, dict) else wanted
                return self._field(name, text)
            case "multi_match":
                return self._multi_match(body)
            case "bool":
                return self._bool(body)
            case "dis_max":
                return self._dis_max(body)
            case "knn":
                return self._knn(body)
        raise BadQuery(f"unknown query [{kind}]")

    def _filter(self, kind: str, name: str, wanted: Any) -> dict[str, float]:
        if self.properties.get(name, {}).get("type") not in ("keyword", "integer", None):
            raise BadQuery(f"[{kind}] on [{name}] is not emulated")

        def fits(value: Any) -> bool:
            if value is None:
                return False
            if kind == "term":
                return bool(value == (wanted["value"] if isinstance(wanted, dict) else wanted))
            if kind == "terms":
                return value in wanted
            return bool(wanted.get("gte", value) <= value <= wanted.get("lte", value))

        if kind == "terms":
            if len(wanted) > 65_536:
                raise BadQuery("failed to create query: too many terms")
            wanted = set(wanted)
        return {doc: 1.0 for doc, source in self.docs.items() if fits(source.get(name))}

    def _field(self, name: str, text: str) -> dict[str, float]:
        if name not in self.fields:
            return {}
        tokens = self.fields[name][1](text)
        self._clauses += len(tokens)
        if self._clauses > 1024:
            raise BadQuery("too_many_clauses: maxClauseCount is set to 1024")
        return self.postings[name].score(tokens)

    def _multi_match(self, body: Json) -> dict[str, float]:
        total: dict[str, float] = defaultdict(float)
        for weighted in body["fields"]:
            name, _, boost = weighted.partition("^")
            for doc, score in self._field(name, body["query"]).items():
                weight = score * float(boost or 1)
                if body.get("type", "best_fields") == "most_fields":
                    total[doc] += weight
                else:
                    total[doc] = max(total[doc], weight)
        return total

    def _bool(self, body: Json) -> dict[str, float]:
        unknown = set(body) - {"must", "should", "filter", "must_not", "minimum_should_match"}
        if unknown:
            raise BadQuery(f"[bool] query does not support {sorted(unknown)}")

        def clauses(name: str) -> list[dict[str, float]]:
            value = body.get(name, [])
            return [self._query(q) for q in (value if isinstance(value, list) else [value])]

        must, should = clauses("must"), clauses("should")
        filters, must_not = clauses("filter"), clauses("must_not")
        docs = set(self.docs)
        for required in must + filters:
            docs &= required.keys()
        least = body.get("minimum_should_match", int(bool(should) and not must and not filters))
        if least not in (0, 1):
            raise BadQuery(f"[minimum_should_match] of {least} is not emulated")
        if least:
            docs &= set().union(*should)
        for forbidden in must_not:
            docs -= forbidden.keys()
        return {doc: sum(s.get(doc, 0.0) for s in must + should) for doc in docs}

    def _dis_max(self, body: Json) -> dict[str, float]:
        """The best query's score, and of the others' so much as `tie_breaker` says."""
        found = [self._query(query) for query in body["queries"]]
        tie = float(body.get("tie_breaker", 0.0))
        total: dict[str, float] = {}
        for doc in set().union(*found):
            scores = [scores.get(doc, 0.0) for scores in found]
            total[doc] = max(scores) + tie * (sum(scores) - max(scores))
        return total

    def _knn(self, body: Json) -> dict[str, float]:
        ((name, spec),) = body.items()
        mapping = self.properties.get(name, {})
        if mapping.get("type") != "knn_vector":
            raise BadQuery(f"Field '{name}' is not knn_vector type.")
        if len(spec["vector"]) != mapping["dimension"]:
            raise BadQuery(
                f"Query vector has invalid dimension: {len(spec['vector'])}. "
                f"Dimension should be: {mapping['dimension']}"
            )
        if self._matrix is None:
            ids = list(self.vectors)
            self._matrix = (ids, np.stack([self.vectors[i] for i in ids]) if ids else None)
        ids, matrix = self._matrix
        if matrix is None:
            return {}
        query = np.asarray(spec["vector"], dtype=np.float32)
        products = matrix @ query
        space = mapping.get("space_type") or mapping["method"]["space_type"]
        if space == "cosinesimil":
            lengths = np.linalg.norm(matrix, axis=1) * np.linalg.norm(query)
            scores = (1 + products / np.maximum(lengths, 1e-12)) / 2
        elif space == "innerproduct":
            scores = np.where(products >= 0, products + 1, 1 / (1 - np.minimum(products, 0)))
        else:
            raise BadQuery(f"space type [{space}] is not emulated")
        allowed = self._query(spec["filter"]) if "filter" in spec else None
        order = np.argsort(-scores, kind="stable")
        best: dict[str, float] = {}
        for i in order:
            if allowed is None or ids[i] in allowed:
                best[ids[i]] = float(scores[i])
                if len(best) == spec["k"]:
                    break
        return best
