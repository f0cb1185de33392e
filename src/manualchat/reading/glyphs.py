"""Glyphs to segments: runs of words on one line, with their boxes.

Written for speed: a page has some 1,500 glyphs, and pages are wanted at 100 a
second. So a line's glyphs are handled as whole columns of numbers, and one by
one only where a gap between them may part two words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from operator import sub
from typing import Any

from manualchat.model import Box
from manualchat.reading.korean import SPACES, word_starts
from manualchat.reading.layer import Layer, Matrix, turned

_WORD = re.compile(f"[^{SPACES}]+")
_INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u00ad\x00-\x08\n-\x1f\ud800-\udfff]")
_DOUBLED = -0.6  # ems: a glyph that starts so far inside the one before may be its double
_SAME_PLACE = 0.2  # ems
_ALONG = 0.99  # cosine: a line whose direction is at least so near to an axis runs along it
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
    vertical: bool = False
    open_end: bool = False  # a space glyph ends the line
    confidence: float = 100.0
    together: frozenset[int] = frozenset()  # of a cell: words that go on with the one before

    @property
    def text(self) -> str:
        if not self.together:
            return " ".join([word[0] for word in self.words])
        parts = [
            word[0] if at in self.together else f" {word[0]}" for at, word in enumerate(self.words)
        ]
        return "".join(parts)[1:]

    @property
    def box(self) -> Box:
        return self.x0, self.y0, self.x1, self.y1

    def of(self, words: list[Word]) -> Segment:
        """A segment of these words, else like this one."""
        return replace(
            self,
            words=words,
            together=frozenset(),
            x0=min(w[1] for w in words),
            y0=min(w[2] for w in words),
            x1=max(w[3] for w in words),
            y1=max(w[4] for w in words),
        )


def segments(found: Layer) -> list[Segment]:
    """The segments of a page's lines, in the order of the content stream."""
    made = [_segment(line, found.unit, found.turn) for line in found.lines]
    return [segment for segment in made if segment is not None]


def _segment(line: dict[str, Any], unit: float, turn: Matrix | None) -> Segment | None:
    """One line as a segment, its words parted; None when it is blank."""
    chars: list[dict[str, Any]] = []
    ems: list[float] = []  # a size for each glyph
    for span in line["spans"]:
        chars += span["chars"]
        ems += [span["size"] or 1.0] * len(span["chars"])
    text = "".join([char["c"] for char in chars])
    if not _WORD.search(text):
        return None
    boxes = [char["bbox"] for char in chars]
    x0s, y0s, x1s, y1s = zip(*boxes, strict=True)
    gaps = _gaps(line, x0s, y0s, x1s, y1s)
    unseen = _unseen(text, boxes, gaps, ems)
    if unseen:
        _drop(line, unseen)
        return _segment(line, unit, turn)
    places = _words(text, word_starts(text, gaps, ems))
    words: list[Word] = []
    if [*x0s] == sorted(x0s) and [*x1s] == sorted(x1s):  # as on most lines
        for a, b in places:
            y0, y1 = min(y0s[a:b]) * unit, max(y1s[a:b]) * unit
            words.append((text[a:b], x0s[a] * unit, y0, x1s[b - 1] * unit, y1))
    else:
        for a, b in places:
            y0, y1 = min(y0s[a:b]) * unit, max(y1s[a:b]) * unit
            words.append((text[a:b], min(x0s[a:b]) * unit, y0, max(x1s[a:b]) * unit, y1))
    size = max(ems) * unit
    flat = line["dir"][0] > _ALONG
    if turn is not None:
        words = [(word, *turned((a, b, c, d), turn)) for word, a, b, c, d in words]
        flat = line["dir"][0] * turn[0] + line["dir"][1] * turn[2] > _ALONG
    _, lefts, tops, rights, bottoms = zip(*words, strict=True)
    if flat and max(bottoms) - min(tops) > _TALL * size:
        x, y = chars[0]["origin"]
        _, baseline, _, _ = turned((x * unit, y * unit, x * unit, y * unit), turn)
        words = _lowered(words, baseline, size)
        _, lefts, tops, rights, bottoms = zip(*words, strict=True)
    return Segment(
        words,
        min(lefts),
        min(tops),
        max(rights),
        max(bottoms),
        size,
        bold=_bold(line["spans"]),
        vertical=not flat,
        open_end=text[-1] in SPACES,
    )


def _gaps(
    line: dict[str, Any],
    x0s: Sequence[float],
    y0s: Sequence[float],
    x1s: Sequence[float],
    y1s: Sequence[float],
) -> list[float]:
    """The white before each glyph but the first, along the line; none known when it is slanted."""
    dx, dy = line["dir"]
    if dx > _ALONG:
        return list(map(sub, x0s[1:], x1s))
    if dx < -_ALONG:
        return list(map(sub, x0s, x1s[1:]))
    if dy > _ALONG or line["wmode"] == 1:
        return list(map(sub, y0s[1:], y1s))
    if dy < -_ALONG:
        return list(map(sub, y0s, y1s[1:]))
    return []


def _words(text: str, starts: list[int]) -> list[tuple[int, int]]:
    """Where the words of a line begin and end; `starts` are those without a space before them."""
    words = [word.span() for word in _WORD.finditer(text)]
    if not starts:
        return words
    begins = sorted([*starts, *[first for first, _ in words]])
    ends = sorted([*starts, *[last for _, last in words]])
    return list(zip(begins, ends, strict=True))


def _unseen(
    text: str, boxes: Sequence[Box], gaps: Sequence[float], ems: Sequence[float]
) -> set[int]:
    """The glyphs that show nothing new: without ink, or printed again to look bold."""
    found = {match.start() for match in _INVISIBLE.finditer(text)}
    if gaps and min(gaps) < _DOUBLED * min(ems):
        for at, gap in enumerate(gaps, 1):
            near = _SAME_PLACE * ems[at]
            if (
                gap < _DOUBLED * ems[at]
                and text[at] == text[at - 1]
                and abs(boxes[at][0] - boxes[at - 1][0]) < near
                and abs(boxes[at][1] - boxes[at - 1][1]) < near
            ):
                found.add(at)
    return found


def _drop(line: dict[str, Any], places: set[int]) -> None:
    """Take the glyphs at these places out of a line."""
    first = 0
    for span in line["spans"]:
        chars = span["chars"]
        span["chars"] = [char for at, char in enumerate(chars, first) if at not in places]
        first += len(chars)


def _bold(spans: Sequence[dict[str, Any]]) -> bool:
    """Whether most of these spans' glyphs are bold."""
    heavy = [
        span
        for span in spans
        if span["flags"] & _BOLD or "Bold" in span["font"] or "bold" in span["font"]
    ]
    if not heavy or len(heavy) == len(spans):
        return bool(heavy)
    count = [
        sum([char["c"] not in SPACES for span in some for char in span["chars"]])
        for some in (heavy, spans)
    ]
    return 2 * count[0] > count[1]


def _lowered(words: list[Word], baseline: float, size: float) -> list[Word]:
    """Boxes around the ink, for fonts that claim to be far taller than they are."""
    top, bottom = baseline - 0.9 * size, baseline + 0.25 * size
    return [
        (t, a, top, c, bottom) if d - b > _TALL * size else (t, a, b, c, d)
        for t, a, b, c, d in words
    ]
