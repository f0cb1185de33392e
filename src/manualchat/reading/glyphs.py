"""Glyphs to segments: runs of words on one line, with their boxes.

Written for speed: a page has some 1,500 glyphs, and pages are wanted at 100 a
second. Hence plain tuples and one pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from manualchat.model import Box
from manualchat.reading.korean import CJK, FEW_GAPS, LATIN_GAP, WORD_GAP, gap_threshold

# fz_stext flags: keep white space, cut what lies outside the page. Ligatures are
# taken apart, images are not wanted, unknown glyphs become U+FFFD.
TEXT_FLAGS = 2 | 64
_SPACES = frozenset(
    " \t\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
)
_INVISIBLE = frozenset("\u200b\u200c\u200d\u2060\ufeff\u00ad\u0000\r\n")
_TALL = 1.6  # ems: a box taller than this is not the glyph's
_BOLD = 16  # pymupdf's span flag

Word = tuple[str, float, float, float, float]


@dataclass(slots=True, eq=False)
class Segment:
    """Words that stand together on a line. Boxes as displayed, in points."""

    words: list[Word]
    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    bold: bool = False
    block: int = 0
    vertical: bool = False
    open_end: bool = False  # a space glyph ends the line
    confidence: float = 100.0

    @property
    def text(self) -> str:
        return " ".join(word[0] for word in self.words)

    @property
    def box(self) -> Box:
        return self.x0, self.y0, self.x1, self.y1


def segments(raw: dict[str, Any], turn: Any = None) -> list[Segment]:
    """The segments of a page's `rawdict`, in the order of the content stream.

    `turn` is the matrix from the unrotated page to the page as displayed, for
    rotated pages: pymupdf gives coordinates before rotation.
    """
    found: list[Segment] = []
    for block in raw["blocks"]:
        if block["type"] != 0:
            continue
        number = block.get("number", 0)
        for line in block["lines"]:
            if turn is not None:
                _turn(line, turn)
            segment = _segment(line, number)
            if segment is not None:
                found.append(segment)
    return found


def _turn(line: dict[str, Any], matrix: Any) -> None:
    a, b, c, d, e, f = matrix
    dx, dy = line["dir"]
    line["dir"] = (dx * a + dy * c, dx * b + dy * d)
    for span in line["spans"]:
        for char in span["chars"]:
            x0, y0, x1, y1 = char["bbox"]
            p, q = x0 * a + y0 * c + e, x0 * b + y0 * d + f
            r, s = x1 * a + y1 * c + e, x1 * b + y1 * d + f
            x, y = char["origin"]
            char["origin"] = (x * a + y * c + e, x * b + y * d + f)
            char["bbox"] = (min(p, r), min(q, s), max(p, r), max(q, s))


def _segment(line: dict[str, Any], block: int) -> Segment | None:  # noqa: PLR0915 - one hot loop
    """One line of rawdict as a segment, its words parted; None when it is blank."""
    dx, dy = line["dir"]
    if dx > 0.99:
        axis, sign = 0, 1
    elif dx < -0.99:
        axis, sign = 0, -1
    elif dy > 0.99 or line["wmode"] == 1:
        axis, sign = 1, 1
    elif dy < -0.99:
        axis, sign = 1, -1
    else:
        axis, sign = -1, 1  # slanted: the engine's own spaces must do
    glyphs: list[tuple[str, Any, float]] = []  # character, box, gap before in ems
    spaced: list[bool] = []
    gaps: list[float] = []
    other_gaps: list[float] = []
    size = 0.0
    bold = 0
    space = False
    end = 0.0
    last = ""
    last_box: Any = None
    for span in line["spans"]:
        em = span["size"] or 1.0
        size = max(size, em)
        heavy = span["flags"] & _BOLD or "Bold" in span["font"] or "bold" in span["font"]
        for char in span["chars"]:
            c = char["c"]
            if c in _SPACES:
                space = True
                continue
            if c in _INVISIBLE or c < " " or "\ud800" <= c <= "\udfff":
                continue
            box = char["bbox"]
            gap = 0.0
            if last and axis >= 0:
                if sign > 0:
                    gap = (box[axis] - end) / em
                else:
                    gap = (end - box[axis + 2]) / em
                if gap < -0.6 and c == last and _same_place(box, last_box, em):
                    continue  # printed twice to look bold
                if not space:
                    (gaps if CJK[last] else other_gaps).append(gap)
            glyphs.append((c, box, gap))
            spaced.append(space)
            space = False
            last = c
            last_box = box
            if axis >= 0:
                end = box[axis + 2] if sign > 0 else box[axis]
            if heavy:
                bold += 1
    if not glyphs:
        return None
    threshold = 9.0
    if gaps and max(gaps) > WORD_GAP:
        threshold = gap_threshold(gaps if len(gaps) > FEW_GAPS else gaps + other_gaps)
    words: list[Word] = []
    text = ""
    x0 = y0 = x1 = y1 = 0.0
    previous = ""
    for (c, (a, b, p, q), gap), after_space in zip(glyphs, spaced, strict=True):
        if text and (after_space or gap > (threshold if CJK[previous] else LATIN_GAP)):
            words.append((text, x0, y0, x1, y1))
            text = ""
        if text:
            text += c
            x0 = min(x0, a)
            y0 = min(y0, b)
            x1 = max(x1, p)
            y1 = max(y1, q)
        else:
            text, x0, y0, x1, y1 = c, a, b, p, q
        previous = c
    words.append((text, x0, y0, x1, y1))
    if axis == 0 and any(w[4] - w[2] > _TALL * size for w in words):
        words = _lowered(words, line["spans"][0]["chars"][0]["origin"][1], size)
    return Segment(
        words,
        min(w[1] for w in words),
        min(w[2] for w in words),
        max(w[3] for w in words),
        max(w[4] for w in words),
        size,
        bold * 2 > len(glyphs),
        block,
        axis != 0 or sign < 0,
        space,
    )


def _lowered(words: list[Word], baseline: float, size: float) -> list[Word]:
    """Boxes around the ink, for fonts that claim to be far taller than they are."""
    top, bottom = baseline - 0.9 * size, baseline + 0.25 * size
    return [
        (t, a, top, c, bottom) if d - b > _TALL * size else (t, a, b, c, d)
        for t, a, b, c, d in words
    ]


def _same_place(box: Any, other: Any, em: float) -> bool:
    return bool(abs(box[0] - other[0]) < em * 0.2 and abs(box[1] - other[1]) < em * 0.2)
