"""Reading order: columns and spreads apart, lines from top to bottom inside each.

A gutter is an upright white strip that a run of lines leaves free, with enough
text on both sides to be columns and not the cells of a table. The page is cut
at its best gutter into above, left, right, below, and each part again.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

from manualchat.reading.glyphs import Segment
from manualchat.reading.spread import unspread
from manualchat.reading.tables import Table

MIN_LINES = 3  # on both sides of a gutter
MIN_GUTTER = 0.9  # ems
MIN_COLUMN = 7.0  # ems: the usual line of a column is at least this wide
_DEPTH = 6


@dataclass(slots=True, eq=False)
class Line:
    """Segments on one baseline, from left to right."""

    segments: list[Segment]
    x0: float = 0.0
    y0: float = 0.0
    x1: float = 0.0
    y1: float = 0.0
    size: float = 0.0
    table: int = -1  # index into the page's ruled tables
    text: str = ""

    def __post_init__(self) -> None:
        if self.segments:
            self.x0 = min([s.x0 for s in self.segments])
            self.y0 = min([s.y0 for s in self.segments])
            self.x1 = max([s.x1 for s in self.segments])
            self.y1 = max([s.y1 for s in self.segments])
            self.size = max([s.size for s in self.segments])
            self.text = " ".join([s.text for s in self.segments])


@dataclass(slots=True, eq=False)
class Region:
    """One column's lines, in reading order. x0 and x1 bound the column."""

    lines: list[Line] = field(default_factory=list)
    x0: float = 0.0
    x1: float = 0.0


def regions(found: Sequence[Segment], ruled: Sequence[Table] = ()) -> list[Region]:
    """The page's columns in reading order, each with its lines; tables stay in one piece."""
    frames = [_Frame([], *table.box, 10.0, table=table) for table in ruled]
    flat = [*(s for s in found if not s.vertical), *frames]
    upright = [s for s in found if s.vertical]
    parts = _cut(sorted(flat, key=lambda s: (s.y0 + s.y1, s.x0)), 0)
    result = [_region(part) for part in parts if part]
    if upright:
        # Upright lines keep the order of the content stream: it is the writer's.
        result.append(_bounded([Line([s]) for s in upright]))
    return result


@dataclass(slots=True, eq=False)
class _Frame(Segment):
    """Stands in for a whole table while the page is cut into columns."""

    table: Table | None = None


def _rows(table: Table, number: int) -> list[Line]:
    """A table's rows as lines; `number` tells tables apart."""
    found = []
    for row in table.rows:
        cells = [cell for cell in row if cell is not None]
        if cells:
            line = Line(cells)
            line.table = number
            found.append(line)
    return found


def _bounded(lines: list[Line]) -> Region:
    return Region(lines, min(line.x0 for line in lines), max(line.x1 for line in lines))


def _region(part: Sequence[Segment]) -> Region:
    """Segments that share a height become one line."""
    rows: list[list[Segment]] = []
    bounds: list[tuple[float, float]] = []
    for segment in part:
        if isinstance(segment, _Frame):
            rows.append([segment])
            bounds.append((0.0, 0.0))
            continue
        middle = (segment.y0 + segment.y1) / 2
        joined = False
        for back in range(1, min(4, len(rows)) + 1):
            top, bottom = bounds[-back]
            if (
                top < middle < bottom
                and segment.y0 < (top + bottom) / 2 < segment.y1
                and all(
                    segment.x0 > s.x1 - s.size / 2 or segment.x1 < s.x0 + s.size / 2
                    for s in rows[-back]
                )
            ):
                rows[-back].append(segment)
                joined = True
                break
        if not joined:
            rows.append([segment])
            bounds.append((segment.y0, segment.y1))
    lines: list[Line] = []
    for number, row in enumerate(rows):
        frame = row[0]
        if isinstance(frame, _Frame) and frame.table is not None:
            lines += _rows(frame.table, number)
        else:
            lines.append(Line(unspread(sorted(row, key=lambda s: s.x0))))
    return _bounded(lines)


def _cut(part: list[Segment], depth: int) -> list[list[Segment]]:
    if len(part) < 2 * MIN_LINES or depth >= _DEPTH or not _side_by_side(part):
        return [part]
    gutter = _best_gutter(part)
    if gutter is None:
        return [part]
    left_edge, right_edge, top, bottom = gutter
    middle = (left_edge + right_edge) / 2
    above: list[Segment] = []
    left: list[Segment] = []
    right: list[Segment] = []
    below: list[Segment] = []
    for segment in part:
        centre = (segment.y0 + segment.y1) / 2
        if centre < top:
            above.append(segment)
        elif centre > bottom:
            below.append(segment)
        elif (segment.x0 + segment.x1) / 2 < middle:
            left.append(segment)
        else:
            right.append(segment)
    if not left or not right:
        return [part]
    cut: list[list[Segment]] = []
    for piece in (above, left, right, below):
        cut += _cut(piece, depth + 1)
    return cut


def _side_by_side(part: Sequence[Segment]) -> bool:
    """Whether any two neighbours in height stand beside each other."""
    for before, after in itertools.pairwise(part):
        if after.y0 < (before.y0 + before.y1) / 2 and (
            after.x0 >= before.x1 or before.x0 >= after.x1
        ):
            return True
    return False


def _best_gutter(part: Sequence[Segment]) -> tuple[float, float, float, float] | None:
    """The gutter (x0, x1, top, bottom) that parts the most text, or None."""
    low = min(s.x0 for s in part)
    high = max(s.x1 for s in part)
    em = sorted(s.size for s in part)[len(part) // 2]
    narrowest = MIN_GUTTER * em
    live: dict[tuple[float, float], int] = {}  # white strips so far, and where each began
    candidates: dict[tuple[int, int, int], tuple[float, float, int, int]] = {}

    def retire(g0: float, g1: float, start: int, end: int) -> None:
        if end - start >= 2 * MIN_LINES and g0 > low and g1 < high:
            candidates[(start, end, round(g0))] = (g0, g1, start, end)

    for index, segment in enumerate(part):
        a, b = segment.x0, segment.x1
        for gap in [gap for gap in live if gap[0] < b and a < gap[1]]:
            g0, g1 = gap
            start = live.pop(gap)
            retire(g0, g1, start, index)
            for piece in ((g0, a), (b, g1)):
                if piece[1] - piece[0] >= narrowest:
                    live[piece] = min(start, live.get(piece, start))
        for piece in ((low - 1, a), (b, high + 1)):
            if piece[1] - piece[0] >= narrowest and piece not in live:
                live[piece] = index
    for (g0, g1), start in live.items():
        retire(g0, g1, start, len(part))

    best: tuple[float, tuple[float, float, float, float]] | None = None
    for g0, g1, start, end in candidates.values():
        score = _columns(part[start:end], g0, g1, em)
        if score is None:
            continue
        kept = score[1]
        # Cut halfway to the neighbours: subscripts and tall glyphs stay inside.
        top = min(s.y0 for s in kept)
        bottom = max(s.y1 for s in kept)
        if best is None or score[0] > best[0]:
            best = (score[0], (g0, g1, top, bottom))
    return best[1] if best else None


def _columns(
    band: Sequence[Segment], g0: float, g1: float, em: float
) -> tuple[float, list[Segment]] | None:
    """How much text a gutter parts, when both sides look like columns; else None.

    A stretch of the band with text on one side only is trimmed from its ends.
    """
    sides = [(s.x0 + s.x1) / 2 < (g0 + g1) / 2 for s in band]
    if all(sides) or not any(sides):
        return None
    first_left, first_right = sides.index(True), sides.index(False)
    last_left = len(sides) - 1 - sides[::-1].index(True)
    last_right = len(sides) - 1 - sides[::-1].index(False)
    left = [s for s, is_left in zip(band, sides, strict=True) if is_left]
    right = [s for s, is_left in zip(band, sides, strict=True) if not is_left]
    if len(left) < MIN_LINES or len(right) < MIN_LINES:
        return None
    overlap = min(band[last_left].y1, band[last_right].y1) - max(
        band[first_left].y0, band[first_right].y0
    )
    if overlap < 2.5 * em:
        return None
    left_width = sorted(s.x1 - s.x0 for s in left)[len(left) * 2 // 3]
    right_width = sorted(s.x1 - s.x0 for s in right)[len(right) * 2 // 3]
    if min(left_width, right_width) < MIN_COLUMN * em:
        return None
    return overlap * min(g1 - g0, 4 * em) + min(len(left), len(right)) * em, list(band)
