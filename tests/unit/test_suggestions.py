"""Questions from headings: what one would ask, in words that one would use."""

from __future__ import annotations

import pytest

from manualchat.suggestions import subject_of, suggest


@pytest.mark.parametrize(
    ("heading", "question"),
    [
        ("소금 넣기", "소금 넣는 방법을 알려 주세요."),
        ("3.2 거름망 청소하기", "거름망 청소하는 방법을 알려 주세요."),
        ("문 열기", "문 여는 방법을 알려 주세요."),
        ("주의", ""),  # too short to be a question's subject
        ("뒷덮개 열기", "뒷덮개 여는 방법을 알려 주세요."),
        ("물 연결", "물 연결은 어떻게 하나요?"),
        ("필터 교체", "필터 교체는 어떻게 하나요?"),
        ("사용 방법", "사용 방법을 알려 주세요."),
        ("오류 코드", "오류 코드에는 어떤 것이 있나요?"),
        ("제품 사양", "제품 사양을 알려 주세요."),
        ("의류 건조기", "의류 건조기에 대해 알려 주세요."),
        ("Setting the water hardness", "How does setting the water hardness work?"),
        ("How to get service", "How do I get service?"),
        ("Error codes", "Which error codes are there?"),
    ],
)
def test_a_heading_becomes_the_question_one_would_ask(heading: str, question: str) -> None:
    assert suggest([heading]) == ([question] if question else [])


@pytest.mark.parametrize(
    "heading",
    ["차례", "목차", "Contents", "▲ 경고", "안전을 위해 지켜 주세요", "1234-5678", "", "ⅳ", "<b>"],
)
def test_what_nobody_would_ask_for_is_left_out(heading: str) -> None:
    assert suggest([heading]) == []


def test_things_to_do_come_before_things_to_know_and_none_comes_twice() -> None:
    headings = ["전자파 적합성", "안전을 위한 주의 사항", "소금 넣기", "1. 소금  넣기"]
    assert suggest(headings)[0] == "소금 넣는 방법을 알려 주세요."
    assert len(suggest(headings)) == 3


def test_numbers_and_bullets_are_not_the_subject() -> None:
    assert subject_of("제 3 장 필터 청소") == "필터 청소"
    assert subject_of("■ 필터 청소") == "필터 청소"
