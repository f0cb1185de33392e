"""Text of a page into the units that an answer is made of: sentences, list items, table rows.

`Page.text` and `Chunk.text` keep the lines of print: "\\n" ends a line, an empty
line parts blocks, "\\t" parts the cells of a table row. A unit is a span of that
text, so that a quote stays an exact substring of the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["sentence", "item", "row"]

_LIST_MARK = re.compile(
    r"\s*(?:[•●○◦▪■□▶►▷◆◇★☆※*·ㆍ∙⦁✓✔☞→\-–—]\s*(?=\S)"
    r"|[①-⑳⓪❶-❿➀-➉]"
    r"|\(?(?:\d{1,2}|[a-zA-Z]|[가나다라마바사아자차카타파하])[.)]\s+(?=\S)"
    r"|(?:Q|A)\d*[.:)]\s)"
)
_BULLET = re.compile(r"^\s*[•●○◦▪■□▶►▷◆◇★☆※*·ㆍ∙⦁✓✔☞→❍➔\-–—]\s*(?=[^\W_])")
# A full stop inside "2023. 9. 30.", "3.5", "No. 5" or "e.g." ends nothing.
_SENTENCE_END = re.compile(
    r"(?<![0-9])[.](?=[\"'”’)\]]*\s)|(?<=[0-9])[.](?=[\"'”’)\]]*\s+[^\s\d])"
    r"|[!?。！？](?=[\"'”’)\]]*(?:\s|$))"
)
_ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|etc|cf|vs|No|Fig|Dr|Mr|Ms|St|approx|Art)|\b[A-Z])$")
_CLOSED = re.compile(r"[.!?。:：;！？]\s*[\"'”’)\]]*\s*$")


@dataclass(frozen=True, slots=True)
class Unit:
    """`text[start:end]` of the text it was cut from, without space at its ends."""

    start: int
    end: int
    kind: Kind
    block: int  # which block of the text (blocks are parted by empty lines)


def units(text: str) -> list[Unit]:
    """Every unit of `text`, in order. Their spans do not overlap."""
    found: list[Unit] = []
    for block, (start, end) in enumerate(_blocks(text)):
        for a, b, kind in _runs(text, start, end):
            if kind == "row":
                found.extend(_unit(text, a, b, kind, block))
            else:
                for c, d in _sentences(text, a, b):
                    found.extend(_unit(text, c, d, kind, block))
    return found


def shown(text: str) -> str:
    """A unit as an answer shows it: one line, cells parted by a wide space, no bullet before it."""
    cells = [" ".join(cell.split()) for cell in _BULLET.sub("", text).split("\t")]
    return "\u2003".join(cell for cell in cells if cell)


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    at = 0
    for gap in re.finditer(r"\n[ ]*\n\s*", text):
        if text[at : gap.start()].strip():
            yield at, gap.start()
        at = gap.end()
    if text[at:].strip():
        yield at, len(text)


def _runs(text: str, start: int, end: int) -> Iterator[tuple[int, int, Kind]]:
    """Lines of a block, those that print broke joined again."""
    lines: list[tuple[int, int]] = []
    at = start
    for line in text[start:end].split("\n"):
        if line.strip():
            lines.append((at, at + len(line)))
        at += len(line) + 1
    widest = max((b - a for a, b in lines), default=0)
    run: tuple[int, int, Kind] | None = None
    for a, b in lines:
        line = text[a:b]
        if "\t" in line:
            if run:
                yield run
                run = None
            yield a, b, "row"
            continue
        marked = bool(_LIST_MARK.match(line))
        if run and not marked and _goes_on(text[run[0] : run[1]], line, widest):
            run = (run[0], b, run[2])
            continue
        if run:
            yield run
        run = (a, b, "item" if marked else "sentence")
    if run:
        yield run


def _goes_on(before: str, line: str, widest: int) -> bool:
    """Whether `line` continues what stands before it: that line was full, or is open."""
    last = before.rsplit("\n", 1)[-1].rstrip()
    if len(last) >= max(12, 0.6 * widest):
        return True
    if _CLOSED.search(last):
        return False
    return last.endswith((",", "(", "및", "또는", "-")) or line.lstrip()[:1] in ")],.;"


def _sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    at = start
    mark = _LIST_MARK.match(text, start, end)
    search = mark.end() if mark else start
    for stop in _SENTENCE_END.finditer(text, search, end):
        after = stop.end()
        while after < end and text[after] in "\"'”’)]":
            after += 1
        if text[stop.start()] == "." and _ABBREVIATION.search(text, at, stop.start()):
            continue
        if after - at < 4:
            continue
        yield at, after
        at = after
    if text[at:end].strip():
        yield at, end


def _unit(text: str, start: int, end: int, kind: Kind, block: int) -> Iterator[Unit]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if any(c.isalnum() for c in text[start:end]):
        yield Unit(start, end, kind, block)
