"""What a manual is called."""

from __future__ import annotations

import pytest

from manualchat.model import Block, Page
from manualchat.titles import document_title, product_name, with_product


def test_the_covers_headline_comes_before_what_the_file_states() -> None:
    text = "2024\n초음파 가습기\n사용 설명서\n무언가 더"
    blocks = (Block(5, 12, "heading", 1), Block(13, 19, "heading", 2))
    assert document_title("CM-45", Page(1, text, blocks=blocks)) == (
        "초음파 가습기 사용 설명서 · CM-45"
    )


def test_what_ocr_makes_of_a_logo_is_no_headline() -> None:
    text = "/ ~ i ani l\n두유제조기\n사용 설명서"
    blocks = tuple(Block(a, b, "heading", 1) for a, b in ((0, 11), (12, 17), (18, 24)))
    assert (
        document_title("", Page(1, text, blocks=blocks, method="ocr")) == "두유제조기 사용 설명서"
    )
    assert document_title("", Page(1, text, blocks=blocks)) == "/ ~ i ani l 두유제조기"


@pytest.mark.parametrize("stated", ["", "Microsoft Word - 1", "무제.hwp", "Untitled-1"])
def test_what_a_program_states_is_no_title(stated: str) -> None:
    assert document_title(stated, Page(1, "초음파 가습기")) == "초음파 가습기"


@pytest.mark.parametrize(
    ("plate", "name"),
    [
        ("품명\t전기 온풍기\n모델명\tSEH-1", "전기 온풍기"),
        ("품 명 : 가습기\n정격 전압 : 220 V", "가습기"),
        ("• 제품명 전기 온풍기 사이즈 297 x 240\n소비전력 2000 W", "전기 온풍기"),
        ("제품명\t보증기간\t고객 주소\n모델명\t2년", ""),  # a warranty card: labels in a row
        ("품명번호 : 4323151301\n모델명 : X", ""),
        ("품명 : 볼펜\n수량 : 3", ""),  # no plate
        ("", ""),
    ],
)
def test_the_plate_says_what_the_product_is(plate: str, name: str) -> None:
    assert product_name(Page(4, plate)) == name


@pytest.mark.parametrize("junk", [" " * 100_000, "\n" * 100_000, "\t" * 100_000, "품명 " * 30_000])
def test_a_hostile_page_is_looked_through_once(junk: str) -> None:
    """The first pattern took a minute for 800 spaces; this would never end with it."""
    assert product_name(Page(1, f"모델\n품명{junk}::\n{junk}x\n품명: 가습기")) == "가습기"


def test_a_product_joins_the_title_where_that_does_not_name_it() -> None:
    assert with_product("벽걸이형 히터", "전기 온풍기") == "벽걸이형 히터 · 전기 온풍기"
    assert with_product("신일 초음파 가습기", "초음파가습기") == "신일 초음파 가습기"
    assert with_product("", "가습기") == "가습기"
    assert with_product("제목", "") == "제목"
