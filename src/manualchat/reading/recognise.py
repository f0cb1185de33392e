"""Pictures of lines to characters: Tesseract, the program or the one inside MuPDF."""

from __future__ import annotations

import html
import re
import subprocess
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from manualchat.reading.picture import Grey, tiff

_CHARACTER = re.compile(r"x_bboxes (\d+) (\d+) (\d+) (\d+); x_conf ([\d.]+)'>([^<]+)<")
_PAGE = re.compile(r"class='ocr_page'")
# MuPDF's Tesseract does not tell how sure it is.
_UNKNOWN = 97.0


class Glyph(NamedTuple):
    """One recognised character: where it stands on its line, in pixels, and how sure it is (0–100)."""

    char: str
    x0: int
    x1: int
    sure: float
    tall: int = 0


class OcrFailed(Exception):
    """Tesseract gave no answer."""


def recognise(
    lines: Sequence[Grey], language: str, program: str, tessdata: str
) -> list[list[Glyph]]:
    """The characters of each line, from left to right. Raises OcrFailed."""
    if not lines:
        return []
    if program:
        return _by_program(lines, language, program, tessdata)
    return _by_mupdf(lines, language, tessdata)


def _by_program(
    lines: Sequence[Grey], language: str, program: str, tessdata: str
) -> list[list[Glyph]]:
    command = [program, "stdin", "stdout", "--tessdata-dir", tessdata, "-l", language]
    command += ["--psm", "7", "--dpi", "300", "-c", "hocr_char_boxes=1"]
    command += ["-c", "tessedit_create_hocr=1"]
    done = subprocess.run(command, input=tiff(lines), capture_output=True)
    if done.returncode:
        raise OcrFailed(done.stderr.decode(errors="replace")[-200:])
    pages = _PAGE.split(done.stdout.decode("utf-8", errors="replace"))[1:]
    if len(pages) != len(lines):
        raise OcrFailed(f"{len(pages)} of {len(lines)} lines came back")
    return [
        [
            Glyph(html.unescape(m[6]), int(m[1]), int(m[3]), float(m[5]), int(m[4]) - int(m[2]))
            for m in _CHARACTER.finditer(page)
            if m[6].strip()
        ]
        for page in pages
    ]


def _by_mupdf(lines: Sequence[Grey], language: str, tessdata: str) -> list[list[Glyph]]:
    """All lines below one another in one picture, read at once, and sorted out by height."""
    import pymupdf

    gap = 24
    width = max(line.shape[1] for line in lines) + 2 * gap
    tops: list[int] = []
    height = gap
    for line in lines:
        tops.append(height)
        height += line.shape[0] + gap
    sheet = np.full((height, width), 255, np.uint8)
    for top, line in zip(tops, lines, strict=True):
        sheet[top : top + line.shape[0], gap : gap + line.shape[1]] = line
    module: Any = pymupdf
    # In colour: of a grey picture MuPDF 1.28 reads nothing.
    picture = module.Pixmap(module.csRGB, width, height, np.repeat(sheet, 3).tobytes(), False)
    picture.set_dpi(300, 300)
    try:
        read = picture.pdfocr_tobytes(compress=False, language=language, tessdata=tessdata)
    except RuntimeError as error:
        raise OcrFailed(str(error)[:200]) from None
    found: list[list[Glyph]] = [[] for _ in lines]
    with module.open(stream=read, filetype="pdf") as document:
        page = document[0]
        scale = width / page.rect.width
        for block in page.get_text("rawdict", flags=0)["blocks"]:
            for row in block.get("lines", ()):
                for span in row["spans"]:
                    for char in span["chars"]:
                        x0, y0, x1, y1 = (v * scale for v in char["bbox"])
                        if not char["c"].strip():
                            continue
                        at = int(np.searchsorted(tops, (y0 + y1) / 2)) - 1
                        if 0 <= at < len(found):
                            found[at].append(
                                Glyph(
                                    char["c"],
                                    round(x0) - gap,
                                    round(x1) - gap,
                                    _UNKNOWN,
                                    round(y1 - y0),
                                )
                            )
    return [sorted(row, key=lambda g: g.x0) for row in found]
