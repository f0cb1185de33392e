"""The backend in this process: a Library, its uploads folder and its journal."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from contextvars import copy_context
from functools import lru_cache
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

from manualchat.client import EVERYTHING, Offer, Progress, Received, Upload
from manualchat.config import Settings
from manualchat.errors import DocumentNotFound, FileUnreadable, ManualchatError
from manualchat.journal import FILE, Asked, Feedback, Journal
from manualchat.language import current_language
from manualchat.model import AnswerEvent, Box, Document, Done, Passage, Sources
from manualchat.protocol import Query, failed_from
from manualchat.suggestions import suggest
from manualchat.uploads import Uploads, safe_name

if TYPE_CHECKING:
    from manualchat.ingest import Progress as Ingested
    from manualchat.library import Library

_HEADING_PAGES = 40  # how far into a manual suggestions are looked for


class LocalBackend:
    """A library on this machine."""

    place = "local"

    def __init__(self, settings: Settings | None = None, library: Library | None = None) -> None:
        """Opens the library that `settings` names, or serves the given one."""
        from manualchat.library import Library

        self.settings = settings or Settings.load()
        self.library = library or Library(self.settings.library, self.settings)
        folder = self.library.path
        self.journal = Journal(folder / FILE, questions=self.settings.journal)
        self.uploads = Uploads(folder / "uploads")
        threading.Thread(target=self._warm, name="manualchat-warm", daemon=True).start()
        self._adding = threading.Lock()  # one add at a time: it uses every core as it is

    def _warm(self) -> None:
        """Load the model, the analyser and the matrix before the first question needs them."""
        with suppress(Exception):
            if any(document.chunks for document in self.library.documents()):
                for _ in self.library.ask("준비"):
                    pass

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
        with self._adding:
            for together in _apart(uploads):
                yield from self._add(together, password)

    def _add(
        self, uploads: Sequence[Upload], password: str | None
    ) -> Iterator[Progress | Received]:
        with ExitStack() as stack:
            placed = [stack.enter_context(self.uploads.placed(u.name, u.path)) for u in uploads]
            names = {p.path: u.name for p, u in zip(placed, uploads, strict=True)}
            by_path = {p.path: p for p in placed}
            for event in self._ingest(list(names), password):
                if event.added is None:
                    yield Progress(names[event.path], event.done, event.pages)
                    continue
                added = event.added
                # A version that was ready stays so when its successor cannot be read.
                by_path[event.path].keep = (
                    added.outcome != "failed" or added.document.status != "ready"
                )
                yield Received(
                    names[event.path], added.outcome, added.document, added.reason, added.seconds
                )

    def _ingest(self, paths: list[Path], password: str | None) -> Iterator[Ingested]:
        """`Library.add` turned inside out: its reports, as they come, from a thread."""
        reports: SimpleQueue[Ingested | BaseException | None] = SimpleQueue()
        gone = threading.Event()

        def tell(report: Ingested) -> None:
            if gone.is_set():
                raise _NobodyWaits
            reports.put(report)

        def work() -> None:
            try:
                self.library.add(paths, password=password, on_progress=tell)
                reports.put(None)
            except BaseException as error:
                reports.put(error)

        thread = threading.Thread(
            target=copy_context().run, args=(work,), name="manualchat-add", daemon=True
        )
        thread.start()
        try:
            while (report := reports.get()) is not None:
                if isinstance(report, BaseException):
                    raise report
                yield report
        finally:
            gone.set()
            thread.join()

    def remove(self, document: str) -> bool:
        try:
            found = self.library.document(document)
            removed = self.library.remove(found.id)
        except DocumentNotFound:
            return False
        self.uploads.discard(Path(found.key))
        return removed

    def page_text(self, document: str, page: int) -> str:
        found = self._page(document, page)
        return self.library.page_text(found.id, page)

    def page_image(
        self, document: str, page: int, *, boxes: Sequence[Box] = (), width: int = 1_000
    ) -> bytes:
        from manualchat.reading.pdf import read_page_image

        path = self._original(self._page(document, page))
        return read_page_image(path, page, boxes=boxes, width=width)

    def pdf(self, document: str) -> bytes:
        found = self.library.document(document)
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
        each = [(d.id, iter(suggest(self._headings(d.id), limit * 2))) for d in chosen[: limit * 2]]
        questions: list[str] = []
        while each and len(questions) < limit:
            for document, candidates in list(each):
                question = next((q for q in candidates if self._answers(q, document)), None)
                if question is None:
                    each.remove((document, candidates))
                elif question not in questions:
                    questions.append(question)
        return questions[:limit]

    def _answers(self, question: str, document: str) -> bool:
        """Whether a suggestion would be answered. Not tried where trying costs money."""
        if self.settings.answerer != "extractive":
            return True
        events = self.library.ask(question, documents=[document])
        return any(isinstance(event, Done) and not event.refused for event in events)

    def _headings(self, document: str) -> list[str]:
        chunks = self.library.store.chunks(document, 1, _HEADING_PAGES)
        return [heading for chunk in chunks for heading in chunk.heading[-1:]]

    def record(self, feedback: Feedback) -> None:
        self.journal.record(feedback)

    def close(self) -> None:
        self.library.close()

    def _page(self, document: str, page: int) -> Document:
        found = self.library.document(document)
        if not 1 <= page <= found.pages:
            raise DocumentNotFound(document=f"{found.name}, p.{page}")
        return found

    def _original(self, document: Document) -> Path:
        """The PDF. Marks drawn on a file that changed since would lie: refused."""
        path = Path(document.key)
        try:
            content = _content(path, path.stat().st_mtime_ns)
        except OSError as error:
            raise FileUnreadable(path=document.name, detail=error.strerror) from None
        if document.content and not document.content.startswith(content):
            changed = {"ko": "추가한 뒤에 파일이 바뀌었습니다", "en": "changed since it was added"}
            raise FileUnreadable(path=document.name, detail=changed[current_language()])
        return path


class _NobodyWaits(Exception):
    """The one who asked for an upload has gone."""


@lru_cache(maxsize=256)
def _content(path: Path, modified: int) -> str:
    """The file's sha256, once for each time it was modified."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _apart(uploads: Sequence[Upload]) -> Iterator[list[Upload]]:
    """Uploads in rounds, no file name twice in one: the later file is the newer version."""
    waiting = list(uploads)
    while waiting:
        names: set[str] = set()
        together: list[Upload] = []
        later: list[Upload] = []
        for upload in waiting:
            name = safe_name(upload.name)
            (later if name in names else together).append(upload)
            names.add(name)
        yield together
        waiting = later


def _asked(query: Query, done: Done, sources: Sequence[Passage]) -> Asked:
    return Asked(
        question=query.question,
        refused=done.refused,
        seconds=done.seconds,
        documents=query.documents or (),
        nearest=tuple(f"{passage.name} p.{passage.page}" for passage in sources[:3]),
    )
