"""Measures retrieval and answers on labelled questions, with 95 % intervals.

Two forms of labels: `qa.jsonl` (file, page, alt_pages, question, answer; an
answer of null marks a question that the manuals do not answer) asked of a
library, and a BEIR folder (corpus.jsonl, queries.jsonl, qrels.tsv), which is
indexed in a library of its own for the while.

Intervals: percentile bootstrap over questions (Efron 1979), 2,000 resamples,
fixed seed. Comparison: the same resamples of the paired differences.
"""

from __future__ import annotations

import json
import math
import tempfile
import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from manualchat.chunking import Chunker, embedding_text
from manualchat.errors import ManualchatError
from manualchat.library import Library
from manualchat.model import Document, Done, Page, Passage, document_id
from manualchat.reranking import search

DEPTH = 10
RESAMPLES = 2_000
_GAINS = ("page-hit@1", "page-hit@3", "page-hit@5", "page-hit@10", "recall@5", "mrr@10", "ndcg@10")
_ANSWERS = ("answer-contained", "refused-answerable", "refused-unanswerable")

Progress = Callable[[int, int], None]


class BadLabels(ManualchatError):
    """The labels cannot be used."""

    code = "bad-labels"
    en = "{path}: {detail}. Give a qa.jsonl, or a folder with corpus.jsonl, queries.jsonl and qrels.tsv."
    ko = "{path}: {detail}. qa.jsonl 파일이나 corpus.jsonl, queries.jsonl, qrels.tsv가 든 폴더를 지정하세요."


@dataclass(frozen=True, slots=True)
class Asked:
    """What one question scored. Figures that do not apply are missing."""

    id: str
    figures: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """The questions of one evaluation."""

    asked: list[Asked]

    def table(self) -> dict[str, dict[str, float | None]]:
        """Each figure's mean (a percentile for times) with its 95 % interval."""
        found: dict[str, dict[str, float | None]] = {}
        for name in (*_GAINS, *_ANSWERS):
            found[name] = _interval(self._column(name), _mean)
        for name, share in (("p50_ms", 50.0), ("p95_ms", 95.0)):
            found[name] = _interval(self._column("ms"), _percentile(share))
        found["questions"] = {"value": float(len(self.asked)), "low": None, "high": None}
        return found

    def _column(self, name: str) -> npt.NDArray[np.float64]:
        return np.array([a.figures[name] for a in self.asked if name in a.figures])

    def to_json(self) -> dict[str, Any]:
        """The table, with every question's figures under `per_question`."""
        return {**self.table(), "per_question": {a.id: a.figures for a in self.asked}}


def compare(run: Run, baseline: dict[str, Any], path: Path) -> dict[str, dict[str, float | bool]]:
    """Paired differences to an earlier run, over the questions that both asked.

    A figure is `lost` when the whole 95 % interval of its difference is on the
    wrong side of zero. Raises BadLabels when the baseline holds no questions.
    """
    before = baseline.get("per_question")
    if not isinstance(before, dict):
        raise BadLabels(path=path, detail="not the output of an earlier `eval --json`")
    found = {}
    for name in (*_GAINS, *_ANSWERS):
        pairs = [
            a.figures[name] - before[a.id][name]
            for a in run.asked
            if name in a.figures and name in before.get(a.id, {})
        ]
        if pairs:
            interval = _interval(np.array(pairs), _mean)
            value, low, high = (float(interval[k] or 0) for k in ("value", "low", "high"))
            worse = low > 0 if name == "refused-answerable" else high < 0
            found[name] = {"value": value, "low": low, "high": high, "lost": worse}
    return found


_Statistic = Callable[[npt.NDArray[np.float64]], npt.NDArray[np.float64]]


def _mean(samples: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(samples.mean(axis=-1))


def _percentile(share: float) -> _Statistic:
    return lambda samples: np.asarray(np.percentile(samples, share, axis=-1))


def _interval(values: npt.NDArray[np.float64], statistic: _Statistic) -> dict[str, float | None]:
    if not len(values):
        return {"value": None, "low": None, "high": None}
    picks = np.random.default_rng(0).integers(0, len(values), (RESAMPLES, len(values)))
    low, high = np.percentile(statistic(values[picks]), [2.5, 97.5])
    return {
        "value": round(float(statistic(values)), 4),
        "low": round(float(low), 4),
        "high": round(float(high), 4),
    }


def figures_of_ranking(ranking: Sequence[Any], relevant: dict[Any, float]) -> dict[str, float]:
    """Hits, reciprocal rank, recall@5 and nDCG@10 of one ranking."""
    ranks = [rank for rank, item in enumerate(ranking[:DEPTH], 1) if relevant.get(item, 0) > 0]
    first = ranks[0] if ranks else math.inf
    gain = sum(
        relevant.get(item, 0) / math.log2(r + 1) for r, item in enumerate(ranking[:DEPTH], 1)
    )
    ideal = sorted(relevant.values(), reverse=True)[:DEPTH]
    best = sum(value / math.log2(rank + 1) for rank, value in enumerate(ideal, 1))
    return {
        **{f"page-hit@{k}": float(first <= k) for k in (1, 3, 5, 10)},
        "recall@5": sum(rank <= 5 for rank in ranks) / max(1, len(relevant)),
        "mrr@10": 1 / first,
        "ndcg@10": gain / best if best else 0.0,
    }


def evaluate(library: Library, path: Path, on_progress: Progress = lambda _d, _a: None) -> Run:
    """Evaluate on a qa.jsonl or a BEIR folder. Raises BadLabels."""
    if path.is_dir():
        return evaluate_beir(library, path, on_progress)
    return evaluate_questions(library, path, on_progress)


# -- questions about manuals


def evaluate_questions(library: Library, path: Path, on_progress: Progress) -> Run:
    """Ask every question of qa.jsonl of the library, page-exact."""
    rows = list(_json_lines(path))
    asked = []
    for at, row in enumerate(rows):
        if "question" not in row:
            raise BadLabels(path=path, detail=f"line {at + 1} has no question")
        figures: dict[str, float] = {}
        if row.get("answer") is None:
            figures["refused-unanswerable"] = float(_answer(library, row["question"]).refused)
        else:
            began = time.perf_counter()
            passages = library.search(row["question"], top_k=DEPTH)
            figures["ms"] = (time.perf_counter() - began) * 1000
            figures |= _page_figures(passages, row)
            done = _answer(library, row["question"])
            figures["refused-answerable"] = float(done.refused)
            contained = not done.refused and contains(done.answer, str(row["answer"]))
            figures["answer-contained"] = float(contained)
        asked.append(Asked(str(row.get("id", at + 1)), figures))
        on_progress(at + 1, len(rows))
    return Run(asked)


def _page_figures(passages: Sequence[Passage], row: dict[str, Any]) -> dict[str, float]:
    """Any of the right pages is a hit, so the pages count as one relevant item."""
    file = unicodedata.normalize("NFC", str(row["file"]))
    pages = {int(row["page"]), *map(int, row.get("alt_pages") or ())}
    ranking = [p.name == file and p.page in pages for p in passages]
    first = ranking.index(True) if True in ranking else None
    return figures_of_ranking([i == first for i in range(len(ranking))], {True: 1.0})


def _answer(library: Library, question: str) -> Done:
    for event in library.ask(question):
        if isinstance(event, Done):
            return event
    return Done("", refused=True, citations=())


def contains(answer: str, expected: str) -> bool:
    """Whether the answer holds the expected words, spacing and width aside."""
    return _bare(expected) in _bare(answer)


def _bare(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


# -- BEIR


def evaluate_beir(library: Library, folder: Path, on_progress: Progress) -> Run:
    """Index the corpus in a library of its own, and search it for every query."""
    for name in ("corpus.jsonl", "queries.jsonl", "qrels.tsv"):
        if not (folder / name).is_file():
            raise BadLabels(path=folder, detail=f"{name} is missing")
    relevant: dict[str, dict[str, float]] = {}
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        query, document, score = line.split("\t")
        relevant.setdefault(query, {})[document] = float(score)
    queries = [row for row in _json_lines(folder / "queries.jsonl") if row["_id"] in relevant]
    corpus = list(_json_lines(folder / "corpus.jsonl"))
    total = len(corpus) + len(queries)
    asked = []
    with (
        tempfile.TemporaryDirectory(prefix="manualchat-eval-") as place,
        Library(place, library.settings) as own,
    ):
        for done in index_corpus(own, corpus):
            on_progress(done, total)
        for at, row in enumerate(queries):
            began = time.perf_counter()
            passages = search(row["text"], store=own.store, embedder=own.embedder, top_k=DEPTH)
            figures = {"ms": (time.perf_counter() - began) * 1000}
            ranking = [p.chunk.document for p in passages]
            wanted = {document_id(key): gain for key, gain in relevant[row["_id"]].items()}
            asked.append(Asked(row["_id"], figures | figures_of_ranking(ranking, wanted)))
            on_progress(len(corpus) + at + 1, total)
    return Run(asked)


def index_corpus(library: Library, corpus: Sequence[dict[str, Any]]) -> Iterator[int]:
    """Put each entry in as a document of one page; yields how many are in."""
    step = 16
    for at in range(0, len(corpus), step):
        batch = []
        for row in corpus[at : at + step]:
            document = Document(
                id=document_id(row["_id"]),
                key=row["_id"],
                name=row["_id"],
                title=row.get("title", ""),
                revision="1",
                status="reading",
                pages=1,
            )
            chunks = list(Chunker(document.id, "1").cut(Page(1, row["text"])))
            batch.append((document, chunks))
        texts = [embedding_text(d.title, chunk) for d, chunks in batch for chunk in chunks]
        vectors = iter(library.embedder.passages(texts))
        for document, chunks in batch:
            ingest = library.store.begin(document, deadline=math.inf)
            if ingest is not None:
                library.store.write(ingest, chunks, [next(vectors) for _ in chunks])
                library.store.finish(ingest, document)
        yield at + len(batch)


def _json_lines(path: Path) -> Iterator[dict[str, Any]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise BadLabels(path=path, detail=error.strerror or str(error)) from None
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                row = json.loads(line)
            except ValueError:
                raise BadLabels(path=path, detail=f"line {number} is not JSON") from None
            if not isinstance(row, dict):
                raise BadLabels(path=path, detail=f"line {number} is not an object")
            yield row
