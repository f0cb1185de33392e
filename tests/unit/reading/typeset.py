"""PDFs that the tests set themselves, so that what should be read is known."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pymupdf

FONT: Any = pymupdf.Font("korea")

SENTENCES = (
    "제품을 처음 사용하기 전에 물통과 필터를 흐르는 물에 깨끗하게 세척해 주십시오.",
    "전원 플러그를 콘센트에 꽂으면 표시등이 켜지고 대기 상태가 됩니다.",
    "시작 버튼을 누르면 설정한 온도까지 가열한 다음 자동으로 보온합니다.",
    "어린이의 손이 닿지 않는 평평한 곳에 설치하고 벽에서 십 센티미터 이상 떨어뜨려 주십시오.",
    "사용 중에 이상한 소리나 냄새가 나면 바로 전원을 끄고 서비스 센터에 문의하십시오.",
    "필터는 여섯 달에 한 번 교체하는 것이 좋으며 오염이 심하면 더 자주 바꾸어야 합니다.",
    "장기간 사용하지 않을 때에는 물을 모두 비우고 완전히 말린 다음 상자에 넣어 보관합니다.",
    "본체를 물에 담그거나 젖은 손으로 만지면 감전될 위험이 있으므로 주의하시기 바랍니다.",
    "타이머를 설정하려면 시간 버튼을 길게 누른 뒤 원하는 숫자가 나타날 때까지 기다립니다.",
    "소비자 과실로 고장이 발생한 경우에는 보증 기간이라도 수리 비용을 받을 수 있습니다.",
    "동봉한 청소 도구로 배출구에 남은 찌꺼기를 제거하고 부드러운 천으로 물기를 닦습니다.",
    "정격 전압과 다른 전원에 연결하면 화재가 일어나거나 제품이 망가질 수 있습니다.",
    "운전 방식은 자동과 수동 두 가지이며 화면 아래쪽 아이콘으로 구분할 수 있습니다.",
    "부속품을 잃어버렸을 때에는 가까운 대리점에서 같은 모델의 부품을 구입하십시오.",
)


def korean_text(count: int, seed: int = 1) -> str:
    """That many sentences, in an order that the seed gives."""
    order = random.Random(seed)
    return " ".join(order.choice(SENTENCES) for _ in range(count))


def put(page: Any, x: float, y: float, text: str, size: float = 10, track: float = 0.0) -> float:
    """Set a line glyph by glyph, without space glyphs: the pen moves. Returns its end."""
    writer = pymupdf.TextWriter(page.rect)
    for char in text:
        width = FONT.text_length(char, size)
        if char != " ":
            writer.append((x, y), char, font=FONT, fontsize=size)
        x += (0.3 * size if char == " " else width) + track
    writer.write_text(page)
    return x


def width_of(text: str, size: float = 10) -> float:
    return sum(0.3 * size if c == " " else FONT.text_length(c, size) for c in text)


def broken(text: str, width: float, size: float, *, anywhere: bool) -> list[tuple[str, bool]]:
    """Lines of at most `width` points, and whether a space was lost at the end of each."""
    lines: list[tuple[str, bool]] = []
    line = ""
    pieces: Sequence[str] = text if anywhere else [w + " " for w in text.split(" ")]
    for piece in pieces:
        if line and width_of((line + piece).rstrip(), size) > width:
            lines.append((line.strip(), line.endswith(" ") or piece == " "))
            line = ""
        if line or piece != " ":
            line += piece
    lines.append((line.strip(), True))
    return lines


def paragraph(
    page: Any,
    lines: Sequence[tuple[str, bool]],
    box: tuple[float, float, float],
    *,
    size: float = 10,
    justified: bool = False,
) -> None:
    """Set lines into a column (x, y of the first line, width)."""
    x, y, width = box
    for number, (line, _) in enumerate(lines):
        track = 0.0
        if justified and number < len(lines) - 1 and len(line) > 1:
            track = (width - width_of(line, size)) / (len(line) - 1)
        put(page, x, y + number * size * 1.6, line, size, track)


def outlined(source: Any) -> Any:
    """The same pages with every glyph turned to outlines: nothing to extract."""
    result = pymupdf.open()
    for page in source:
        drawn = pymupdf.open("svg", page.get_svg_image(text_as_path=True).encode())
        result.insert_pdf(pymupdf.open("pdf", drawn.convert_to_pdf()))
    return result


def saved(document: Any, path: Path, **options: Any) -> Path:
    document.save(path, **options)
    return path


def f1(truth: set[int], found: set[int]) -> float:
    hits = len(truth & found)
    return 2 * hits / max(1, len(truth) + len(found))


def spaces(text: str) -> tuple[str, set[int]]:
    """The text without white space, and after which of its characters some stood."""
    letters: list[str] = []
    after: set[int] = set()
    for char in text.strip():
        if char.isspace():
            after.add(len(letters))
        else:
            letters.append(char)
    return "".join(letters), after
