"""The backend in this process: a Library, its uploads folder and its journal."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from manualchat.client import EVERYTHING, Offer, Progress, Received, Upload
from manualchat.config import Settings
from manualchat.errors import DocumentNotFound, FileUnreadable, ManualchatError
from manualchat.journal import Asked, Feedback, Journal
from manualchat.language import current_language
from manualchat.model import AnswerEvent, Box, Document, Done, Failed, Passage, Sources
from manualchat.protocol import Query, failed_from
from manualchat.suggestions import suggest
from manualchat.uploads import Uploads

if TYPE_CHECKING:
    from manualchat.library import Library

_HEADING_PAGES = 40  # how far into a manual suggestions are looked for
_INTERNAL = Failed(
    code="internal",
    message="내부 오류가 발생했습니다. 로그를 확인하세요. / An internal error. See the log.",
)


class LocalBackend:
    """A library on this machine."""

    place = "local"

    def __init__(self, settings: Settings | None = None, library: Library | None = None) -> None:
        """Opens the library that `settings` names, or serves the given one."""
        from manualchat.library import Library

        self.settings = settings or Settings.load()
        self.library = library or Library(self.settings.library, self.settings)
        folder = Path(self.library.path)
        self.journal = Journal(folder / "journal.db", questions=self.settings.journal)
        self.uploads = Uploads(folder / "uploads")
        self._adding = threading.Lock()  # one add at a time: it uses every core as it is
        self._drawing = threading.Lock()  # MuPDF is not made for threads

    @property
    def offers(self) -> frozenset[Offer]:
        return EVERYTHING

    def ask(self, query: Query) -> Iterator[AnswerEvent]:
        sources: tuple[Passage, ...] = ()
        try:
            for event in self.library.ask(
                query.question,
                history=query.history,
                documents=query.documents,
                top_k=query.top_k,
            ):
                if isinstance(event, Sources):
                    sources = event.passages
                elif isinstance(event, Done):
                    self.journal.asked(_asked(query, event, sources))
                yield event
        except ManualchatError as error:
            yield failed_from(error, current_language())

    def search(self, query: Query) -> list[Passage]:
        return self.library.search(
            query.question, top_k=query.top_k or self.settings.top_k, documents=query.documents
        )

    def documents(self) -> list[Document]:
        return self.library.documents()

    def add(
        self, uploads: Sequence[Upload], *, password: str | None = None
    ) -> Iterator[Progress | Received]:
        for upload in uploads:
            with self._adding:
                yield from self._add(upload, password)

    def _add(self, upload: Upload, password: str | None) -> Iterator[Progress | Received]:
        raise NotImplementedError

    def remove(self, document: str) -> bool:
        found = self.library.document(document)
        if found is None:
            return False
        removed = self.library.remove(found.id)
        self.uploads.discard(Path(found.key))
        return removed

    def page_text(self, document: str, page: int) -> str:
        self._found(document)
        return self.library.page_text(document, page)

    def page_image(
        self, document: str, page: int, *, boxes: Sequence[Box] = (), width: int = 1_000
    ) -> bytes:
        from manualchat.reading.pdf import read_page_image

        found = self._found(document)
        if not 1 <= page <= max(found.pages, 1):
            raise DocumentNotFound(document=f"{found.name}, p.{page}")
        path = self._original(found)
        with self._drawing:
            return read_page_image(path, page, boxes=tuple(boxes), width=width)

    def pdf(self, document: str) -> bytes:
        found = self._found(document)
        path = self._original(found)
        try:
            return path.read_bytes()
        except OSError as error:
            raise FileUnreadable(path=found.name, detail=error.strerror) from None

    def suggestions(self, documents: Sequence[str] | None = None, limit: int = 4) -> list[str]:
        ready = [d for d in self.library.documents() if d.status == "ready" and d.chunks]
        chosen = [d for d in ready if not documents or d.id in documents]
        if not chosen:
            return []
        # One heading of each manual in turn, so that the first manual does not take all.
        each = [iter(suggest(self._headings(d.id), limit)) for d in chosen[: limit * 2]]
        questions: list[str] = []
        while each and len(questions) < limit:
            for headings in list(each):
                question = next(headings, None)
                if question is None:
                    each.remove(headings)
                elif question not in questions:
                    questions.append(question)
        return questions[:limit]

    def _headings(self, document: str) -> list[str]:
        chunks = self.library.store.chunks(document, 1, _HEADING_PAGES)
        return [heading for chunk in chunks for heading in chunk.heading[-1:]]

    def record(self, feedback: Feedback) -> None:
        self.journal.record(feedback)

    def close(self) -> None:
        self.library.close()

    def _found(self, document: str) -> Document:
        found = self.library.document(document)
        if found is None:
            raise DocumentNotFound(document=document)
        return found

    def _original(self, document: Document) -> Path:
        path = Path(document.key)
        if not path.is_file():
            raise FileUnreadable(path=document.name, detail="gone")
        return path


def _asked(query: Query, done: Done, sources: Sequence[Passage]) -> Asked:
    return Asked(
        question=query.question,
        refused=done.refused,
        seconds=done.seconds,
        documents=query.documents or (),
        nearest=tuple(f"{passage.name} p.{passage.page}" for passage in sources[:3]),
    )
