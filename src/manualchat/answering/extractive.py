"""Answers with the manuals' own sentences: no model, no network, nothing made up."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from manualchat.answering.abstention import should_refuse
from manualchat.answering.citations import cite
from manualchat.answering.defang import defang
from manualchat.answering.followup import standalone
from manualchat.answering.refusal import refusal
from manualchat.answering.selection import select
from manualchat.answering.sentences import shown
from manualchat.language import language_of
from manualchat.model import Citation, Cited, Delta, Done, Failed, Passage, Turn


class ExtractiveAnswerer:
    """Quotes the sentences that answer, in reading order, each with its citation."""

    def standalone(self, question: str, history: Sequence[Turn]) -> str:
        """The question with what it takes for granted from the last turns, by rule."""
        return standalone(question, history)

    def answer(
        self, question: str, passages: Sequence[Passage], history: Sequence[Turn] = ()
    ) -> Iterator[Delta | Cited | Done | Failed]:
        """Stream sentences and citations; refuse when the passages do not hold the answer."""
        began = time.perf_counter()
        full = self.standalone(question, history)
        selection = select(full, passages)
        if should_refuse(selection):
            text = refusal(language_of(question), passages)
            yield Delta(text)
            yield Done(text, True, (), question=full, seconds=time.perf_counter() - began)
            return
        answer = ""
        citations: list[Citation] = []
        for candidate in selection.chosen:
            passage = passages[candidate.passage]
            unit = candidate.unit
            citations.append(cite(passage, unit.start, unit.end))
            sentence = defang(shown(passage.text[unit.start : unit.end]))
            piece = f"{' ' if answer else ''}{sentence} [{len(citations)}]"
            answer += piece
            yield Delta(piece)
            yield Cited(len(citations), citations[-1], sentence)
        yield Done(
            answer, False, tuple(citations), question=full, seconds=time.perf_counter() - began
        )
