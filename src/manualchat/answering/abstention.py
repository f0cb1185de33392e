"""Honest silence: whether the passages hold the answer.

A logistic model over a few features that exist at home and on AWS alike. What it
weighs is named in `Features`; weights, threshold and the rates measured with them
stand in abstention.json, written by benchmarks/calibrate_abstention.py.
"""

from __future__ import annotations

import json
import math
from dataclasses import astuple, dataclass, fields
from functools import lru_cache
from pathlib import Path

from manualchat.answering.selection import Candidate, Selection, known_by_document, share
from manualchat.answering.terms import Word
from manualchat.language import language_of

CALIBRATION = Path(__file__).with_name("abstention.json")
_LATER = 0.6  # how much more the last word of a Korean question counts than the first
_OTHER_LANGUAGE = 0.3  # what a word counts that the manual could only have in its own language


@dataclass(frozen=True, slots=True)
class Features:
    """What the decision rests on. All are 0 to 1 but `best`."""

    known: float  # the question's words that the best document has, on the pages found
    on_page: float  # … that the best page has
    least: float  # the noun that the document has least of: "가격" in a manual without prices
    unlike: float  # no chosen unit holds the kind of answer asked for, near what was asked
    other_code: float  # a model or code of the question that the document has not
    agreement: float  # the lower of the two searches' scores for the best page
    best: float  # the best unit's score


@dataclass(frozen=True, slots=True)
class Calibration:
    """The model: `1 / (1 + exp(-(bias + Σ weight · feature)))` answers above `threshold`."""

    weights: tuple[float, ...]
    bias: float
    threshold: float

    def probability(self, features: Features) -> float:
        """How likely it is that the passages hold the answer."""
        total = self.bias + sum(w * f for w, f in zip(self.weights, astuple(features), strict=True))
        return 1 / (1 + math.exp(-total))


@lru_cache(maxsize=1)
def calibration() -> Calibration:
    """The calibration that ships with this version."""
    data = json.loads(CALIBRATION.read_text(encoding="utf-8"))
    names = [field.name for field in fields(Features)]
    return Calibration(
        tuple(data["weights"][name] for name in names), data["bias"], data["threshold"]
    )


def should_refuse(selection: Selection) -> bool:
    """Whether to say that the manuals do not say."""
    features = features_of(selection)
    if features is None:
        return True
    model = calibration()
    return model.probability(features) < model.threshold


def features_of(selection: Selection) -> Features | None:
    """The features of a selection; None when nothing was found at all."""
    best = selection.best
    if best is None or not selection.words:
        return None
    words, passages = selection.words, selection.passages
    home = passages[best.passage].document
    here = [c for c in selection.candidates if passages[c.passage].document == home]
    chosen = [c for c in selection.chosen if passages[c.passage].document == home]
    document = known_by_document(words, passages, here)[home]
    page = _most(words, [c for c in here if c.passage == best.passage])
    korean = language_of(selection.question) == "ko"
    foreign = korean != (language_of(passages[best.passage].text) == "ko")
    weights = [
        word.weight
        * (1 + (_LATER * w / max(1, len(words) - 1) if korean else 0.0))
        * (_OTHER_LANGUAGE if foreign and not document[w] and word.kind != "code" else 1.0)
        for w, word in enumerate(words)
    ]
    nouns = [
        w
        for w, word in enumerate(words)
        if word.kind in ("noun", "code") and len(word.stem) > 1 and (not foreign or document[w])
    ]
    return Features(
        known=share(document, weights),
        on_page=share(page, weights),
        least=min((document[w] for w in nouns), default=0.5),
        unlike=float(_unlike(selection, chosen, nouns, korean)),
        other_code=float(
            any(word.kind == "code" and document[w] < 0.5 for w, word in enumerate(words))
        ),
        agreement=min(passages[best.passage].lexical, passages[best.passage].dense),
        best=best.score,
    )


def _most(words: tuple[Word, ...], candidates: list[Candidate]) -> list[float]:
    return [
        max((max(c.own[w], c.above[w]) for c in candidates), default=0.0) for w in range(len(words))
    ]


def _unlike(selection: Selection, chosen: list[Candidate], nouns: list[int], korean: bool) -> bool:
    """Whether no chosen unit holds the kind of answer asked for, near what was asked."""
    if not selection.asked.strict:
        return False
    focus = (nouns[-1] if korean else nouns[0]) if nouns else None
    return not any(
        c.typed and (focus is None or max(c.own[focus], c.near[focus], c.above[focus]) >= 0.3)
        for c in chosen
    )
