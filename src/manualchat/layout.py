"""Where the words of a text stand on their page, packed small.

A page of 400 words takes about 3 KB, so that every chunk can carry its own
layout and a quote can be highlighted without opening the PDF again.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_WORD = struct.Struct("<II4f")  # start, end, x0, y0, x1, y1
_ROUND = 2  # hundredths of a point are finer than any screen shows


@dataclass(frozen=True, slots=True)
class Layout:
    """Boxes of words: `(start, end, (x0, y0, x1, y1))`, offsets in order.

    Offsets count characters of the text that this layout belongs to. Boxes are
    in PDF points from the top left of the page as displayed.
    """

    words: tuple[tuple[int, int, tuple[float, float, float, float]], ...] = ()

    def cut(self, start: int, end: int) -> Layout:
        """The layout of `text[start:end]`, with offsets that count from `start`."""
        return Layout(
            tuple(
                (max(a, start) - start, min(b, end) - start, box)
                for a, b, box in self.words
                if a < end and b > start
            )
        )

    def boxes(self, start: int, end: int) -> tuple[tuple[float, float, float, float], ...]:
        """Boxes that cover `text[start:end]`: one for each stretch of a line."""
        return tuple(_merge(box for a, b, box in self.words if a < end and b > start))

    def pack(self) -> bytes:
        """Compressed bytes that `unpack` reads."""
        return zlib.compress(b"".join(_WORD.pack(a, b, *box) for a, b, box in self.words), 6)

    @classmethod
    def unpack(cls, packed: bytes) -> Layout:
        """The layout that `pack` wrote. Empty bytes give an empty layout."""
        if not packed:
            return cls()
        return cls(
            tuple(
                (a, b, (round(x0, _ROUND), round(y0, _ROUND), round(x1, _ROUND), round(y1, _ROUND)))
                for a, b, x0, y0, x1, y1 in _WORD.iter_unpack(zlib.decompress(packed))
            )
        )


def _merge(
    boxes: Iterable[tuple[float, float, float, float]],
) -> Iterator[tuple[float, float, float, float]]:
    """Join neighbours on one line: their heights overlap, and the gap is under an em."""
    current: tuple[float, float, float, float] | None = None
    for box in boxes:
        if current is not None:
            height = min(current[3] - current[1], box[3] - box[1])
            overlap = min(current[3], box[3]) - max(current[1], box[1])
            if overlap > height / 2 and -height <= box[0] - current[2] <= height * 1.5:
                current = (
                    min(current[0], box[0]),
                    min(current[1], box[1]),
                    max(current[2], box[2]),
                    max(current[3], box[3]),
                )
                continue
            yield current
        current = box
    if current is not None:
        yield current
