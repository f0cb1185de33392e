"""What the shapes on a page are: the rules of tables, and letters drawn as outlines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from manualchat.model import Box
from manualchat.reading.layer import Layer, turned

NEAR = 2.0  # points: rules closer than this are one
REACH = 3.0  # points by which rules may miss each other at a corner
_THIN = 3.5  # points: a shape thinner than this is a rule
_SHORT = 6.0  # points: a rule shorter than this that touches no other is none
_MOST_RULES = 16_000
_PICTURE = 400  # straight pieces of one shape: so many are no rules
_IN_A_ROW = 6  # glyph-sized shapes at one height that may be a line of outlined text
_VISIBLE = 16 | 32  # flags of a span whose glyphs are filled, or stroked

Rule = tuple[float, float, float]  # position across, start along, end along


@dataclass(slots=True)
class Drawn:
    """Rules, pieces of one line put together, and how much else there is."""

    across: list[Rule] = field(default_factory=list)
    down: list[Rule] = field(default_factory=list)
    shapes: int = 0
    outlines: int = 0  # glyph-sized shapes in rows, but for those that double invisible text


def drawn(found: Layer) -> Drawn:
    """What is drawn on a page."""
    across: list[Rule] = []
    down: list[Rule] = []
    round_boxes: list[Box] = []
    rows: Counter[int] = Counter()
    for pieces, stroked in _paths(found):
        if not stroked:
            _count_outline([box for box, _ in pieces], rows)
        if len(pieces) > _PICTURE or len(across) + len(down) > _MOST_RULES:
            continue
        for (x0, y0, x1, y1), straight in pieces:
            wide, tall = x1 - x0, y1 - y0
            if wide > 0.97 * found.width and tall > 0.9 * found.height:
                continue
            if tall <= _THIN and tall <= wide:
                if stroked or wide > 2 * _THIN:
                    across.append(((y0 + y1) / 2, x0, x1))
            elif wide <= _THIN:
                down.append(((x0 + x1) / 2, y0, y1))
            elif wide > 8 and tall > 6:
                if straight:
                    across += [(y0, x0, x1), (y1, x0, x1)]
                    down += [(x0, y0, y1), (x1, y0, y1)]
                else:
                    round_boxes.append((x0, y0, x1, y1))
    across, down = _merged(across), _merged(down)
    if len(across) + len(down) > _MOST_RULES:
        across, down = [], []
    for x0, y0, x1, y1 in _cells(round_boxes, across):
        across += [(y0, x0, x1), (y1, x0, x1)]
        down += [(x0, y0, y1), (x1, y0, y1)]
    outlines = sum([count for count in rows.values() if count >= _IN_A_ROW])
    if outlines:
        outlines -= 2 * _invisible(found)
    return Drawn(across, down, len(found.shapes), outlines)


def _paths(found: Layer) -> Iterator[tuple[list[tuple[Box, bool]], bool]]:
    """Each path's pieces as boxes, and whether a piece is straight; whether the path is stroked."""
    unit, turn = found.unit, found.turn
    pieces: list[tuple[Box, bool]] = []
    for shape in found.shapes:
        x0, y0, x1, y1 = shape["bbox"]
        box = turned((x0 * unit, y0 * unit, x1 * unit, y1 * unit), turn)
        pieces.append((box, shape["isrect"]))
        if not shape["continues"]:
            yield pieces, shape["stroked"]
            pieces = []


def _count_outline(boxes: Sequence[Box], rows: Counter[int]) -> None:
    top, bottom = min([b[1] for b in boxes]), max([b[3] for b in boxes])
    wide = max([b[2] for b in boxes]) - min([b[0] for b in boxes])
    if 2.5 < bottom - top < 20 and 1.5 < wide < 25:
        rows[round((top + bottom) / 4)] += 1


def _invisible(found: Layer) -> int:
    """How many glyphs are neither filled nor stroked: text to be searched under its picture."""
    return sum(
        len(span["chars"])
        for line in found.lines
        for span in line["spans"]
        if not span["char_flags"] & _VISIBLE
    )


def _merged(rules: list[Rule]) -> list[Rule]:
    """Rules on one line that touch become one; short strokes that touch none are dropped."""
    rules.sort()
    result: list[Rule] = []
    first = 0
    for at in range(1, len(rules) + 1):
        if at < len(rules) and rules[at][0] - rules[first][0] <= NEAR:
            continue
        pieces = sorted([(start, end, place) for place, start, end in rules[first:at]])
        start, end, place = pieces[0]
        for piece in pieces[1:]:
            if piece[0] > end + REACH:
                result.append((place, start, end))
                start, end, place = piece
            end = max(end, piece[1])
        result.append((place, start, end))
        first = at
    return [rule for rule in result if rule[2] - rule[1] >= _SHORT]


def _cells(boxes: Sequence[Box], across: Sequence[Rule]) -> Iterator[Box]:
    """The boxes with round corners that are a table's frame or its head: as wide as a rule."""
    ends = {(round(start / REACH), round(end / REACH)) for _, start, end in across}
    near = {(a + i, b + j) for a, b in ends for i in (-1, 0, 1) for j in (-1, 0, 1)}
    for box in boxes:
        if (round(box[0] / REACH), round(box[2] / REACH)) in near:
            yield box
