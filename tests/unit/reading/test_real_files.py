"""What went wrong before on real manuals, file by file. Needs ../shared."""

from __future__ import annotations

from pathlib import Path

import pymupdf
import pytest
from benchmarks.reading import our_lines, spaces_f1

from manualchat.config import Settings
from manualchat.errors import ReadingError
from manualchat.model import Page
from manualchat.reading import PdfReader, tesseract

ENGINE = tesseract.find(Settings.load())

# File, page, must_include, must_not_include. White space is part of it.
VECTORS = [
    ("SMX-H400SI.pdf", 4, ["소비전력\t350 W", "정격사용시간\t3분 사용 후 5분 휴식"], ["사용후5분"]),
    ("SMX-P400KP.pdf", 4, ["커트칼날 1개, 분쇄칼날 1개"], []),
    ("SEH-HW2000.pdf", 4, ["정격전압\t220 V~, 60 Hz", "건전지 규격은 CR2025 입니다"], []),
    ("SUH-YJN480, 48YH.pdf", 4, ["품명\t가습기\t사이즈"], ["사\t이"]),
    ("SUH-YJN480, 48YH.pdf", 7, ["중요 부품에 수리를 요하는 경우\t제품 교환 또는 무상 수리"], []),
    ("덕신_01.TGC-50 [배관알곤]_조선선재(주).pdf", 15, ["철\tIron(Fe)\t7439-89-6\t관리대상유해물질"], []),
    ("SUH-YJN480, 48YH.pdf", 4, ["정격전압\t220 V~, 60 Hz\t소비전력\t25 W"], ["정 격"]),
    ("debian-install-guide-ko.pdf", 30, ["라이브 시스템에서 하드웨어 호환성 검사하기", "방법입니다"], ["방\n법"]),
    ("lshort-ko.pdf", 20, ["kotex"], []),
    ("국회회의록_21대_414회_1차_환경노동위원회_hwp.pdf", 6, ["10시14분", "돈하여 주시기 바랍니다"], ["바랍니\n다"]),
    ("DB차이나1_20230930_KRZ500237201.pdf", 1, ["설정일\t2006.05.08", "하락 마감하였습니다"], []),
    ("제안요청서(수정)_230524 (1).pdf", 3, ["69개 기관 (약 19만명 공무원)\t17,737,227건"], []),
    ("제안요청서(수정)_230524 (1).pdf", 20, ["요구사항 고유번호\tSIR-002"], []),
]  # fmt: skip

# Outlines only: values, units and codes, without white space (OCR's spaces are its own).
OUTLINED = {
    4: ["197(W)x162(D)x284(H)mm", "AC220-240V~,50-60Hz", "1000ml", "200W", "800W", "1.6kg"],
    5: ["재료60g", "재료140g", "물800ml", "600~800g", "500ml", "12시간예약설정가능"],
    7: ["10분정도", "3초동안", "알람이3번", "E1=NTC단락", "E2=NTC개방회로", "E3=건조가열"],
}


def read(reader: PdfReader, path: Path, number: int) -> Page:
    return next(iter(reader.read(path, first=number, last=number)))


@pytest.mark.parametrize(("name", "number", "include", "exclude"), VECTORS)
def test_a_real_page_reads_as_it_looks(
    reader: PdfReader, shared: Path, name: str, number: int, include: list[str], exclude: list[str]
) -> None:
    text = read(reader, shared / "data/pdf-ko" / name, number).text
    for part in include:
        assert part in text
    for part in exclude:
        assert part not in text


def test_word_spaces_agree_with_pdfium(shared: Path) -> None:
    for path in sorted((shared / "data/pdf-ko").glob("*.pdf")):
        found = spaces_f1(path, 4, our_lines)
        if found != "–":
            assert float(found) >= (0.95 if path.name.startswith("DB") else 0.99), path.name


@pytest.mark.skipif(not ENGINE.usable, reason="needs tesseract-ocr-kor")
def test_values_units_and_codes_of_an_outlined_manual_are_read(
    reader: PdfReader, shared: Path
) -> None:
    manual = shared / "data/pdf-ko/SEP-DU812.pdf"
    found = {number: read(reader, manual, number) for number in OUTLINED}
    missed = [
        (number, answer)
        for number, answers in OUTLINED.items()
        for answer in answers
        if answer not in "".join(found[number].text.split())
    ]
    assert len(missed) <= 2, missed
    assert [found[n].label for n in (4, 5, 7)] == ["4", "5", "7"]


def test_every_odd_file_is_read_or_refused_in_words(shared: Path, tmp_path: Path) -> None:
    reader = PdfReader(Settings.load(cache=tmp_path, ocr=False))
    outcomes = []
    for path in sorted((shared / "data/pdf-odd").glob("*.pdf")):
        try:
            pages = list(reader.read(path))
            assert len(pages) == pymupdf.open(path, filetype="pdf").page_count
            outcomes.append("ready")
        except ReadingError as error:
            for language in ("ko", "en"):
                words = error.message(language)
                assert words and "?" not in words and "Traceback" not in words
            outcomes.append(type(error).__name__)
    reader.close()
    assert len(outcomes) == 110
    assert outcomes.count("ready") >= 50
    assert not {"ReaderCrashed", "ReadingLimit"} & set(outcomes)
