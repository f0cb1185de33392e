"""Pages of invented documents with questions, to learn reading from (data/pages; CC0).

A file holds documents like this one. After `?` stands what proves the answer, word for word
from one line of the page; after `!` what the page would say if it answered, which it does not.

    === title
    ## heading
    lines of the page, as extraction from a PDF gives them; cells | of a row
    ? question => words of the page
    ! question => a line

They are read as a question reads them (`manualchat.answering`): the same sentences, neighbours
and choice of places, so that what is learnt from is what will be met.
"""

from __future__ import annotations

import random
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from manualchat.answering.cross_encoder import places
from manualchat.answering.selection import select
from manualchat.model import Chunk, Passage

DATA = Path(__file__).parent / "data" / "pages"
HELD_OUT = 12  # one document of so many is never learnt from
PLACES = 4  # of each page, the best for a question: those that answer, and those that do not
COVER = 300  # characters of the page that join the title, as in widen.py
LINE_LOST = 0.6  # how often lines of a part are missing
NAMED = 0.12  # how often a question names the product
ANOTHER = 0.35  # … one that the page is not about
UNTOLD = 0.4  # … its own, which the title does not name
APART = 0.5  # how often the part with the answer stands alone, like a chunk


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, the words that answer it, and whether the page has them."""

    question: str
    words: str
    answered: bool


@dataclass(slots=True)
class Document:
    """A title, parts of (heading, lines), and what is asked of them."""

    title: str
    parts: list[tuple[str, list[str]]] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Put:
    """A question put to one place of a page."""

    question: str
    title: str
    heading: str
    text: str
    answered: bool


def documents() -> list[Document]:
    """All of data/pages."""
    found: list[Document] = []
    for path in sorted(DATA.glob("*.txt")):
        for line in path.read_text(encoding="utf-8").splitlines():
            mark, _, rest = line.partition(" ")
            if mark == "===":
                found.append(Document(rest.strip()))
            elif mark == "##":
                found[-1].parts.append((rest.strip(), []))
            elif mark in ("?", "!"):
                question, _, words = rest.partition(" => ")
                found[-1].asked.append(Asked(question.strip(), words.strip(), mark == "?"))
            elif line.strip():
                found[-1].parts[-1][1].append(line.replace(" | ", "\t"))
    return found


def is_held_out(document: Document) -> bool:
    """Whether a document only measures; the same for whatever is trained."""
    return zlib.crc32(document.title.encode()) % HELD_OUT == 0


def put(document: Document, asked: Asked, source: random.Random) -> Iterator[Put]:
    """The question put to the page as it is and as it is not: with the answer taken out, or in."""
    words = asked.words.replace(" | ", "\t")
    at = next((i for i, (_, lines) in enumerate(document.parts) if words in "\n".join(lines)), None)
    if not asked.answered:
        at = source.randrange(len(document.parts))
    elif at is None:
        return
    assert at is not None
    with_it, without = [], []
    for number, (heading, lines) in enumerate(document.parts):
        if asked.answered:
            with_it.append((heading, [*lines]))
            without.append((heading, [line for line in lines if words not in line]))
        else:
            more = [*lines]
            if number == at:
                more.insert(source.randrange(len(lines) + 1), words)
            with_it.append((heading, more))
            without.append((heading, [*lines]))
    for parts, has in ((with_it, True), (without, False)):
        if source.random() < LINE_LOST:  # or a gap would tell that the answer was taken out
            lines = source.choice(parts)[1]
            lines[:] = [line for line in lines if words in line or source.random() > 0.1]
        yield from _places(document.title, parts, at, asked.question, words if has else "", source)


def named(some: Put, other: str, source: random.Random) -> Put:
    """Now and then the question names a product or a document: this one, or the one of title `other`.

    Its own name need not stand in the title: users know models that the cover does not tell.
    """
    if source.random() > NAMED:
        return some
    another = source.random() < ANOTHER
    words = (other if another else some.title).split()
    at = source.randrange(2)
    name = words[at : at + source.randrange(1, 3)]
    title = some.title
    if not another and source.random() < UNTOLD:
        title = " ".join(word for word in title.split() if word not in name)
    question = " ".join([*name, some.question])
    return replace(some, question=question, title=title, answered=some.answered and not another)


def _places(
    title: str,
    parts: list[tuple[str, list[str]]],
    at: int,
    question: str,
    words: str,
    source: random.Random,
) -> Iterator[Put]:
    """The places of a page that the question would be put to; with `words`, one has them."""
    heading = parts[at][0]
    shown = parts[at : at + 1] if source.random() < APART else parts
    page = "\n\n".join("\n".join(([h] if source.random() < 0.7 else []) + ls) for h, ls in shown)
    cover = " ".join("\n".join(ls) for _, ls in parts).replace("\t", " ")[:COVER]
    chunk = Chunk("c", "d", 0, 1, 0, page, heading=(heading,))
    passage = Passage(chunk, f"{title}.pdf", f"{title} {cover}", 1.0)
    selection = select(question, [passage])
    for number, place in enumerate(places(selection, 99)):
        has = bool(words) and words.replace("\t", " | ") in place.text
        if number < PLACES or has:
            yield Put(question, passage.title, heading, place.text, has)
