"""The closer look at the best pages."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from manualchat.model import Chunk, Passage
from manualchat.reranking import PAGES, reranked


def passage(page: int, score: float, text: str) -> Passage:
    chunk = Chunk(f"c{page}", "d", page, page, 0, text)
    return Passage(chunk, "제습기.pdf", "제습기", score, score, score, score)


def test_the_page_whose_sentence_answers_goes_before_the_one_that_speaks_of_it() -> None:
    speaks = passage(1, 0.9, "물통에 대하여.\n물통을 닦습니다. 물통을 끼웁니다. 용량을 확인합니다.")
    answers = passage(2, 0.8, "물통 용량은 4.8 L입니다.")
    assert [p.page for p in reranked("물통 용량은 몇 리터인가요?", [speaks, answers])] == [2, 1]


def test_nothing_found_stays_nothing() -> None:
    assert reranked("물통 용량은?", []) == []


@given(st.lists(st.text(max_size=60), max_size=12), st.text(max_size=40))
def test_no_page_is_lost_and_the_later_ones_keep_their_place(
    texts: list[str], question: str
) -> None:
    found = [passage(n, 1 / (n + 1), text) for n, text in enumerate(texts)]
    again = reranked(question, found)
    assert sorted(p.page for p in again) == [p.page for p in found]
    assert [p.page for p in again[PAGES:]] == [p.page for p in found[PAGES:]]
    assert [p.score for p in again] == sorted((p.score for p in again), reverse=True)
