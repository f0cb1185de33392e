"""Korean words for English questions."""

from __future__ import annotations

from manualchat.glossary import korean_for, with_korean


def test_an_english_question_brings_the_korean_words_for_its_own() -> None:
    asked = with_korean("How heavy is the humidifier?")
    assert asked.startswith("How heavy is the humidifier? ")
    assert {"무게", "가습기"} <= set(asked.split())


def test_a_korean_question_stays_as_it_is() -> None:
    assert with_korean("LED 표시등은 무슨 색인가요?") == "LED 표시등은 무슨 색인가요?"


def test_a_word_is_found_in_any_form() -> None:
    assert korean_for("batteries") == korean_for("Battery") == korean_for("battery")
    assert "청소" in korean_for("cleaned")
    assert korean_for("xylophone") == ()
