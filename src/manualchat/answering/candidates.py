"""The sentences, items and rows of the pages found, each scored for how well it answers.

A unit's score adds up what is known without a language model: the question's
words in it, each weighed by how rare it is among the candidates; the same words
near it, in the heading or in the document's name; whether it holds the kind of
answer asked for; and how well its page matched. Constants: swept on the questions of benchmarks/data.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from manualchat.answering.asked import Asked
from manualchat.answering.injection import without_orders
from manualchat.answering.sentences import Unit, units
from manualchat.answering.terms import Text, Word
from manualchat.model import Passage

NEAR = 0.4  # a word of the question in the units around
LEAD = 0.8  # … in the title or the table header above the unit
NAMED = 0.9  # … in the document's name or title: every unit of it is about that
ABOVE = 0.7  # … in the chunk's heading path
TOPIC = 0.7  # … on nearly every page found: what the whole search is about
TYPED = 0.35  # the unit holds an answer of the kind asked for
KNOWN = 0.4  # how far the unit's document knows all words of the question
PAGE = 0.5  # the page's fused score
LABEL = 0.12  # a row's or an item's label is what is asked for
LAST = 0.6  # how much more the last word of a Korean question weighs than the first
TITLE = 0.1  # taken off a line that looks like a title: it names, it does not tell
ROW_LENGTH = 60  # characters of a row of values; a longer one tells of symptoms and remedies
ROW = 0.15  # … off a short row where "how", "why" or "whether" is asked: it tells a value
SHORT = 0.3  # taken off a lone label or page number
FURNITURE = 12  # letters that a running head begins with on each page
STEP = 0.04  # a list item, where a procedure is asked for
LONGEST = 600  # characters of one unit; a longer one is no sentence


@dataclass(slots=True, eq=False)
class Candidate:
    """A unit with all that its score is made of. Shares are 0 to 1."""

    passage: int  # index among the passages
    index: int  # index among the units of its passage
    unit: Unit
    text: Text
    own: list[float]  # for each word of the question: how far this unit has it
    above: list[float]  # … the document's name, or the heading path
    held: list[int]  # indexes of the words that it has at all: few
    near: list[float] = field(default_factory=list)  # … units around, title, table header
    typed: bool = True
    label: float = 0.0  # how far its label is the question's rarest word
    header: Candidate | None = None  # the first row of its table
    score: float = 0.0


def scored(
    words: tuple[Word, ...], kind: Asked, passages: Sequence[Passage], kept: Collection[int]
) -> list[Candidate]:
    """The units of the passages `kept` (indexes), with their scores, in reading order."""
    candidates: list[Candidate] = []
    for number in sorted(kept):
        candidates.extend(_candidates(number, passages[number], words, kind))
    candidates = _without_furniture(candidates)
    rarity = _rarity(words, candidates)
    topic = _topic(words, candidates)
    known = known_by_document(words, passages, candidates)
    for candidate in candidates:
        passage = passages[candidate.passage]
        candidate.label = _labelled(candidate, words, passage)
        candidate.score = _score(candidate, rarity, topic, passage)
        if kind.shape == "how" and candidate.unit.kind == "item":
            candidate.score += STEP
        if kind.shape in ("how", "why", "whether") and candidate.unit.kind == "row":
            candidate.score -= ROW * (candidate.unit.end - candidate.unit.start < ROW_LENGTH)
        candidate.score += KNOWN * share(known[passage.document], rarity)
    return candidates


def _candidates(
    number: int, passage: Passage, words: tuple[Word, ...], kind: Asked
) -> list[Candidate]:
    body = passage.text
    name = Text(f"{passage.name} {passage.title}")
    heading = Text(" ".join((*passage.chunk.heading, passage.chunk.context)))
    above = [max(NAMED * name.has(w), ABOVE * heading.has(w)) for w in words]
    found: list[Candidate] = []
    for index, unit in enumerate(without_orders(body, units(body))):
        written = body[unit.start : unit.end]
        if len(written) > LONGEST:
            continue
        text = Text(written)
        own = [text.has(w) for w in words]
        held = [w for w, how_far in enumerate(own) if how_far]
        typed = kind.held_by(written)
        found.append(Candidate(number, index, unit, text, own, above, held, typed=typed))
    title: Candidate | None = None
    header: Candidate | None = None
    for here, candidate in enumerate(found):
        if candidate.unit.kind != "row":
            header = None
        elif header is None:
            header = candidate
        near = [0.0] * len(words)
        for other in (*found[max(0, here - 2) : here], *found[here + 1 : here + 2]):
            for w in other.held:
                near[w] = max(near[w], NEAR * other.own[w])
        for lead in (title, header):
            if lead is not None:
                for w in lead.held:
                    near[w] = max(near[w], LEAD * lead.own[w])
        candidate.near = near
        if is_title(candidate):
            title = candidate
        candidate.header = header if header is not candidate else None
    return found


def _without_furniture(candidates: list[Candidate]) -> list[Candidate]:
    """Candidates without running heads: one text at the edge of three pages or more."""
    pages: dict[str, set[int]] = {}
    for candidate in candidates:
        if candidate.index == 0:
            text = re.sub(r"\d+", "", candidate.text.squeezed)
            pages.setdefault(text[:FURNITURE], set()).add(candidate.passage)
    heads = {text for text, on in pages.items() if len(on) >= 3}
    return [
        c
        for c in candidates
        if c.index or re.sub(r"\d+", "", c.text.squeezed)[:FURNITURE] not in heads
    ]


def is_title(candidate: Candidate) -> bool:
    """Whether it looks like a title: short, and no sentence."""
    text = candidate.text.folded
    return candidate.unit.kind == "sentence" and len(text) <= 30 and text[-1:] not in ".!?。"


def _rarity(words: tuple[Word, ...], candidates: Sequence[Candidate]) -> tuple[float, ...]:
    """How much each word tells one candidate from another (idf over the candidates)."""
    total = len(candidates) or 1
    last = max(1, len(words) - 1)
    return tuple(
        word.weight
        * math.log(1 + total / (0.5 + sum(c.own[w] for c in candidates)))
        # Korean names the product first and what is asked of it last.
        * (1 + (LAST * w / last if word.stem[0] >= "가" else 0.0))
        for w, word in enumerate(words)
    )


def known_by_document(
    words: tuple[Word, ...], passages: Sequence[Passage], candidates: Sequence[Candidate]
) -> dict[str, list[float]]:
    """For each document, how far its pages found, its name and its cover have each word."""
    known: dict[str, list[float]] = {}
    for candidate in candidates:
        best = known.setdefault(passages[candidate.passage].document, [0.0] * len(words))
        _raise(best, candidate)
    return known


def _raise(best: list[float], candidate: Candidate) -> None:
    """Take over into `best` what the candidate, or what stands above it, has more of."""
    for w, above in enumerate(candidate.above):
        best[w] = max(best[w], above)
    for w in candidate.held:
        best[w] = max(best[w], candidate.own[w])


def named_by(words: Sequence[Word], candidates: Sequence[Candidate]) -> list[bool]:
    """Which words are of the name of these candidates' document: each page is about them."""
    return [max((c.above[w] for c in candidates), default=0.0) >= NAMED for w in range(len(words))]


def share(has: Sequence[float], weights: Sequence[float]) -> float:
    """The weighted mean of `has`; 1 for no words."""
    total = sum(weights)
    return sum(h * weight for h, weight in zip(has, weights, strict=True)) / total if total else 1.0


def _labelled(candidate: Candidate, words: tuple[Word, ...], passage: Passage) -> float:
    """How far "label: value" or the first cell of a row names what is asked last."""
    asked_for = [w for w, word in enumerate(words) if word.kind in ("noun", "code")][-2:]
    if not any(candidate.own[w] for w in asked_for):
        return 0.0
    written = passage.text[candidate.unit.start : candidate.unit.end]
    parts = (
        written.split("\t") if "\t" in written else re.split(r"\s*[:：]\s*", written, maxsplit=1)
    )
    # A row may hold several labels: "전압 | 220 V | 소비전력 | 350 W".
    labels = [Text(part) for part in parts[:-1] if len(part) <= 24]
    return max((label.has(words[w]) for label in labels for w in asked_for), default=0.0)


def _topic(words: tuple[Word, ...], candidates: Sequence[Candidate]) -> list[float]:
    """The share of pages found that have each word: near 1 for what all of it is about."""
    pages: dict[int, list[float]] = {}
    for candidate in candidates:
        _raise(pages.setdefault(candidate.passage, [0.0] * len(words)), candidate)
    total = len(pages) or 1
    return [sum(best[w] for best in pages.values()) / total for w in range(len(words))]


def _score(
    candidate: Candidate, rarity: Sequence[float], topic: Sequence[float], passage: Passage
) -> float:
    total = sum(rarity) or 1.0
    matched = sum(
        weight * max(own, near, above, TOPIC * shared * shared)
        for weight, own, near, above, shared in zip(
            rarity, candidate.own, candidate.near, candidate.above, topic, strict=True
        )
    )
    score = matched / total + PAGE * min(1.0, passage.score)
    if candidate.typed:
        score += TYPED
    score += LABEL * candidate.label
    if candidate.unit.end - candidate.unit.start < 8:
        score -= SHORT
    elif is_title(candidate):
        score -= TITLE
    return score
