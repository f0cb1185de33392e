"""Pictures of text, read with real Tesseract; and how two readings become one."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pymupdf
import pytest

from manualchat.config import Settings
from manualchat.errors import NoText
from manualchat.reading import PdfReader, ocr_cache, tesseract
from manualchat.reading.picture import text_lines, tiff, turn_dark_areas
from manualchat.reading.recognise import Glyph
from manualchat.reading.syllables import mended
from manualchat.reading.two_readings import together
from tests.unit.reading.typeset import FONT, SENTENCES, outlined, put, saved

ENGINE = tesseract.find(Settings.load())
needs_tesseract = pytest.mark.skipif(not ENGINE.usable, reason="needs tesseract-ocr-kor")


def glyphs(text: str, sure: float = 99.0, start: int = 0) -> list[Glyph]:
    return [
        Glyph(c, start + 30 * i, start + 30 * i + 28, sure, 28)
        for i, c in enumerate(text)
        if c != " "
    ]


def text_of(found: list[Glyph]) -> str:
    return "".join(g.char for g in found)


@pytest.fixture(scope="module")
def outlines(tmp_path_factory: pytest.TempPathFactory) -> Path:
    document: Any = pymupdf.open()
    page = document.new_page()
    for line, sentence in enumerate(SENTENCES[:4]):
        put(page, 50, 100 + 24 * line, sentence, 11)
    writer = pymupdf.TextWriter(page.rect)
    writer.append((50, 220), "AC 220-240 V", font=FONT, fontsize=11)
    writer.append((300, 220), "1.6 kg", font=FONT, fontsize=11)
    writer.write_text(page)
    page.draw_rect((50, 260, 300, 290), fill=(0.8, 0, 0), color=None)
    white = pymupdf.TextWriter(page.rect, color=(1, 1, 1))
    white.append((60, 280), "사용 방법", font=FONT, fontsize=13)
    white.write_text(page)
    return saved(outlined(document), tmp_path_factory.mktemp("ocr") / "outlines.pdf")


@needs_tesseract
def test_an_outlined_page_is_read_by_ocr_and_only_once(
    reader: PdfReader, outlines: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not pymupdf.open(outlines)[0].get_text().strip(), "the page should hold outlines only"
    page = next(iter(reader.read(outlines)))
    assert page.method == "ocr"
    letters = page.text.replace(" ", "")
    assert SENTENCES[1].replace(" ", "") in letters
    assert "220-240" in letters and "1.6kg" in letters
    assert "사용 방법" in page.text, "white print on colour"
    assert all(page.text[a:b].strip() == page.text[a:b] for a, b, _ in page.layout.words)
    stored: list[str] = []
    monkeypatch.setattr(ocr_cache, "put", lambda *a: stored.append("again"))
    assert next(iter(reader.read(outlines))).text == page.text
    assert not stored


@needs_tesseract
def test_the_tesseract_inside_mupdf_reads_too(outlines: Path, tmp_path: Path) -> None:
    reader = PdfReader(Settings.load(cache=tmp_path))
    reader._engine = tesseract.Engine("", ENGINE.tessdata, ENGINE.languages)  # as in Lambda
    page = next(iter(reader.read(outlines)))
    assert "플러그를" in page.text and "220" in page.text
    reader.close()


@needs_tesseract
def test_a_page_half_of_text_and_half_of_outlines_is_read_whole(
    reader: PdfReader, outlines: Path, tmp_path: Path
) -> None:
    document: Any = pymupdf.open(outlines)
    put(document[0], 50, 500, "여기부터는 글자가 살아 있습니다.", 11)
    page = next(iter(reader.read(saved(document, tmp_path / "a.pdf"))))
    assert page.text.count("여기부터는 글자가 살아 있습니다.") == 1
    assert "플러그를" in page.text


def test_without_traineddata_the_remedy_names_the_package(
    outlines: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tesseract, "_FOLDERS", (str(tmp_path),))
    monkeypatch.delenv("TESSDATA_PREFIX", raising=False)
    reader = PdfReader(Settings.load())
    assert "tesseract-ocr-kor" in reader.ocr_remedy["ko"]
    with pytest.raises(NoText, match="tesseract-ocr-kor"):
        list(reader.read(outlines))
    reader.close()


def test_units_and_codes_come_from_the_english_reading() -> None:
    assert text_of(together(glyphs("재료 608"), glyphs("XX 60g"))) == "재료60g"
    assert text_of(together(glyphs("61"), glyphs("E1"))) == "E1"
    assert text_of(together(glyphs("46 220-240"), glyphs("AC 220-240"))) == "AC220-240"


def test_syllables_stay_when_the_english_model_is_sure_of_nonsense() -> None:
    korean = glyphs("버튼을") + glyphs("누르면", start=120)
    english = glyphs("HES", 99) + glyphs("ABC", 70, start=120)
    assert text_of(together(korean, english)) == "버튼을누르면"


def test_a_digit_stays_a_digit_beside_a_letter_that_looks_like_it() -> None:
    assert text_of(together(glyphs("15분"), glyphs("IS#"))) == "15분"
    assert text_of(together(glyphs("ㄷ1"), glyphs("EL"))) == "E1"


def test_syllables_that_the_model_lacks_come_back_by_their_word() -> None:
    unsure = [*glyphs("뚜"), Glyph("검", 30, 58, 20.0, 28), *glyphs("이", start=60)]
    assert text_of(mended(unsure)) == "뚜껑이"
    assert text_of(mended(glyphs("물을끌여"))) == "물을끓여"
    assert text_of(mended(glyphs("코드를끌지마십시오"))) == "코드를끌지마십시오"


def test_lines_are_found_beside_rules_and_on_dark_ground() -> None:
    picture = np.full((300, 400), 255, np.uint8)
    picture[40:52, 30:300:6] = 0  # a line of strokes
    picture[100:102, 10:390] = 0  # a rule
    picture[150:190, 20:380] = 40  # a dark bar with light strokes
    picture[164:176, 40:200:6] = 255
    boxes = text_lines(picture, 150 / 72)
    assert [(30 <= b[1] <= 45) or (155 <= b[1] <= 170) for b in boxes] == [True, True]
    assert turn_dark_areas(picture)[155, 300] > 200


def test_the_tiff_of_lines_is_one_that_readers_accept() -> None:
    document: Any = pymupdf.open("tiff", tiff([np.full((20, 33), 200, np.uint8)] * 3))
    assert document.page_count == 3


def test_a_key_from_the_worker_cannot_leave_the_cache(tmp_path: Path) -> None:
    settings = Settings.load(cache=tmp_path)
    ocr_cache.put(settings, "../../evil", {"t": "x"})
    ocr_cache.put(settings, "a" * 64, {"t": "x"})
    assert ocr_cache.get(settings, "a" * 64) == {"t": "x"}
    assert sorted(p.name for p in tmp_path.rglob("*.json")) == ["a" * 64 + ".json"]
    shutil.rmtree(tmp_path / "ocr")
    (tmp_path / "ocr").write_text("a file where the folder should be")
    ocr_cache.put(settings, "b" * 64, {"t": "x"})
    assert ocr_cache.get(settings, "b" * 64) is None
