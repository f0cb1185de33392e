"""Pages to chunks: runs of one page that are searched, quoted and cited as a whole.

A chunk never leaves its page, so that a hit is a page. Blocks are kept whole
where they fit; a warning stays with the block after it; a table is cut between
rows only, and each piece carries the header row as context.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise

from manualchat.model import Block, Chunk, Page, chunk_id

# Characters. Measured on questions over real manuals, see docs/decisions/chunks.md.
TARGET = 500
LONGEST = 900
SHORTEST = 120


class Chunker:
    """Cuts the pages of one document, in order. Headings carry over from page to page."""

    def __init__(self, document: str, revision: str) -> None:
        self._document = document
        self._revision = revision
        self._ordinal = 0
        self._headings: list[tuple[int, str]] = []

    def cut(self, page: Page) -> Iterator[Chunk]:
        """The chunks of one page. They tile its text but for blank lines between them."""
        pieces = list(self._pieces(page))
        total = max(1, len(page.text))
        hidden = page.hidden.split("\n")
        for index, (start, end, context, heading) in enumerate(pieces):
            until = len(hidden) if index == len(pieces) - 1 else len(hidden) * end // total
            since = 0 if index == 0 else len(hidden) * pieces[index - 1][1] // total
            yield self._chunk(page, start, end, context, heading, "\n".join(hidden[since:until]))
        if not pieces and page.hidden.strip():
            yield self._chunk(page, 0, 0, "", self._path(), page.hidden)

    def _chunk(
        self, page: Page, start: int, end: int, context: str, heading: tuple[str, ...], hidden: str
    ) -> Chunk:
        ordinal, self._ordinal = self._ordinal, self._ordinal + 1
        return Chunk(
            id=chunk_id(self._document, self._revision, ordinal),
            document=self._document,
            ordinal=ordinal,
            page=page.number,
            start=start,
            text=page.text[start:end],
            label=page.label,
            heading=heading,
            context=context,
            hidden=hidden,
            layout=page.layout.cut(start, end),
        )

    def _path(self) -> tuple[str, ...]:
        return tuple(text for _, text in self._headings)

    def _enter(self, level: int, text: str) -> None:
        while self._headings and self._headings[-1][0] >= level:
            self._headings.pop()
        self._headings.append((level, " ".join(text.split())[:120]))

    def _pieces(self, page: Page) -> Iterator[tuple[int, int, str, tuple[str, ...]]]:
        """(start, end, context, heading path) of each chunk."""
        start = end = -1
        heading = self._path()
        held = False  # the run ends in a heading or a warning: it waits for what follows
        for block in page.blocks or tuple(_paragraphs(page.text)):
            text = page.text[block.start : block.end]
            if not text.strip():
                continue
            size, length = end - start, block.end - block.start
            opens = block.kind == "heading" and size >= SHORTEST
            grows = size + length > (LONGEST if held else TARGET)
            if start >= 0 and not (held and block.kind != "heading") and (opens or grows):
                yield start, end, "", heading
                start = -1
            if block.kind == "heading":
                self._enter(block.level or 1, text)
                if start < 0:
                    heading = self._path()
            if start < 0:
                start, heading = block.start, self._path()
            if block.end - start > LONGEST:
                # what was held (a heading, a warning) opens the first piece
                yield from self._split(page, replace(block, start=start))
                start = end = -1
                held = False
                continue
            end = block.end
            held = block.kind in ("heading", "warning")
        if start >= 0:
            yield start, end, "", heading

    def _split(self, page: Page, block: Block) -> Iterator[tuple[int, int, str, tuple[str, ...]]]:
        """A block that is too long, cut between lines, a table's header as context."""
        lines = list(_lines(page.text, block.start, block.end))
        header = ""
        if block.kind == "table":
            rows = [page.text[a:b] for a, b in lines if "\t" in page.text[a:b]]
            header = "\n".join(rows[: max(1, block.header_rows)])[:300]
        start = lines[0][0]
        for (_, end), (following, following_end) in pairwise(lines):
            if following_end - start > TARGET + SHORTEST:
                yield start, end, "" if start == block.start else header, self._path()
                start = following
        yield start, lines[-1][1], "" if start == block.start else header, self._path()


def _paragraphs(text: str) -> Iterator[Block]:
    """Blocks of a text whose reader marked none: parted by empty lines."""
    at = 0
    for part in text.split("\n\n"):
        if part.strip():
            yield Block(at, at + len(part), "paragraph")
        at += len(part) + 2


def _lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Spans of lines with something on them; a line past LONGEST is cut at a space."""
    at = start
    for line in text[start:end].split("\n"):
        stop = at + len(line)
        while stop - at > LONGEST:
            space = text.rfind(" ", at + TARGET // 2, at + TARGET)
            cut = space + 1 if space > 0 else at + TARGET
            yield at, cut
            at = cut
        if text[at:stop].strip():
            yield at, stop
        at = stop + 1


def embedding_text(title: str, chunk: Chunk) -> str:
    """What of a chunk is embedded: where it stands, then what it says."""
    head = " > ".join(dict.fromkeys(part for part in (title, *chunk.heading) if part))
    return "\n".join(part for part in (head, chunk.context, chunk.text or chunk.hidden) if part)


def page_text(chunks: Iterable[Chunk]) -> str:
    """A page's text, put together again from its chunks."""
    text = ""
    for chunk in sorted(chunks, key=lambda c: c.start):
        gap = chunk.start - len(text)
        text += "\n" * gap if gap <= 2 else "\n" + " " * (gap - 2) + "\n"
        text += chunk.text
    return text
