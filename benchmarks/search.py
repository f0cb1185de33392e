"""Hybrid search over 10,000 and 100,000 chunks, warm, query embedding included.

The chunks are sentences of the example manuals, mixed; the vectors are random
unit vectors (exact search takes as long whatever they hold). Prints p50 and p95
in milliseconds, the parts, and the ratio to the parts alone: one matrix product
in numpy and one embedding of the question.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from functools import cache
from pathlib import Path

import numpy as np
from platformdirs import user_cache_path

from manualchat import lexical
from manualchat.embedding.e5 import E5Embedder
from manualchat.model import Chunk, Document, chunk_id, document_id
from manualchat.reranking import search
from manualchat.store import sqlite
from manualchat.store.sqlite import SqliteStore
from table import print_table

QUESTIONS = (
    "필터 청소는 얼마나 자주 하나요?",
    "E-04 오류가 나오면 어떻게 하나요?",
    "정격 소비 전력은 얼마인가요?",
    "예약은 몇 시간까지 되나요?",
    "How do I descale the machine?",
    "물통이 가득 차면 어떻게 되나요?",
    "세제는 얼마나 넣나요?",
    "보증 기간은 얼마인가요?",
)
SOURCES = Path(__file__).parents[1] / "examples" / "manuals" / "source"
PER_DOCUMENT = 500


def sentences() -> list[str]:
    """Lines of the example manuals' sources."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in sorted(SOURCES.glob("*.txt")))
    return [line.strip() for line in text.splitlines() if len(line.strip()) > 20]


@cache
def _terms_of_line(line: str) -> list[str]:
    return lexical.terms(line)


def fill(store: SqliteStore, count: int) -> np.ndarray:
    """Put `count` chunks in; their vectors."""
    random = np.random.default_rng(3)
    lines = sentences()
    # every line is analysed once: 48 million characters would take minutes
    sqlite.terms = lambda text: [t for line in text.split("\n") for t in _terms_of_line(line)]
    vectors = random.standard_normal((count, 384)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    for number in range(count // PER_DOCUMENT):
        key = f"manual-{number}.pdf"
        document = Document(document_id(key), key, key, "1", "reading", pages=PER_DOCUMENT // 4)
        chunks = []
        for ordinal in range(PER_DOCUMENT):
            text = "\n".join(lines[i] for i in random.integers(0, len(lines), 8))
            made = chunk_id(document.id, "1", ordinal)
            chunks.append(Chunk(made, document.id, ordinal, ordinal // 4 + 1, 0, text))
        ingest = store.begin(document, deadline=time.time() + 600)
        assert ingest is not None
        at = number * PER_DOCUMENT
        store.write(ingest, chunks, vectors[at : at + PER_DOCUMENT])
        store.finish(ingest, document)
    return vectors


def milliseconds(work: object, rounds: int = 5) -> np.ndarray:
    """Times of `work(question)` over all questions, some rounds, after a warm-up."""
    for question in QUESTIONS:
        work(question)  # type: ignore[operator]
    times = []
    for _ in range(rounds):
        for question in QUESTIONS:
            began = time.perf_counter()
            work(question)  # type: ignore[operator]
            times.append((time.perf_counter() - began) * 1000)
    return np.array(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sizes", nargs="*", type=int, default=[10_000, 100_000])
    sizes = parser.parse_args().sizes
    embedder = E5Embedder(user_cache_path("manualchat", appauthor=False))
    rows = []
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            store = SqliteStore(Path(folder) / "library.db")
            vectors = fill(store, size)
            query = embedder.query(QUESTIONS[0])
            parts = {
                "hybrid": lambda q: search(q, store=store, embedder=embedder),  # noqa: B023
                "words": lambda q: store.lexical(q, 60),  # noqa: B023
                "meaning": lambda _: store.dense(query, 60),  # noqa: B023
                "embed": embedder.query,
                "numpy alone": lambda _: np.argmax(vectors @ query),  # noqa: B023
            }
            times = {name: milliseconds(work) for name, work in parts.items()}
            least = np.median(times["embed"]) + np.median(times["numpy alone"])
            for name, taken in times.items():
                median = np.median(taken)
                ratio = f"{median / least:.1f} x" if name == "hybrid" else ""
                label = f"{size:,} chunks, {name}"
                rows.append((label, f"{median:.1f}", f"{np.percentile(taken, 95):.1f}", ratio))
            store.close()
    print_table(("", "p50 ms", "p95 ms", "to embed + numpy"), rows)


if __name__ == "__main__":
    main()
