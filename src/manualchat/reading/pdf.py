"""The reader for PDF files."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from manualchat.config import Settings
from manualchat.errors import DamagedPdf, EmptyFile, EncryptedPdf, FileUnreadable, NotAPdf
from manualchat.model import Box, Page
from manualchat.reading.base import Outline
from manualchat.reading.pages import read_pages


class PdfReader:
    """Reads PDFs. Implements `reading.base.Reader`."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.settings = settings or Settings.load()

    def outline(self, path: Path, *, password: str | None = None) -> Outline:
        """Page count and title. Raises ReadingError."""
        with _open(path, password) as document:
            return Outline(document.page_count, (document.metadata or {}).get("title") or "")

    def read(
        self, path: Path, *, password: str | None = None, first: int = 1, last: int | None = None
    ) -> Iterator[Page]:
        """Pages `first` to `last`, in order, each as soon as it is read."""
        with _open(path, password) as document:
            yield from read_pages(document, first, min(last or 10**9, document.page_count))

    def close(self) -> None:
        """End the workers."""


def read_page_image(
    path: Path,
    page: int,
    *,
    password: str | None = None,
    boxes: tuple[Box, ...] = (),
    width: int = 1000,
) -> bytes:
    """PNG of page `page` (from 1), `width` pixels wide, with `boxes` marked. Raises ReadingError."""
    pymupdf = _pymupdf()

    with _open(path, password) as document:
        if not 1 <= page <= document.page_count:
            raise DamagedPdf(detail=f"no page {page}")
        sheet = document[page - 1]
        for box in boxes:
            rect = pymupdf.Rect(box) * sheet.derotation_matrix
            sheet.draw_rect(rect, color=None, fill=(1, 0.85, 0), fill_opacity=0.35)
        zoom = width / max(sheet.rect.width, 1)
        image: bytes = sheet.get_pixmap(matrix=pymupdf.Matrix(zoom, zoom), alpha=False).tobytes(
            "png"
        )
        return image


def _pymupdf() -> Any:
    pymupdf: Any = importlib.import_module("pymupdf")
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    return pymupdf


def _open(path: Path, password: str | None) -> Any:
    pymupdf = _pymupdf()
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise FileUnreadable(path=path, detail=error.strerror or str(error)) from None
    if not data:
        raise EmptyFile()
    if b"%PDF-" not in data[:1024]:
        raise NotAPdf(found="?")
    try:
        document = pymupdf.open(stream=data, filetype="pdf")
    except Exception as error:
        raise DamagedPdf(detail=str(error)) from None
    if document.needs_pass and not document.authenticate(password or ""):
        raise EncryptedPdf(detail="wrong password" if password else "no password given")
    if document.page_count == 0:
        raise DamagedPdf(detail="no pages")
    return document
