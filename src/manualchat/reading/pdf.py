"""The reader for PDF files: one sandboxed worker a document, OCR on all cores.

Text comes from one worker, page by page. Pages without usable text go to OCR
workers, as many at once as there are cores however many documents are read,
and are put back into their place.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from manualchat.config import Settings
from manualchat.errors import (
    EmptyFile,
    FileUnreadable,
    NotAPdf,
    NoText,
    ReaderCrashed,
    ReadingError,
    ReadingLimit,
)
from manualchat.model import Box, Page
from manualchat.reading import ocr_cache, sniff, tesseract, wire
from manualchat.reading.base import Outline
from manualchat.reading.sandbox import Worker, Workers

_OPENING = {"en": "opening it", "ko": "여는 중"}
_AHEAD = 4  # pages a core that may wait for their turn behind a slow one
_BLANK = {
    "en": "The pages hold no text and no pictures of text.",
    "ko": "쪽에 글자도, 글자가 든 그림도 없습니다.",
}

_log = logging.getLogger(__name__)
_ocr_lock = threading.Lock()
_ocr_threads: ThreadPoolExecutor | None = None


def _ocr_pool() -> ThreadPoolExecutor:
    """One for the process: OCR uses each core once, whoever asks."""
    global _ocr_threads  # noqa: PLW0603 - the cores are global too
    with _ocr_lock:
        if _ocr_threads is None:
            _ocr_threads = ThreadPoolExecutor(os.cpu_count() or 1, "ocr")
        return _ocr_threads


class PdfReader:
    """Reads PDFs. Implements `reading.base.Reader`; safe to use from several threads."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings.load()
        self._workers = Workers(self.settings.reader_memory, self.settings.page_seconds)
        self._engine = tesseract.find(self.settings)

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same file would be read otherwise (code, OCR, limits)."""
        return f"4{'o' if self._engine.usable else ''}"

    def outline(self, path: Path, *, password: str | None = None) -> Outline:
        """Page count and title. Raises ReadingError."""
        worker, outline = self._open(Path(path), password, self._deadline())
        self._workers.give_back(worker, well=True)
        return outline

    def read(
        self, path: Path, *, password: str | None = None, first: int = 1, last: int | None = None
    ) -> Generator[Page, None, None]:
        """Pages `first` to `last`, in order, each as soon as it is read.

        Raises ReadingError, also in the middle; NoText after the last page when
        the whole document was asked for and no page has text. Closing the
        iterator ends the work.
        """
        path, until = Path(path), self._deadline()
        worker, outline = self._open(path, password, until)
        stop = min(last or outline.pages, outline.pages)
        line: deque[Page | Future[Page]] = deque()
        most = _AHEAD * (os.cpu_count() or 1)
        well = wanted_ocr = False
        blank = first == 1 and stop == outline.pages
        try:
            worker.ask("read", first=first, last=stop, ocr=True)
            for found in _pages(worker, first, until):
                page = wire.page_from_json(found["page"])
                if found["ocr"]:
                    wanted_ocr = True
                if found["ocr"] and self._engine.usable:
                    line.append(_ocr_pool().submit(self._ocr, path, password, page, until))
                else:
                    line.append(page)
                while line and (
                    len(line) > most or not isinstance(line[0], Future) or line[0].done()
                ):
                    page = _finished(line.popleft())
                    blank = blank and page.method == "empty"
                    yield page
            well = True
            while line:
                page = _finished(line.popleft())
                blank = blank and page.method == "empty"
                yield page
        finally:
            for waiting in line:
                if isinstance(waiting, Future):
                    waiting.cancel()
            self._workers.give_back(worker, well=well)
        if blank:
            remedy = self._engine.remedy if wanted_ocr and self._engine.remedy else _BLANK
            raise NoText(pages=outline.pages, remedy=dict(remedy))

    @property
    def ocr_remedy(self) -> dict[str, str]:
        """What to do so that scans can be read ("en" and "ko"); empty when they can."""
        return dict(self._engine.remedy)

    def image(
        self,
        path: Path,
        page: int,
        *,
        password: str | None = None,
        boxes: Sequence[Box] = (),
        width: int = 1000,
    ) -> bytes:
        """PNG of page `page` (from 1), `width` pixels wide, with `boxes` marked."""
        until = self._deadline()
        worker, _ = self._open(Path(path), password, until)
        well = False
        try:
            worker.ask(
                "image", page=page, boxes=[list(b) for b in boxes], width=max(16, min(width, 6000))
            )
            picture = worker.answer(until, _reading(page))
            if not isinstance(picture, bytes):
                raise ReaderCrashed(detail="?")
            well = True
            return picture
        finally:
            self._workers.give_back(worker, well=well)

    def close(self) -> None:
        """End the idle workers. The reader may be used again."""
        self._workers.close()

    def _deadline(self) -> float:
        return time.monotonic() + self.settings.document_seconds

    def _open(self, path: Path, password: str | None, until: float) -> tuple[Worker, Outline]:
        """A worker that has the file open. Raises ReadingError."""
        same = (*_check(path), password)
        worker = self._workers.take(same)
        well = False
        try:
            if worker.opened != same:
                worker.opened = None
                worker.ask("open", path=str(path), password=password)
                found = worker.answer(until, _OPENING)
                worker.documents += 1
                worker.opened = same
                worker.outline = Outline(int(found["pages"]), str(found["title"]))
            outline = worker.outline
            if outline.pages > self.settings.max_pages:
                most = self.settings.max_pages
                raise ReadingLimit(
                    limit={
                        "en": f"{outline.pages:,} pages, at most {most:,}",
                        "ko": f"{outline.pages:,}쪽, 최대 {most:,}쪽",
                    },
                    setting="MANUALCHAT_MAX_PAGES",
                )
            well = True
            return worker, outline
        finally:
            if not well:
                self._workers.give_back(worker, well=worker.fit)

    def _ocr(self, path: Path, password: str | None, page: Page, until: float) -> Page:
        """The page read by OCR, or from the cache; as it was when OCR fails on it."""
        try:
            worker, _ = self._open(path, password, until)
        except ReadingError:
            return page
        well = False
        try:
            worker.ask("ocr", page=page.number, engine=self._engine.to_json())
            key = str(worker.answer(until, _reading(page.number))["key"])
            cached = ocr_cache.get(self.settings, key)
            worker.tell(go=cached is None)
            if cached is None:
                cached = worker.answer(until, _reading(page.number))["page"]
                ocr_cache.put(self.settings, key, cached)
            found = wire.page_from_json({**cached, "n": page.number})
            well = True
        except (ReadingError, wire.Broken, KeyError, TypeError) as error:
            # One page that OCR dies of must not cost the document.
            _log.warning("%s, page %d: OCR failed: %s", path.name, page.number, error)
            return page
        finally:
            self._workers.give_back(worker, well=well)
        return tesseract.combine(page, found)


def _pages(worker: Worker, first: int, until: float) -> Iterator[dict[str, Any]]:
    number = first
    while True:
        found = worker.answer(until, _reading(number))
        if not isinstance(found, dict) or found.get("end"):
            return
        yield found
        number += 1


def _finished(waiting: Page | Future[Page]) -> Page:
    return waiting.result() if isinstance(waiting, Future) else waiting


def _reading(page: int) -> dict[str, str]:
    return {"en": f"reading page {page}", "ko": f"{page}쪽을 읽는 중"}


def _check(path: Path) -> tuple[object, ...]:
    """Look at the file's first bytes; what names this version of it. Raises ReadingError."""
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            head = file.read(4096)
    except OSError as error:
        raise FileUnreadable(path=path, detail=error.strerror or type(error).__name__) from None
    if not head:
        raise EmptyFile()
    other = sniff.not_a_pdf(head)
    if other is not None:
        raise NotAPdf(found=dict(other))
    return str(path), status.st_mtime_ns, status.st_size


_shared: PdfReader | None = None
_shared_lock = threading.Lock()


def read_page_image(
    path: Path,
    page: int,
    *,
    password: str | None = None,
    boxes: Sequence[Box] = (),
    width: int = 1000,
) -> bytes:
    """PNG of page `page` (from 1), `width` pixels wide, with `boxes` marked.

    Drawn by a sandboxed worker that stays warm. Raises ReadingError.
    """
    global _shared  # noqa: PLW0603 - a warm worker is worth it to every caller
    with _shared_lock:
        if _shared is None:
            _shared = PdfReader()
    return _shared.image(path, page, password=password, boxes=boxes, width=width)
