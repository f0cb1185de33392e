"""The model that reads question and passage together: what it is given, and what it tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from manualchat.answering import open_answerer
from manualchat.answering.abstention import DOUBT, Features, likelihood
from manualchat.answering.cross_encoder import (
    NO_ANSWER,
    READ,
    WHOLE,
    CrossEncoder,
    pair,
    surroundings,
    written,
)
from manualchat.answering.extractive import ExtractiveAnswerer
from manualchat.answering.selection import Reading, choose_again, select
from manualchat.config import Settings
from manualchat.embedding.e5 import E5Embedder
from manualchat.errors import ModelUnavailable
from manualchat.model import Done
from tests.unit.answering.passages import passage


@pytest.fixture(scope="session")
def cross_encoder(embedder: E5Embedder) -> CrossEncoder:
    return CrossEncoder(embedder._folder)


def test_a_pair_keeps_the_question_and_ends_in_time(embedder: E5Embedder) -> None:
    ids, part = pair(embedder.tokenizer, "빵틀 크기는?", "제빵기", "규격", "긴 글입니다. " * 400)
    assert len(ids) == len(part) == WHOLE
    assert ids[0] == 0
    assert ids[-1] == 2
    assert part == sorted(part)
    asked = [i for i, p in zip(ids, part, strict=True) if p == 0]
    assert asked == [0, *embedder.tokenizer.ids(["query: 빵틀 크기는?"])[0], 2]
    longer = pair(embedder.tokenizer, "왜 " * 900, "제빵기", "규격", "글")
    assert longer[1].count(1) > 5, "a long question leaves room for the passage"


@pytest.mark.parametrize(
    ("answered", "missed", "text"),
    [
        (
            "빵틀 설거지 기계에 넣어도 돼요?",
            "빵틀은 어디서 살 수 있나요?",
            "빵틀은 식기세척기에 넣지 말고 미지근한 물로 손으로 씻으십시오.",
        ),
        (
            "How often should the tank be rinsed?",
            "How many litres does the tank hold?",
            "Rinse the water tank under running water once a week and let it dry.",
        ),
        (
            "보증은 얼마 동안 되나요?",
            "보증 신청은 어느 번호로 전화하나요?",
            "무상 보증 기간은 구입한 날부터 2년이다.",
        ),
    ],
)
def test_what_answers_scores_above_a_near_miss(
    cross_encoder: CrossEncoder, answered: str, missed: str, text: str
) -> None:
    yes, no = (cross_encoder.score(q, "다온 제빵기 DB-7", "", text) for q in (answered, missed))
    assert yes > no


def test_a_row_is_read_with_its_header_and_its_neighbours() -> None:
    rows = ["항목\t값", *(f"부품 {n}\t{n} mm 길이의 부품이며 교체할 수 있음" for n in range(40))]
    page = passage("\n".join(rows))
    selection = select("부품 30의 길이는?", [page])
    best = next(c for c in selection.candidates if c.index == 31)
    units = surroundings(selection, best)
    told = written(page.text, units, best.header).split("\n")
    assert best in units
    assert told[0] == "항목 | 값"
    assert "부품 30 | 30 mm 길이의 부품이며 교체할 수 있음" in told
    assert 3 < len(told) < 9


def test_a_lone_sentence_is_read_as_it_is() -> None:
    page = passage("뚜껑을 열지 마십시오.")
    selection = select("뚜껑은?", [page])
    units = surroundings(selection, selection.candidates[0])
    assert written(page.text, units, None) == "뚜껑을 열지 마십시오."


def test_the_best_places_are_read_and_no_sentence_twice(cross_encoder: CrossEncoder) -> None:
    lines = [f"{n}번 선반은 {n * 7} cm 높이에 달고 나사를 단단히 조여 주십시오." for n in range(30)]
    selection = select("선반을 얼마나 높이 달아요?", [passage("\n".join(lines))])
    readings = cross_encoder.read(selection)
    assert len(readings) == READ
    assert readings[0].candidate is selection.best
    read = [unit for reading in readings for unit in reading.units]
    assert len(read) == len(set(read)) > READ
    assert all(reading.candidate in reading.units for reading in readings)
    assert cross_encoder.read(select("선반은?", [])) == []


def test_another_manuals_places_are_not_read(cross_encoder: CrossEncoder) -> None:
    pages = [
        passage("선반은 90 cm 높이에 다십시오.\n\n선반을 닦으십시오.", name="선반.pdf"),
        passage("선반은 70 cm 높이에 다십시오.", name="책장.pdf", score=0.5),
    ]
    selection = select("선반을 얼마나 높이 달아요?", pages)
    assert {c.passage for c in selection.candidates} == {0, 1}
    assert {r.candidate.passage for r in cross_encoder.read(selection)} == {0}


def test_the_manuals_name_is_not_read(
    cross_encoder: CrossEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is settled before; and beside the answer it seldom stands."""
    put: list[tuple[str, str]] = []

    def score(self: CrossEncoder, question: str, title: str, heading: str, text: str) -> float:
        put.append((question, title))
        return 0.0

    monkeypatch.setattr(CrossEncoder, "score", score)
    page = passage("온도가 5도씩 올라갑니다.", name="SEH-HW2000.pdf", title="전기 온풍기")
    cross_encoder.read(select("HW2000 온도는 몇 도씩 올라가나요?", [page]))
    cross_encoder.read(select("온도는 몇 도씩 올라가나요?", [page]))
    assert put == [
        ("온도는 몇 도씩 올라가나요?", ""),
        ("온도는 몇 도씩 올라가나요?", "전기 온풍기"),
    ]


def test_where_nothing_holds_the_kind_of_answer_asked_for_nothing_is_read(
    cross_encoder: CrossEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CrossEncoder, "score", lambda *_: 3.0)
    warranty = "무상 수리 기간은 구입한 날부터입니다.\n구입 가격을 기준으로 환급합니다."
    no_price = select("믹서 칼날 가격은 얼마예요?", [passage(warranty)])
    assert [r.odds for r in cross_encoder.read(no_price)] == [NO_ANSWER]
    scores = [c.score for c in no_price.candidates]
    choose_again(no_price, cross_encoder.read(no_price))
    assert [c.score for c in no_price.candidates] == scores
    price = select("믹서 칼날 가격은 얼마예요?", [passage(f"{warranty}\n칼날은 9,000원입니다.")])
    assert max(r.odds for r in cross_encoder.read(price)) == 3.0
    why = select("믹서 칼날은 왜 무뎌지나요?", [passage(warranty)])
    assert max(r.odds for r in cross_encoder.read(why)) == 3.0, "no kind that a text would show"


def test_what_reads_best_is_said_first_and_what_was_not_read_stays_behind() -> None:
    lines = [
        "선반 높이를 재십시오.",
        "받침을 벽에 거십시오.",
        "나사로 조이십시오.",
        "선반을 닦으십시오.",
    ]
    selection = select("선반 높이는?", [passage("\n".join(lines))])
    first, second, third, last = sorted(selection.candidates, key=lambda c: -c.score)
    scores = [c.score for c in (first, second, third, last)]
    readings = [Reading(first, [first], "", -4.0), Reading(second, [second, third], "", 5.0)]
    second_to_third = second.score - third.score
    again = choose_again(selection, readings)
    assert again.best is second
    assert again.chosen[0] is second
    assert (second.score, first.score) == (scores[0], scores[1])
    assert second.score - third.score == pytest.approx(second_to_third)
    assert last.score == scores[3]


def test_it_is_read_only_where_the_words_leave_a_doubt() -> None:
    calls = []

    def read() -> float:
        calls.append(1)
        return 3.0

    sure_not = Features(0.0, 0.0, 0.0, 0.2, 0.5, 0.0, 0.0)
    assert likelihood(sure_not, read)[0] < DOUBT[0]
    another_model = Features(1.0, 0.5, 1.0, 0.4, 0.5, 1.0, 1.0)
    assert likelihood(another_model, read)[0] == 0
    assert not calls
    doubtful = Features(1.0, 0.8, 1.0, 0.6, 0.5, 1.0, 0.0)
    above, below = likelihood(doubtful, read)[0], likelihood(doubtful, lambda: -3.0)[0]
    assert calls == [1]
    assert above > below
    by_words = likelihood(doubtful, lambda: None)
    assert DOUBT[0] < by_words[0] < DOUBT[1]


def test_without_the_model_the_words_decide(caplog: pytest.LogCaptureFixture) -> None:
    opened = []

    def missing() -> CrossEncoder:
        opened.append(1)
        raise ModelUnavailable(detail="no wheel", remedy="none")

    answerer = ExtractiveAnswerer(missing)
    selection = select("반죽 시간이 얼마나?", [passage("반죽은 20분 동안 한다.")])
    assert [answerer._read(selection) for _ in range(2)] == [[], []]
    assert opened == [1], "asked for once"
    assert len(caplog.records) == 1
    *_, last = answerer.answer(selection.question, selection.passages)
    assert isinstance(last, Done)


def test_only_the_library_at_home_reads(tmp_path: Path) -> None:
    assert open_answerer(Settings.load())._open is None  # type: ignore[attr-defined]
    assert open_answerer(Settings.load(), tmp_path)._open is not None  # type: ignore[attr-defined]
    bedrock = Settings.load(embedder="bedrock:amazon.titan-embed-text-v2:0")
    assert open_answerer(bedrock, tmp_path)._open is None  # type: ignore[attr-defined]
