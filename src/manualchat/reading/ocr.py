"""OCR of one page: find the lines, read each twice, restore spaces, build the page.

Runs inside the sandbox. What the text layer already gives is kept and not read
again, so that a page half of text and half of outlines is read whole.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from manualchat.model import Method, Page
from manualchat.reading import picture as pictures
from manualchat.reading.drawn import drawn
from manualchat.reading.furniture import edges
from manualchat.reading.glyphs import Segment
from manualchat.reading.korean import is_hangul
from manualchat.reading.layer import layer
from manualchat.reading.order import regions
from manualchat.reading.recognise import Glyph, OcrFailed, recognise
from manualchat.reading.structure import body_size, compose, sizes
from manualchat.reading.syllables import mended, variants
from manualchat.reading.tables import tables
from manualchat.reading.two_readings import together

VERSION = 3  # raise it when the same picture would be read otherwise: old results are then stale
# Ems of white: less is never a space between words, more always is.
_NO_SPACE, _USUAL_SPACE, _WIDE_SPACE, _SURE_SPACE = 0.205, 0.22, 0.42, 0.6
_HEADING = 1.3  # times the usual size: OCR measures sizes roughly
_LINE_EM = 0.92  # a line of Hangul is this tall, in ems of its type


@dataclass(slots=True)
class Picture:
    """A page as OCR looks at it: grey, `per_point` pixels a point, and its text layer."""

    grey: pictures.Grey
    per_point: float
    layer: list[Segment]


def picture(sheet: Any, layer: Sequence[Segment]) -> Picture:
    """The page's picture. `layer` are the segments that need no OCR."""
    grey, per_point = pictures.grey(sheet, pictures.FINE)
    return Picture(grey, per_point, list(layer))


def cache_key(seen: Picture, engine: dict[str, Any]) -> str:
    """What names this picture and the way that it is read: 64 hex digits."""
    way = f"{VERSION} {engine['languages']} {bool(engine['program'])} {seen.grey.shape}"
    layer = "\n".join(f"{s.text} {s.x0:.0f} {s.y0:.0f}" for s in seen.layer)
    return hashlib.sha256(f"{way}\n{layer}\n".encode() + seen.grey.tobytes()).hexdigest()


def read(sheet: Any, seen: Picture, number: int, engine: dict[str, Any]) -> Page:
    """The page, its pictures of text read. `method` is "empty" when nothing was found."""
    found, other = _segments(seen, engine)
    everything = [*seen.layer, *found]
    marks = edges(everything, sheet.rect.height)
    label, furniture = _label(marks.numbers)
    kept = [s for s in everything if s not in furniture] or everything
    ruled, loose = tables(drawn(layer(sheet)), kept)
    other = "\n".join([*filter(None, [other]), *(line for t in ruled for line in t.filled)])
    text, blocks, layout = compose(
        regions(loose, ruled), body_size([sizes(kept)]), heading=_HEADING
    )
    read_here = sum(len(s.text) for s in found)
    method: Method = "ocr" if read_here * 2 > len(text) else "text"
    return Page(
        number=number,
        text=text,
        label=label,
        blocks=blocks,
        layout=layout,
        method=method if text.strip() else "empty",
        hidden=other,
    )


def _segments(seen: Picture, engine: dict[str, Any]) -> tuple[list[Segment], str]:
    """The lines read by OCR, and other readings of them that search may use."""
    step = pictures.FINE // pictures.COARSE
    coarse = seen.grey[::step, ::step] if min(seen.grey.shape) < 2 * step else _halved(seen.grey)
    boxes = [
        tuple(v * step for v in box)
        for box in pictures.text_lines(coarse, seen.per_point / step)
        if not _covered(box, seen, step)
    ]
    pads = [max(6, (box[3] - box[1]) // 4) for box in boxes]
    lines = [
        pictures.cut_out(seen.grey, (a, b, c, d), pad)
        for (a, b, c, d), pad in zip(boxes, pads, strict=True)
    ]
    readings = _readings(lines, engine)
    segments: list[Segment] = []
    other: list[str] = []
    for at, (box, pad, line) in enumerate(zip(boxes, pads, lines, strict=True)):
        glyphs = (
            together(readings[0][at], readings[1][at]) if len(readings) > 1 else readings[0][at]
        )
        glyphs = mended(glyphs)
        if not _is_text(glyphs):
            continue
        segment = _segment(glyphs, box, pad, line, seen.per_point)
        segments.append(segment)
        other += variants(glyphs)
    return segments, "\n".join(dict.fromkeys(other))


def _covered(box: pictures.Area, seen: Picture, step: int) -> bool:
    """Whether the text layer already has what stands in this box."""
    x0, y0, x1, y1 = (v * step / seen.per_point for v in box)
    covered = 0.0
    for segment in seen.layer:
        if segment.y0 >= y1 or segment.y1 <= y0 or segment.x0 >= x1 or segment.x1 <= x0:
            continue
        # Boxes of the layer are as tall as the font; the ink is in their middle.
        slack = (segment.y1 - segment.y0) * 0.15
        over = min(y1, segment.y1 - slack) - max(y0, segment.y0 + slack)
        if over > 0.4 * (y1 - y0):
            covered += min(x1, segment.x1) - max(x0, segment.x0)
    return covered > 0.4 * (x1 - x0)


def _readings(lines: Sequence[pictures.Grey], engine: dict[str, Any]) -> list[list[list[Glyph]]]:
    """Each language's reading of the lines, Korean first, English last."""
    languages = str(engine["languages"]).split("+")
    found = []
    for language in languages[:3]:
        try:
            found.append(recognise(lines, language, engine["program"], engine["tessdata"]))
        except OcrFailed:
            found.append([[] for _ in lines])
    return found if len(found) < 3 else [found[0], found[-1]]


def _halved(grey: pictures.Grey) -> pictures.Grey:
    height, width = (n // 2 * 2 for n in grey.shape)
    part = grey[:height, :width].astype(np.uint16)
    total = part[::2, ::2] + part[1::2, ::2] + part[::2, 1::2] + part[1::2, 1::2]
    return np.asarray(total // 4, np.uint8)


def _is_text(glyphs: Sequence[Glyph]) -> bool:
    """Whether a line is writing, and not a piece of a drawing."""
    letters = [g for g in glyphs if g.char.isalnum()]
    solid = [g for g in letters if g.sure >= 95]
    if (
        not solid
        or len(letters) * 2 < len(glyphs)
        or len({g.char for g in letters}) < 2 < len(letters)
    ):
        return False
    if len(letters) > 2:
        hangul = any(is_hangul(g.char) for g in solid)
        return len(solid) * (2 if hangul else 4) > len(letters) * (1 if hangul else 3)
    # One or two characters: a syllable, or a number, read without doubt.
    return all(
        (is_hangul(g.char) and g.sure >= 97) or (g.char.isdigit() and g.sure >= 99) for g in letters
    )


def _segment(
    glyphs: Sequence[Glyph], box: Any, pad: int, line: pictures.Grey, per_point: float
) -> Segment:
    """Glyphs to words: a word ends where the ink leaves a wide enough gap."""
    tall = sorted(g.tall for g in glyphs if is_hangul(g.char)) or [
        round(g.tall * 1.2) for g in glyphs if g.char.isalnum()
    ]
    em = (tall[len(tall) // 2] if tall and tall[-1] else box[3] - box[1]) / _LINE_EM
    em = min(em, (box[3] - box[1]) * 1.2)
    half = pad // 2
    left = box[0] - half - (pad - half)  # where the cut-out's column 0 lies on the page
    top, bottom = box[1] / per_point, box[3] / per_point
    words: list[list[Glyph]] = [[glyphs[0]]]
    for glyph, ends in zip(
        glyphs[1:], _word_ends(glyphs, pictures.word_gaps(line), em), strict=True
    ):
        if ends:
            words.append([])
        words[-1].append(glyph)
    return Segment(
        [
            (
                "".join(g.char for g in word),
                (left + word[0].x0) / per_point,
                top,
                (left + word[-1].x1) / per_point,
                bottom,
            )
            for word in words
        ],
        box[0] / per_point,
        top,
        box[2] / per_point,
        bottom,
        round(em / per_point, 1),
        confidence=sum(g.sure for g in glyphs) / len(glyphs),
    )


def _word_ends(glyphs: Sequence[Glyph], gaps: Sequence[tuple[int, int]], em: float) -> list[bool]:
    """Whether a word ends after each glyph but the last, by the white between the two.

    The line's own gaps say where letters end and spaces begin.
    """
    widths = []
    for before, after in pairwise(glyphs):
        low, high = (before.x0 + before.x1) / 2, (after.x0 + after.x1) / 2
        white = [end - start for start, end in gaps if start < high and end > low]
        widths.append(max(white, default=0) / em)
    threshold = _parting([min(w, _SURE_SPACE) for w in widths])
    return [width > threshold for width in widths]


def _parting(widths: Sequence[float]) -> float:
    """The gap that best parts letter gaps from word gaps (Otsu, IEEE Trans. SMC 9(1), 1979)."""
    best, parting = 0.0, _USUAL_SPACE
    for step in range(round(_NO_SPACE * 100), round(_WIDE_SPACE * 100) + 1):
        at = step / 100
        low = [w for w in widths if w <= at]
        high = [w for w in widths if w > at]
        if not low or not high:
            continue
        apart = sum(high) / len(high) - sum(low) / len(low)
        spread = len(low) * len(high) * apart * apart
        if spread > best + 1e-9 and apart > 0.1:
            best, parting = spread, at
    return parting


def _label(numbers: Sequence[tuple[str, Segment]]) -> tuple[str, list[Segment]]:
    """The printed page number(s), and the lines that they are on."""
    plain = [(s.x0, text, s) for text, s in numbers if re.fullmatch(r"\d{1,4}", text)]
    plain.sort(key=lambda n: n[0])
    if not 1 <= len(plain) <= 2:
        return "", []
    return "–".join(text for _, text, _ in plain), [s for _, _, s in plain]
