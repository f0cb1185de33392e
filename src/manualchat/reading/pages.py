"""An open PDF to pages, one after the other. Runs inside the sandbox."""

from __future__ import annotations

import re
from collections import Counter, OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from manualchat.model import Page
from manualchat.reading.drawn import Drawn, drawn
from manualchat.reading.furniture import WINDOW, Edges, edges, furniture
from manualchat.reading.glyphs import Segment, segments
from manualchat.reading.layer import layer
from manualchat.reading.order import regions
from manualchat.reading.structure import body_size, compose, sizes
from manualchat.reading.tables import tables

_LETTER = re.compile(r"[^\W_]")
_SOLID = re.compile(r"\S")
_STRANGE = re.compile("[\ufffd\ue000-\uf8ff\x80-\x9f]")
_FEW, _ENOUGH = 30, 150  # letters and digits on a page
_OUTLINES = 60  # glyph-sized shapes in rows that make a page worth OCR


@dataclass(slots=True)
class Parsed:
    """A page's segments before its neighbours are known."""

    segments: list[Segment]
    edges: Edges
    sizes: Counter[float]
    drawn: Drawn
    label: str = ""


def parse(page: Any) -> Parsed:
    """The text layer of a pymupdf page, and what is drawn around it."""
    found = layer(page)
    text = segments(found)
    return Parsed(text, edges(text, found.height), sizes(text), drawn(found))


def read_pages(document: Any, first: int, last: int) -> Iterator[tuple[Page, bool]]:
    """Pages `first` to `last` (from 1) of an open pymupdf document, and whether each wants OCR."""
    parsed: OrderedDict[int, Parsed] = OrderedDict()
    count = document.page_count
    labelled = _labelled(document)
    for number in range(first, last + 1):
        low, high = max(1, number - WINDOW), min(count, number + WINDOW)
        for near in range(low, high + 1):
            if near not in parsed:
                parsed[near] = _parse_or_blank(document, near, labelled)
        while parsed and next(iter(parsed)) < low:
            parsed.popitem(last=False)
        window = [parsed[near] for near in range(low, high + 1)]
        page = assemble(number, window, number - low)
        yield page, _wants_ocr(document, page, window[number - low].drawn)


def _labelled(document: Any) -> bool:
    """Whether the file gives its pages labels: few do, and asking page by page takes its time."""
    try:
        return bool(document.get_page_labels())
    except MemoryError:
        raise
    except Exception:  # damaged labels are none
        return False


def _parse_or_blank(document: Any, number: int, labelled: bool) -> Parsed:
    """One broken page is a blank page: the others are still read."""
    try:
        sheet = document[number - 1]
        parsed = parse(sheet)
        if labelled:
            parsed.label = sheet.get_label() or ""
        return parsed
    except Exception as error:  # the engine has its own error types
        if (
            isinstance(error, MemoryError)
            or "malloc" in str(error)
            or "memory" in str(error).lower()
        ):
            raise
        return Parsed([], Edges(), Counter(), Drawn())


def _wants_ocr(document: Any, page: Page, shapes: Drawn) -> bool:
    """Whether a person sees text on this page that its text layer does not give.

    That is: next to no text but something drawn; rows of glyph-sized outlines
    beside the text; a large picture with little text; or garbled text.
    """
    letters = sum(1 for _ in islice(_LETTER.finditer(page.text), _ENOUGH))
    if shapes.outlines >= _OUTLINES or (letters < _FEW and shapes.shapes):
        return True
    if letters == _ENOUGH:
        return garbled(page.text)
    try:
        return _pictured(document[page.number - 1], letters)
    except MemoryError:
        raise
    except Exception:  # a page that cannot be drawn is not read from its picture either
        return False


def _pictured(sheet: Any, letters: int) -> bool:
    """Whether pictures may hold text beside these few letters. Interprets the page again."""
    drawn = sheet.get_bboxlog()
    if letters < _FEW:
        return any(kind.startswith(("fill", "stroke")) and "text" not in kind for kind, _ in drawn)
    area = sheet.rect.width * sheet.rect.height
    return any(
        kind == "fill-image" and (x1 - x0) * (y1 - y0) > area / 4
        for kind, (x0, y0, x1, y1) in drawn
    )


def assemble(number: int, window: list[Parsed], here: int) -> Page:
    """One page, given the parsed pages around it."""
    page = window[here]
    body = body_size(p.sizes for p in window)
    out, printed = furniture([p.edges for p in window], here, body)
    left_out = {id(segment) for segment in out}
    kept = [s for s in page.segments if id(s) not in left_out] or page.segments
    ruled, loose = tables(page.drawn, kept)
    text, blocks, layout = compose(regions(loose, ruled), body)
    return Page(
        number=number,
        text=text,
        label=printed or page.label,
        blocks=blocks,
        layout=layout,
        method="text" if text.strip() else "empty",
        hidden="\n".join(line for table in ruled for line in table.filled),
    )


def garbled(text: str) -> bool:
    """Whether this text cannot be what the page shows: unmapped or private characters."""
    strange = len(_STRANGE.findall(text))
    return bool(strange) and strange * 4 > len(_SOLID.findall(text))


def readable_layer(sheet: Any) -> list[Segment]:
    """The segments of a page's text layer; none when it is garbled."""
    found = parse(sheet).segments
    return [] if garbled("".join(s.text for s in found)) else found
