"""What an answerer is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from manualchat.model import Cited, Delta, Done, Failed, Passage, Turn


class Answerer(Protocol):
    """Writes an answer from passages, and from nothing else."""

    def standalone(self, question: str, history: Sequence[Turn]) -> str:
        """The question as it would be asked without the history."""
        ...

    def answer(
        self, question: str, passages: Sequence[Passage], history: Sequence[Turn] = ()
    ) -> Iterator[Delta | Cited | Done | Failed]:
        """Stream the answer in the question's language, ending with Done or Failed.

        Refuses (Done.refused) when the passages do not hold the answer.
        """
        ...
