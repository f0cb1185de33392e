"""What MuPDF finds on a page in one pass: lines of glyphs, and the shapes that are drawn.

A page is interpreted once, since that is what reading spends its time on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from manualchat.model import Box

Matrix = tuple[float, float, float, float, float, float]

# fz_stext flags: keep white space, cut what lies outside the page. Ligatures are
# taken apart, images are not wanted, unknown glyphs become U+FFFD.
_TEXT = 2 | 64
# The engine adds no spaces of its own: `korean.py` judges every gap. Each added
# space would be a span, and spans are what extraction spends its time on.
_NO_SPACES = 8
# Shapes come too, and do not break the lines of text that they are drawn between.
_SHAPES = 1024 | 1 << 20
# MuPDF widens the box of a stroke by half the pen's width as the file gives it,
# whatever the scale that it is drawn at. On a page laid out this many times as
# large, that is next to nothing. A power of two leaves every number as it is.
_ZOOM = 64.0
_LARGEST = 1_000_000.0  # points: coordinates end at 2³¹
_MOST_BYTES = 1_000_000  # more content than this is a drawing, whose shapes are no rules


@dataclass(slots=True)
class Layer:
    """Lines as in pymupdf's `rawdict`, and shapes as its blocks of type 3.

    Their coordinates times `unit` are points on the page before its rotation,
    which `turn` does. `width` and `height` are those of the page as displayed.
    """

    lines: list[dict[str, Any]]
    shapes: list[dict[str, Any]]
    unit: float
    turn: Matrix | None
    width: float
    height: float


def layer(page: Any) -> Layer:
    """The lines and shapes of a pymupdf page, in the order of its content stream."""
    flags = _TEXT | _NO_SPACES
    if _content_bytes(page) <= _MOST_BYTES:
        flags |= _SHAPES
    box, rotation = page.rect, page.rotation
    width, height = box.width, box.height
    zoom = _ZOOM if max(width, height) < _LARGEST else 1.0
    clip = (
        (0, 0, height * zoom, width * zoom)
        if rotation % 180
        else (0, 0, width * zoom, height * zoom)
    )
    blocks = _blocks(page, flags, clip, zoom)
    lines = [line for block in blocks for line in block.get("lines", ())]
    if any(_odd(line) for line in lines):
        words = _blocks(page, _TEXT, clip, zoom)
        lines = [line for block in words for line in block.get("lines", ())]
    shapes = [block for block in blocks if block["type"] == 3]
    turn = tuple(page.rotation_matrix) if rotation else None
    return Layer(lines, shapes, 1 / zoom, turn, width, height)


def turned(box: Box, turn: Matrix | None) -> Box:
    """A box on the page as displayed."""
    if turn is None:
        return box
    x0, y0, x1, y1 = box
    a, b, c, d, e, f = turn
    p, q = x0 * a + y0 * c + e, x0 * b + y0 * d + f
    r, s = x1 * a + y1 * c + e, x1 * b + y1 * d + f
    return min(p, r), min(q, s), max(p, r), max(q, s)


def _blocks(page: Any, flags: int, clip: Box, zoom: float) -> list[dict[str, Any]]:
    text = page.get_textpage(clip=clip, flags=flags, matrix=(zoom, 0, 0, zoom, 0, 0))
    blocks: list[dict[str, Any]] = text.extractRAWDICT()["blocks"]
    return blocks


def _odd(line: dict[str, Any]) -> bool:
    """Whether a line is slanted or runs to the left: its gaps cannot be told from its boxes."""
    dx, dy = line["dir"]
    return (abs(dx) <= 0.99 and abs(dy) <= 0.99 and line["wmode"] == 0) or any(
        span["bidi"] & 1 for span in line["spans"]
    )


def _content_bytes(page: Any) -> int:
    """How much content the page has, compressed: cheap to ask, unlike drawing it."""
    return sum([len(page.parent.xref_stream_raw(xref) or b"") for xref in page.get_contents()])
