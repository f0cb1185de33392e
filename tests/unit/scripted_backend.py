"""A stand-in for a backend: it says what a test tells it to, at the pace a test sets.

It shows how the servers and clients carry events, errors, slowness and
disconnections. It cannot show that answers are right: it reads no PDF.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from manualchat.client import EVERYTHING, Offer, Progress, Received, Upload
from manualchat.errors import DocumentNotFound
from manualchat.journal import Feedback
from manualchat.model import (
    AnswerEvent,
    Box,
    Chunk,
    Citation,
    Cited,
    Delta,
    Document,
    Done,
    Passage,
    Sources,
)
from manualchat.protocol import Query

PNG = b"\x89PNG\r\n\x1a\n"
DOCUMENT = Document("doc1", "/secret/place/믹서.pdf", "믹서.pdf", "r1", "ready", pages=9, chunks=12)
CITATION = Citation("doc1", "믹서.pdf", 4, "3", "3분 사용 후 5분 쉽니다.", ((1.0, 2.0, 3.0, 4.0),))
PASSAGE = Passage(Chunk("c", "doc1", 0, 4, 0, "3분 사용 후 5분 쉽니다.", "3"), "믹서.pdf", "", 0.9)
ANSWER = "3분 사용 후 5분 쉽니다. [1]"
EVENTS: tuple[AnswerEvent, ...] = (
    Sources((PASSAGE,)),
    Delta("3분 사용 후 "),
    Delta("5분 쉽니다. [1]"),
    Cited(1, CITATION, "3분 사용 후 5분 쉽니다."),
    Done(ANSWER, False, (CITATION,), "믹서?", {"input_tokens": 7, "output_tokens": 5}, 0.01),
)


@dataclass
class ScriptedBackend:
    """`script` makes the events of a query; `pause` is waited before each, in seconds."""

    script: Callable[[Query], Iterator[AnswerEvent]] = lambda _: iter(EVENTS)
    pause: float = 0.0
    place: str = "scripted"
    offers: frozenset[Offer] = EVERYTHING
    known: dict[str, Document] = field(default_factory=lambda: {"doc1": DOCUMENT})
    asked: list[Query] = field(default_factory=list)
    feedback: list[Feedback] = field(default_factory=list)
    closed_early: threading.Event = field(default_factory=threading.Event)
    running: int = 0
    most_running: int = 0

    def ask(self, query: Query) -> Iterator[AnswerEvent]:
        self.asked.append(query)
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        ended = False
        try:
            for event in self.script(query):
                time.sleep(self.pause)
                yield event
            ended = True
        finally:
            self.running -= 1
            if not ended:
                self.closed_early.set()

    def search(self, query: Query) -> list[Passage]:
        return [PASSAGE]

    def documents(self) -> list[Document]:
        return list(self.known.values())

    def add(
        self, uploads: Sequence[Upload], *, password: str | None = None
    ) -> Iterator[Progress | Received]:
        for upload in uploads:
            if not upload.path.read_bytes().startswith(b"%PDF"):
                yield Received(upload.name, "failed", reason="Not a PDF.")
                continue
            yield Progress(upload.name, 1, 2)
            yield Progress(upload.name, 2, 2)
            yield Received(upload.name, "added", DOCUMENT, seconds=0.1)

    def remove(self, document: str) -> bool:
        return self.known.pop(document, None) is not None

    def page_text(self, document: str, page: int) -> str:
        self._page(document, page)
        return PASSAGE.text

    def page_image(
        self, document: str, page: int, *, boxes: Sequence[Box] = (), width: int = 1_000
    ) -> bytes:
        self._page(document, page)
        return PNG

    def pdf(self, document: str) -> bytes:
        self._page(document, 1)
        return b"%PDF-1.7"

    def suggestions(self, documents: Sequence[str] | None = None, limit: int = 4) -> list[str]:
        return ["믹서는 어떻게 청소하나요?"][:limit]

    def record(self, feedback: Feedback) -> None:
        self.feedback.append(feedback)

    def close(self) -> None:
        return None

    def _page(self, document: str, page: int) -> None:
        if document not in self.known or not 1 <= page <= self.known[document].pages:
            raise DocumentNotFound(document=document)
