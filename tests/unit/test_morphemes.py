"""Korean morphemes: what a search needs of them, with either binding of the dictionary."""

from __future__ import annotations

from manualchat.morphemes import morphemes


def test_a_particle_is_cut_from_its_noun() -> None:
    assert [(m.surface, m.pos) for m in morphemes("물통을")] == [("물통", "NNG"), ("을", "JKO")]


def test_a_compound_and_an_inflected_verb_name_their_parts() -> None:
    found = {m.surface: m for m in morphemes("사용설명서를 눌러 주세요")}
    assert found["눌러"].kind == "Inflect"
    assert found["눌러"].expression.startswith("누르/VV/")


def test_a_line_without_korean_or_without_anything_is_no_error() -> None:
    assert list(morphemes("")) == []
    assert [m.surface for m in morphemes("E-04 220 V")] == ["E", "-", "04", "220", "V"]
