"""From an event to searchable pages, exactly once in effect.

    created ─► begin ─► plan ─► part … part ─► finish ─► sweep, and again later
    removed ─► remove ─► sweep, and again later

Every step may run twice, late, or at the same time as another: what it may
change is decided by the ledger (store/head.py), and pages that are in the index
are not read again. A step that is cut off is delivered again by the queue.
"""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Literal

from manualchat.chunking import Chunker, embedding_text
from manualchat.config import Settings
from manualchat.embedding.base import Embedder
from manualchat.errors import BackendError, ManualchatError, NoText, ReadingError
from manualchat.handlers.messages import Created, Finish, Message, Part, Removed, Sweep
from manualchat.handlers.objects import ObjectGone, Objects
from manualchat.language import language_of
from manualchat.model import Chunk, Document, Page, chunk_id, document_id
from manualchat.reading.base import Outline, Reader
from manualchat.store.aws import AwsStore
from manualchat.store.base import Ingest
from manualchat.store.ledger import PageDone, Progress
from manualchat.titles import document_title

Outcome = Literal[
    "planned", "working", "continued", "waiting", "ready", "stale", "failed", "removed", "swept"
]
Send = Callable[[Iterable[tuple[Part | Finish | Sweep, int]]], None]

_GROUP_SECONDS = 20  # of reading; OCR is slow
GROUP = 64  # chunks that are embedded and written together
_CHUNKS_A_PAGE = 1_000  # ordinals are page × this + place, so that parts need not count
_HEADINGS_BEFORE = 2  # pages read before a part, for the headings that it starts under
_FINISH_AGAIN = 15  # seconds until a look whether everything is searchable
_FINISH_TRIES = 240  # looks: an hour
_SWEEP_AGAIN = (120, 900)  # seconds; 900 is SQS' longest, and longer than any invocation


class OutOfTime(BackendError):
    """The invocation ends soon, and there is no queue to hand the rest to."""

    code = "out-of-time"
    en = "Not done within one invocation ({detail}); it goes on when the event comes again."
    ko = "한 번의 실행 안에 끝나지 않았습니다({detail}). 이벤트가 다시 오면 이어서 처리합니다."


_Cut = tuple[Page, Sequence[Chunk]]


@dataclass(frozen=True, slots=True)
class Result:
    """What one message came to."""

    outcome: Outcome
    document: str
    revision: str = ""
    pages: int = 0
    chunks: int = 0
    reason: str = ""


class Ingestion:
    """Handles one message after another.

    `send` puts messages, with delays in seconds, on the queue; None where there
    is no queue: then one invocation does all of a document, and waits.
    """

    def __init__(
        self,
        store: AwsStore,
        embedder: Embedder,
        reader: Reader,
        objects: Objects,
        settings: Settings,
        *,
        send: Send | None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._embedder = embedder
        self._reader = reader
        self._objects = objects
        self._settings = settings
        self._send = send
        self._clock = clock
        self._model_checked = False

    def handle(self, message: Message, remaining: Callable[[], float]) -> Result:
        """Do what the message asks. `remaining` gives the seconds in which more may be started.

        Raises ReadingError when the document was recorded as failed, and
        BackendError when the message should come again.
        """
        try:
            return self._do(message, remaining)
        except ObjectGone as error:
            # Another event tells what took its place: no use in trying again.
            return self.give_up(message, error)

    def _do(self, message: Message, remaining: Callable[[], float]) -> Result:
        match message:
            case Created():
                return self._created(message, remaining)
            case Removed():
                return self._removed(message, remaining)
            case Part():
                ingest = Ingest(message.ingest, message.document, message.revision)
                return self._part(ingest, message, remaining)
            case Finish():
                ingest = Ingest(message.ingest, message.document, message.revision)
                return self._finish(ingest, message.tries)
            case Sweep():
                self._store.sweep(message.document)
                return Result("swept", message.document)

    def give_up(self, message: Message, error: BaseException) -> Result:
        """Record that this message will not be tried again."""
        reason = _reason(error)
        match message:
            case Created():
                document = document_id(message.source.key)
                ingest = self._store.resume(document, message.revision)
                if ingest:
                    self._fail(ingest, reason)
                return Result("failed", document, message.revision, reason=reason)
            case Part() | Finish():
                ingest = Ingest(message.ingest, message.document, message.revision)
                self._fail(ingest, reason)
                return Result("failed", message.document, message.revision, reason=reason)
        return Result("failed", getattr(message, "document", ""), reason=reason)

    # an object was put

    def _created(self, message: Created, remaining: Callable[[], float]) -> Result:
        source = message.source
        name = unicodedata.normalize("NFC", PurePosixPath(source.key).name)
        document = Document(
            id=document_id(source.key),
            key=source.key,
            name=name,
            revision=message.revision,
            status="received",
            added=message.time or datetime.now(UTC).isoformat(timespec="seconds"),
        )
        ingest = self._store.resume(document.id, message.revision) or self._store.begin(
            document,
            deadline=self._clock() + self._settings.ingest_deadline,
            source=source.version or source.etag,
        )
        if ingest is None:
            # Known already. Perhaps whoever brought it in died before the sweep.
            self._sweep(document.id)
            return Result("stale", document.id, message.revision)
        if not self._model_checked:
            self._store.expect_model(self._embedder.identity, self._embedder.dimensions)
            self._model_checked = True
        progress = self._store.ledger.progress(ingest.id)
        if progress.planned:
            if progress.complete:
                return self._finish(ingest, 0)
            return Result("planned", document.id, message.revision, progress.total)
        try:
            with self._objects.file(source) as path:
                outline = self._reader.outline(path)
                title = self._title(path, outline)
                document = replace(document, title=title, pages=outline.pages)
                self._store.describe(ingest, document)
                whole = Part(
                    document.id, ingest.id, ingest.revision, source, 1, outline.pages, outline.pages
                )
                if self._send is None or outline.pages <= self._settings.part_pages:
                    return self._part(ingest, whole, remaining, path)
        except ReadingError as error:
            self._fail(ingest, _reason(error))
            raise
        step = self._settings.part_pages
        parts = [
            replace(whole, first=first, last=min(first + step - 1, whole.total))
            for first in range(1, whole.total + 1, step)
        ]
        self._send((part, 0) for part in parts)
        self._store.ledger.record(ingest.id, whole.total, {}, planned=True)
        return Result("planned", document.id, message.revision, whole.total)

    def _title(self, path: Path, outline: Outline) -> str:
        """What the manual calls itself: every chunk is written with it, so it is read first."""
        with closing(self._reader.read(path, first=1, last=1)) as pages:
            first = next(pages, None)
        return document_title(outline.title, first) if first else outline.title

    # its pages

    def _part(
        self,
        ingest: Ingest,
        part: Part,
        remaining: Callable[[], float],
        path: Path | None = None,
    ) -> Result:
        standing = self._standing(ingest)
        if standing:
            return standing
        progress = self._store.ledger.progress(ingest.id)
        missing = [n for n in range(part.first, part.last + 1) if n not in progress.pages]
        if missing:
            part = replace(part, first=missing[0], last=missing[-1])
            with nullcontext(path) if path else self._objects.file(part.source) as file:
                progress = self._bring_in(ingest, part, file, remaining)
        left = [n for n in missing if n not in progress.pages]
        done = len(missing) - len(left)
        # A part that another ingest overtook leaves chunks behind, which are swept here.
        standing = self._standing(ingest)
        if standing:
            return standing
        if left and self._send is None:
            raise OutOfTime(detail=f"{len(progress.pages)}/{part.total}")
        if left and self._send:
            self._send([(replace(part, first=left[0], last=left[-1]), 0)])
            return Result("continued", part.document, part.revision, done)
        if not progress.complete:
            return Result("working", part.document, part.revision, done)
        return self._finish(ingest, 0)

    def _bring_in(
        self, ingest: Ingest, part: Part, path: Path, remaining: Callable[[], float]
    ) -> Progress:
        """Read, cut, embed and write pages, and record each group of them.

        Stops early when the time runs short, or a newer ingest took over.
        """
        pending = self._store.ledger.head(ingest.document).pending
        document = pending.document if pending else None
        title = (document.title or Path(document.name).stem) if document else ""
        progress = Progress(part.total)
        with closing(self._groups(self._pages(ingest, part, path))) as groups:
            for pages in groups:
                self._write(ingest, title, [chunk for _, cut in pages for chunk in cut])
                done = {
                    page.number: PageDone(
                        len(cut), page.method, language_of(page.text) if page.text else ""
                    )
                    for page, cut in pages
                }
                progress = self._store.ledger.record(ingest.id, part.total, done)
                if remaining() <= 0 or not self._store.current(ingest):
                    break
        return progress

    def _groups(self, pages: Generator[_Cut, None, None]) -> Generator[list[_Cut], None, None]:
        """Pages together until they hold a group of chunks, or took long to read."""
        group: list[_Cut] = []
        count, began = 0, self._clock()
        with closing(pages):
            for page, chunks in pages:
                group.append((page, chunks))
                count += len(chunks)
                if count >= GROUP or self._clock() - began >= _GROUP_SECONDS:
                    yield group
                    group, count, began = [], 0, self._clock()
        if group:
            yield group

    def _pages(self, ingest: Ingest, part: Part, path: Path) -> Generator[_Cut, None, None]:
        """Pages of the part with their chunks, numbered by page."""
        chunker = Chunker(ingest.document, ingest.revision)
        start = max(1, part.first - _HEADINGS_BEFORE)
        with closing(self._reader.read(path, first=start, last=part.last)) as pages:
            for page in pages:
                cut = list(chunker.cut(page))
                if page.number < part.first:
                    continue
                numbers = (page.number * _CHUNKS_A_PAGE + i for i in range(len(cut)))
                yield (
                    page,
                    [
                        replace(
                            chunk,
                            ordinal=number,
                            id=chunk_id(ingest.document, ingest.revision, number),
                        )
                        for chunk, number in zip(cut, numbers, strict=True)
                    ],
                )

    def _write(self, ingest: Ingest, title: str, chunks: Sequence[Chunk]) -> None:
        for start in range(0, len(chunks), GROUP):
            group = chunks[start : start + GROUP]
            vectors = self._embedder.passages([embedding_text(title, c) for c in group])
            self._store.write(ingest, group, vectors)

    # all of them are in

    def _finish(self, ingest: Ingest, tries: int) -> Result:
        standing = self._standing(ingest)
        if standing:
            return standing
        progress = self._store.ledger.progress(ingest.id)
        pending = self._store.ledger.head(ingest.document).pending
        if pending is None or not progress.complete:
            return Result("working", ingest.document, ingest.revision)
        document = _counted(pending.document, progress)
        if progress.counted("empty") == progress.total:
            remedy = getattr(self._reader, "ocr_remedy", None) or ""
            error = NoText(pages=progress.total, remedy=remedy)
            self._fail(ingest, _reason(error))
            raise error
        if not self._store.searchable(ingest, document.chunks, self._settings.index_wait):
            if self._send is None or tries >= _FINISH_TRIES:
                detail = f"{document.chunks} written chunks are not searchable yet"
                raise BackendError(service="OpenSearch", detail=detail)
            again = Finish(ingest.document, ingest.id, ingest.revision, tries + 1)
            self._send([(again, _FINISH_AGAIN)])
            return Result("waiting", ingest.document, ingest.revision, progress.total)
        if not self._store.activate(ingest, document):
            self._sweep(ingest.document)
            return Result("stale", ingest.document, ingest.revision)
        self._sweep(ingest.document)
        return Result("ready", ingest.document, ingest.revision, progress.total, document.chunks)

    # an object is gone

    def _removed(self, message: Removed, remaining: Callable[[], float]) -> Result:
        """Remove the document, unless only an old version of its object was deleted."""
        document = document_id(message.source.key)
        version = message.source.version
        if version:
            head = self._store.ledger.head(document)
            shown = [v.source for v in (head.active, head.pending) if v]
            current = self._objects.current(message.source)
            if current and version not in shown and shown:
                return Result("stale", document, message.revision)
            if current:  # what we show was deleted for good; an older version came back
                return self._created(Created(current, message.revision), remaining)
        self._store.remove(document, message.revision)
        self._sweep(document)
        return Result("removed", document, message.revision)

    # all of it

    def _standing(self, ingest: Ingest) -> Result | None:
        """None while the ingest is being brought in; else what became of it."""
        head = self._store.ledger.head(ingest.document)
        if head.pending and head.pending.ingest == ingest.id:
            return None
        self._sweep(ingest.document)
        ready = head.active is not None and head.active.ingest == ingest.id
        return Result("ready" if ready else "stale", ingest.document, ingest.revision)

    def _sweep(self, document: str) -> None:
        """Delete what is out of date: now, and again when a search shows all of it."""
        if self._send is not None:
            self._send([(Sweep(document), delay) for delay in _SWEEP_AGAIN])
        self._store.sweep(document)

    def _fail(self, ingest: Ingest, reason: str) -> None:
        pending = self._store.ledger.head(ingest.document).pending
        if pending and pending.ingest == ingest.id:
            self._store.fail(ingest, replace(pending.document, reason=reason))


def _counted(document: Document, progress: Progress) -> Document:
    return replace(
        document,
        pages=progress.total,
        chunks=progress.chunks,
        pages_ocr=progress.counted("ocr"),
        pages_empty=progress.counted("empty"),
        language=progress.language,
    )


def _reason(error: BaseException) -> str:
    """The reason that a list shows: Korean and English, since nobody is asking yet."""
    if isinstance(error, ManualchatError):
        return f"{error.message('ko')} / {error.message('en')}"
    kind = type(error).__name__
    return (
        f"처리 중 예기치 않은 오류가 발생했습니다({kind}). 함수의 로그를 확인하세요. "
        f"/ An unexpected error stopped the work ({kind}). See the function's logs."
    )
