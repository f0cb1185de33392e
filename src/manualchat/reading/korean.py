"""Where words end on a line: from the gaps between its glyphs.

MuPDF adds no space after a Hangul glyph, since some scripts that it treats alike
have no word spaces. Hancom, TeX, PowerPoint, Excel and Aspose write none either:
they move the pen. So the spaces are in the geometry, and only there.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from functools import cache
from typing import Any

# A gap wider than this, in ems, parts two words on a line without letter-spacing
# (measured against PDFium on 22 real files: docs/decisions/reading.md).
WORD_GAP = 0.1
# Justified lines spread their letters too. A word gap must stand out from the
# line's own letter gaps by this much.
STAND_OUT = 0.11
# Fewer gaps than this say nothing of a line's letter-spacing.
FEW_GAPS = 5
# After the letters for which MuPDF adds spaces itself, its own measure (SPACE_DIST).
LATIN_GAP = 0.15
# After other signs (arrows, bullets, circled numbers) only a wide gap parts words.
SIGN_GAP = 0.3

SPACES = (
    " \t\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
)


def is_cjk(code: int) -> bool:
    """Whether this is a letter of Hangul, kana or ideographs, after which MuPDF adds no space."""
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


def is_latin(code: int) -> bool:
    """Whether MuPDF adds spaces after this letter: Latin to Arabic, punctuation, currencies."""
    return code < 0x700 or 0x2000 <= code <= 0x20CF


class _Kinds(dict[int, str]):
    """Kinds of characters, for `str.translate`: glyphs come by the million, few are different."""

    def __missing__(self, code: int) -> str:
        kind = "cjk" if is_cjk(code) else "latin" if is_latin(code) else "sign"
        self[code] = found = kind[0]
        return found


_KINDS = _Kinds(dict.fromkeys(map(ord, SPACES), " "))
_PARTING = {"l": LATIN_GAP, "s": SIGN_GAP}


def is_hangul(char: str) -> bool:
    """Whether this is a Hangul syllable."""
    return "\uac00" <= char <= "\ud7a3"


@cache
def tagger() -> Any:
    """The morphological analyser; None where it is not installed."""
    try:
        return importlib.import_module("mecab").MeCab()
    except Exception:
        return None


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


def word_starts(text: str, gaps: Sequence[float], ems: Sequence[float]) -> list[int]:
    """The places in a line where a word starts without a space before it.

    `gaps[i]` is the white between the glyphs of `text[i]` and `text[i + 1]`, and
    `ems[i]` the size of `text[i]`, in one unit.
    """
    if not gaps:
        return []
    least = 0.99 * WORD_GAP * min(ems)
    wide = [at for at, gap in enumerate(gaps, 1) if gap > least]
    if not wide:
        return wide
    kinds = text.translate(_KINDS)
    found = []
    unsure = []
    for at in wide:
        before = kinds[at - 1]
        if before == " " or kinds[at] == " ":
            continue
        if before == "c":
            unsure.append(at)
        elif gaps[at - 1] / ems[at] > _PARTING[before]:
            found.append(at)
    if unsure:
        least = _line_threshold(kinds, gaps, ems, unsure)
        found += [at for at in unsure if gaps[at - 1] / ems[at] > least]
    return found


def _line_threshold(
    kinds: str, gaps: Sequence[float], ems: Sequence[float], wide: Sequence[int]
) -> float:
    """`gap_threshold` for the gaps of this line after CJK glyphs, or all when those are few.

    `wide` are the places of those CJK gaps that are wider than `WORD_GAP`. When
    enough others are narrow, and all of these far wider, the exact threshold
    between them does not matter.
    """
    count = kinds.count("c", 0, -1) - kinds.count("c ")
    if (
        count > FEW_GAPS
        and count - len(wide) > count // 3
        and min([gaps[at - 1] / ems[at] for at in wide]) > WORD_GAP + STAND_OUT
    ):
        return WORD_GAP
    cjk = [
        gap / em
        for gap, em, kind, following in zip(gaps, ems[1:], kinds, kinds[1:], strict=False)
        if kind == "c" and following != " "
    ]
    if len(cjk) > FEW_GAPS:
        return gap_threshold(cjk)
    return gap_threshold(
        cjk
        + [
            gap / em
            for gap, em, kind, following in zip(gaps, ems[1:], kinds, kinds[1:], strict=False)
            if following != " " and (kind == "s" or (kind == "l" and gap / em < LATIN_GAP))
        ]
    )
