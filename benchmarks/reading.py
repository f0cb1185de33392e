"""How well and how fast PDFs are read, file by file.

    python benchmarks/reading.py [--pages N] [--llm] [FOLDER_OR_FILES…]

Prints for each file: pages, pages a second (text layer only, one core), the ratio to raw
pymupdf in the same run, F1 of the word spaces after Hangul against PDFium (an
independent engine; line ends aside), the same for raw pymupdf, table cells found, and
the share of pages by method. `--llm` adds pymupdf4llm's speed and cells.

The last two lines are the promises: all text pages (those that are read from their
text layer, and want no OCR) and all pages, each with pages a second on one core and the
ratio to raw pymupdf on the same pages. A page's time runs from the page before it to it.
"""

from __future__ import annotations

import argparse
import contextlib
import difflib
import gc
import importlib
import io
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pymupdf
import pypdfium2

from manualchat.model import Page
from manualchat.reading.glyphs import segments
from manualchat.reading.korean import is_hangul
from manualchat.reading.layer import layer
from manualchat.reading.pages import read_pages


def letters_and_spaces(lines: Iterable[str]) -> tuple[str, set[int], set[int]]:
    """Characters without white space; after which of them a space, or a line end, stands."""
    letters: list[str] = []
    after: set[int] = set()
    ends: set[int] = set()
    for line in lines:
        for char in line.strip():
            if char.isspace():
                after.add(len(letters) - 1)
            else:
                letters.append(char)
        ends.add(len(letters) - 1)
    return "".join(letters), after, ends


def space_counts(ours: Sequence[str], theirs: Sequence[str]) -> tuple[int, int, int]:
    """Spaces after Hangul that both have, only we have, only they have."""
    text, after, ends = letters_and_spaces(ours)
    other, other_after, other_ends = letters_and_spaces(theirs)
    both = ours_only = theirs_only = 0
    for a, b, size in difflib.SequenceMatcher(
        None, text, other, autojunk=False
    ).get_matching_blocks():
        if size < 4:
            continue
        for x, y in zip(range(a, a + size - 1), range(b, b + size - 1), strict=True):
            if not is_hangul(text[x]) or x in ends or y in other_ends:
                continue
            both += x in after and y in other_after
            ours_only += x in after and y not in other_after
            theirs_only += x not in after and y in other_after
    return both, ours_only, theirs_only


def f1(counts: Counter[str]) -> str:
    total = 2 * counts["both"] + counts["ours"] + counts["theirs"]
    return f"{2 * counts['both'] / total:.3f}" if total else "–"


def spaces_f1(path: Path, pages: int, lines_of: Callable[[Any], list[str]]) -> str:
    counts: Counter[str] = Counter()
    with pymupdf.open(path) as document:
        other = pypdfium2.PdfDocument(path)
        for number in range(min(pages, document.page_count)):
            # U+FFFE is PDFium's mark for a hyphen at a line's end.
            theirs = other[number].get_textpage().get_text_bounded().replace("\ufffe", "")
            found = space_counts(lines_of(document[number]), theirs.splitlines())
            counts.update(dict(zip(("both", "ours", "theirs"), found, strict=True)))
    return f1(counts)


def our_lines(page: Any) -> list[str]:
    return [segment.text for segment in segments(layer(page))]


def raw_lines(page: Any) -> list[str]:
    text: str = page.get_text()
    return text.splitlines()


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    started = time.process_time()
    result = work()
    return max(time.process_time() - started, 1e-6), result


@dataclass
class Spent:
    """Pages, and the seconds that raw pymupdf and we take for them."""

    pages: int = 0
    raw: float = 0.0
    ours: float = 0.0

    def add(self, raw: float, ours: float) -> None:
        self.pages += 1
        self.raw += raw
        self.ours += ours

    @property
    def speed(self) -> list[str]:
        return [f"{self.pages / self.ours:.0f}", f"{self.raw / self.ours:.2f}"]


def measure(path: Path, pages: int, llm: bool, text_pages: Spent, everything: Spent) -> list[str]:
    document = pymupdf.open(path)
    count = min(document.page_count, pages)
    raw = [timed(lambda n=n: document[n].get_text())[0] for n in range(count)]  # type: ignore[misc]
    reading = read_pages(document, 1, count)
    here = Spent()
    found: list[tuple[Page, bool]] = []
    for number in range(count):
        ours, (page, wants_ocr) = timed(lambda: next(reading))
        found.append((page, wants_ocr))
        for spent in (here, everything, *([] if wants_ocr else [text_pages])):
            spent.add(raw[number], ours)
    cells = sum(
        page.text[block.start : block.end].count("\t")
        + 1
        + page.text[block.start : block.end].count("\n")
        for page, _ in found
        for block in page.blocks
        if block.kind == "table"
    )
    wanting = sum(wants for _, wants in found)
    row = [
        path.name[:28],
        str(count),
        *here.speed,
        spaces_f1(path, min(pages, 20), our_lines),
        spaces_f1(path, min(pages, 20), raw_lines),
        str(cells),
        f"{count - wanting}/{wanting}",
    ]
    if llm:
        module = importlib.import_module("pymupdf4llm")
        few = min(count, 10)
        with contextlib.redirect_stdout(io.StringIO()):
            spent, text = timed(lambda: module.to_markdown(document, pages=list(range(few))))
        row += [
            f"{few / spent:.1f}",
            str(sum(line.count("|") - 1 for line in text.splitlines() if line.startswith("|"))),
        ]
    return row


ROOT = Path(__file__).parents[1]
USUAL = (ROOT / "examples" / "manuals", ROOT.parent / "shared" / "data" / "pdf-ko")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=10_000, help="at most this many of each file")
    parser.add_argument("--llm", action="store_true", help="measure pymupdf4llm too (slow)")
    parser.add_argument("paths", nargs="*", type=Path, default=[p for p in USUAL if p.is_dir()])
    given = parser.parse_args()
    gc.set_threshold(300_000, 10, 50)  # as the worker does
    head = ["file", "pages", "pages/s", "×raw", "spaces F1", "raw F1", "cells", "text/OCR"]
    print(" | ".join(head + (["llm pages/s", "llm cells"] if given.llm else [])))
    text_pages, everything = Spent(), Spent()
    for path in given.paths:
        for file in sorted(path.glob("*.pdf")) if path.is_dir() else [path]:
            row = measure(file, given.pages, given.llm, text_pages, everything)
            print(" | ".join(row), flush=True)
    for name, spent in (("text pages", text_pages), ("all pages, without OCR", everything)):
        if spent.pages:
            print(" | ".join([name, str(spent.pages), *spent.speed]))


if __name__ == "__main__":
    main()
