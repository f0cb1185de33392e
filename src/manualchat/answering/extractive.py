"""Answers with the manuals' own sentences: no network, nothing made up."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from manualchat.answering.abstention import judge
from manualchat.answering.citations import cite
from manualchat.answering.defang import defang
from manualchat.answering.followup import standalone
from manualchat.answering.refusal import nearest_said, refusal
from manualchat.answering.selection import Reading, Selection, select
from manualchat.answering.sentences import shown
from manualchat.errors import ModelUnavailable
from manualchat.language import language_of
from manualchat.model import Citation, Cited, Delta, Done, Failed, Passage, Turn

if TYPE_CHECKING:
    from manualchat.answering.cross_encoder import CrossEncoder

_log = logging.getLogger(__name__)

NEAREST = 2  # sentences shown where none is sure to answer


class ExtractiveAnswerer:
    """Quotes the sentences that answer, in reading order, each with its citation.

    `cross_encoder` is called once, when the words of a question leave in doubt whether it is
    answered. Without one, or if it raises ModelUnavailable, the words decide alone.
    """

    def __init__(self, cross_encoder: Callable[[], CrossEncoder] | None = None) -> None:
        self._open = cross_encoder
        self._lock = threading.Lock()

    @cached_property
    def _cross_encoder(self) -> CrossEncoder | None:
        if self._open is None:
            return None
        try:
            return self._open()
        except ModelUnavailable as error:
            _log.warning("Answers are judged by their words alone: %s", error)
            return None

    def _read(self, selection: Selection) -> Sequence[Reading]:
        with self._lock:
            reader = self._cross_encoder
        return [] if reader is None else reader.read(selection)

    def standalone(self, question: str, history: Sequence[Turn]) -> str:
        """The question with what it takes for granted from the last turns, by rule."""
        return standalone(question, history)

    def answer(
        self, question: str, passages: Sequence[Passage], history: Sequence[Turn] = ()
    ) -> Iterator[Delta | Cited | Done | Failed]:
        """Stream sentences and citations; refuse when the passages do not hold the answer.

        A refusal may cite too: what comes nearest, said to be no more than that.
        """
        began = time.perf_counter()
        full = self.standalone(question, history)
        verdict, selection = judge(select(full, passages), self._read)
        language = language_of(question)
        answer = ""
        citations: list[Citation] = []
        chosen = selection.chosen
        if verdict != "answer":
            best_first = sorted(chosen, key=lambda candidate: -candidate.score)
            chosen = best_first[:NEAREST] if verdict == "near" else []
            answer = nearest_said(language) if chosen else refusal(language, passages)
            yield Delta(answer)
        for candidate in chosen:
            passage = passages[candidate.passage]
            unit = candidate.unit
            citations.append(cite(passage, unit.start, unit.end))
            sentence = defang(shown(passage.text[unit.start : unit.end]))
            piece = f"{' ' if answer else ''}{sentence} [{len(citations)}]"
            answer += piece
            yield Delta(piece)
            yield Cited(len(citations), citations[-1], sentence)
        seconds = time.perf_counter() - began
        yield Done(answer, verdict != "answer", tuple(citations), question=full, seconds=seconds)
