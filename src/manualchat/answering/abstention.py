"""Honest silence: whether the passages hold the answer.

A logistic model over a few features of the words found, which exist at home and on AWS
alike. Where it is in doubt and a cross-encoder is at hand, that reads the best sentence,
and a second model weighs its score too. What they weigh is named in `Features`; weights,
thresholds and the rates measured with them stand in abstention.json, written by
benchmarks/calibrate_abstention.py.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Literal

from manualchat.answering.candidates import (
    NAMED,
    Candidate,
    known_by_document,
    named_by,
    share,
)
from manualchat.answering.selection import Reading, Selection, choose_again
from manualchat.answering.terms import Word
from manualchat.answering.wordlists import FAULTS, MAKERS, QUALIFIERS
from manualchat.language import language_of

CALIBRATION = Path(__file__).with_name("abstention.json")
NEAR = 0.05  # likelihood: from here on the nearest sentences are worth a look
DOUBT = 0.02, 0.9  # likelihood by the words alone: outside, nothing is read
_LATER = 0.6  # how much more the last word of a Korean question counts than the first
_OTHER_LANGUAGE = 0.3  # what a word counts that the manual could only have in its own language
_BESIDE = 0.8  # a word in the unit before or after
_OVER = 0.9  # … in the heading, the table's header or the line that leads to the unit
_MANY, _MANY_NOUNS = 5, 4  # a question with more words than this says no more about itself


@dataclass(frozen=True, slots=True)
class Features:
    """What the decision rests on, of the best document. All are 0 to 1 but `best` and `read`.

    Words that name the manual itself are left out: every page is about the humidifier,
    and that it is says nothing about whether its noise is told.
    """

    least: float  # the noun that the pages found have least of: "가격" where no price stands
    fits: float  # the words that stand around one unit that holds the kind of answer asked for
    best: float  # the best unit's score
    words: float  # how many words the question has: many are seldom all there by chance
    nouns: float  # … and how many nouns
    first: float  # the best unit stands on the page that the search put first
    other: float  # it is of another model, maker or product than the question: never an answer
    read: float = 0.0  # the cross-encoder's highest log odds among the best units


@dataclass(frozen=True, slots=True)
class Calibration:
    """The model: `1 / (1 + exp(-(bias + Σ weight · feature)))` answers above `threshold`."""

    weights: Mapping[str, float]  # by the names of Features; others count nothing
    bias: float
    threshold: float

    def probability(self, features: Features) -> float:
        """How likely it is that the passages hold the answer; 0 where another model is asked about."""
        if features.other:
            return 0.0
        total = self.bias
        total += sum(weight * getattr(features, name) for name, weight in self.weights.items())
        return 1 / (1 + math.exp(-total))


@lru_cache(maxsize=2)
def calibration(*, read: bool = False) -> Calibration:
    """The calibration that ships with this version: of the words alone, or with what was read."""
    data = json.loads(CALIBRATION.read_text(encoding="utf-8"))["read" if read else "words"]
    return Calibration(data["weights"], data["bias"], data["threshold"])


Verdict = Literal["answer", "near", "silent"]


def judge(
    selection: Selection, read: Callable[[Selection], Sequence[Reading]] = lambda _: ()
) -> tuple[Verdict, Selection]:
    """Whether to answer, to refuse with the nearest sentences, or with the nearest pages only.

    `read` gives what a cross-encoder says of the best units; the selection comes back as
    that chooses it anew. A question in other words than the manual's may still look like one
    that the manual does not answer. So where something fits, whoever asked may see it, as
    what it is.
    """
    features = features_of(selection)
    if features is None or not selection.chosen:
        return "silent", selection
    readings: list[Reading] = []

    def highest() -> float | None:
        readings.extend(read(selection))
        return max((r.odds for r in readings), default=None)

    likely, threshold = likelihood(features, highest)
    selection = choose_again(selection, readings) if readings else selection
    if likely >= threshold:
        return "answer", selection
    return ("near" if likely >= NEAR else "silent"), selection


def likelihood(features: Features, read: Callable[[], float | None]) -> tuple[float, float]:
    """How likely it is that the passages hold the answer, and from where on to say so.

    `read` is called where the words leave it in doubt; it gives None if nothing can read.
    """
    words = calibration()
    likely = words.probability(features)
    if DOUBT[0] < likely < DOUBT[1] and (score := read()) is not None:
        model = calibration(read=True)
        return model.probability(replace(features, read=score)), model.threshold
    return likely, words.threshold


def features_of(selection: Selection) -> Features | None:
    """The features of a selection; None when nothing was found at all."""
    best = selection.best
    if best is None or not selection.words:
        return None
    words, passages = selection.words, selection.passages
    home = passages[best.passage].document
    here = [c for c in selection.candidates if passages[c.passage].document == home]
    elsewhere = [c for c in selection.candidates if passages[c.passage].document != home]
    document = known_by_document(words, passages, here)[home]
    cover = passages[best.passage].page == 1
    korean = language_of(selection.question) == "ko"
    foreign = korean != (language_of(passages[best.passage].text) == "ko")
    weights = [
        word.weight
        * (1 + (_LATER * w / max(1, len(words) - 1) if korean else 0.0))
        * (_OTHER_LANGUAGE if foreign and not document[w] and word.kind != "code" else 1.0)
        for w, word in enumerate(words)
    ]
    asked = [  # what the first page says is no name only because the cover is that page
        w for w, named in enumerate(named_by(words, here)) if not named or (cover and best.own[w])
    ]
    coded = any(word.kind == "code" and document[w] for w, word in enumerate(words))
    nouns = [
        w
        for w in asked
        if words[w].kind != "verb"
        and len(words[w].stem) > 1
        and words[w].stem not in QUALIFIERS
        and not (coded and words[w].stem in FAULTS)
        and (not foreign or document[w])
    ]
    return Features(
        least=min((document[w] for w in nouns), default=1.0),
        fits=_fits(here, asked, weights),
        best=best.score,
        words=min(len(asked), _MANY) / _MANY,
        nouns=min(len(nouns), _MANY_NOUNS) / _MANY_NOUNS,
        first=float(best.passage == 0),
        other=float(_of_another(words, document, here, elsewhere, nouns)),
    )


def _of_another(
    words: Sequence[Word],
    document: Sequence[float],
    here: Sequence[Candidate],
    elsewhere: Sequence[Candidate],
    nouns: Sequence[int],
) -> bool:
    """Whether the question names a model, a maker or a product that the document is not of."""

    def lacks(w: int) -> bool:
        return document[w] < 0.5

    def names(candidates: Sequence[Candidate], w: int) -> bool:
        return any(c.above[w] >= NAMED for c in candidates)

    codes = [w for w, word in enumerate(words) if word.kind == "code"]
    if any(map(lacks, codes)):
        return True
    # "LG 제습기", but not the LG telephone that an app may run on.
    if len(words) > 1 and words[0].stem in MAKERS and lacks(0) and names(here, 1):
        return True
    # "식기세척기 E-07", and the library has a dishwasher's manual: not this one's E-07.
    return bool(codes) and any(lacks(w) and names(elsewhere, w) for w in nouns)


def _fits(here: list[Candidate], asked: list[int], weights: list[float]) -> float:
    """The share of the words asked for that stands in or beside the best unit of the right kind."""
    place = {(c.passage, c.index): c for c in here}

    def around(candidate: Candidate) -> list[Candidate]:
        beside = [place.get((candidate.passage, candidate.index + step)) for step in (-1, 1)]
        return [other for other in beside if other is not None]

    def has(candidate: Candidate, w: int, beside: list[Candidate]) -> float:
        header = candidate.header.own[w] if candidate.header else 0.0
        return max(
            candidate.own[w],
            _OVER * max(candidate.above[w], candidate.near[w], header),
            _BESIDE * max((other.own[w] for other in beside), default=0.0),
        )

    of = [weights[w] for w in asked]
    return max(
        (share([has(c, w, around(c)) for w in asked], of) for c in here if c.typed), default=0.0
    )
