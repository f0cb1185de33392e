"""Fusion of two searches into one ranking of pages."""

from __future__ import annotations

from collections.abc import Collection

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manualchat.model import Chunk, Document, Hit, Passage
from manualchat.retrieval import search


class FixedStore:
    """Stands in for a store: hands out the hits it was given. Cannot show ranking by a store."""

    def __init__(self, lexical: list[Hit], dense: list[Hit]) -> None:
        self._lexical = sorted(lexical, key=lambda hit: -hit.score)
        self._dense = sorted(dense, key=lambda hit: -hit.score)

    def lexical(self, text: str, limit: int, documents: object = None) -> list[Hit]:
        return self._lexical[:limit]

    def dense(self, vector: object, limit: int, documents: object = None) -> list[Hit]:
        return self._dense[:limit]

    def documents(self, ids: Collection[str] | None = None) -> list[Document]:
        wanted = {"d", "e"} if ids is None else ids
        return [Document(i, i, f"{i}.pdf", "1", "ready") for i in wanted]


class NoEmbedder:
    """Stands in for an embedder, where no vector is looked at."""

    identity, dimensions, tokens = "none", 1, 0

    def passages(self, texts: object) -> list[list[float]]:
        return []

    def query(self, text: str) -> list[float]:
        return [1.0]


def hit(
    page: int, score: float, *, ordinal: int = 0, text: str = "본문 내용", document: str = "d"
) -> Hit:
    body = text * 20
    return Hit(Chunk(f"{document}{page}-{ordinal}", document, ordinal, page, 0, body), score)


def found(
    lexical: list[Hit], dense: list[Hit], question: str = "질문", top_k: int = 8
) -> list[Passage]:
    store = FixedStore(lexical, dense)
    return search(question, store=store, embedder=NoEmbedder(), top_k=top_k)  # type: ignore[arg-type]


SCORES = st.lists(st.tuples(st.integers(1, 9), st.floats(0.01, 50)), max_size=30)


@given(SCORES, SCORES)
def test_a_page_comes_once_and_scores_fall(lexical: list, dense: list) -> None:  # type: ignore[type-arg]
    words = [hit(page, score, ordinal=i) for i, (page, score) in enumerate(lexical)]
    meaning = [hit(page, score / 50, ordinal=i) for i, (page, score) in enumerate(dense)]
    passages = found(words, meaning)
    pages = [passage.page for passage in passages]
    assert len(pages) == len(set(pages)) == min(8, len({p for p, _ in (*lexical, *dense)}))
    scores = [passage.score for passage in passages]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= p.lexical <= 1 and 0 <= p.dense <= 1 for p in passages)


@given(SCORES, SCORES, st.floats(0.1, 9))
def test_the_scale_of_a_search_does_not_matter(lexical: list, dense: list, factor: float) -> None:  # type: ignore[type-arg]
    meaning = [hit(page, score / 50, ordinal=i) for i, (page, score) in enumerate(dense)]
    plain = found([hit(p, s, ordinal=i) for i, (p, s) in enumerate(lexical)], meaning)
    scaled = found([hit(p, s * factor, ordinal=i) for i, (p, s) in enumerate(lexical)], meaning)
    assert [p.score for p in plain] == pytest.approx([p.score for p in scaled], abs=1e-6)


def test_what_both_searches_find_outranks_what_one_finds() -> None:
    passages = found([hit(1, 9), hit(2, 8.9)], [hit(2, 0.9), hit(3, 0.89), hit(4, 0.5)])
    assert passages[0].page == 2


def test_an_exact_code_outranks_a_paraphrase() -> None:
    words = [hit(1, 9.0, text="오류가 생겼을 때 "), hit(2, 6.0, text="E-04 배수 ")]
    meaning = [hit(1, 0.9, text="오류가 생겼을 때 "), hit(2, 0.85, text="E-04 배수 "), hit(3, 0.8)]
    assert found(words, meaning, "오류 E04")[0].page == 2


def test_nothing_found_is_an_empty_list() -> None:
    assert found([], []) == []


def test_a_document_removed_meanwhile_is_left_out() -> None:
    gone = FixedStore([hit(1, 9.0, document="gone"), hit(2, 5.0)], [])
    gone.documents = lambda ids=None: [Document("d", "d", "d.pdf", "1", "ready")]  # type: ignore[method-assign]
    passages = search("질문", store=gone, embedder=NoEmbedder())  # type: ignore[arg-type]
    assert [passage.document for passage in passages] == ["d"]


def test_the_fewer_of_its_words_are_found_the_more_meaning_counts() -> None:
    words, meaning = hit(1, 9.0, text="물통을 비우세요 "), hit(2, 0.9, text="다른 이야기 ")
    both = [hit(2, 0.1, text="다른 이야기 ")], [hit(1, 0.1, text="물통을 비우세요 ")]
    known = found([words, *both[0]], [meaning, *both[1]], "물통 비우기")
    foreign = found([words, *both[0]], [meaning, *both[1]], "Comment vider ceci ?")
    assert [passage.page for passage in known] == [1, 2]
    assert [passage.page for passage in foreign] == [2, 1]


class CountingEmbedder(NoEmbedder):
    """Stands in for an embedder: what it is asked for, and a vector of its own for each."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def query(self, text: str) -> list[float]:
        self.asked.append(text)
        return [1.0, 0.0] if "가습기" in text else [0.0, 1.0]


class NamedStore(FixedStore):
    """A store of one manual, which keeps the vector that it was asked with."""

    def dense(self, vector: object, limit: int, documents: object = None) -> list[Hit]:
        self.vector = list(vector)  # type: ignore[call-overload]
        return super().dense(vector, limit, documents)

    def documents(self, ids: Collection[str] | None = None) -> list[Document]:
        return [Document("d", "d", "YJ-480.pdf", "1", "ready", title="초음파 가습기")]


@pytest.mark.parametrize(
    ("question", "rest"),
    [
        ("가습기 진동자는 무엇으로 닦나요?", "진동자는 무엇으로 닦나요?"),
        ("YJ-480 가습기의 진동자 청소", "진동자 청소"),
        ("진동자는 무엇으로 닦나요?", ""),
        ("가습량은 얼마나 되나요?", ""),
        ("가습기는?", ""),
    ],
)
def test_the_meaning_of_a_question_is_mostly_that_without_the_manuals_name(
    question: str, rest: str
) -> None:
    store, embedder = NamedStore([hit(1, 9.0)], []), CountingEmbedder()
    search(question, store=store, embedder=embedder)  # type: ignore[arg-type]
    assert sorted(embedder.asked) == sorted(filter(None, (question, rest)))
    if rest:
        whole, without = store.vector
        assert without > whole > 0
        assert whole**2 + without**2 == pytest.approx(1)
