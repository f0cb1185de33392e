"""Headers, footers and page numbers: the lines that repeat from page to page.

They say nothing about the page that they stand on, and would turn up in every
search. Their first occurrence stays, so that nothing is lost to search.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from manualchat.reading.glyphs import Segment

WINDOW = 4  # pages looked at on either side
_EDGE = 0.12  # share of the page's height at top and bottom where furniture stands
_DIGITS = re.compile(r"\d+")
_BLANK = re.compile(r"\s+")
_NUMBER = re.compile(
    r"^[\s\-–—_|·•~<\[(]*(?:page|p\.|쪽|제)?\s*(\d{1,4}|[ivxlc]{1,7})\s*(?:쪽|페이지)?"
    r"(?:\s*(?:/|of)\s*\d{1,4})?[\s\-–—_|·•~>\])]*$",
    re.IGNORECASE,
)


@dataclass(slots=True)
class EdgeLine:
    """A line near a page's edge: its text without numbers, and the numbers."""

    segment: Segment
    top: bool
    key: str
    numbers: tuple[int, ...]


@dataclass(slots=True)
class Edges:
    """The furniture candidates of one page."""

    lines: list[EdgeLine] = field(default_factory=list)
    numbers: list[tuple[str, Segment]] = field(default_factory=list)  # printed label


def edges(found: Sequence[Segment], height: float) -> Edges:
    """The lines at a page's top and bottom that may be furniture."""
    top, bottom = height * _EDGE, height * (1 - _EDGE)
    result = Edges()
    for segment in found:
        if segment.vertical or not (segment.y1 <= top or segment.y0 >= bottom):
            continue
        text = segment.text
        number = _NUMBER.match(text)
        if number:
            result.numbers.append((number[1].lower(), segment))
        if len(text) <= 120:
            numbers = tuple(int(n) for n in _DIGITS.findall(text) if len(n) < 10)
            key = _DIGITS.sub("#", _BLANK.sub("", text))
            result.lines.append(EdgeLine(segment, segment.y1 <= top, key, numbers))
    return result


def furniture(window: Sequence[Edges], here: int, body: float) -> tuple[list[Segment], str]:
    """The segments to leave out of page `here` of the window, and its printed label.

    A line is left out when a page before it has the same one, or one that differs
    only by a page number in small print; a number when it counts on from a
    neighbour's. The rule needs `WINDOW` pages on either side and no more, so that
    a range of pages reads like the whole document.
    """
    out: list[Segment] = []
    label = _label(window, here, out)
    counted = {id(segment) for segment in out}
    for line in window[here].lines:
        if id(line.segment) in counted:
            continue
        for place in range(here - 1, -1, -1):
            if any(_same(line, other, here - place, body) for other in window[place].lines):
                out.append(line.segment)
                break
    return out, label


def _same(line: EdgeLine, other: EdgeLine, pages: int, body: float) -> bool:
    """Whether `other`, that many pages before, is the same header or footer."""
    if (
        line.top != other.top
        or abs(line.segment.y0 - other.segment.y0) > 9
        or line.key != other.key
    ):
        return False
    if line.numbers == other.numbers:
        return True
    if line.segment.size > body * 1.1 or len(line.numbers) != len(other.numbers):
        return False  # "E1 …", "E2 …" in large print are headings, not furniture
    steps = {a - b for a, b in zip(line.numbers, other.numbers, strict=True) if a != b}
    return steps <= {pages, 2 * pages}


def _label(window: Sequence[Edges], here: int, out: list[Segment]) -> str:
    """The printed number(s) of page `here`; their segments are added to `out`."""
    printed: list[tuple[float, str]] = []
    for text, segment in window[here].numbers:
        value = _value(text)
        if value is None:
            continue
        for place, other in enumerate(window):
            step = place - here
            if step and any(
                _value(t) in (value + step, value + 2 * step)
                and abs(s.y0 - segment.y0) < 12
                and t.isdigit() == text.isdigit()
                for t, s in other.numbers
            ):
                printed.append((segment.x0, text))
                out.append(segment)
                break
    labels = [text for _, text in sorted(printed)]
    if len(labels) > 2:
        return ""
    return "–".join(dict.fromkeys(labels))


_ROMAN = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}


def _value(text: str) -> int | None:
    if text.isdigit():
        return int(text)
    total = 0
    for char, following in zip(text, [*text[1:], ""], strict=True):
        value = _ROMAN.get(char)
        if value is None:
            return None
        total += -value if _ROMAN.get(following, 0) > value else value
    return total
