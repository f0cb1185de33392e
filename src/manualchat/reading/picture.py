"""Where the lines of text stand in the picture of a page.

Tesseract's own layout analysis loses words to columns, tables, icons and white
print on colour. So the lines are cut out first: dark areas are turned over,
rules and large shapes erased, and what is left is smeared along the line until
the glyphs of one line hang together (run-length smearing, Wong, Casey and Wahl,
IBM J. Res. Dev. 26(6), 1982). Everything here is numpy on grey pictures.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Bits = NDArray[np.bool_]
Area = tuple[int, int, int, int]  # x0, y0, x1, y1 in pixels

FINE, COARSE = 300, 150  # dpi for the letters, and for finding the lines
_INK = 185  # darker than this is ink
_DARK = 150  # a background darker than this is turned over
_CELL = 8  # pixels; backgrounds are looked at in squares of this size
_TALLEST, _SMALLEST = 36.0, 3.0  # points: a line of text is within these
_RULE = 30.0  # points: a straight run of ink longer than this is no letter
_MOST_LINES = 400
_PIXELS = 40_000_000


def grey(sheet: Any, dpi: int) -> tuple[Grey, float]:
    """The page as a grey picture and its pixels per point (fewer on a huge page)."""
    import pymupdf

    from manualchat.reading.image import zoom_within

    zoom = zoom_within(sheet.rect.width, sheet.rect.height, dpi / 72, _PIXELS * dpi // FINE)
    matrix: Any = pymupdf.Matrix(zoom, zoom)  # type: ignore[no-untyped-call]
    drawn = sheet.get_pixmap(matrix=matrix, colorspace=pymupdf.csGRAY, alpha=False)
    pixels = np.frombuffer(drawn.samples, np.uint8).reshape(drawn.height, drawn.stride)
    return pixels[:, : drawn.width].copy(), zoom


def text_lines(picture: Grey, per_point: float) -> list[Area]:
    """The boxes of the lines of text, from top to bottom. `per_point` is the picture's scale."""
    ink = turn_dark_areas(picture) < _INK
    rule = int(_RULE * per_point)
    ink &= ~_long_runs(ink, rule) & ~_long_runs(ink.T, rule).T
    boxes, area, runs, owner = _components(ink)
    if not len(boxes):
        return []
    wide, tall = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    letters = (tall <= _TALLEST * per_point) & (wide <= 45 * per_point) & (area >= 3)
    usual = letters & (tall >= 2.5 * per_point) & (area > 8)
    height = float(np.median(tall[usual])) if usual.any() else 8 * per_point
    ink = _painted(ink.shape, runs[letters[owner]])
    smeared, *_ = _components(_smear(ink, int(1.1 * height)))
    lines = _gather([tuple(int(v) for v in box) for box in smeared])
    lines = [
        box
        for box in lines
        if _SMALLEST * per_point <= box[3] - box[1] <= 1.2 * _TALLEST * per_point
        and box[2] - box[0] >= 2.5 * per_point
    ]
    if len(lines) > _MOST_LINES:  # a photograph or a drawing: keep what is most like lines
        lines = sorted(lines, key=lambda b: b[0] - b[2])[:_MOST_LINES]
    return sorted(lines, key=lambda b: (b[1] + b[3], b[0]))


def turn_dark_areas(picture: Grey) -> Grey:
    """The picture with its dark areas made light, so that white print turns dark."""
    height, width = (n // _CELL for n in picture.shape)
    if not height or not width:
        return picture
    cells = picture[: height * _CELL, : width * _CELL]
    means = cells.reshape(height, _CELL, width, _CELL).mean((1, 3))
    boxes, area, *_ = _components(means < _DARK)
    turned = picture.copy()
    for (x0, y0, x1, y1), cells_dark in zip(boxes.tolist(), area.tolist(), strict=True):
        across, down = x1 - x0, y1 - y0
        if across < 4 or down < 2 or cells_dark < max(10, 0.55 * across * down):
            continue
        rows = _dark_span(picture[:, x0 * _CELL : x1 * _CELL], y0, y1, axis=1)
        columns = _dark_span(picture[y0 * _CELL : y1 * _CELL], x0, x1, axis=0)
        part = picture[rows, columns]
        if part.size:
            turned[rows, columns] = _stretched(part, int(np.median(part)))
    return turned


def _dark_span(strip: Grey, first: int, last: int, axis: int) -> slice:
    """To the pixel, the rows (or columns) that are dark, around cells `first` to `last`."""
    low = max(0, (first - 1) * _CELL)
    high = min(strip.shape[1 - axis], (last + 1) * _CELL)
    part = strip[low:high] if axis == 1 else strip[:, low:high]
    dark = np.flatnonzero(np.median(part, axis=axis) < _DARK)
    return slice(low + int(dark[0]), low + int(dark[-1]) + 1) if len(dark) else slice(0, 0)


def cut_out(picture: Grey, box: Area, pad: int) -> Grey:
    """One line as black on white, with a white margin of `pad` pixels."""
    x0, y0, x1, y1 = box
    half = pad // 2
    part = picture[max(0, y0 - half) : y1 + half, max(0, x0 - half) : x1 + half]
    if not part.size:
        return np.full((2 * pad + 8, 2 * pad + 8), 255, np.uint8)
    edge = np.concatenate([part[0], part[-1], part[:, 0], part[:, -1]])
    return np.pad(_stretched(part, int(np.median(edge))), pad - half, constant_values=255)


def _stretched(part: Grey, ground: int) -> Grey:
    """Black on white with full contrast, whatever the colours were; `ground` is the paper's."""
    if ground < _DARK or (ground < _INK and int(part.max()) - ground > ground - int(part.min())):
        part, ground = 255 - part, 255 - ground
    low = int(part.min())
    scaled = (part.astype(np.int32) - low) * 255 // max(1, ground - low)
    return np.clip(scaled, 0, 255).astype(np.uint8)


def word_gaps(line: Grey) -> list[tuple[int, int]]:
    """White columns between the inked ones of a cut-out line: first, and last + 1."""
    inked = np.flatnonzero((line < _INK).any(axis=0))
    steps = np.flatnonzero(np.diff(inked) > 1)
    return [(int(inked[i]) + 1, int(inked[i + 1])) for i in steps]


def tiff(lines: Sequence[Grey]) -> bytes:
    """The lines as one TIFF of many pages, uncompressed: what Tesseract takes on a pipe."""
    out = bytearray(b"II*\0\0\0\0\0")
    link = 4
    for line in lines:
        height, width = line.shape
        place = len(out)
        out += line.tobytes()
        if len(out) % 2:
            out += b"\0"
        struct.pack_into("<I", out, link, len(out))
        tags = (  # width, height, bits, no compression, black is 0, and one strip
            (256, width),
            (257, height),
            (258, 8),
            (259, 1),
            (262, 1),
            (273, place),
            (277, 1),
            (278, height),
            (279, height * width),
        )
        out += struct.pack("<H", len(tags))
        for tag, value in tags:
            out += struct.pack("<HHII", tag, 4, 1, value)
        link = len(out)
        out += b"\0\0\0\0"
    return bytes(out)


def _runs(bits: Bits) -> NDArray[np.int64]:
    """Horizontal runs of set pixels: rows of (y, start, end)."""
    padded = np.zeros((bits.shape[0], bits.shape[1] + 2), np.int8)
    padded[:, 1:-1] = bits
    steps = np.diff(padded, axis=1)
    y, start = np.nonzero(steps == 1)
    end = np.nonzero(steps == -1)[1]
    return np.stack([y, start, end], axis=1)


def _painted(shape: tuple[int, ...], runs: NDArray[np.int64]) -> Bits:
    """A picture of these runs."""
    marks = np.zeros((shape[0], shape[1] + 1), np.int32)
    np.add.at(marks, (runs[:, 0], runs[:, 1]), 1)
    np.add.at(marks, (runs[:, 0], runs[:, 2]), -1)
    return np.cumsum(marks, axis=1)[:, :-1] > 0


def _long_runs(bits: Bits, longest: int) -> Bits:
    runs = _runs(bits)
    return _painted(bits.shape, runs[runs[:, 2] - runs[:, 1] > longest])


def _smear(bits: Bits, gap: int) -> Bits:
    """Fill white gaps of up to `gap` pixels along each row."""
    runs = _runs(bits)
    near = (runs[1:, 0] == runs[:-1, 0]) & (runs[1:, 1] - runs[:-1, 2] <= gap)
    fill = np.stack([runs[:-1, 0], runs[:-1, 2], runs[1:, 1]], axis=1)[near]
    return _painted(bits.shape, np.concatenate([runs, fill]))


def _components(
    bits: Bits,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """8-connected components: boxes (n × 4), areas, all runs, and the component of each run."""
    runs = _runs(bits)
    count = len(runs)
    parent = list(range(count))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    first = np.searchsorted(runs[:, 0], np.arange(bits.shape[0] + 1)).tolist()
    start, end = runs[:, 1].tolist(), runs[:, 2].tolist()
    for y in range(1, bits.shape[0]):
        above, here = first[y - 1], first[y]
        above_end, here_end = first[y], first[y + 1]
        while above < above_end and here < here_end:
            if start[here] <= end[above] and start[above] <= end[here]:
                a, b = root(above), root(here)
                if a != b:
                    parent[max(a, b)] = min(a, b)
            if end[above] < end[here]:
                above += 1
            else:
                here += 1
    roots = np.fromiter((root(i) for i in range(count)), np.int64, count)
    names, owner = np.unique(roots, return_inverse=True)
    boxes = np.zeros((len(names), 4), np.int64)
    boxes[:, :2] = np.iinfo(np.int64).max
    np.minimum.at(boxes[:, 0], owner, runs[:, 1])
    np.minimum.at(boxes[:, 1], owner, runs[:, 0])
    np.maximum.at(boxes[:, 2], owner, runs[:, 2])
    np.maximum.at(boxes[:, 3], owner, runs[:, 0] + 1)
    area = np.bincount(owner, weights=runs[:, 2] - runs[:, 1], minlength=len(names))
    return boxes, area.astype(np.int64), runs, owner


def _gather(boxes: list[Any]) -> list[Area]:
    """Put dots, accents and split syllables back to the lines that they belong to."""
    lines: list[list[int]] = []
    for x0, y0, x1, y1 in sorted(boxes, key=lambda b: (b[2] - b[0]) * (b[1] - b[3])):
        tall = y1 - y0
        for line in lines:
            height = line[3] - line[1]
            over = min(y1, line[3]) - max(y0, line[1])
            along = min(x1, line[2]) - max(x0, line[0])
            together = max(y1, line[3]) - min(y0, line[1])
            if (over >= 0.6 * tall and along > -0.5 * height and together < 1.35 * height) or (
                tall < 0.6 * height
                and along >= 0.8 * (x1 - x0)
                and over > -0.25 * height
                and together < 1.4 * height
            ):
                line[:] = [min(line[0], x0), min(line[1], y0), max(line[2], x1), max(line[3], y1)]
                break
        else:
            lines.append([x0, y0, x1, y1])
    return [(a, b, c, d) for a, b, c, d in lines]
