"""Which Tesseract there is: the program, or MuPDF's own; and what is missing.

Looks at folders only and starts nothing, so that it costs nothing at start-up.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from manualchat.config import Settings
from manualchat.model import Page

_FOLDERS = (
    "/opt/tessdata",  # a Lambda layer
    "/opt/share/tessdata",
    "/usr/share/tesseract-ocr/5/tessdata",
    "/usr/share/tesseract-ocr/4.00/tessdata",
    "/usr/share/tessdata",
    "/usr/local/share/tessdata",
    "/opt/homebrew/share/tessdata",
    "C:/Program Files/Tesseract-OCR/tessdata",
)


@dataclass(frozen=True, slots=True)
class Engine:
    """How OCR is done here. `remedy` ("en" and "ko") says what to do when it is not."""

    program: str = ""  # "": MuPDF's built-in Tesseract
    tessdata: str = ""
    languages: str = "kor+eng"
    remedy: dict[str, str] = field(default_factory=dict)

    @property
    def usable(self) -> bool:
        return not self.remedy

    def to_json(self) -> dict[str, Any]:
        """What the worker needs to know."""
        return {"program": self.program, "tessdata": self.tessdata, "languages": self.languages}


def find(settings: Settings) -> Engine:
    """The OCR engine that these settings and this machine give."""
    languages = [name for name in settings.ocr_languages.split("+") if name]
    if not settings.ocr or not languages:
        return Engine(
            remedy={
                "en": "Reading pictures of text (OCR) is switched off: set MANUALCHAT_OCR=true.",
                "ko": "그림 속 글자 인식(OCR)이 꺼져 있습니다. MANUALCHAT_OCR=true로 켜세요.",
            }
        )
    best: list[str] = languages
    for folder in _folders(settings):
        missing = [name for name in languages if not (folder / f"{name}.traineddata").is_file()]
        if not missing:
            program = shutil.which("tesseract") or ""
            return Engine(program, str(folder), "+".join(languages))
        if len(missing) < len(best):
            best = missing
    packages = " ".join(f"tesseract-ocr-{name.replace('_', '-')}" for name in best)
    return Engine(
        remedy={
            "en": f"Install {packages} to read scans and outlined text (Debian, Ubuntu: apt install "
            f"{packages}; macOS: brew install tesseract-lang), or set TESSDATA_PREFIX to a folder "
            f"with {', '.join(n + '.traineddata' for n in best)}.",
            "ko": f"스캔·윤곽선 글자를 읽으려면 {packages}을(를) 설치하세요(Debian·Ubuntu: apt install "
            f"{packages}, macOS: brew install tesseract-lang). 또는 TESSDATA_PREFIX를 "
            f"{', '.join(n + '.traineddata' for n in best)}이(가) 있는 폴더로 지정하세요.",
        }
    )


def _folders(settings: Settings) -> Iterator[Path]:
    if settings.tessdata is not None:
        yield settings.tessdata
        yield settings.tessdata / "tessdata"
    prefix = os.environ.get("TESSDATA_PREFIX")
    if prefix:
        yield Path(prefix)
    yield from map(Path, _FOLDERS)


def combine(layer: Page, seen: Page) -> Page:
    """The page as OCR saw it; what only its text layer held is searched too.

    OCR keeps a text layer that can be read, so what is lost here is garbage, or
    a header that the neighbouring pages gave away.
    """
    if seen.method == "empty":
        return layer
    return dataclasses.replace(seen, label=layer.label or seen.label)
