"""Word spaces and line ends, against the text that the page was set from."""

from __future__ import annotations

import random
from pathlib import Path

import pymupdf
import pytest

from manualchat.reading import PdfReader
from manualchat.reading.glyphs import segments
from manualchat.reading.korean import (
    FEW_GAPS,
    LATIN_GAP,
    SIGN_GAP,
    WORD_GAP,
    gap_threshold,
    word_starts,
)
from manualchat.reading.layer import layer
from tests.unit.reading.typeset import (
    FONT,
    SENTENCES,
    broken,
    f1,
    korean_text,
    paragraph,
    put,
    saved,
    spaces,
)


def read_text(reader: PdfReader, path: Path) -> str:
    return "\n".join(page.text for page in reader.read(path))


def test_spaces_that_only_the_pen_left_come_back(reader: PdfReader, tmp_path: Path) -> None:
    document = pymupdf.open()
    put(document.new_page(), 50, 80, "소비 전력은 220 V에서 350 W입니다.")
    path = saved(document, tmp_path / "a.pdf")
    raw = pymupdf.open(path)[0].get_text()
    assert "소비전력은" in raw, "the engine itself should lose this space"
    assert read_text(reader, path) == "소비 전력은 220 V에서 350 W입니다."


def test_latin_words_part_where_the_engine_itself_parts_them(tmp_path: Path) -> None:
    draw = random.Random(7)
    for sheet in range(4):
        document = pymupdf.open()
        page = document.new_page()
        for line in range(20):
            x = 50.0
            for _ in range(30):
                letter = draw.choice("abcdeABC0123.,-()%°é€")
                page.insert_text((x, 60 + 24 * line), letter, fontsize=10, fontname="helv")
                x += pymupdf.get_text_length(letter, "helv", 10) + draw.uniform(-1.0, 4.0)
        page = pymupdf.open(saved(document, tmp_path / f"{sheet}.pdf"))[0]
        engine = [line for line in page.get_text(flags=2 | 64).splitlines() if line.strip()]
        assert [segment.text for segment in segments(layer(page))] == [
            " ".join(line.split()) for line in engine
        ], f"sheet {sheet} of seed 7"


def test_words_of_slanted_and_upright_lines_are_the_engines(tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    writer = pymupdf.TextWriter(page.rect)
    for word, x in (("press", 100), ("and", 130), ("hold", 152)):
        writer.append((x, 300), word, fontsize=11)
    writer.write_text(page, morph=(pymupdf.Point(100, 300), pymupdf.Matrix(30)))
    page.insert_text((400, 400), "upright words here", rotate=90)
    page = pymupdf.open(saved(document, tmp_path / "a.pdf"))[0]
    assert {segment.text for segment in segments(layer(page))} == {
        "press and hold",
        "upright words here",
    }


def test_letter_spaced_type_does_not_burst_into_spaces(reader: PdfReader, tmp_path: Path) -> None:
    document = pymupdf.open()
    put(document.new_page(), 50, 80, "본체를 물에 담그거나 젖은 손으로 만지지 마십시오", track=1.6)
    assert (
        read_text(reader, saved(document, tmp_path / "a.pdf"))
        == "본체를 물에 담그거나 젖은 손으로 만지지 마십시오"
    )


@pytest.mark.parametrize("justified", [False, True], ids=["ragged", "justified"])
@pytest.mark.parametrize("anywhere", [False, True], ids=["between words", "inside words"])
@pytest.mark.parametrize("columns", [1, 2])
def test_spaces_at_line_ends_are_those_of_the_source(
    reader: PdfReader, tmp_path: Path, justified: bool, anywhere: bool, columns: int
) -> None:
    text = korean_text(12)
    document = pymupdf.open()
    page = document.new_page()
    width = 400 / columns - 10 * (columns - 1)
    lines = broken(text, width, 10, anywhere=anywhere)
    half = -(-len(lines) // columns)
    for column in range(columns):
        part = lines[column * half : (column + 1) * half]
        paragraph(page, part, (60 + column * (width + 30), 80, width), justified=justified)
    path = saved(document, tmp_path / "a.pdf")
    found, after = spaces(read_text(reader, path))
    source, truth = spaces(text)
    assert found == source, "columns were mixed, or characters lost"
    ends: set[int] = set()
    at = 0
    for line, _ in lines[:-1]:
        at += len(line.replace(" ", ""))
        ends.add(at)
    assert f1(truth & ends, after & ends) >= 0.97
    assert f1(truth - ends, after - ends) >= 0.99


@pytest.mark.parametrize("anywhere", [False, True], ids=["between words", "inside words"])
def test_words_that_the_edge_of_a_cell_broke_are_whole(
    reader: PdfReader, tmp_path: Path, anywhere: bool
) -> None:
    document = pymupdf.open()
    page = document.new_page(width=400, height=900)
    xs, ys = [60, 115, 340], [40 + 90 * row for row in range(9)]
    for x in xs:
        page.draw_line((x, ys[0]), (x, ys[-1]))
    for y in ys:
        page.draw_line((xs[0], y), (xs[-1], y))
    cells = []
    for row, y in enumerate(ys[:-1]):
        for column in (0, 1):
            text = korean_text(1 + column, seed=10 * row + column)
            text = text[: (20, 60)[column]].rpartition(" ")[0]
            width = xs[column + 1] - xs[column] - 8
            lines = broken(text, width, 9, anywhere=anywhere)
            paragraph(page, lines, (xs[column] + 4, y + 12, width), size=9)
            cells.append(text)
    found, after = spaces(read_text(reader, saved(document, tmp_path / "a.pdf")))
    source, truth = spaces("\n".join(cells))
    assert found == source
    assert f1(truth, after) >= 0.97


def test_a_date_that_the_edge_of_a_cell_broke_is_whole(reader: PdfReader, tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    for x in (60, 110, 300):
        page.draw_line((x, 80), (x, 160))
    for y in (80, 120, 160):
        page.draw_line((60, y), (300, y))
    for y in (95, 135):
        put(page, 64, y, "2024-06-", 10)
        put(page, 64, y + 12, "28", 10)
        put(page, 114, y, "Published", 10)
    assert "2024-06-28\tPublished" in read_text(reader, saved(document, tmp_path / "a.pdf"))


def test_an_english_word_cut_by_a_hyphen_is_joined(reader: PdfReader, tmp_path: Path) -> None:
    document = pymupdf.open()
    page = document.new_page()
    page.insert_text((60, 80), "Clean the filter and the water reser-")
    page.insert_text((60, 95), "voir once a week with warm water.")
    assert "water reservoir once a week" in read_text(reader, saved(document, tmp_path / "a.pdf"))


@pytest.mark.parametrize(
    ("label", "step"),
    [("소비전력", 14), ("품명", 45), ("사이즈", 26), ("구성품", 26), ("구분", 16)],
)
def test_a_label_spread_over_its_cell_is_one_word(
    reader: PdfReader, tmp_path: Path, label: str, step: int
) -> None:
    document = pymupdf.open()
    page = document.new_page()
    for at, syllable in enumerate(label):
        put(page, 60 + step * at, 100, syllable)
    put(page, 200, 100, "350 W")
    put(page, 60, 300, SENTENCES[0])
    read = next(reader.read(saved(document, tmp_path / "a.pdf")))
    assert read.text.startswith((f"{label}\t350 W", f"{label} 350 W"))
    start, end, (x0, _, x1, _) = read.layout.words[0]
    assert (start, end) == (0, len(label)) and x0 < 61 and x1 > 60 + step * (len(label) - 1)


@pytest.mark.parametrize(
    "words", ["월 화 수 목 금 토 일", "몇 시 몇 분", "할 수 있 다", "그 중 한 명"]
)
def test_words_of_one_syllable_stay_words(reader: PdfReader, tmp_path: Path, words: str) -> None:
    document = pymupdf.open()
    page = document.new_page()
    writer = pymupdf.TextWriter(page.rect)
    writer.append((60, 100), words.replace(" ", "  "), font=FONT, fontsize=10)
    writer.write_text(page)
    read = next(reader.read(saved(document, tmp_path / "a.pdf")))
    assert read.text == words


def test_the_quick_verdict_on_a_line_is_the_exact_one() -> None:
    draw = random.Random(3)
    for number in range(3_000):
        track, space, size = draw.uniform(-0.1, 0.3), draw.uniform(0.02, 0.6), draw.uniform(6, 20)
        text = "".join(draw.choice("가나다라마바 aB1.①") for _ in range(draw.randint(2, 40)))
        gaps = [
            size * (track + draw.uniform(-0.03, 0.03) + (space if draw.random() < 0.25 else 0))
            for _ in text[1:]
        ]
        pairs = list(zip(text, text[1:], gaps, strict=False))
        cjk = [g / size for a, b, g in pairs if "가" <= a <= "힣" and b != " "]
        other = [
            g / size
            for a, b, g in pairs
            if b != " " and (a == "①" or (a in "aB1." and g / size < LATIN_GAP))
        ]
        least = gap_threshold(cjk if len(cjk) > FEW_GAPS else cjk + other) if cjk else 0.0
        parting = {"①": SIGN_GAP} | dict.fromkeys("aB1.", LATIN_GAP)
        exact = [
            at
            for at, (a, b, g) in enumerate(pairs, 1)
            if " " not in (a, b) and g / size > parting.get(a, least)
        ]
        found = sorted(word_starts(text, gaps, [size] * len(text)))
        assert found == exact, f"line {number} of seed 3: {text!r}"


def test_few_gaps_say_nothing_of_letter_spacing() -> None:
    assert gap_threshold([0.0, 0.3]) == WORD_GAP
    assert gap_threshold([0.5, 0.5, 0.5]) > 0.5, "a label spread over its cell has no spaces"
    assert 0.15 < gap_threshold([0.08] * 20 + [0.4] * 5) < 0.4
