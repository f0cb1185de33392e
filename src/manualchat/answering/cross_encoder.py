"""Reads question and passage together: does this passage answer this question?

The search compares vectors and words, which cannot tell "says nothing of the price"
from "says it in other words". A cross-encoder sees both texts at once. This one is
multilingual-e5-small, trained further on questions written for this project
(benchmarks/train_cross_encoder.py); it takes some 30 ms a passage.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from manualchat.answering.selection import Candidate, Selection
from manualchat.embedding.e5 import E5Tokenizer
from manualchat.embedding.onnx_model import cores, open_session

OPEN, CLOSE = 0, 2  # tokens of the model
QUESTION, TITLE, HEADING, WHOLE = 64, 24, 32, 220  # the most tokens of each, as in training
ROOM = 140  # characters of the passage, if its sentence is not longer
UNITS = 4  # sentences and rows beside it


class CrossEncoder:
    """The trained model. May be shared by threads."""

    def __init__(self, folder: Path, *, threads: int | None = None) -> None:
        """`folder` as `embedding.e5.prepare` gives it. Raises ModelUnavailable."""
        self._tokenizer = E5Tokenizer(folder)
        # one pair a run, and somebody waits for it: all cores
        self._session = open_session(folder / "cross_encoder.onnx", threads or cores())

    def score(self, question: str, title: str, heading: str, text: str) -> float:
        """Log odds that `text`, which stands under this title and heading, answers."""
        ids, part = pair(self._tokenizer, question, title, heading, text)
        feeds = {"ids": np.array([ids], np.int64), "part": np.array([part], np.int64)}
        return float(np.asarray(self._session.run(None, feeds)[0])[0, 0])

    def score_best(self, selection: Selection) -> float:
        """The score of the best candidate of a selection, with what stands around it."""
        best = selection.best
        if best is None:
            return -np.inf
        passage = selection.passages[best.passage]
        heading = " > ".join(passage.chunk.heading)
        title = passage.title or passage.name
        return self.score(selection.question, title, heading, surroundings(selection, best))


def pair(
    tokenizer: E5Tokenizer, question: str, title: str, heading: str, text: str
) -> tuple[list[int], list[int]]:
    """Token ids of both texts, and for each 0 where it is the question's, 1 where the passage's."""
    ids = tokenizer.ids([f"query: {question}", f"passage: {title}", heading, text])
    asked = [OPEN, *ids[0][:QUESTION], CLOSE]
    told = [*ids[1][:TITLE], CLOSE, *ids[2][-HEADING:], CLOSE, *ids[3]]
    told = [*told[: WHOLE - len(asked) - 1], CLOSE]
    return asked + told, [0] * len(asked) + [1] * len(told)


def surroundings(selection: Selection, candidate: Candidate) -> str:
    """The candidate's text, with its table's header and as many neighbours as there is room."""
    text = selection.passages[candidate.passage].text
    row = [c for c in selection.candidates if c.passage == candidate.passage]
    row.sort(key=lambda c: c.index)
    said = [text[c.unit.start : c.unit.end].strip() for c in row]
    first = last = row.index(candidate)
    size = len(said[first])
    grown = True
    while grown:
        grown = False
        for at in (last + 1, first - 1):
            if 0 <= at < len(row) and last - first < UNITS and size + len(said[at]) < ROOM:
                first, last, grown = min(first, at), max(last, at), True
                size += len(said[at])
    told = said[first : last + 1]
    if candidate.header is not None and candidate.header not in row[first : last + 1]:
        header = candidate.header.unit
        told.insert(0, text[header.start : header.end].strip())
    return "\n".join(told).replace("\t", " | ")  # cells as in training
