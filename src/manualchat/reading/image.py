"""Pictures of pages, with quotes marked. Runs inside the sandbox."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from manualchat.errors import DamagedPdf

MOST_PIXELS = 36_000_000  # a page box of 10⁶ points must not become a picture of 10¹² pixels
_MARK = (1.0, 0.85, 0.0)


def zoom_within(width: float, height: float, zoom: float, pixels: int = MOST_PIXELS) -> float:
    """`zoom`, or less, so that a page of `width` × `height` points stays under `pixels`."""
    area = max(width, 1.0) * max(height, 1.0)
    return min(zoom, float((pixels / area) ** 0.5))


def draw(document: Any, page: int, boxes: Sequence[Sequence[float]], width: int) -> bytes:
    """PNG of a page, `width` pixels wide, with translucent marks over `boxes`."""
    import pymupdf

    if not 1 <= page <= document.page_count:
        raise DamagedPdf(detail={"en": f"it has no page {page}", "ko": f"{page}쪽이 없습니다"})
    sheet = document[page - 1]
    zoom = zoom_within(sheet.rect.width, sheet.rect.height, width / max(sheet.rect.width, 1.0))
    matrix: Any = pymupdf.Matrix(zoom, zoom)  # type: ignore[no-untyped-call]
    picture = sheet.get_pixmap(matrix=matrix, alpha=False)
    for x0, y0, x1, y1 in boxes:
        _mark(picture, (x0 * zoom, y0 * zoom, x1 * zoom, y1 * zoom))
    picture.set_dpi(round(72 * zoom), round(72 * zoom))  # so that points can be told from pixels
    png: bytes = picture.tobytes("png")
    return png


def _mark(picture: Any, box: tuple[float, float, float, float]) -> None:
    """Multiply a box's pixels with the marker's colour: text under it stays black."""
    import numpy

    if picture.n != 3:
        return
    pixels = numpy.frombuffer(picture.samples_mv, dtype=numpy.uint8).reshape(
        picture.height, picture.stride
    )
    x0, x1 = (max(0, min(picture.width, round(x))) for x in (box[0] - 2, box[2] + 2))
    y0, y1 = (max(0, min(picture.height, round(y))) for y in (box[1] - 2, box[3] + 2))
    if x1 <= x0 or y1 <= y0:
        return
    part = pixels[y0:y1, x0 * 3 : x1 * 3].reshape(y1 - y0, x1 - x0, 3)
    part[:] = (part * numpy.array(_MARK)).astype(numpy.uint8)
