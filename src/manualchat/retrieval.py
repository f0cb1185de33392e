"""Hybrid search: two searches, convex fusion, one passage a page.

Scores of both searches are scaled to 0..1 and mixed with a fixed weight. Rank
fusion (RRF) was up to 8 points of MRR worse than this on three Korean sets.
Imports nothing heavy: the query Lambda runs it too.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from manualchat.embedding.base import Embedder
from manualchat.glossary import korean_for, with_korean
from manualchat.lexical import bare, codes, content_terms
from manualchat.model import Chunk, Document, Hit, Passage, Vector
from manualchat.store.base import Store

# Every constant of retrieval; docs/decisions/fusion.md says what measured them.
CANDIDATES = 100  # chunks that each search gives
DENSE_WEIGHT = 0.3  # where the manuals have the question's words …
WITHOUT_WORDS = 0.3  # … and what is added to it where they have none …
COVERED = 0.7  # … of them; with this share of them nothing is added
SECOND_CHUNK = 0.1  # what a page's second chunk adds to its best
SHORT, SHORT_FACTOR = 80, 0.6  # covers and stray page numbers: little text, all of it the title's
UNNAMED = 0.75  # of a question's meaning: the question without the words of the manual's title
CODE_BONUS = 1.0  # for holding all codes (model names, error codes) of the question


@dataclass(slots=True)
class _Scored:
    chunk: Chunk
    score: float
    lexical: float
    dense: float
    cosine: float


def search(
    question: str,
    *,
    store: Store,
    embedder: Embedder,
    top_k: int = 8,
    documents: Collection[str] | None = None,
) -> list[Passage]:
    """The `top_k` pages that fit a question best, each as its best chunk.

    `documents` limits the search to those ids. Raises BackendError where a
    part is remote.
    """
    with ThreadPoolExecutor(1) as beside:
        whole = beside.submit(embedder.query, question)
        lexical = store.lexical(with_korean(question), CANDIDATES, documents)
        rest = _without_title(question, lexical, store)
        vector = _mean(embedder.query(rest), whole.result()) if rest else whole.result()
    dense = store.dense(vector, CANDIDATES, documents)
    found = {hit.chunk.document for hit in (*lexical, *dense)}
    names = {document.id: document for document in store.documents(found)}
    scored = _fuse(lexical, dense, _dense_weight(question, lexical, names))
    wanted = codes(question)
    if wanted:
        scored = [
            _with_bonus(item, wanted, names[item.chunk.document])
            for item in scored
            if item.chunk.document in names
        ]
    passages = []
    for item in _best_of_each_page(scored):
        document = names.get(item.chunk.document)
        if document is None:  # removed since the search
            continue
        passages.append(
            Passage(
                chunk=item.chunk,
                name=document.name,
                title=document.title,
                score=item.score,
                lexical=item.lexical,
                dense=item.dense,
                cosine=item.cosine,
            )
        )
        if len(passages) == top_k:
            break
    return passages


def _without_title(question: str, lexical: Sequence[Hit], store: Store) -> str:
    """The question without the words of the best document's title; "" if that is all or none of it.

    They say whose page it is. Of that manual's pages, they fit the cover and the plate best.
    """
    if not lexical:
        return ""
    about = store.documents({lexical[0].chunk.document})
    title = bare("\n".join(f"{document.name} {document.title}" for document in about))
    kept = [word for word in question.split() if not _stands_in(title, word)]
    rest = " ".join(kept)
    return rest if rest != question and content_terms(rest) else ""


def _stands_in(title: str, word: str) -> bool:
    """Whether a written word, but for a particle of at most two syllables, stands in `title` (bare).

    By letters alone, so that both homes agree: the query function has no dictionary. A short
    stem has to end a word there ("가습량" is not of the title "가습기").
    """
    letters = re.sub(r"\W", "", bare(word))
    stems = (letters[: len(letters) - particle] for particle in range(3))
    return any(
        (len(stem) > 2 and stem in title)
        or re.search(rf"{re.escape(stem)}(?![가-힣a-z0-9])", title) is not None
        for stem in stems
        if len(stem) > 1
    )


def _mean(rest: Vector, whole: Vector) -> Vector:
    """Their weighted mean, of length one."""
    mixed = [UNNAMED * r + (1 - UNNAMED) * w for r, w in zip(rest, whole, strict=True)]
    length = math.sqrt(sum(x * x for x in mixed)) or 1.0
    return [x / length for x in mixed]


def _dense_weight(question: str, lexical: Sequence[Hit], names: Mapping[str, Document]) -> float:
    """How much the search by meaning counts: more, the fewer of the words the best hit has.

    A question in another language than the manual's, or in other words than its, is one
    about which the search by words knows little: its best hit is chance.
    """
    terms = [term for term in content_terms(question) if len(term) > 1]
    covered = 0.0
    if lexical and terms:
        chunk = lexical[0].chunk
        document = names.get(chunk.document)
        about = (document.name, document.title) if document else ()
        text = bare("\n".join((*about, *chunk.heading, chunk.context, chunk.text, chunk.hidden)))
        covered = sum(_has(text, term) for term in terms) / len(terms)
    return DENSE_WEIGHT + WITHOUT_WORDS * max(0.0, 1 - covered / COVERED)


def _has(text: str, term: str) -> bool:
    return term in text or any(korean in text for korean in korean_for(term))


def _fuse(lexical: Sequence[Hit], dense: Sequence[Hit], weight: float) -> list[_Scored]:
    """Convex combination of both searches' scaled scores."""
    words = _scaled(lexical, floor=0.0)
    meaning = _scaled(dense, floor=None)
    cosines = {hit.chunk.id: hit.score for hit in dense}
    chunks = {hit.chunk.id: hit.chunk for hit in (*lexical, *dense)}
    return [
        _Scored(
            chunk,
            (1 - weight) * words.get(key, 0.0) + weight * meaning.get(key, 0.0),
            words.get(key, 0.0),
            meaning.get(key, 0.0),
            cosines.get(key, 0.0),
        )
        for key, chunk in chunks.items()
    ]


def _scaled(hits: Sequence[Hit], *, floor: float | None) -> dict[str, float]:
    """Scores scaled to 0..1: the best is 1; `floor`, or else the worst, is 0."""
    if not hits:
        return {}
    best = hits[0].score
    low = hits[-1].score if floor is None else floor
    span = best - low
    if span <= 0:
        return {hit.chunk.id: 1.0 for hit in hits}
    return {hit.chunk.id: max(0.0, (hit.score - low) / span) for hit in hits}


def _with_bonus(item: _Scored, wanted: Sequence[str], document: Document) -> _Scored:
    """Exact codes outrank paraphrase; a code in the manual's name counts for its pages."""
    chunk = item.chunk
    texts = (document.name, document.title, *chunk.heading, chunk.context, chunk.text, chunk.hidden)
    there = codes("\n".join(texts))
    held = sum(any(_same_code(code, other) for other in there) for code in wanted)
    bonus = CODE_BONUS * held / len(wanted)
    return _Scored(chunk, item.score + bonus, item.lexical, item.dense, item.cosine)


def _same_code(asked: str, written: str) -> bool:
    """Whole, or a long enough part: users leave out the series (H400SI of SMX-H400SI)."""
    return asked == written or (len(asked) >= 4 and asked in written)


def _best_of_each_page(scored: Iterable[_Scored]) -> list[_Scored]:
    """One chunk a page, the best; a page with a second good one counts a little more."""
    pages: dict[tuple[str, int], list[_Scored]] = {}
    for item in scored:
        if len(item.chunk.text) < SHORT:
            item.score *= SHORT_FACTOR
        pages.setdefault((item.chunk.document, item.chunk.page), []).append(item)
    best = []
    for items in pages.values():
        items.sort(key=lambda i: (-i.score, i.chunk.ordinal))
        if len(items) > 1:
            items[0].score += SECOND_CHUNK * items[1].score
        best.append(items[0])
    return sorted(best, key=lambda i: (-i.score, i.chunk.document, i.chunk.page, i.chunk.ordinal))
