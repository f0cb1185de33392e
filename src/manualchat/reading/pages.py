"""An open PDF to pages, one after the other. Runs inside the sandbox."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from manualchat.model import Page
from manualchat.reading.furniture import WINDOW, Edges, edges, furniture
from manualchat.reading.glyphs import TEXT_FLAGS, Segment, segments
from manualchat.reading.order import regions
from manualchat.reading.structure import body_size, compose


@dataclass(slots=True)
class Parsed:
    """A page's segments before its neighbours are known."""

    segments: list[Segment]
    edges: Edges
    width: float
    height: float
    label: str


def parse(page: Any) -> Parsed:
    """The text layer of a pymupdf page."""
    raw = page.get_text("rawdict", flags=TEXT_FLAGS, sort=False)
    turn = tuple(page.rotation_matrix) if page.rotation else None
    found = segments(raw, turn)
    width, height = page.rect.width, page.rect.height
    return Parsed(found, edges(found, height), width, height, page.get_label() or "")


def read_pages(document: Any, first: int, last: int) -> Iterator[tuple[Page, bool]]:
    """Pages `first` to `last` (from 1) of an open pymupdf document, and whether each wants OCR."""
    parsed: OrderedDict[int, Parsed] = OrderedDict()
    count = document.page_count
    for number in range(first, last + 1):
        low, high = max(1, number - WINDOW), min(count, number + WINDOW)
        for near in range(low, high + 1):
            if near not in parsed:
                parsed[near] = parse(document[near - 1])
        while parsed and next(iter(parsed)) < low:
            parsed.popitem(last=False)
        window = [parsed[near] for near in range(low, high + 1)]
        page = assemble(number, window, number - low)
        yield page, wants_ocr(document[number - 1], page)


def assemble(number: int, window: list[Parsed], here: int) -> Page:
    """One page, given the parsed pages around it."""
    page = window[here]
    body = body_size(p.segments for p in window)
    out, printed = furniture([p.edges for p in window], here, body)
    left_out = {id(segment) for segment in out}
    kept = [s for s in page.segments if id(s) not in left_out] or page.segments
    text, blocks, layout = compose(regions(kept), body)
    return Page(
        number=number,
        text=text,
        label=printed or page.label,
        blocks=blocks,
        layout=layout,
        method="text" if text.strip() else "empty",
    )


def wants_ocr(sheet: Any, page: Page) -> bool:
    """Whether a person sees text on this page that its text layer does not give."""
    return page.method == "empty"
