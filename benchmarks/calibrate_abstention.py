"""Learns when the extractive answerer should keep silent, and measures how often it is right.

    python benchmarks/calibrate_abstention.py LIBRARY LABELS… [--write]

LIBRARY is a library that holds the manuals of the labels; LABELS are files of
questions (see docs/answering.md), those with "answer": null being unanswerable.
Each answerable question is also asked of the library without its manual: nobody
can answer it then, unless the same words stand elsewhere. Questions in another
language than their manual's share no words with it; they are measured apart, and
neither the weights nor the threshold are learnt from them.

The models are logistic regressions (Newton's method, ridge): one of the words alone, one
with the cross-encoder's score. What is printed is measured on manuals that were held
out: for each manual the models are learnt from the questions about all the others.
Intervals: 95 %, bootstrap over questions.
"""

from __future__ import annotations

import argparse
import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from itertools import chain
from pathlib import Path

import numpy as np
import numpy.typing as npt

from manualchat import Library
from manualchat.answering.abstention import (
    CALIBRATION,
    DOUBT,
    Calibration,
    Features,
    features_of,
)
from manualchat.answering.citations import cite
from manualchat.answering.cross_encoder import CrossEncoder
from manualchat.answering.selection import choose_again, select
from manualchat.answering.widen import elsewhere, joined, widen
from manualchat.embedding.e5 import prepare
from manualchat.language import language_of
from manualchat.model import Citation
from manualchat.retrieval import search

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
RIDGE = 0.3
# What a mistake weighs: questions that were made by taking the manual away are many and easy.
WEIGHT = {"answerable": 1.0, "removed": 0.25, "far": 0.7}
ANSWERABLE_REFUSED = 0.05  # of the answerable questions the threshold may refuse this share
WORDS = tuple(f.name for f in fields(Features) if f.name != "read")
READ = (*WORDS, "read")


@dataclass(frozen=True, slots=True)
class Example:
    """One question with what the search found for it."""

    question: str
    kind: str  # answerable, other language, attribute, model, words, far, unanswerable or removed
    manual: str
    features: Features
    correct: bool  # the units chosen by the words alone hold the labelled answer
    correct_read: bool  # … those chosen anew by what was read
    citations: tuple[bool, ...]  # whether each verifies: see `verifies`


def main() -> None:
    """Read, learn, print, and write with --write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("library", type=Path)
    parser.add_argument("labels", type=Path, nargs="+")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    with Library(arguments.library) as library:
        reader = CrossEncoder(prepare(library.cache))
        examples = [e for path in arguments.labels for e in read(library, reader, path)]
    answerable = np.array([e.kind == "answerable" for e in examples])
    by_words = held_out(examples, WORDS)
    in_doubt = (DOUBT[0] < by_words) & (by_words < DOUBT[1])
    by_reading = np.where(in_doubt, held_out(examples, READ), by_words)
    right = np.array([e.correct for e in examples])
    right_read = np.where(in_doubt, [e.correct_read for e in examples], right)
    found = {}
    for name, used, scores, correct in (
        ("words", WORDS, by_words, right),
        ("read", READ, by_reading, right_read),
    ):
        threshold = float(np.quantile(scores[answerable], ANSWERABLE_REFUSED, method="lower"))
        rates = measure(examples, scores, threshold, correct)
        print(f"\n{name}: {1 if name == 'words' else in_doubt.mean():.2f} of the questions")
        for kind, (count, rate, low, high) in rates.items():
            print(f"{kind:44} {count:4}  {rate:6.3f}  [{low:.3f}, {high:.3f}]")
        for share in (0.03, 0.07, 0.10):
            at = measure(examples, scores, float(np.quantile(scores[answerable], share)), correct)
            refused = at["unanswerable, refused"][1]
            print(f"answerable refused {share:.2f}: unanswerable refused {refused:.3f}")
        found[name] = stored(learn(examples, used), threshold, rates)
    if arguments.write:
        about = "Written by benchmarks/calibrate_abstention.py; rates on held-out manuals."
        text = json.dumps({"about": about, **found}, indent=2, ensure_ascii=False)
        CALIBRATION.write_text(text + "\n", encoding="utf-8")


def read(library: Library, reader: CrossEncoder, path: Path) -> Iterator[Example]:
    """The examples of one file of labels; questions about manuals not in the library are left out."""
    ready = [d for d in library.documents() if d.status == "ready"]
    manuals = {_nfc(d.name): d.id for d in ready}
    spoken = {_nfc(d.name): d.language for d in ready}
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line.strip():
            continue
        label = json.loads(line)
        question, answer = label["question"], label.get("answer")
        manual = _nfc(label.get("file") or label.get("nearest_file") or "")
        if answer is None:
            yield from _example(
                library, reader, question, label.get("kind", "unanswerable"), manual
            )
        elif manual in manuals:
            same = language_of(question) == spoken[manual]
            kind = "answerable" if same else "other language"
            yield from _example(library, reader, question, kind, manual, answer=answer)
            others = [i for name, i in manuals.items() if name != manual]
            yield from _example(library, reader, question, "removed", manual, answer, others)


def _example(
    library: Library,
    reader: CrossEncoder,
    question: str,
    kind: str,
    manual: str,
    answer: str = "",
    documents: list[str] | None = None,
) -> Iterator[Example]:
    found = search(question, store=library.store, embedder=library.embedder, documents=documents)
    passages = widen(found, library.store)
    passages = [*passages, *elsewhere(question, passages, library.store)]
    if kind == "removed" and any(_bare(answer) in _bare(p.text) for p in passages):
        return  # another manual says the same
    selection = select(question, passages)
    features = features_of(selection)
    if features is None:
        return
    readings = reader.read(selection)
    chosen = [selection.chosen, choose_again(selection, readings).chosen]
    said = [
        " ".join(passages[c.passage].text[c.unit.start : c.unit.end] for c in some)
        for some in chosen
    ]
    units = {(c.passage, c.unit.start): c for c in chain(*chosen)}.values()
    citations = [cite(passages[c.passage], c.unit.start, c.unit.end) for c in units]
    yield Example(
        question,
        kind,
        manual or "none",
        replace(features, read=max(r.odds for r in readings)),
        correct=_bare(answer) in _bare(said[0]),
        correct_read=_bare(answer) in _bare(said[1]),
        citations=tuple(verifies(library, citation) for citation in citations),
    )


def verifies(library: Library, citation: Citation) -> bool:
    """Whether the page exists, its text has the quote letter by letter, and its place is known."""
    chunks = library.store.chunks(citation.document, citation.page, citation.page)
    document = library.store.document(citation.document)
    return bool(
        document
        and 1 <= citation.page <= document.pages
        and chunks
        and citation.quote in joined(chunks).text
        and citation.boxes
    )


def learn(examples: list[Example], used: Sequence[str]) -> Calibration:
    """A model of these features as they are, without a threshold yet."""
    examples = [e for e in examples if e.kind != "other language" and not e.features.other]
    x = np.array([[getattr(e.features, name) for name in used] for e in examples], dtype=float)
    y = np.array([e.kind == "answerable" for e in examples], dtype=float)
    w = np.array([WEIGHT.get(e.kind, 1.0) for e in examples])
    w[y == 0] *= w[y == 1].sum() / w[y == 0].sum()
    mean, spread = x.mean(0), x.std(0) + 1e-6
    z = np.c_[(x - mean) / spread, np.ones(len(x))]
    ridge = np.diag([RIDGE] * x.shape[1] + [1e-6])
    b = np.zeros(z.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-z @ b))
        gradient = z.T @ (w * (p - y)) + ridge @ b
        b -= np.linalg.solve((z * (w * p * (1 - p))[:, None]).T @ z + ridge, gradient)
    weights = b[:-1] / spread
    named = {name: round(float(w), 4) for name, w in zip(used, weights, strict=True)}
    return Calibration(named, round(float(b[-1] - weights @ mean), 4), threshold=0.5)


def held_out(examples: list[Example], used: Sequence[str]) -> Floats:
    """Each example's probability by a model that never saw its manual."""
    scores = np.zeros(len(examples))
    for manual in {e.manual for e in examples}:
        inside = [i for i, e in enumerate(examples) if e.manual == manual]
        model = learn([e for e in examples if e.manual != manual], used)
        scores[inside] = [model.probability(examples[i].features) for i in inside]
    return scores


Rates = dict[str, tuple[int, float, float, float]]


def measure(examples: list[Example], scores: Floats, threshold: float, right: Bools) -> Rates:
    """Rates by kind of question: how many, the rate, and its interval."""
    kinds = np.array([e.kind for e in examples])
    refused = scores < threshold
    answerable = kinds == "answerable"
    other = kinds == "other language"
    near = np.isin(kinds, ["attribute", "model", "words"])
    groups: dict[str, tuple[Bools, Bools]] = {
        "answerable, refused": (answerable, refused),
        "answerable, answer contained": (answerable, right & ~refused),
        "answerable, contained before refusal": (answerable, right),
        "answered, answer contained": (answerable & ~refused, right),
        "answerable, in another language, refused": (other, refused),
        "answerable, in another language, contained": (other, right & ~refused),
        "unanswerable, refused": (~answerable & ~other & (kinds != "removed"), refused),
        "near misses, refused": (near, refused),
        "  another attribute": (kinds == "attribute", refused),
        "  another model": (kinds == "model", refused),
        "  the same words": (kinds == "words", refused),
        "far off, refused": (kinds == "far", refused),
        "the manual taken away, refused": (kinds == "removed", refused),
    }
    found = {name: _interval(values[mask]) for name, (mask, values) in groups.items()}
    cited = [c for e in examples if e.kind != "removed" for c in e.citations]
    return {**found, "citations that verify": _interval(np.array(cited, dtype=bool))}


def _interval(values: Bools) -> tuple[int, float, float, float]:
    if not len(values):
        return 0, 0.0, 0.0, 0.0
    means = np.random.default_rng(1979).choice(values, (2_000, len(values))).mean(1)
    low, high = np.quantile(means, [0.025, 0.975])
    return len(values), float(values.mean()), float(low), float(high)


def stored(model: Calibration, threshold: float, rates: Rates) -> dict[str, object]:
    """A model learnt from all examples, with the rates measured on held-out manuals."""
    return {
        "weights": dict(model.weights),
        "bias": model.bias,
        "threshold": round(threshold, 4),
        "rates": {
            name.strip(): {
                "questions": n,
                "rate": round(r, 3),
                "low": round(a, 3),
                "high": round(b, 3),
            }
            for name, (n, r, a, b) in rates.items()
        },
    }


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _bare(text: str) -> str:
    return re.sub(r"\s+", "", text).lower()


if __name__ == "__main__":
    main()
