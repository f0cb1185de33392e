"""Text to search terms."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manualchat.lexical import codes, content_terms, normalise, terms

ANY_TEXT = st.text(max_size=200)


@given(ANY_TEXT)
def test_terms_hold_no_whitespace_quotes_or_capitals(text: str) -> None:
    for term in terms(text):
        assert term
        assert not any(c.isspace() or c in "\"'*():" for c in term)
        assert term == normalise(term)


@given(ANY_TEXT)
def test_composed_and_decomposed_text_give_the_same_terms(text: str) -> None:
    assert terms(unicodedata.normalize("NFC", text)) == terms(unicodedata.normalize("NFD", text))


@given(ANY_TEXT)
def test_content_terms_are_distinct_and_among_the_terms(text: str) -> None:
    found = content_terms(text)
    assert len(found) == len(set(found))
    assert set(found) <= set(terms(text))


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("SMX-H400SI", "smx h400si"),
        ("E-04", "e04"),
        ("E04", "e-04"),
        ("LE1", "le1"),
        ("220 V", "220V"),
        ("500mL", "500 ml"),
        ("2 리터", "2L"),
        ("1,500W", "1500 W"),
        ("ＬＥ１", "LE1"),
        ("filters", "filter"),
        ("cleaning", "clean"),
        ("batteries", "battery"),
        ("냉장고 문", "냉장고문"),
        ("설정했습니다", "설정하는"),
    ],
)
def test_two_ways_to_write_a_thing_share_a_term(written: str, asked: str) -> None:
    assert set(terms(written)) & set(terms(asked))


def test_codes_are_whole_and_quantities_are_not_codes() -> None:
    assert codes("SMX-H400SI 믹서의 E-04 오류, 220V 60Hz") == ["smxh400si", "e04"]
    assert codes("3분 사용 후 5분 휴식 500 mL, 1,500W") == []
    assert codes("일반 질문입니다") == []


def test_compound_nouns_are_there_whole_and_in_parts() -> None:
    found = terms("세탁물")
    assert "세탁물" in found
    assert "세탁" in found


def test_without_a_dictionary_two_syllables_stand_for_a_stem(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(line: str) -> None:
        raise ImportError(line)

    monkeypatch.setattr("manualchat.lexical.morphemes", missing)
    assert content_terms("E-04 욕실에서 온풍기가") == ["e04", "04", "욕실", "온풍"]
