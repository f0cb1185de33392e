"""BM25 over postings held in numpy arrays.

Robertson & Zaragoza 2009, "The Probabilistic Relevance Framework: BM25 and
Beyond", equation 3.15, with the idf of section 3.1 kept above zero. FTS5's own
bm25() walks every matching row for every query term: 20 to 130 ms for 10,000
chunks, since Korean bigrams match many rows. These arrays take 1 ms, give the
same ranking on every machine, and leave the constants to be measured.

A term is known by its CRC-32. Two terms of one library share one about once in
a million pairs of rare words, and cost a rank then.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

# Measured on questions over manuals and on KorQuAD, see docs/decisions/fusion.md.
K1, B = 1.2, 0.4
HEADING_WEIGHT = 0.5
TITLE_WEIGHT = 1.7
NAMED_WEIGHT = 0.25  # what a word counts in the text of a manual whose title has it

POSTING = np.dtype([("term", "<u4"), ("chunk", "<u4"), ("body", "u1"), ("heading", "u1")])


def hash_of(term: str) -> int:
    """The number by which a term is known."""
    return zlib.crc32(term.encode())


def pack_chunk(ordinal: int, heading: Iterable[str], body: Iterable[str]) -> bytes:
    """The postings of one chunk: how often each term stands in its body and headings."""
    bodies, headings = Counter(map(hash_of, body)), Counter(map(hash_of, heading))
    rows = [
        (term, ordinal, min(bodies[term], 255), min(headings[term], 255))
        for term in sorted(bodies.keys() | headings.keys())
    ]
    return np.array(rows, POSTING).tobytes()


def pack_title(title: Iterable[str]) -> bytes:
    """The terms of a document's name and title."""
    return np.array(sorted({hash_of(term) for term in title}), "<u4").tobytes()


class Postings:
    """Term -> the chunks that hold it, with each one's share of the BM25 score."""

    def __init__(
        self,
        terms: npt.NDArray[np.uint32],
        chunks: npt.NDArray[np.int64],
        frequencies: Floats,
        norms: Floats,
    ) -> None:
        """Parallel arrays, a (term, chunk) pair once; `norms` is k1's factor by chunk."""
        order = np.argsort(terms, kind="stable")
        self._terms, self._starts = np.unique(terms[order], return_index=True)
        self._ends = np.append(self._starts[1:], len(order))
        self._chunks = chunks[order].astype(np.int32)
        holders = (self._ends - self._starts).astype(np.float32)
        idf = np.log1p((len(norms) - holders + 0.5) / (holders + 0.5))
        weights = np.repeat(idf, self._ends - self._starts)
        frequency = frequencies[order]
        self._shares = (weights * frequency * (K1 + 1) / (frequency + norms[self._chunks])).astype(
            np.float32
        )

    def shares(self, number: int) -> tuple[npt.NDArray[np.int32], Floats]:
        """The chunks that hold this term, and each one's share of the score."""
        at = np.searchsorted(self._terms, np.uint32(number))
        held = slice(0, 0)
        if at < len(self._terms) and self._terms[at] == number:
            held = slice(self._starts[at], self._ends[at])
        return self._chunks[held], self._shares[held]


def scores_of(terms: Iterable[str], text: Postings, title: Postings, chunks: int) -> Floats:
    """Each chunk's score for these terms, shape (chunks,).

    A word of the title names the whole manual ("가습기"). Counted like any other, it would
    single out the page that repeats it, mostly the plate with the product's name on it, and
    not the page that answers. So its worth is the title's, the same on every page of it.
    """
    scores = np.zeros(chunks, np.float32)
    named = np.zeros(chunks, np.bool_)
    for number in map(hash_of, terms):
        about, worth = title.shares(number)
        held, shares = text.shares(number)
        if len(about):
            scores[about] += worth
            named[about] = True
            shares = shares * np.where(named[held], np.float32(NAMED_WEIGHT), np.float32(1))
            named[about] = False
        scores[held] += shares
    return scores


def text_postings(parts: Sequence[npt.NDArray[np.void]], counts: Sequence[int]) -> Postings:
    """Postings of bodies and headings, over documents of so many chunks each."""
    total = sum(counts)
    if not parts or not total:
        empty = np.zeros(0, np.float32)
        return Postings(np.zeros(0, np.uint32), np.zeros(0, np.int64), empty, empty)
    offsets = np.cumsum([0, *counts[:-1]])
    rows = np.concatenate(parts)
    chunks = rows["chunk"] + np.repeat(offsets, [len(part) for part in parts])
    frequencies = rows["body"] + np.float32(HEADING_WEIGHT) * rows["heading"]
    lengths = np.bincount(chunks, frequencies, minlength=total)
    norms = K1 * (1 - B + B * lengths / max(float(lengths.mean()), 1e-9))
    return Postings(rows["term"], chunks, frequencies, norms.astype(np.float32))


def title_postings(titles: Sequence[npt.NDArray[np.uint32]], counts: Sequence[int]) -> Postings:
    """Postings of names and titles: every chunk of a document holds its title's terms."""
    total = sum(counts)
    offsets = np.cumsum([0, *counts[:-1]])[: len(counts)]
    terms = [np.tile(title, count) for title, count in zip(titles, counts, strict=True)]
    chunks = [
        np.repeat(np.arange(offset, offset + count), len(title))
        for title, offset, count in zip(titles, offsets, counts, strict=True)
    ]
    joined = np.concatenate(terms) if terms else np.zeros(0, np.uint32)
    where = np.concatenate(chunks) if chunks else np.zeros(0, np.int64)
    frequencies = np.full(len(joined), TITLE_WEIGHT, np.float32)
    return Postings(joined, where, frequencies, np.full(total, K1, np.float32))
