"""What the cross-encoder learns from: pages whose answers are where they are said to be."""

from __future__ import annotations

import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))
import pages


def test_answers_stand_on_the_page_and_near_misses_do_not() -> None:
    documents = pages.documents()
    assert len(documents) == 130
    for document in documents:
        page = "\n".join(line for _, lines in document.parts for line in lines)
        for asked in document.asked:
            words = asked.words.replace(" | ", "\t")
            assert asked.question
            assert words
            assert (words in page) == asked.answered, (document.title, asked.question)


def test_a_question_is_put_to_the_page_with_its_answer_and_without() -> None:
    text = "예약은 최대 9시간까지 됩니다."
    page = pages.Document("다온 온풍기", [("예약", ["※ 정전에 주의하십시오.", text])])
    for words, answered in (("최대 9시간까지", True), ("30분 단위로 됩니다.", False)):
        asked = pages.Asked("몇 시간까지 예약돼요?", words, answered)
        puts = [*pages.put(page, asked, random.Random(1))]
        assert {p.answered for p in puts} == {True, False}
        assert all((words in p.text) == p.answered for p in puts)


def test_a_question_that_names_another_product_is_not_answered() -> None:
    some = pages.Put("몇 시간까지 돼요?", "다온 HM-1 온풍기", "", "9시간까지", True)
    source = random.Random(1)
    named = [pages.named(some, "소리울 AX-2 스피커", source) for _ in range(400)]
    for name, answered in (("소리울", False), ("AX-2", False), ("다온", True), ("HM-1", True)):
        assert {p.answered for p in named if p.question.startswith(name)} == {answered}
    assert some in named
