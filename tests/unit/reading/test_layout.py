"""Order, furniture, labels, tables, and pages that stand on their side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pymupdf

from manualchat.model import Page
from manualchat.reading import PdfReader
from tests.unit.reading.typeset import FONT, SENTENCES, put, saved


def pages(reader: PdfReader, document: Any, tmp_path: Path) -> list[Page]:
    return list(reader.read(saved(document, tmp_path / "a.pdf")))


def grid(page: Any, xs: list[float], ys: list[float]) -> None:
    for x in xs:
        page.draw_line((x, ys[0]), (x, ys[-1]))
    for y in ys:
        page.draw_line((xs[0], y), (xs[-1], y))


def test_every_word_has_its_box(reader: PdfReader, tmp_path: Path) -> None:
    document = pymupdf.open()
    put(document.new_page(), 50, 80, "정격 전압 220 V")
    page = pages(reader, document, tmp_path)[0]
    words = [page.text[a:b] for a, b, _ in page.layout.words]
    assert words == page.text.split()
    box = page.layout.boxes(page.text.index("220"), page.text.index("220") + 3)[0]
    assert 90 < box[0] < 110 and 66 < box[1] < box[3] < 86


def test_a_spread_is_read_page_after_page_and_has_both_labels(
    reader: PdfReader, tmp_path: Path
) -> None:
    document = pymupdf.open()
    for sheet in range(4):
        page = document.new_page(width=842, height=595)
        for side in range(2):
            for line, sentence in enumerate(SENTENCES[:10]):
                put(page, 40 + side * 421, 80 + line * 18, f"{side}{line} {sentence[:30]}")
            put(page, 200 + side * 421, 575, str(10 + 2 * sheet + side))
    read = pages(reader, document, tmp_path)
    order = [line[:2] for line in read[1].text.split("\n") if line[:2].isdigit()]
    assert order == [f"{side}{line}" for side in range(2) for line in range(10)]
    assert [page.label for page in read] == ["10–11", "12–13", "14–15", "16–17"]


def test_repeated_headers_go_but_their_first_stays(reader: PdfReader, tmp_path: Path) -> None:
    document = pymupdf.open()
    for number in range(1, 6):
        page = document.new_page()
        put(page, 50, 40, "가습기 사용 설명서", 8)
        put(page, 50, 120, SENTENCES[number])
        put(page, 290, 820, f"- {number + 20} -", 8)
    read = pages(reader, document, tmp_path)
    assert "가습기 사용 설명서" in read[0].text
    assert not any("가습기" in page.text for page in read[1:])
    assert [page.label for page in read] == ["21", "22", "23", "24", "25"]
    assert not any("- 2" in page.text for page in read)


def test_headings_that_differ_by_a_number_are_not_furniture(
    reader: PdfReader, tmp_path: Path
) -> None:
    document = pymupdf.open()
    for number in range(1, 5):
        page = document.new_page()
        put(page, 50, 60, f"E{number} 오류", 20)
        put(page, 50, 140, SENTENCES[number])
    read = pages(reader, document, tmp_path)
    assert all(f"E{number} 오류" in page.text for number, page in enumerate(read, 1))
    assert all(page.blocks[0].kind == "heading" for page in read)


def test_a_range_of_pages_reads_like_the_whole(reader: PdfReader, tmp_path: Path) -> None:
    document = pymupdf.open()
    for number in range(12):
        page = document.new_page()
        put(page, 50, 40, "사용 설명서", 8)
        put(page, 50, 120, SENTENCES[number])
        put(page, 290, 820, str(number + 1), 8)
    path = saved(document, tmp_path / "a.pdf")
    whole = list(reader.read(path))
    parts = [page for first in (1, 5, 9) for page in reader.read(path, first=first, last=first + 3)]
    assert [(p.number, p.text, p.label, p.blocks) for p in parts] == [
        (p.number, p.text, p.label, p.blocks) for p in whole
    ]


def test_a_ruled_table_becomes_rows_of_cells_on_each_page(
    reader: PdfReader, tmp_path: Path
) -> None:
    document = pymupdf.open()
    for sheet in range(2):
        page = document.new_page()
        grid(page, [50, 200, 350, 500], [100, 130, 160, 190])
        for column, name in enumerate(("증상", "원인", "조치")):
            put(page, 60 + column * 150, 120, name)
        for row in range(2):
            for column in range(3):
                put(page, 60 + column * 150, 150 + row * 30, f"값 {sheet}{row}{column}")
    for sheet, page in enumerate(pages(reader, document, tmp_path)):
        block = next(b for b in page.blocks if b.kind == "table")
        rows = page.text[block.start : block.end].split("\n")
        assert rows[0] == "증상\t원인\t조치"
        assert rows[2] == f"값 {sheet}10\t값 {sheet}11\t값 {sheet}12"
        assert block.header_rows == 1


def test_a_merged_cell_stands_once_and_is_filled_in_for_search(
    reader: PdfReader, tmp_path: Path
) -> None:
    document = pymupdf.open()
    page = document.new_page()
    for x in (50, 200, 350):
        page.draw_line((x, 100), (x, 160))
    page.draw_line((50, 100), (350, 100))
    page.draw_line((200, 130), (350, 130))
    page.draw_line((50, 160), (350, 160))
    put(page, 60, 120, "정격 전압")
    put(page, 210, 120, "220 V")
    put(page, 210, 150, "60 Hz")
    put(page, 60, 300, SENTENCES[0])
    read = pages(reader, document, tmp_path)[0]
    assert read.text.startswith("정격 전압\t220 V\n60 Hz")
    assert read.hidden == "정격 전압 60 Hz"


def test_a_table_without_rules_at_its_sides_is_one(reader: PdfReader, tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    for y in (100, 130, 160, 190):
        page.draw_line((50, y), (350, y))
    page.draw_line((200, 100), (200, 190))
    for row, (name, value) in enumerate((("전압", "220 V"), ("무게", "2 kg"), ("크기", "소형"))):
        put(page, 60, 120 + row * 30, name)
        put(page, 210, 120 + row * 30, value)
    assert pages(reader, document, tmp_path)[0].text == "전압\t220 V\n무게\t2 kg\n크기\t소형"


def test_a_head_with_round_corners_is_the_first_row(reader: PdfReader, tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    page.draw_rect((50, 70, 350, 100), radius=0.2, fill=(0.9, 0.9, 0.9), color=None)
    grid(page, [50, 200, 350], [100, 130, 160])
    page.draw_line((200, 72), (200, 98))
    for row, (name, value) in enumerate((("증상", "조치"), ("소음", "청소"), ("냄새", "교체"))):
        put(page, 60, 90 + row * 30, name)
        put(page, 210, 90 + row * 30, value)
    assert pages(reader, document, tmp_path)[0].text == "증상\t조치\n소음\t청소\n냄새\t교체"


def test_what_stands_beside_the_cells_of_a_table_stays_outside(
    reader: PdfReader, tmp_path: Path
) -> None:
    document = pymupdf.open()
    page = document.new_page()
    page.draw_rect((50, 100, 450, 130))  # a head as wide as the page
    grid(page, [50, 150, 250], [130, 160, 190])  # and cells on the left only
    put(page, 60, 120, "사양")
    for row, (name, value) in enumerate((("전압", "220 V"), ("무게", "2 kg"))):
        put(page, 60, 150 + row * 30, name)
        put(page, 160, 150 + row * 30, value)
    put(page, 300, 150, "그림을 보십시오")
    text = pages(reader, document, tmp_path)[0].text
    assert "전압\t220 V\n무게\t2 kg" in text and "그림을 보십시오" in text
    assert "그림을 보십시오\t" not in text and "\t그림을 보십시오" not in text


def test_rules_are_found_whatever_they_are_drawn_with(reader: PdfReader, tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    # At a hundredth of the scale, a pen of 60 is 0.6 points wide; one rule comes in two
    # pieces, the lower first and a little aside; one side is a thin filled box.
    strokes = [(50, 100, 350, 100), (50, 130, 350, 130), (50, 160, 350, 160)]
    strokes += [(200, 128, 200, 160), (200.4, 100, 200.4, 131), (350, 100, 350, 160)]
    height = page.rect.height
    drawn = "".join(
        f"{x0 * 100} {(height - y0) * 100} m {x1 * 100} {(height - y1) * 100} l S "
        for x0, y0, x1, y1 in strokes
    )
    content = f"q .01 0 0 .01 0 0 cm 60 w {drawn}Q 49.5 {height - 160} 1 60 re f"
    put(page, 60, 120, "전압")
    put(page, 210, 120, "220 V")
    put(page, 60, 150, "무게")
    put(page, 210, 150, "2 kg")
    page.clean_contents()
    stream = page.get_contents()[0]
    document.update_stream(stream, document.xref_stream(stream) + b"\n" + content.encode())
    assert pages(reader, document, tmp_path)[0].text == "전압\t220 V\n무게\t2 kg"


def test_a_ruled_table_on_a_rotated_page_has_its_cells(reader: PdfReader, tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page(width=842, height=595)
    page.set_rotation(90)
    turn = page.derotation_matrix
    for x in (50, 200, 350):
        page.draw_line(pymupdf.Point(x, 100) * turn, pymupdf.Point(x, 160) * turn)
    for y in (100, 130, 160):
        page.draw_line(pymupdf.Point(50, y) * turn, pymupdf.Point(350, y) * turn)
    for x, y, text in (
        (60, 120, "VOLTAGE"),
        (210, 120, "220 V"),
        (60, 150, "WEIGHT"),
        (210, 150, "2 kg"),
    ):
        page.insert_text(pymupdf.Point(x, y) * turn, text, rotate=90)
    assert pages(reader, document, tmp_path)[0].text == "VOLTAGE\t220 V\nWEIGHT\t2 kg"


def test_cells_without_rules_are_told_by_their_alignment(reader: PdfReader, tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    for row, (name, value) in enumerate(
        (("소비 전력", "350 W"), ("무게", "1.6 kg"), ("용량", "4.8 L"))
    ):
        put(page, 60, 100 + row * 20, name)
        put(page, 220, 100 + row * 20, value)
    assert (
        pages(reader, document, tmp_path)[0].text == "소비 전력\t350 W\n무게\t1.6 kg\n용량\t4.8 L"
    )


def test_a_warning_is_marked_with_what_it_warns_of(reader: PdfReader, tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    put(page, 60, 100, SENTENCES[0])
    put(page, 60, 160, "경고")
    put(page, 60, 176, "젖은 손으로 만지지 마십시오.")
    read = pages(reader, document, tmp_path)[0]
    warning = next(b for b in read.blocks if b.kind == "warning")
    assert read.text[warning.start : warning.end] == "경고\n젖은 손으로 만지지 마십시오."


def test_a_rotated_page_reads_as_it_is_displayed(reader: PdfReader, tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page(width=842, height=595)
    writer = pymupdf.TextWriter(page.rect)
    writer.append((100, 100), "정격 전압 220 V", font=FONT, fontsize=12)
    writer.append((100, 130), "소비 전력 350 W", font=FONT, fontsize=12)
    writer.write_text(page)
    page.set_rotation(90)
    read = pages(reader, document, tmp_path)[0]
    assert "정격 전압 220 V" in read.text and "소비 전력 350 W" in read.text
    displayed = document[0].rect
    assert all(
        0 <= x0 < x1 <= displayed.width and 0 <= y0 < y1 <= displayed.height
        for _, _, (x0, y0, x1, y1) in read.layout.words
    )


def test_upright_text_is_read_along_its_own_direction(reader: PdfReader, tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    page.insert_text((100, 400), "SERIAL NUMBER LABEL", rotate=90, fontsize=14)
    put(page, 150, 100, SENTENCES[0])
    assert "SERIAL NUMBER LABEL" in pages(reader, document, tmp_path)[0].text
