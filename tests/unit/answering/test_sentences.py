from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manualchat.answering.sentences import shown, units


def cut(text: str) -> list[str]:
    return [text[u.start : u.end] for u in units(text)]


def test_a_sentence_that_print_broke_over_two_lines_is_one_unit() -> None:
    text = "처음 믹서기 작동 3~5회까지 미세한 연기 및 타는 냄새가 날 수\n있습니다. 이는 정상적인 현상입니다."
    assert cut(text) == [
        "처음 믹서기 작동 3~5회까지 미세한 연기 및 타는 냄새가 날 수\n있습니다.",
        "이는 정상적인 현상입니다.",
    ]


def test_each_row_of_a_table_is_a_unit() -> None:
    assert [u.kind for u in units("전압\t220 V\n소비전력\t350 W")] == ["row", "row"]


def test_list_items_are_not_joined() -> None:
    assert (
        len(
            cut(
                "• 젖은 손으로 만지지 마세요\n• 분해하지 마세요\n1. 전원을 켭니다\n2. 문을 닫습니다"
            )
        )
        == 4
    )


@pytest.mark.parametrize(
    "text",
    ["2023. 9. 30. 기준", "버전 3.5 이상입니다", "See Fig. 3 for the parts", "약 1.1 kg입니다"],
)
def test_full_stops_in_dates_numbers_and_abbreviations_end_nothing(text: str) -> None:
    assert len(cut(text)) <= 2
    assert "3.5" not in text or len(cut(text)) == 1


def test_cells_are_shown_with_a_wide_space_between_them() -> None:
    assert shown("소비전력\t350\n W") == "소비전력\u2003350 W"


@given(st.text(alphabet="가나다 abc.?!\n\t1•-", max_size=200))
def test_units_are_in_order_and_never_overlap(text: str) -> None:
    end = 0
    for unit in units(text):
        assert end <= unit.start < unit.end <= len(text)
        assert text[unit.start : unit.end].strip() == text[unit.start : unit.end]
        end = unit.end
