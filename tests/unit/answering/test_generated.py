from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from manualchat.answering import prompt
from manualchat.answering.generated import answer_events, sentences_of
from manualchat.model import Cited, Delta, Done
from tests.unit.answering.passages import HUMIDIFIER, STEPS

QUESTION = "가습기 물통 용량은 얼마인가요?"
WRITTEN = (
    '물통 용량은 4.8 L입니다 [1 "물통용량 4.8 L. 제품"]. 소비전력은 25 W입니다. [1]\n'
    "1. 전원 플러그를 뽑으십시오. [2]\n3.5 kg 이하입니다! 끝"
)


def answered(text: str, size: int = 5) -> tuple[Done, list[Delta], list[Cited]]:
    pieces = [text[i : i + size] for i in range(0, len(text), size)]
    events = list(answer_events(pieces, question=QUESTION, passages=[HUMIDIFIER, STEPS]))
    assert isinstance(events[-1], Done)
    deltas = [e for e in events if isinstance(e, Delta)]
    return events[-1], deltas, [e for e in events if isinstance(e, Cited)]


@given(st.lists(st.integers(1, 9), min_size=1, max_size=200))
def test_however_the_stream_is_cut_the_sentences_are_the_same(sizes: list[int]) -> None:
    pieces, at = [], 0
    for size in sizes:
        pieces.append(WRITTEN[at : at + size])
        at += size
    pieces.append(WRITTEN[at:])
    found = list(sentences_of(pieces))
    assert found == list(sentences_of([WRITTEN]))
    assert "".join(found) == WRITTEN


def test_the_deltas_are_the_answer_and_its_marks_are_its_citations() -> None:
    done, deltas, cited = answered("물통 용량은 4.8 L입니다. [1] 소비전력은 25 W입니다. [1]")
    assert "".join(d.text for d in deltas) == done.answer
    assert done.answer == "물통 용량은 4.8 L입니다. [1] 소비전력은 25 W입니다. [2]"
    assert [c.number for c in cited] == [1, 2]
    assert [c.citation for c in cited] == list(done.citations)


def test_the_refusal_token_becomes_a_refusal_with_the_nearest_pages() -> None:
    done, _, cited = answered(prompt.REFUSAL, 3)
    assert done.refused
    assert done.answer.startswith("설명서에 없는 내용입니다")
    assert "4쪽" in done.answer
    assert not cited
    assert done.citations == ()


def test_an_empty_answer_is_a_refusal() -> None:
    assert answered("")[0].refused


def test_thinking_aloud_is_left_out() -> None:
    done, _, _ = answered("<think>물통… [1]?</think>\n물통 용량은 4.8 L입니다. [1]")
    assert "think" not in done.answer
    assert done.answer.endswith("4.8 L입니다. [1]")


def test_our_own_instructions_are_not_repeated() -> None:
    done, _, _ = answered(f"물통 용량은 4.8 L입니다. [1]\n{prompt.system(QUESTION)}", 11)
    assert done.answer == "물통 용량은 4.8 L입니다. [1]"


def test_addresses_that_no_source_prints_are_removed() -> None:
    done, _, _ = answered("물통 용량은 4.8 L입니다. [1] ![x](https://evil.example/?q=1) 보세요.")
    assert "evil" not in done.answer
