"""The best passages, widened to their whole page, with what their cover says.

A search ranks chunks; the sentence that answers may stand in the chunk next to
the one that matched: a table below its caption, the steps below their title. And
what product a manual is about often stands on its first page alone: without it
nobody can tell whether a question about a humidifier may be answered from it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import Protocol

from manualchat.answering.asked import asked
from manualchat.answering.terms import Text, Word, words_of
from manualchat.answering.wordlists import SAME
from manualchat.layout import Layout
from manualchat.model import Chunk, Hit, Passage

PAGES = 3  # how many passages are widened; the others stay as they were found
COVER = 300  # characters of the first page that join the title
LOOKED_FOR = 2  # words that none of a manual's pages found has
WORTH = 0.3  # of the best page's score: a page that has such a word
LONGEST = 6_000  # characters of a page that is still taken whole


class Pages(Protocol):
    """The part of a store that is needed here."""

    def chunks(self, document_id: str, first: int = 1, last: int | None = None) -> list[Chunk]:
        """The chunks of pages `first` to `last`, in order."""
        ...

    def lexical(self, text: str, limit: int, documents: Collection[str] | None = None) -> list[Hit]:
        """The chunks that share words with `text`, best first."""
        ...


def widen(passages: Sequence[Passage], store: Pages, pages: int = PAGES) -> list[Passage]:
    """`passages`, the first `pages` with their whole page; of their documents, with the cover.

    The cover's words join `title`, which is searched for names and never quoted.
    """
    covers = {p.document: _cover(p.document, store) for p in passages[:pages]}
    return [
        replace(
            _widened(passage, store) if place < pages else passage,
            title=f"{passage.title} {covers.get(passage.document, '')}".strip(),
        )
        for place, passage in enumerate(passages)
    ]


def elsewhere(question: str, passages: Sequence[Passage], store: Pages) -> Iterator[Passage]:
    """Where the best manuals have the nouns of `question` that their pages found have not.

    Such a word may be the name of the room on page 2, or the page that was missed. One
    that stands nowhere in the manual says that the manual does not say.
    """
    words = words_of(question, _written(passages))
    kind = asked(question)
    for document, best in {p.document: p for p in reversed(passages[:PAGES])}.items():
        pages = [p for p in passages if p.document == document]
        seen = set[str]()  # chunks: a page may be found by another of its chunks
        text = Text(_written(pages))
        missing = [
            word
            for word in words
            if word.kind == "noun" and len(word.stem) > 1 and text.has(word) < 0.5
        ]
        if kind.counts and not kind.held_by(text.folded):
            missing.insert(0, Word(kind.unit, "noun", kind.unit))  # "몇 평": where some are counted
        for word in missing[:LOOKED_FOR]:
            named = " ".join((word.stem, *SAME.get(word.stem, ())))
            for hit in store.lexical(named, 1, (document,)):
                if hit.chunk.id not in seen and Text(hit.chunk.text).has(word) >= 0.9:
                    seen.add(hit.chunk.id)
                    score = best.score * WORTH
                    yield replace(best, chunk=hit.chunk, score=score, lexical=0.0, dense=0.0)


def _written(passages: Sequence[Passage]) -> str:
    return "\n".join(f"{p.name} {p.title}\n{p.text}" for p in passages)


def _cover(document: str, store: Pages) -> str:
    text = " ".join(chunk.text for chunk in store.chunks(document, 1, 1))
    return " ".join(text.split())[:COVER]


def _widened(passage: Passage, store: Pages) -> Passage:
    chunks = store.chunks(passage.document, passage.page, passage.page)
    found = next((c for c in chunks if c.id == passage.chunk.id), None)
    if found is None or len(chunks) < 2:
        return passage
    whole = joined(chunks)
    if len(whole.text) > LONGEST:
        at = chunks.index(found)
        whole = joined(chunks[max(0, at - 1) : at + 2])
    chunk = replace(found, start=whole.start, text=whole.text, layout=whole.layout)
    return replace(passage, chunk=chunk)


def joined(chunks: Sequence[Chunk]) -> Chunk:
    """Chunks of one page as one: its text is again a run of the page.

    Chunks may overlap. Where white space was left out between two, it stands
    again as line ends, so that every offset is the page's own.
    """
    first = min(chunks, key=lambda c: c.start)
    text, words = "", []
    for chunk in sorted(chunks, key=lambda c: c.start):
        at = chunk.start - first.start
        text += "\n" * (at - len(text))
        seen = len(text)
        text += chunk.text[seen - at :]
        words += [(a + at, b + at, box) for a, b, box in chunk.layout.words if a + at >= seen]
    return Chunk(
        id=first.id,
        document=first.document,
        ordinal=first.ordinal,
        page=first.page,
        start=first.start,
        text=text,
        label=first.label,
        heading=first.heading,
        context=first.context,
        layout=Layout(tuple(words)),
    )
