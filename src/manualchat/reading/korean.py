"""Korean word spaces that the PDF engine dropped, found again in the gaps between glyphs.

MuPDF adds no space after a Hangul glyph, since some scripts that it treats alike
have no word spaces. Hancom, TeX, PowerPoint, Excel and Aspose write none either:
they move the pen. So the spaces are in the geometry, and only there.
"""

from __future__ import annotations

from collections.abc import Sequence

# A gap wider than this, in ems, parts two words on a line without letter-spacing
# (measured against PDFium on 22 real files: docs/decisions/reading.md).
WORD_GAP = 0.1
# Justified lines spread their letters too. A word gap must stand out from the
# line's own letter gaps by this much.
STAND_OUT = 0.11
# Fewer gaps than this say nothing of a line's letter-spacing.
FEW_GAPS = 5
# After Latin letters MuPDF has already judged; only a very wide gap is added.
LATIN_GAP = 0.3


def is_cjk(char: str) -> bool:
    """Whether MuPDF adds no spaces after this character: Hangul, kana, ideographs."""
    code = ord(char)
    return (
        0xAC00 <= code <= 0xD7A3
        or 0x1100 <= code <= 0x11FF
        or 0x2E80 <= code <= 0x9FFF
        or 0xA960 <= code <= 0xA97F
        or 0xD7B0 <= code <= 0xD7FF
        or 0xF900 <= code <= 0xFAFF
        or 0xFE30 <= code <= 0xFE4F
        or 0xFF00 <= code <= 0xFFEF
    )


class _Known(dict[str, bool]):
    """Remembers `is_cjk`: glyphs come by the million, and few are different."""

    def __missing__(self, char: str) -> bool:
        self[char] = known = is_cjk(char)
        return known


CJK = _Known()


def is_hangul(char: str) -> bool:
    """Whether this is a Hangul syllable."""
    return "\uac00" <= char <= "\ud7a3"


def gap_threshold(gaps: Sequence[float]) -> float:
    """The gap (in ems) above which a word ends, for one line's gaps after CJK glyphs.

    Most gaps of a line lie inside words, so the lower third of them tells its
    letter-spacing; a space stands out from that.
    """
    ordered = sorted(gaps)
    if len(gaps) < FEW_GAPS:
        # A label spread over its cell ("정 격 전 압") has equal gaps all along.
        spread = len(gaps) > 1 and ordered[-1] - ordered[0] < STAND_OUT
        return ordered[-1] + STAND_OUT if spread else WORD_GAP
    letter_gap = ordered[len(ordered) // 3]
    if letter_gap <= 0.0:
        return WORD_GAP
    return max(WORD_GAP, letter_gap + STAND_OUT)
