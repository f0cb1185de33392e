"""What all answerers that ask a model share."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Generator, Iterator, Sequence

from manualchat.answering import followup, prompt
from manualchat.answering.generated import answer_events
from manualchat.answering.refusal import refusal
from manualchat.errors import ManualchatError
from manualchat.language import language_of
from manualchat.model import Cited, Delta, Done, Failed, Passage, Turn

_CONDENSED_TOKENS = 120


class GenerativeAnswerer(ABC):
    """Implements `answering.base.Answerer` with a model that streams text."""

    max_tokens = 1_024  # of an answer

    @abstractmethod
    def stream(
        self, system: str, user: str, max_tokens: int, usage: dict[str, float]
    ) -> Generator[str, None, None]:
        """The model's text as it comes. Fills `usage`; raises a ManualchatError."""

    def standalone(self, question: str, history: Sequence[Turn]) -> str:
        """The model's rewording of a follow-up; by rule when the model cannot be asked."""
        if not any(turn.role == "user" for turn in history):
            return question
        system, user = prompt.condense(question, history)
        try:
            written = "".join(self.stream(system, user, _CONDENSED_TOKENS, {}))
        except ManualchatError:
            return followup.standalone(question, history)
        return prompt.condensed(written, question)

    def answer(
        self, question: str, passages: Sequence[Passage], history: Sequence[Turn] = ()
    ) -> Iterator[Delta | Cited | Done | Failed]:
        """Stream the answer sentence by sentence, each with its citation or "not verified"."""
        began = time.perf_counter()
        language = language_of(question)
        if not passages:
            text = refusal(language, passages)
            yield Delta(text)
            yield Done(text, True, (), question=question, seconds=time.perf_counter() - began)
            return
        usage: dict[str, float] = {}
        system, user = prompt.system(question), prompt.user(question, passages)
        pieces = self.stream(system, user, self.max_tokens, usage)
        try:
            yield from answer_events(
                pieces, question=question, passages=passages, usage=lambda: usage, began=began
            )
        except ManualchatError as error:
            yield Failed(error.code, error.message(language))
        finally:
            pieces.close()
