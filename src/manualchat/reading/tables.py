"""Ruled tables: rows and cells from the lines that are drawn around them.

Looks only at straight rules and the edges of filled cells, so it costs a few
milliseconds a page; PyMuPDF's own finder takes a few hundred. A merged cell's
text stands once, in its first row, as on the page; `filled` gives the rows with
it repeated, for search.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from manualchat.model import Box
from manualchat.reading.glyphs import Segment

_NEAR = 2.0  # points: rules closer than this are one
_THIN = 3.5  # points: a filled box thinner than this is a rule
_REACH = 3.0  # points by which rules may miss each other at a corner
_MOST_RULES = 4_000
_LONG_CELL = 300  # characters: a cell with more is text in a frame, not data

Rule = tuple[float, float, float]  # position across, start along, end along


@dataclass(slots=True, eq=False)
class Table:
    """A grid. `rows[r][c]` is the cell at that place, None where a merged one covers it."""

    box: Box
    rows: list[list[Segment | None]] = field(default_factory=list)
    spans: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)  # rows, columns

    @property
    def filled(self) -> list[str]:
        """The rows that lack a merged cell's text, with it filled in."""
        full: dict[tuple[int, int], tuple[int, str]] = {}
        for (top, left), (down, across) in self.spans.items():
            cell = self.rows[top][left]
            if cell is not None:
                for r in range(top, top + down):
                    for c in range(left, left + across):
                        full[r, c] = top, cell.text
        lines: list[str] = []
        for r, cells in enumerate(self.rows):
            texts: list[str] = []
            lacking = False
            for c, cell in enumerate(cells):
                top, text = (r, cell.text) if cell is not None else full.get((r, c), (r, ""))
                lacking = lacking or top != r
                if text and (not texts or texts[-1] != text):
                    texts.append(text)
            if lacking and len(texts) > 1 and sum(map(len, texts)) <= 2 * _LONG_CELL:
                lines.append(" ".join(texts))
        return lines


def tables(
    drawings: Sequence[dict[str, Any]], found: Sequence[Segment], width: float, height: float
) -> tuple[list[Table], list[Segment]]:
    """The page's ruled tables, and the segments that are in none of them."""
    across, down = _rules(drawings, width, height)
    if len(across) < 2 or len(down) < 2 or len(across) + len(down) > _MOST_RULES:
        return [], list(found)
    rest = list(found)
    result = []
    for group_across, group_down in _groups(across, down):
        table, left = _table(group_across, group_down, rest)
        if table is not None:
            result.append(table)
            rest = left
    return result, rest


def _rules(
    drawings: Sequence[dict[str, Any]], width: float, height: float
) -> tuple[list[Rule], list[Rule]]:
    """Horizontal and vertical rules, pieces of one line put together."""
    across: list[Rule] = []
    down: list[Rule] = []

    def rectangle(x0: float, y0: float, x1: float, y1: float, drawn: bool) -> None:
        wide, tall = x1 - x0, y1 - y0
        if wide > 0.97 * width and tall > 0.9 * height:
            return
        if tall <= _THIN:
            if wide > 2 * _THIN:
                across.append(((y0 + y1) / 2, x0, x1))
        elif wide <= _THIN:
            down.append(((x0 + x1) / 2, y0, y1))
        elif drawn and wide > 8 and tall > 6:
            across.extend([(y0, x0, x1), (y1, x0, x1)])
            down.extend([(x0, y0, y1), (x1, y0, y1)])

    for drawing in drawings:
        items = drawing["items"]
        if len(items) > 400:
            continue  # a picture
        for item in items:
            if item[0] == "l":
                (x0, y0), (x1, y1) = item[1], item[2]
                if abs(y1 - y0) <= 1:
                    across.append(((y0 + y1) / 2, min(x0, x1), max(x0, x1)))
                elif abs(x1 - x0) <= 1:
                    down.append(((x0 + x1) / 2, min(y0, y1), max(y0, y1)))
            elif item[0] == "re":
                x0, y0, x1, y1 = item[1]
                rectangle(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1), True)
        if len(across) + len(down) > 4 * _MOST_RULES:
            return [], []
    return _merged(across), _merged(down)


def _merged(rules: list[Rule]) -> list[Rule]:
    """Rules on one line that touch become one; short strokes that touch none are dropped."""
    result: list[list[float]] = []
    for place, start, end in sorted(rules, key=lambda r: (round(r[0] / _NEAR), r[1])):
        last = result[-1] if result else None
        if last and abs(last[0] - place) <= _NEAR and start <= last[2] + _REACH:
            last[2] = max(last[2], end)
        else:
            result.append([place, start, end])
    return [(p, a, b) for p, a, b in result if b - a >= 6]


def _groups(across: list[Rule], down: list[Rule]) -> list[tuple[list[Rule], list[Rule]]]:
    """Rules that cross or touch, directly or through others: one group may be one table."""
    parent = list(range(len(across) + len(down)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for i, (y, x0, x1) in enumerate(across):
        for j, (x, y0, y1) in enumerate(down, len(across)):
            if x0 - _REACH <= x <= x1 + _REACH and y0 - _REACH <= y <= y1 + _REACH:
                parent[root(i)] = root(j)
    groups: dict[int, tuple[list[Rule], list[Rule]]] = {}
    for i, rule in enumerate([*across, *down]):
        group = groups.setdefault(root(i), ([], []))
        group[0 if i < len(across) else 1].append(rule)
    return sorted(
        (
            g
            for g in groups.values()
            if len(g[0]) >= 2 and len(g[1]) >= 2 and len(g[0]) + len(g[1]) >= 5
        ),
        key=lambda g: min(r[0] for r in g[0]),
    )


def _places(rules: Sequence[Rule]) -> list[float]:
    found: list[float] = []
    for place in sorted(rule[0] for rule in rules):
        if not found or place - found[-1] > 2 * _NEAR:
            found.append(place)
    return found


def _table(
    across: list[Rule], down: list[Rule], found: list[Segment]
) -> tuple[Table | None, list[Segment]]:
    ys, xs = _places(across), _places(down)
    height, width = len(ys) - 1, len(xs) - 1
    if height < 1 or width < 2 or height * width > 4_000:
        return None, found
    owner = _cells(across, down, xs, ys)
    box = (xs[0], ys[0], xs[-1], ys[-1])
    words: dict[tuple[int, int], list[tuple[Segment, list[Any]]]] = {}
    rest: list[Segment] = []
    for segment in sorted(found, key=lambda s: (s.y0 + s.y1, s.x0)):
        outside: list[Any] = []
        middle = (segment.y0 + segment.y1) / 2
        if not box[1] <= middle <= box[3] or segment.x1 < box[0] or segment.x0 > box[2]:
            rest.append(segment)
            continue
        row = _index(ys, middle)
        for word in segment.words:
            centre = (word[1] + word[3]) / 2
            if not box[0] <= centre <= box[2]:
                outside.append(word)
                continue
            y = row if segment.vertical is False else _index(ys, (word[2] + word[4]) / 2)
            cell = words.setdefault(owner[y, _index(xs, centre)], [])
            if not cell or cell[-1][0] is not segment:
                cell.append((segment, []))
            cell[-1][1].append(word)
        if outside:
            rest.append(_part(segment, outside))
    columns = {c for _, c in words}
    rows_used = {r for r, _ in words}
    if len(columns) < 2 or len(rows_used) < 2 or len(words) < 3:
        return None, found
    table = Table(box)
    table.rows = [[None] * width for _ in range(height)]
    for (r, c), parts in words.items():
        cell_words = [word for _, part in parts for word in part]
        table.rows[r][c] = _part(parts[0][0], cell_words)
    for (r, c), place in owner.items():
        top, left = place
        down_by, across_by = table.spans.get(place, (1, 1))
        table.spans[place] = max(down_by, r - top + 1), max(across_by, c - left + 1)
    table.spans = {k: v for k, v in table.spans.items() if v != (1, 1)}
    if sum(len(cell.text) > _LONG_CELL for row in table.rows for cell in row if cell) > height / 3:
        return None, found  # a page laid out in frames
    order = {id(segment): at for at, segment in enumerate(found)}
    rest.sort(key=lambda s: order.get(id(s), 0))
    return table, rest


def _part(segment: Segment, words: list[Any]) -> Segment:
    return Segment(
        words,
        min(w[1] for w in words),
        min(w[2] for w in words),
        max(w[3] for w in words),
        max(w[4] for w in words),
        segment.size,
        segment.bold,
        segment.block,
        segment.vertical,
    )


def _index(places: Sequence[float], value: float) -> int:
    for at in range(len(places) - 2, 0, -1):
        if value >= places[at]:
            return at
    return 0


def _cells(
    across: list[Rule], down: list[Rule], xs: list[float], ys: list[float]
) -> dict[tuple[int, int], tuple[int, int]]:
    """For each place of the grid, the top left place of the cell that covers it."""
    height, width = len(ys) - 1, len(xs) - 1

    def ruled(rules: list[Rule], place: float, start: float, end: float) -> bool:
        middle = (start + end) / 2
        return any(abs(p - place) <= 2 * _NEAR and a <= middle <= b for p, a, b in rules)

    owner: dict[tuple[int, int], tuple[int, int]] = {}
    for r in range(height):
        for c in range(width):
            left = owner.get((r, c - 1))
            above = owner.get((r - 1, c))
            if left is not None and not ruled(down, xs[c], ys[r], ys[r + 1]):
                owner[r, c] = left
            elif above is not None and not ruled(across, ys[r], xs[c], xs[c + 1]):
                owner[r, c] = above
            else:
                owner[r, c] = (r, c)
    return owner
