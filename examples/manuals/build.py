"""Makes the example manuals' PDFs from `source/*.txt`, with pymupdf and nothing else.

    python examples/manuals/build.py [FOLDER [SOURCE]]

The same source gives the same bytes. A page that overflows is an error, so the
page numbers in qa.jsonl stay true. The markup is small; a block is parted from
the next by an empty line:

    === iv              a new page with this label; (iv): not printed on the page
    # / ## / ###        chapter, section, sub-section
    - item   1. step    a list; two more spaces continue the item
    | a | b |           a ruled table, its first row the header
    !! 경고             a framed warning; the lines below it are its text
    ~ Title | 3         a line of the table of contents
    ^ text              a centred line of the cover; ^^ is large
    <<<  |||  >>>       two columns: begin, second column, end
    @ front 1 2 3       a drawing of the appliance with numbered call-outs
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pymupdf

SOURCE = Path(__file__).parent / "source"
WIDTH, HEIGHT = 420.0, 595.0  # A5, as leaflets in the box are
MARGIN, TOP, BOTTOM = 36.0, 46.0, 562.0
BODY, LEADING = 9.0, 1.55
BLACK, GREY, RED, SHADE = (0, 0, 0), (0.45, 0.45, 0.45), (0.75, 0.1, 0.1), (0.92, 0.92, 0.92)
ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6, "vii": 7, "viii": 8}


class Overflow(Exception):
    """The text of a page is longer than the page."""


@cache
def font() -> pymupdf.Font:
    """Droid Sans Fallback, which comes inside pymupdf and has Hangul and Latin."""
    return pymupdf.Font("korea")


def width(text: str, size: float) -> float:
    return float(font().text_length(text, fontsize=size))


def wrap(text: str, size: float, limit: float) -> Iterator[str]:
    """Lines no wider than `limit`, broken at spaces, inside a word only if it must."""
    line = ""
    for word in text.split():
        joined = f"{line} {word}" if line else word
        if width(joined, size) <= limit:
            line = joined
            continue
        if line:
            yield line
        line = word
        while width(line, size) > limit:
            cut = next(n for n in range(len(line), 0, -1) if width(line[:n], size) <= limit)
            yield line[:cut]
            line = line[cut:]
    if line:
        yield line


@dataclass
class Sheet:
    """One page while it is being set: a cursor that runs down between two edges."""

    page: pymupdf.Page
    label: str
    left: float = MARGIN
    right: float = WIDTH - MARGIN
    y: float = TOP
    shape: pymupdf.Shape = field(init=False)

    def __post_init__(self) -> None:
        self.page.insert_font(fontname="ko", fontbuffer=font().buffer)
        self.shape = self.page.new_shape()

    def write(
        self,
        text: str,
        x: float,
        y: float,
        *,
        size: float = BODY,
        bold: bool = False,
        color: tuple[float, float, float] = BLACK,
    ) -> None:
        mode = {"render_mode": 2, "border_width": 0.035} if bold else {}
        self.shape.insert_text(
            (x, y), text, fontname="ko", fontsize=size, color=color, fill=color, **mode
        )

    def room(self, height: float) -> None:
        if self.y + height > BOTTOM:
            raise Overflow(f"page {self.label}: {self.y + height - BOTTOM:.0f} points too long")

    def paragraph(
        self,
        text: str,
        *,
        size: float = BODY,
        bold: bool = False,
        indent: float = 0,
        color: tuple[float, float, float] = BLACK,
        after: float = 5,
    ) -> None:
        for line in wrap(text, size, self.right - self.left - indent):
            self.room(size * LEADING)
            self.write(line, self.left + indent, self.y + size, size=size, bold=bold, color=color)
            self.y += size * LEADING
        self.y += after

    def heading(self, level: int, text: str) -> None:
        size = (15.0, 11.5, 9.6)[level - 1]
        self.y += (0, 6, 3)[level - 1]
        self.paragraph(text, size=size, bold=True, after=2)
        if level == 1:
            self.rule(self.y, weight=1.2)
            self.y += 9

    def rule(self, y: float, *, weight: float = 0.5) -> None:
        self.shape.draw_line((self.left, y), (self.right, y))
        self.shape.finish(width=weight, color=BLACK)

    def items(self, lines: list[str]) -> None:
        for line in lines:
            mark, text = line.split(" ", 1)
            mark = "•" if mark == "-" else mark
            self.room(BODY * LEADING)
            self.write(mark, self.left + 3, self.y + BODY)
            self.paragraph(text, indent=17, after=2)
        self.y += 4

    def warning(self, title: str, lines: list[str]) -> None:
        top = self.y
        self.y += 5
        self.left, self.right = self.left + 7, self.right - 7
        self.paragraph(f"▲ {title}", size=9.6, bold=True, color=RED, after=1)
        for line in lines:
            if line.startswith("- "):
                self.items([line])
                self.y -= 4
            else:
                self.paragraph(line, after=2)
        self.left, self.right = self.left - 7, self.right + 7
        self.y += 3
        self.shape.draw_rect((self.left, top, self.right, self.y))
        self.shape.finish(width=0.9, color=RED)
        self.y += 7

    def table(self, rows: list[list[str]]) -> None:
        size, pad = 8.2, 4.5
        columns = list(zip(*rows, strict=True))
        natural = [max(width(cell, size) for cell in column) + 2 * pad + 0.5 for column in columns]
        total, spare = self.right - self.left, sum(natural) - (self.right - self.left)
        if spare > 0:  # take what is missing from the columns that are wider than their share
            share = total / len(natural)
            wide = sum(max(0, n - share) for n in natural)
            natural = [n - spare * max(0, n - share) / wide for n in natural]
        else:
            natural[-1] -= spare
        for number, row in enumerate(rows):
            cells = [
                list(wrap(cell, size, w - 2 * pad)) or [""]
                for cell, w in zip(row, natural, strict=True)
            ]
            height = max(map(len, cells)) * size * 1.4 + 2 * pad - 1
            self.room(height)
            x = self.left
            for lines, w in zip(cells, natural, strict=True):
                self.shape.draw_rect((x, self.y, x + w, self.y + height))
                self.shape.finish(width=0.5, color=BLACK, fill=SHADE if number == 0 else None)
                for n, line in enumerate(lines):
                    y = self.y + pad + size + n * size * 1.4 - 1
                    self.write(line, x + pad, y, size=size, bold=number == 0)
                x += w
            self.y += height
        self.y += 8

    def contents(self, lines: list[str]) -> None:
        for line in lines:
            title, label = (part.strip() for part in line.split("|"))
            end = self.right - width(label, BODY)
            dots = int((end - self.left - width(title, BODY) - 8) / width(".", BODY))
            self.write(f"{title} {'.' * dots}", self.left, self.y + BODY)
            self.write(label, end, self.y + BODY)
            self.y += BODY * 1.9

    def cover(self, lines: list[str]) -> None:
        for line in lines:
            mark, text = line.split(" ", 1)
            size = 23.0 if mark == "^^" else 11.0
            x = (WIDTH - width(text, size)) / 2
            self.write(text, x, self.y + size, size=size, bold=mark == "^^")
            self.y += size * 1.8
        self.y += 14

    def drawing(self, numbers: list[str]) -> None:
        """A front view made of plain shapes, with a numbered call-out at each part."""
        middle, top = (self.left + self.right) / 2, self.y + 6
        self.room(150)
        for box in ((-45, 0, 45, 130), (-36, 8, 36, 26), (-36, 36, 36, 92), (-36, 98, 36, 124)):
            self.shape.draw_rect((middle + box[0], top + box[1], middle + box[2], top + box[3]))
        for line in range(42, 92, 7):
            self.shape.draw_line((middle - 32, top + line), (middle + 32, top + line))
        self.shape.finish(width=0.7, color=BLACK)
        for n, number in enumerate(numbers):
            side = -1 if n % 2 == 0 else 1
            y = top + 12 + (n // 2) * 112 / max(1, (len(numbers) - 1) // 2)
            self.shape.draw_line((middle + side * 38, y), (middle + side * 78, y))
            self.shape.draw_circle((middle + side * 86, y), 7)
            self.write(number, middle + side * 86 - width(number, 8) / 2, y + 3, size=8)
        self.shape.finish(width=0.5, color=BLACK)
        self.y = top + 142

    def furniture(self, chapter: str) -> None:
        """Running header and printed label, outside the text as in any manual."""
        if self.label.startswith("("):
            return
        self.write(chapter, MARGIN, 30, size=7, color=GREY)
        outer = len(self.label) % 2 == 0
        x = MARGIN if outer else WIDTH - MARGIN - width(self.label, 8)
        self.write(self.label, x, HEIGHT - 22, size=8, color=GREY)


def blocks(text: str) -> Iterator[list[str]]:
    """Runs of lines between empty lines or headings; an indented line continues the one above."""
    for run in re.split(r"\n\s*\n", text.strip()):
        lines: list[str] = []
        for line in run.splitlines():
            if line.startswith("  ") and lines:
                lines[-1] += f" {line.strip()}"
            elif re.match("#+ ", line):
                if lines:
                    yield lines
                yield [line.rstrip()]
                lines = []
            else:
                lines.append(line.rstrip())
        if lines:
            yield lines


def cells(row: str) -> list[str]:
    return [cell.strip() for cell in row.strip().strip("|").split("|")]


def set_block(sheet: Sheet, lines: list[str], column: list[float]) -> None:
    """Set one block. `column` remembers where two columns began and how far they ran."""
    first = lines[0]
    gap = 14.0
    if first == "<<<":
        column[:] = [sheet.y, sheet.y]
        sheet.right = (WIDTH - gap) / 2
    elif first == "|||":
        column[1] = sheet.y
        sheet.left, sheet.right, sheet.y = (WIDTH + gap) / 2, WIDTH - MARGIN, column[0]
    elif first == ">>>":
        sheet.left, sheet.y = MARGIN, max(sheet.y, column[1])
    elif match := re.match(r"(#+) (.*)", first):
        sheet.heading(len(match[1]), match[2])
    elif first.startswith("!! "):
        sheet.warning(first[3:], lines[1:])
    elif first.startswith("|"):
        sheet.table([cells(row) for row in lines])
    elif first.startswith("~ "):
        sheet.contents([line[2:] for line in lines])
    elif first.startswith("^"):
        sheet.cover(lines)
    elif first.startswith("@ front"):
        sheet.drawing(first.split()[2:])
    elif re.match(r"- |\d+\. ", first):
        sheet.items(lines)
    else:
        sheet.paragraph(" ".join(lines))


def page_label(number: int, printed: str) -> dict[str, int | str]:
    """The PDF's own label rule for one page: prefix, style, number."""
    label = printed.strip("()")
    if label in ROMAN:
        return {"startpage": number, "prefix": "", "style": "r", "firstpagenum": ROMAN[label]}
    prefix, digits = re.fullmatch(r"(.*?)(\d+)", label).groups()  # type: ignore[union-attr]
    return {"startpage": number, "prefix": prefix, "style": "D", "firstpagenum": int(digits)}


def typeset(source: str) -> tuple[str, bytes]:
    """File name and bytes of the PDF that this source describes."""
    head, *pages = re.split(r"^=== (.+)$", source, flags=re.MULTILINE)
    facts = dict(line.split(": ", 1) for line in head.strip().splitlines())
    document = pymupdf.open()
    chapter, outline, labels = "", [], []
    for number, (label, text) in enumerate(zip(pages[::2], pages[1::2], strict=True)):
        sheet = Sheet(document.new_page(width=WIDTH, height=HEIGHT), label)
        column: list[float] = []
        for lines in blocks(text):
            set_block(sheet, lines, column)
            if lines[0].startswith("# "):
                chapter = lines[0][2:]
                outline.append([1, chapter, number + 1])
        sheet.furniture(f"{facts['title']}  |  {chapter}")
        sheet.shape.commit()
        labels.append(page_label(number, label))
    document.subset_fonts()
    document.set_page_labels(labels)
    document.set_toc(outline)
    stamp = "D:20260101000000Z"
    document.set_metadata({"title": facts["title"], "creationDate": stamp, "modDate": stamp})
    return facts["file"], document.tobytes(garbage=4, deflate=True, no_new_id=True)


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    folder.mkdir(parents=True, exist_ok=True)
    sources = Path(sys.argv[2]) if len(sys.argv) > 2 else SOURCE
    for source in sorted(sources.glob("*.txt")):
        name, data = typeset(source.read_text(encoding="utf-8"))
        target = folder / name
        if not target.exists() or target.read_bytes() != data:  # an unchanged file keeps its time
            target.write_bytes(data)
        print(f"{target.name}  {len(data) // 1024} KB")


if __name__ == "__main__":
    main()
