"""Lines to a page: text in reading order, blocks, and where each word stands."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from manualchat.layout import Layout
from manualchat.model import Block, BlockKind, Box
from manualchat.reading.glyphs import Segment
from manualchat.reading.line_ends import Break, joined, reaches
from manualchat.reading.order import Line, Region

_BULLET = re.compile(
    r"^(?:[•●○◦■□▪▶►◆◇※★☆·‣⁃*ㆍ–-]\s|[①-⑳㉠-㉭ⓐ-ⓩ❶-❿➊-➓]|\(?\d{1,2}[.)]\s|\(?[가나다라마바사아자차카타파하][.)]\s|[a-zA-Z][.)]\s)"
)
_WARNING = re.compile(
    r"^[\W\d_]{0,4}(?:경고|주의|위험|안전\s*(?:을\s*위한\s*)?주의\s*사항|WARNING|CAUTION|DANGER)"
    r"(?![가-힣])[\s!:：\])】〉》>]*",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    r"^(?:제\s*\d+\s*[장절편조]|\d{1,2}(?:\.\d{1,2}){0,4}\.?\s+\S|[IVX]{1,4}\.\s|부록|Chapter\s|Appendix\s)",
    re.IGNORECASE,
)
_WIDE = 1.2  # ems between two segments of one line that may be table cells


@dataclass(slots=True)
class Draft:
    """A page's text while it grows."""

    parts: list[str] = field(default_factory=list)
    length: int = 0
    words: list[tuple[int, int, Box]] = field(default_factory=list)
    blocks: list[Block] = field(default_factory=list)

    def put(self, text: str) -> None:
        self.parts.append(text)
        self.length += len(text)

    def put_words(self, segment: Segment) -> None:
        parts, words, length = self.parts, self.words, self.length
        together = segment.together
        for at, (text, x0, y0, x1, y1) in enumerate(segment.words):
            if at and at not in together:
                parts.append(" ")
                length += 1
            parts.append(text)
            words.append((length, length + len(text), (x0, y0, x1, y1)))
            length += len(text)
        self.length = length

    def take_off(self, end: str) -> None:
        """Remove a hyphen from the last word: it goes on in the next line."""
        self.parts[-1] = self.parts[-1].removesuffix(end)
        self.length -= len(end)
        start, stop, box = self.words[-1]
        self.words[-1] = (start, stop - len(end), box)

    def finish(self) -> tuple[str, tuple[Block, ...], Layout]:
        return "".join(self.parts), tuple(self.blocks), Layout(tuple(self.words))


def sizes(page: Sequence[Segment]) -> Counter[float]:
    """How many characters have which size, in half points."""
    found: Counter[float] = Counter()
    for segment in page:
        found[round(segment.size * 2) / 2] += sum([len(word[0]) for word in segment.words])
    return found


def body_size(pages: Iterable[Counter[float]]) -> float:
    """The size that most characters of these pages have: the running text's, in points."""
    total: Counter[float] = Counter()
    for page in pages:
        total.update(page)
    return total.most_common(1)[0][0] if total else 10.0


def compose(
    found: Sequence[Region], body: float, heading: float = 1.15
) -> tuple[str, tuple[Block, ...], Layout]:
    """Text, blocks and layout of a page whose running text has size `body`.

    A line `heading` times as large is a heading.
    """
    draft = Draft()
    blocks: list[tuple[list[Line], BlockKind, int]] = []
    right: dict[int, float] = {}
    for region in found:
        for number, (lines, kind, level) in enumerate(_blocks(region, body, heading)):
            edge = max(line.x1 for line in lines)
            right.update((id(line), edge) for line in lines)
            if (
                number == 0
                and kind == "paragraph"
                and blocks
                and _goes_on(blocks[-1], lines, right)
            ):
                blocks[-1][0].extend(lines)
            else:
                blocks.append((list(lines), kind, level))
    pairs = [
        pair
        for lines, kind, _ in blocks
        if kind in ("paragraph", "list", "warning")
        for pair in pairwise(lines)
    ]
    ends = joined(
        [
            Break(
                above.segments[-1].words[-1][0],
                below.segments[0].words[0][0],
                reaches(above.x1, right[id(above)], above.size),
                above.segments[-1].open_end,
            )
            for above, below in pairs
        ],
        list({id(line): line.text for pair in pairs for line in pair}.values()),
    )
    inside = {
        id(above): end for (above, _), end in zip(pairs, ends, strict=True) if end is not None
    }
    for lines, kind, level in blocks:
        if draft.length:
            draft.put("\n\n")
        start = draft.length
        for index, line in enumerate(lines):
            if index and id(lines[index - 1]) not in inside:
                draft.put("\n")
            _put_line(draft, line, kind, inside.get(id(line), ""))
        header = 1 if kind == "table" and _header(lines) else 0
        draft.blocks.append(Block(start, draft.length, kind, level, header))
    return draft.finish()


def _goes_on(
    before: tuple[list[Line], BlockKind, int], lines: Sequence[Line], right: dict[int, float]
) -> bool:
    """Whether the paragraph at a column's foot goes on at the head of the next column."""
    last, first = before[0][-1], lines[0]
    return (
        before[1] == "paragraph"
        and len(before[0]) > 2
        and len(lines) > 2
        and abs(last.size - first.size) < 0.5
        and last.x1 >= right[id(last)] - 1.6 * last.size
        and first.x0 > last.x1
        and first.y0 < last.y0
        and not last.text.endswith((".", "?", "!", ":"))
    )


def _put_line(draft: Draft, line: Line, kind: BlockKind, hyphen: str = "") -> None:
    before: Segment | None = None
    for segment in line.segments:
        if before is not None:
            wide = line.table >= 0 or (
                segment.x0 - before.x1 > _WIDE * min(segment.size, before.size)
            )
            draft.put("\t" if kind == "table" and wide else " ")
        draft.put_words(segment)
        before = segment
    if hyphen:
        draft.take_off(hyphen)


def _blocks(
    region: Region, body: float, heading: float
) -> Iterable[tuple[list[Line], BlockKind, int]]:
    lines = region.lines
    pitch = _pitch(lines)
    table = _aligned(lines)
    current: list[Line] = []
    kind: BlockKind = "paragraph"
    level = 0
    for index, line in enumerate(lines):
        text = line.text
        if table[index] or line.table >= 0:
            next_kind: BlockKind = "table"
            next_level = 0
        else:
            next_level = _heading(line, text, body, heading)
            if next_level:
                next_kind = "heading"
            elif _WARNING.match(text) and len(_WARNING.sub("", text)) < 80:
                next_kind = "warning"
            elif _BULLET.match(text) and not (
                text.startswith("다.") and not any(x.text.startswith("나.") for x in lines[:index])
            ):
                next_kind = "list"
            else:
                next_kind = "paragraph"
        if current:
            above = current[-1]
            step = (line.y0 + line.y1 - above.y0 - above.y1) / 2
            apart = step > pitch * 1.45 or step < -above.size
            goes_on = not apart and (
                (next_kind == kind and level == next_level and kind != "heading")
                or (
                    kind == "heading"
                    and next_kind == "heading"
                    and level == next_level
                    and abs(line.size - above.size) < 0.5
                    and not _NUMBERED.match(text)
                )
                or (
                    kind in ("list", "warning")
                    and next_kind in ("paragraph", "list")
                    and abs(line.size - above.size) < 0.25 * above.size
                )
            )
            if kind == "table" and next_kind == "table":
                goes_on = line.table == above.table and (line.table >= 0 or 0 < step < pitch * 3)
            if not goes_on:
                yield current, kind, level
                current = []
        if not current:
            kind, level = next_kind, next_level
        current.append(line)
    if current:
        yield current, kind, level


def _pitch(lines: Sequence[Line]) -> float:
    """The usual distance from line to line."""
    steps = []
    for above, line in pairwise([line for line in lines if line.table < 0]):
        step = (line.y0 + line.y1 - above.y0 - above.y1) / 2
        if 0.5 * line.size < step < 3 * line.size:
            steps.append(step)
    if not steps:
        return 1.6 * lines[0].size if lines else 0.0
    steps.sort()
    return steps[len(steps) // 3]


def _aligned(lines: Sequence[Line]) -> list[bool]:
    """Which lines are rows of a table that only its alignment shows."""
    starts: list[list[tuple[float, float]]] = []
    for line in lines:
        cells = []
        for before, segment in zip(line.segments, line.segments[1:], strict=False):
            if segment.x0 - before.x1 > _WIDE * segment.size and not segment.text.startswith(
                ("..", ". .")
            ):
                cells.append((segment.x0, segment.x1))
        starts.append(cells)
    rows = [False] * len(lines)
    for index in range(len(lines) - 1):
        above, below = lines[index], lines[index + 1]
        if above.table >= 0 or below.table >= 0:
            continue
        if not starts[index] or not starts[index + 1] or below.y0 - above.y1 > 3 * above.size:
            continue
        slack = 0.7 * above.size
        if any(
            abs(a0 - b0) < slack or abs(a1 - b1) < slack or abs(a0 + a1 - b0 - b1) < slack
            for a0, a1 in starts[index]
            for b0, b1 in starts[index + 1]
        ):
            rows[index] = rows[index + 1] = True
    return rows


def _header(lines: Sequence[Line]) -> bool:
    """Whether a table's first row names its columns: short words, no figures, as many as any row."""
    first = lines[0].segments
    if len(lines) < 3 or len(first) < 2 or len(first) < max(len(line.segments) for line in lines):
        return False
    short = 30 if len(first) > 2 else 12
    return all(len(c.text) <= short and not any(map(str.isdigit, c.text)) for c in first)


def _heading(line: Line, text: str, body: float, least: float) -> int:
    """The depth of a heading, from 1; 0 for other lines."""
    if len(text) > 80 or not any(char.isalnum() for char in text):
        return 0
    ratio = line.size / body
    if ratio >= 1.9:
        return 1
    if ratio >= 1.45:
        return 2
    if ratio >= least:
        return 3
    bold = all(segment.bold for segment in line.segments)
    if bold and ratio >= 0.95 and len(text) < 50 and not text.endswith((".", ",", "다")):
        return 4
    return 0
