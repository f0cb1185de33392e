"""Where the words of a text stand on their page, packed small.

A page of 400 words takes about 3 KB, so that every chunk can carry its own
layout and a quote can be highlighted without opening the PDF again.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence

_Box = tuple[float, float, float, float]
_Word = tuple[int, int, _Box]
_WORD = struct.Struct("<II4f")  # start, end, x0, y0, x1, y1


class Layout:
    """Boxes of words: `(start, end, (x0, y0, x1, y1))`, offsets in order.

    Offsets count characters of the text that this layout belongs to. Boxes are
    in PDF points from the top left of the page as displayed. Immutable; held
    packed until somebody looks, because most chunks that a search touches are
    never highlighted.
    """

    __slots__ = ("_packed", "_words")

    def __init__(self, words: Sequence[_Word] = ()) -> None:
        self._words: tuple[_Word, ...] | None = tuple(words)
        self._packed: bytes | None = None

    @property
    def words(self) -> tuple[_Word, ...]:
        """Every word, in the order of its offsets."""
        if self._words is None:
            self._words = tuple(
                (a, b, (round(x0, 2), round(y0, 2), round(x1, 2), round(y1, 2)))
                for a, b, x0, y0, x1, y1 in _WORD.iter_unpack(zlib.decompress(self._packed or b""))
            )
        return self._words

    def cut(self, start: int, end: int) -> Layout:
        """The layout of `text[start:end]`, with offsets that count from `start`."""
        return Layout(
            [
                (max(a, start) - start, min(b, end) - start, box)
                for a, b, box in self.words
                if a < end and b > start
            ]
        )

    def boxes(self, start: int, end: int) -> tuple[_Box, ...]:
        """Boxes that cover `text[start:end]`: one for each stretch of a line."""
        return tuple(_merge(box for a, b, box in self.words if a < end and b > start))

    def pack(self) -> bytes:
        """Compressed bytes that `unpack` reads; empty for an empty layout."""
        if self._packed is None:
            words = b"".join(_WORD.pack(a, b, *box) for a, b, box in self.words)
            self._packed = zlib.compress(words, 6) if words else b""
        return self._packed

    @classmethod
    def unpack(cls, packed: bytes) -> Layout:
        """The layout that `pack` wrote."""
        layout = cls()
        if packed:
            layout._words, layout._packed = None, packed
        return layout

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Layout) and self.pack() == other.pack()

    def __hash__(self) -> int:
        return hash(self.pack())

    def __repr__(self) -> str:
        return f"Layout({len(self.words)} words)"

    def __reduce__(self) -> tuple[object, ...]:
        return Layout.unpack, (self.pack(),)


def _merge(boxes: Iterable[_Box]) -> Iterator[_Box]:
    """Join neighbours on one line: their heights overlap, and the gap is about an em."""
    current: _Box | None = None
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
