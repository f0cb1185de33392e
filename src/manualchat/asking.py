"""From a question to the events of its answer: the one way, at home and on AWS."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from manualchat.answering.base import Answerer
from manualchat.answering.widen import elsewhere, widen
from manualchat.embedding.base import Embedder
from manualchat.errors import InvalidQuestion, ManualchatError
from manualchat.language import language_of
from manualchat.model import AnswerEvent, Done, Failed, Sources, Turn
from manualchat.retrieval import search
from manualchat.store.base import Store

LONGEST_QUESTION = 4_000  # characters


def check_question(question: object) -> str:
    """The question, trimmed. Raises InvalidQuestion."""
    if not isinstance(question, str):
        raise InvalidQuestion(detail="it must be text")
    question = question.strip()
    if not question:
        raise InvalidQuestion(detail="it is empty")
    if len(question) > LONGEST_QUESTION:
        raise InvalidQuestion(detail=f"it is longer than {LONGEST_QUESTION} characters")
    return question


def ask(
    question: str,
    *,
    store: Store,
    embedder: Embedder,
    answerer: Answerer,
    history: Sequence[Turn] = (),
    documents: Collection[str] | None = None,
    top_k: int = 8,
) -> Iterator[AnswerEvent]:
    """Stream the events: Sources, then Deltas and Cited, then Done or Failed.

    Raises InvalidQuestion before the first event; whatever fails later becomes
    a Failed event. Closing the iterator stops the work.
    """
    began = time.perf_counter()
    question = check_question(question)
    try:
        standalone = answerer.standalone(question, history) if history else question
        passages = search(
            standalone, store=store, embedder=embedder, top_k=top_k, documents=documents
        )
        yield Sources(tuple(passages))
        # The standalone question holds what it needs of the history, and the answer
        # may stand beside the chunk that was found.
        wide = widen(passages, store)
        wide = [*wide, *elsewhere(standalone, wide, store)]
        for event in answerer.answer(standalone, wide):
            if isinstance(event, Done):
                seconds = time.perf_counter() - began
                yield replace(event, question=standalone, seconds=round(seconds, 4))
            else:
                yield event
    except ManualchatError as error:
        # In the question's language: a server's own says nothing about who asks.
        yield Failed(error.code, error.message(language_of(question)))
