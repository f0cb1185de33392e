"""Reads question and passage together: does this passage answer this question?

The search compares vectors and words, which cannot tell "says nothing of the price"
from "says it in other words". A cross-encoder sees both texts at once. This one is
multilingual-e5-small, trained further on questions written for this project
(benchmarks/train_cross_encoder.py); it takes some 30 ms a passage.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from manualchat.answering.candidates import Candidate, named_by
from manualchat.answering.selection import Reading, Selection
from manualchat.answering.unnamed import unnamed
from manualchat.embedding.e5 import E5Tokenizer
from manualchat.embedding.onnx_model import cores, open_session

READ = 4  # places of the best manual, each some sentences long
OPEN, CLOSE = 0, 2  # tokens of the model
QUESTION, TITLE, HEADING, WHOLE = 64, 24, 32, 220  # the most tokens of each, as in training
NO_ANSWER = -2.0  # log odds of a place that need not be read
ROOM = 140  # characters of the passage, if its sentence is not longer
UNITS = 4  # sentences and rows beside it


class CrossEncoder:
    """The trained model. May be shared by threads."""

    def __init__(self, folder: Path, *, threads: int | None = None) -> None:
        """`folder` as `embedding.e5.prepare` gives it. Raises ModelUnavailable."""
        self._tokenizer = E5Tokenizer(folder)
        self._session = open_session(folder / "cross_encoder.onnx")
        # Four pairs of 140 tokens: 73 ms with two cores on each pair, 52 with a pair on each core.
        self._runs = ThreadPoolExecutor(threads or cores(), thread_name_prefix="read")

    def score(self, question: str, title: str, heading: str, text: str) -> float:
        """Log odds that `text`, which stands under this title and heading, answers."""
        ids, part = pair(self._tokenizer, question, title, heading, text)
        feeds = {"ids": np.array([ids], np.int64), "part": np.array([part], np.int64)}
        return float(np.asarray(self._session.run(None, feeds)[0])[0, 0])

    def read(self, selection: Selection) -> list[Reading]:
        """What it says of the best places of the best manual, best first.

        Where the question asks for a quantity, a date or a name, and nothing there holds one, no
        place needs to be read: it is said of the first that it does not answer.
        """
        found = places(selection)
        here = _beside(selection, found)
        if selection.asked.strict and not any(c.typed for c in here):
            return [replace(reading, odds=NO_ANSWER) for reading in found[:1]]
        question = _without_name(selection, here)

        def read(reading: Reading) -> Reading:
            passage = selection.passages[reading.candidate.passage]
            title = passage.title or passage.name
            if question != selection.question:
                title = ""  # nothing in what is read speaks of it any more
            heading = " > ".join(passage.chunk.heading)
            return replace(reading, odds=self.score(question, title, heading, reading.text))

        return list(self._runs.map(read, found))


def _beside(selection: Selection, found: Sequence[Reading]) -> list[Candidate]:
    """All units of the manual that these places are of."""
    home = {selection.passages[r.candidate.passage].document for r in found[:1]}
    return [c for c in selection.candidates if selection.passages[c.passage].document in home]


def _without_name(selection: Selection, here: Sequence[Candidate]) -> str:
    """The question as it is put to places of one manual: without that manual's name."""
    named = zip(selection.words, named_by(selection.words, here), strict=True)
    return unnamed(selection.question, {word.stem for word, is_name in named if is_name})


def places(selection: Selection, most: int = READ) -> list[Reading]:
    """The best units of the best manual, each with those around it, unread: `most`, best first.

    No unit belongs to two. Another manual's are left out: what that says better may be true of
    its product alone.
    """
    found, seen = list[Reading](), set[Candidate]()
    ranked = sorted(selection.candidates, key=lambda c: -c.score)
    home = {selection.passages[c.passage].document for c in ranked[:1]}
    for best in ranked:
        if best in seen or selection.passages[best.passage].document not in home:
            continue
        units = surroundings(selection, best)
        text = written(selection.passages[best.passage].text, units, best.header)
        found.append(Reading(best, [unit for unit in units if unit not in seen], text))
        seen.update(units)
        if len(found) == most:
            break
    return found


def pair(
    tokenizer: E5Tokenizer, question: str, title: str, heading: str, text: str
) -> tuple[list[int], list[int]]:
    """Token ids of both texts, and for each 0 where it is the question's, 1 where the passage's."""
    ids = tokenizer.ids([f"query: {question}", f"passage: {title}", heading, text])
    asked = [OPEN, *ids[0][:QUESTION], CLOSE]
    told = [*ids[1][:TITLE], CLOSE, *ids[2][-HEADING:], CLOSE, *ids[3]]
    told = [*told[: WHOLE - len(asked) - 1], CLOSE]
    return asked + told, [0] * len(asked) + [1] * len(told)


def surroundings(selection: Selection, candidate: Candidate) -> list[Candidate]:
    """The candidate and as many neighbours of it as there is room for, in reading order."""
    text = selection.passages[candidate.passage].text
    row = [c for c in selection.candidates if c.passage == candidate.passage]
    row.sort(key=lambda c: c.index)
    said = [len(text[c.unit.start : c.unit.end].strip()) for c in row]
    first = last = row.index(candidate)
    size = said[first]
    grown = True
    while grown:
        grown = False
        for at in (last + 1, first - 1):
            if 0 <= at < len(row) and last - first < UNITS and size + said[at] < ROOM:
                first, last, grown = min(first, at), max(last, at), True
                size += said[at]
    return row[first : last + 1]


def written(text: str, units: list[Candidate], header: Candidate | None) -> str:
    """Neighbours on a page as they are read: one below the other, and below their table's header."""
    shown = units if header is None or header in units else [header, *units]
    said = "\n".join(text[c.unit.start : c.unit.end].strip() for c in shown)
    return said.replace("\t", " | ")  # cells as in training
