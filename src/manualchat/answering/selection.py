"""Which units of the passages answer the question: scored, then chosen with their neighbours.

A unit's score adds up what is known without a language model: the question's
words in it, each weighed by how rare it is among the candidates; the same words
near it, in the heading or in the document's name; whether it holds the kind of
answer asked for; and how well its page matched. Constants: benchmarks/answers.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from manualchat.answering.asked import Asked, asked
from manualchat.answering.injection import addressed_to_a_model
from manualchat.answering.sentences import Unit, units
from manualchat.answering.terms import Text, Word, codes, content_words, squeeze
from manualchat.model import Passage

NEAR = 0.5  # a word of the question in the neighbouring units
ABOVE = 0.4  # … in the heading or the document's name
TYPED = 0.35  # the unit holds an answer of the kind asked for
PAGE = 0.6  # the page's fused score
MOST = 4  # units in an answer
LONGEST = 600  # characters of one unit; a longer one is no sentence


@dataclass(slots=True)
class Candidate:
    """A unit with all that its score is made of. Shares are 0 to 1."""

    passage: int  # index among the passages
    index: int  # index among the units of its passage
    unit: Unit
    text: Text
    own: list[float] = field(default_factory=list)  # per question word: this unit
    near: list[float] = field(default_factory=list)  # … with its neighbours
    above: list[float] = field(default_factory=list)  # … heading, context, name
    typed: bool = True
    score: float = 0.0


@dataclass(slots=True)
class Selection:
    """What was chosen for an answer, and what the choice rests on."""

    question: str
    words: tuple[Word, ...]
    rarity: tuple[float, ...]
    asked: Asked
    passages: Sequence[Passage]
    candidates: list[Candidate]
    chosen: list[Candidate]  # in reading order, best passage first

    @property
    def best(self) -> Candidate | None:
        return max(self.candidates, key=lambda c: c.score, default=None)


def select(question: str, passages: Sequence[Passage], most: int = MOST) -> Selection:
    """Choose up to `most` units that answer `question`, from `passages` best first."""
    words = content_words(question)
    kind = asked(question)
    kept = about_the_same(question, passages)
    candidates: list[Candidate] = []
    for number, passage in enumerate(passages):
        if number in kept:
            candidates.extend(_candidates(number, passage, words, kind))
    rarity = _rarity(words, candidates)
    for candidate in candidates:
        candidate.score = _score(candidate, rarity, passages[candidate.passage])
    chosen = _choose(candidates, kind, most)
    return Selection(question, words, rarity, kind, passages, candidates, chosen)


def about_the_same(question: str, passages: Sequence[Passage]) -> set[int]:
    """Indexes of passages whose document may be meant.

    When the question names a model and some document is of that model, what
    another model's manual says is no answer.
    """
    wanted = [code for code in codes(question) if len(code) >= 3]
    everything = set(range(len(passages)))
    for code in wanted:
        named = {
            i for i in everything if code in squeeze(f"{passages[i].name} {passages[i].title}")
        }
        if named:
            return named
    return everything


def _candidates(
    number: int, passage: Passage, words: tuple[Word, ...], kind: Asked
) -> list[Candidate]:
    body = passage.text
    spans = [u for u in units(body) if u.end - u.start <= LONGEST]
    above = Text(
        " ".join((*passage.chunk.heading, passage.chunk.context, passage.name, passage.title))
    )
    over = [above.has(word) for word in words]
    found: list[Candidate] = []
    for index, unit in enumerate(spans):
        text = Text(body[unit.start : unit.end])
        if addressed_to_a_model(body[unit.start : unit.end]):
            continue
        found.append(
            Candidate(
                number,
                index,
                unit,
                text,
                own=[text.has(word) for word in words],
                above=over,
                typed=kind.held_by(text.folded),
            )
        )
    for here, candidate in enumerate(found):
        around = found[max(0, here - 2) : here + 2]
        candidate.near = [
            max((other.own[w] for other in around if other is not candidate), default=0.0)
            for w in range(len(words))
        ]
    return found


def _rarity(words: tuple[Word, ...], candidates: Sequence[Candidate]) -> tuple[float, ...]:
    """How much each word tells one candidate from another (idf over the candidates)."""
    total = len(candidates) or 1
    return tuple(
        word.weight * math.log(1 + total / (0.5 + sum(c.own[w] for c in candidates)))
        for w, word in enumerate(words)
    )


def _score(candidate: Candidate, rarity: Sequence[float], passage: Passage) -> float:
    total = sum(rarity) or 1.0
    matched = sum(
        weight * max(own, NEAR * near, ABOVE * above)
        for weight, own, near, above in zip(
            rarity, candidate.own, candidate.near, candidate.above, strict=True
        )
    )
    score = matched / total + PAGE * passage.score
    if candidate.typed:
        score += TYPED
    length = candidate.unit.end - candidate.unit.start
    if length < 8:  # a lone label or page number
        score -= 0.3
    return score


def _choose(candidates: list[Candidate], kind: Asked, most: int) -> list[Candidate]:
    """The best unit, what belongs to it, and the next best elsewhere."""
    if not candidates:
        return []
    ranked = sorted(candidates, key=lambda c: -c.score)
    chosen: list[Candidate] = []

    def take(candidate: Candidate) -> None:
        if len(chosen) < most and candidate not in chosen:
            chosen.append(candidate)

    best = ranked[0]
    place = {(c.passage, c.index): c for c in candidates}
    take(best)
    if kind.shape == "how":
        for step in range(1, most):  # a procedure: the steps that follow
            following = place.get((best.passage, best.index + step))
            if following is None or following.unit.block != best.unit.block:
                break
            take(following)
    for candidate in ranked[1:3]:
        take(candidate)
    after = place.get((best.passage, best.index + 1))
    if after is not None:
        take(after)
    for candidate in ranked[3:]:
        take(candidate)
    order = {p: n for n, p in enumerate(dict.fromkeys(c.passage for c in chosen))}
    return sorted(chosen, key=lambda c: (order[c.passage], c.unit.start))
