"""Ruled tables: rows and cells from the lines that are drawn around them.

Looks only at straight rules and the edges of filled cells, so it costs a few
milliseconds a page; PyMuPDF's own finder takes a few hundred. A merged cell's
text stands once, in its first row, as on the page; `filled` gives the rows with
it repeated, for search.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median
from typing import Any

from manualchat.model import Box
from manualchat.reading.drawn import NEAR, REACH, Drawn, Rule
from manualchat.reading.glyphs import Segment
from manualchat.reading.line_ends import Break, joined, reaches
from manualchat.reading.spread import unspread

_MOST_RULES = 4_000
_COLUMN = 8.0  # points: nothing narrower is a column
_PADDING = 9.0  # points at most between a cell's edge and what it holds
_LONG_CELL = 300  # characters: a cell with more is text in a frame, not data


@dataclass(slots=True, eq=False)
class Table:
    """A grid. `rows[r][c]` is the cell at that place, None where a merged one covers it."""

    box: Box
    xs: list[float]  # where the columns part, the table's sides included
    rows: list[list[Segment | None]] = field(default_factory=list)
    spans: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)  # rows, columns

    def cells(self) -> Iterator[tuple[tuple[int, int], Segment]]:
        """The cells that hold text, with their places."""
        for r, row in enumerate(self.rows):
            for c, cell in enumerate(row):
                if cell is not None:
                    yield (r, c), cell

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


def tables(rules: Drawn, found: Sequence[Segment]) -> tuple[list[Table], list[Segment]]:
    """The page's ruled tables, and the segments that are in none of them."""
    across, down = rules.across, rules.down
    if len(across) < 2 or len(down) < 2 or len(across) + len(down) > _MOST_RULES:
        return [], list(found)
    rest = list(found)
    result = []
    for group_across, group_down in _groups(across, down):
        table, left = _table(group_across, group_down, rest)
        if table is not None:
            result.append(table)
            rest = left
    if result:
        _join_lines(result, rest)
    return result, rest


def _join_lines(found: Sequence[Table], rest: Sequence[Segment]) -> None:
    """Join the words that a cell's edge broke, where these tables are set so."""
    known = [segment.text for segment in rest]
    places: list[tuple[Segment, int]] = []
    breaks: list[Break] = []
    for table in found:
        for place, cell in table.cells():
            lines = [[cell.words[0][0]]]
            edge = table.xs[place[1] + table.spans.get(place, (1, 1))[1]] - _PADDING
            for at, (above, word) in enumerate(pairwise(cell.words), 1):
                if word[2] < (above[2] + above[4]) / 2:
                    lines[-1].append(word[0])
                    continue
                lines.append([word[0]])
                full = reaches(above[3], edge, cell.size)
                breaks.append(Break(above[0], word[0], full, False))
                places.append((cell, at))
            known += [" ".join(line) for line in lines]
    for (cell, at), end in zip(places, joined(breaks, known), strict=True):
        if end is not None:
            text, x0, y0, x1, y1 = cell.words[at - 1]
            cell.words[at - 1] = (text.removesuffix(end), x0, y0, x1, y1)
            cell.together |= {at}


def _groups(across: list[Rule], down: list[Rule]) -> list[tuple[list[Rule], list[Rule]]]:
    """Rules that cross or touch, directly or through others: one group may be one table."""
    parent = list(range(len(across) + len(down)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    by_place = sorted((x, y0, y1, j) for j, (x, y0, y1) in enumerate(down, len(across)))
    xs = [rule[0] for rule in by_place]
    for i, (y, x0, x1) in enumerate(across):
        crossing = by_place[bisect_left(xs, x0 - REACH) : bisect_right(xs, x1 + REACH)]
        for _, y0, y1, j in crossing:
            if y0 - REACH <= y <= y1 + REACH:
                parent[root(i)] = root(j)
    groups: dict[int, tuple[list[Rule], list[Rule]]] = {}
    for i, rule in enumerate([*across, *down]):
        group = groups.setdefault(root(i), ([], []))
        group[0 if i < len(across) else 1].append(rule)
    return sorted(
        (
            g
            for g in groups.values()
            if len(g[0]) >= 2 and len(g[1]) >= 1 and len(g[0]) + len(g[1]) >= 5
        ),
        key=lambda g: min(r[0] for r in g[0]),
    )


def _places(rules: Sequence[Rule]) -> list[float]:
    found: list[float] = []
    for place in sorted(rule[0] for rule in rules):
        if not found or place - found[-1] > 2 * NEAR:
            found.append(place)
    return found


def _table(
    across: list[Rule], down: list[Rule], found: list[Segment]
) -> tuple[Table | None, list[Segment]]:
    sides, ends = _open_sides(across, down), _open_sides(down, across)
    rows = _places(across)
    usual = median([below - above for above, below in pairwise(rows)] or [0.0])
    across = [
        *across,
        *(end for end in ends if min(abs(end[0] - row) for row in rows) < 1.5 * usual),
    ]
    down = [*down, *sides]
    ys, xs = _places(across), _places(down)
    height, width = len(ys) - 1, len(xs) - 1
    if height < 1 or width < 2 or height * width > 4_000:
        return None, found
    owner = _cells(across, down, xs, ys)
    unclosed = _unclosed(owner, across, down, xs, ys)
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
            place = owner[y, _index(xs, centre)]
            if place in unclosed:
                outside.append(word)
                continue
            cell = words.setdefault(place, [])
            if not cell or cell[-1][0] is not segment:
                cell.append((segment, []))
            cell[-1][1].append(word)
        if outside:
            rest.append(segment.of(outside))
    columns = {c for _, c in words}
    rows_used = {r for r, _ in words}
    if len(columns) < 2 or len(rows_used) < 2 or len(words) < 3:
        return None, found
    table = Table(box, xs)
    table.rows = [[None] * width for _ in range(height)]
    for (r, c), parts in words.items():
        cell_words = [word for _, part in parts for word in part]
        text = parts[0][0].of(cell_words)
        whole = unspread([text])
        table.rows[r][c] = whole[0] if len(whole) == 1 else text
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


def _open_sides(rules: Sequence[Rule], others: Sequence[Rule]) -> list[Rule]:
    """The sides of a table that no rule is drawn along: where most of its `rules` end.

    `others` are the rules across these, in whose direction the sides run.
    """
    places, crossed = [rule[0] for rule in rules], [rule[0] for rule in others]
    first, last = min(rule[1] for rule in rules), max(rule[2] for rule in rules)
    sides = []
    if first < min(crossed) - _COLUMN and (
        2 * sum(rule[1] < first + REACH for rule in rules) > len(rules)
    ):
        sides.append((first, min(places), max(places)))
    if last > max(crossed) + _COLUMN and (
        2 * sum(rule[2] > last - REACH for rule in rules) > len(rules)
    ):
        sides.append((last, min(places), max(places)))
    return sides


def _index(places: Sequence[float], value: float) -> int:
    for at in range(len(places) - 2, 0, -1):
        if value >= places[at]:
            return at
    return 0


def _cells(
    across: list[Rule], down: list[Rule], xs: list[float], ys: list[float]
) -> dict[tuple[int, int], tuple[int, int]]:
    """For each place of the grid, the top left place of the cell that covers it."""
    owner: dict[tuple[int, int], tuple[int, int]] = {}
    for r in range(len(ys) - 1):
        for c in range(len(xs) - 1):
            left = owner.get((r, c - 1))
            above = owner.get((r - 1, c))
            if left is not None and not _ruled(down, xs[c], ys[r], ys[r + 1]):
                owner[r, c] = left
            elif above is not None and not _ruled(across, ys[r], xs[c], xs[c + 1]):
                owner[r, c] = above
            else:
                owner[r, c] = (r, c)
    return owner


def _unclosed(
    owner: dict[tuple[int, int], tuple[int, int]],
    across: list[Rule],
    down: list[Rule],
    xs: list[float],
    ys: list[float],
) -> set[tuple[int, int]]:
    """The cells that are none: without a rule below, and without one on either side."""
    closed = {
        place
        for (r, c), place in owner.items()
        if owner.get((r + 1, c)) != place and _ruled(across, ys[r + 1], xs[c], xs[c + 1])
    }
    lefts = {
        place
        for (r, c), place in owner.items()
        if owner.get((r, c - 1)) != place and _ruled(down, xs[c], ys[r], ys[r + 1])
    }
    rights = {
        place
        for (r, c), place in owner.items()
        if owner.get((r, c + 1)) != place and _ruled(down, xs[c + 1], ys[r], ys[r + 1])
    }
    return set(owner.values()) - closed - (lefts & rights)


def _ruled(rules: list[Rule], place: float, start: float, end: float) -> bool:
    """Whether a rule runs at this place, past the middle between start and end."""
    middle = (start + end) / 2
    return any(abs(p - place) <= 2 * NEAR and a <= middle <= b for p, a, b in rules)
