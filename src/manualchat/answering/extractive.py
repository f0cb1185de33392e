"""Answers with the manuals' own sentences: no model, no network, nothing made up."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from manualchat.answering.abstention import judge
from manualchat.answering.citations import cite
from manualchat.answering.defang import defang
from manualchat.answering.followup import standalone
from manualchat.answering.refusal import nearest_said, refusal
from manualchat.answering.selection import select
from manualchat.answering.sentences import shown
from manualchat.language import language_of
from manualchat.model import Citation, Cited, Delta, Done, Failed, Passage, Turn

NEAREST = 2  # sentences shown where none is sure to answer


class ExtractiveAnswerer:
    """Quotes the sentences that answer, in reading order, each with its citation."""

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
        selection = select(full, passages)
        verdict = judge(selection)
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
