"""What is searched, in memory: a library's vectors and postings as of one moment.

Vectors are searched exactly: numpy took 0.5 / 6 / 21 ms over 10k / 100k / 400k
vectors of 384 on 2 cores, less than the approximate or row-wise engines that fit
in one file. Past that size the engine is OpenSearch.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from manualchat.model import Chunk
from manualchat.store.postings import (
    POSTING,
    Postings,
    scores_of,
    text_postings,
    title_postings,
)

Floats = npt.NDArray[np.float32]
Found = list[tuple[int, float]]  # (chunk number, score), best first


@dataclass(frozen=True, slots=True)
class Part:
    """One document's share. Its chunks are numbered from `first` on."""

    ingest: str
    first: int
    vectors: Floats  # (chunks, width)
    postings: npt.NDArray[np.void]
    title: npt.NDArray[np.uint32]

    @classmethod
    def of(
        cls, ingest: str, first: int, width: int, vectors: bytes, postings: bytes, title: bytes
    ) -> Part:
        """The part in these blobs of the table `indexes`."""
        return cls(
            ingest,
            first,
            np.frombuffer(vectors, np.float32).reshape(-1, max(1, width)),
            np.frombuffer(postings, POSTING),
            np.frombuffer(title, "<u4"),
        )


class SearchIndex:
    """A snapshot; a change of the library makes a new one that shares what stayed."""

    def __init__(self, generation: int, parts: dict[str, Part]) -> None:
        self.generation = generation
        self.parts = parts
        self.chunks: dict[int, Chunk] = {}  # by number: what recent searches found
        self._counts = [len(part.vectors) for part in parts.values()]
        spans = np.cumsum([0, *self._counts])
        self._spans = dict(zip(parts, pairwise(spans), strict=True))

    @cached_property
    def _numbers(self) -> npt.NDArray[np.int64]:
        """Row -> chunk number."""
        ranges = [
            np.arange(part.first, part.first + count)
            for part, count in zip(self.parts.values(), self._counts, strict=True)
        ]
        return np.concatenate(ranges) if ranges else np.zeros(0, np.int64)

    @cached_property
    def _matrix(self) -> Floats:
        kept = [part.vectors for part in self.parts.values() if len(part.vectors)]
        if not kept:
            return np.zeros((0, 1), np.float32)
        matrix = np.concatenate(kept)
        # the parts become views of it, so that each vector is held once
        for document, (start, end) in self._spans.items():
            self.parts[document] = replace(self.parts[document], vectors=matrix[start:end])
        return matrix

    @cached_property
    def _text(self) -> Postings:
        return text_postings([part.postings for part in self.parts.values()], self._counts)

    @cached_property
    def _title(self) -> Postings:
        return title_postings([part.title for part in self.parts.values()], self._counts)

    def nearest(self, vector: Floats, limit: int, documents: Collection[str] | None) -> Found:
        """Chunks by cosine."""
        if not len(self._matrix):
            return []
        # not `@`: BLAS starts threads that spin on after the product and hold up the model;
        # on one core this is as fast
        return self._best(np.vecdot(self._matrix, vector), limit, documents)

    def matching(
        self, terms: Sequence[str], limit: int, documents: Collection[str] | None
    ) -> Found:
        """Chunks by BM25; those without any of the terms are left out."""
        scores = scores_of(terms, self._text, self._title, len(self._numbers))
        return [item for item in self._best(scores, limit, documents) if item[1] > 0]

    def _best(self, scores: Floats, limit: int, documents: Collection[str] | None) -> Found:
        numbers = self._numbers
        if documents is not None:
            rows = [np.arange(*self._spans[d]) for d in set(documents) if d in self._spans]
            if not rows:
                return []
            chosen = np.concatenate(rows)
            scores, numbers = scores[chosen], numbers[chosen]
        limit = min(limit, len(scores))
        if not limit:
            return []
        best = np.argpartition(-scores, limit - 1)[:limit]
        # ties by chunk number, so that two runs agree
        best = best[np.lexsort((numbers[best], -scores[best]))]
        return [(int(numbers[i]), float(scores[i])) for i in best]
