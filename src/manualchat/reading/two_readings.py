"""One line read twice, as Korean and as English, and put together character by character.

The Korean model holds no Latin letter at all ("W" becomes "\\", "kg" becomes "18"),
and "kor+eng" gives whole words to the wrong model ("버튼을" becomes "HES"). So each
model reads every line, and each stretch of it is taken from the one that can
know: syllables from the Korean reading, letters, units and codes from the English.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from manualchat.reading.korean import is_hangul
from manualchat.reading.recognise import Glyph

SOLID = 92.0  # a Hangul syllable read this surely is one
_CODE = re.compile(r"[A-Za-z0-9%/().,:;~°℃+\-–—=“”\"'‘’&\[\]<>*#@!?_$×]+")
_DIGITS = re.compile(r"[\d.,:~\-–/()%×xX]+")
_UNIT = re.compile(
    r"\(?[\d.,~\-–/x×]*\d(?:g|kg|mg|ml|mL|l|L|m|mm|cm|km|W|kW|V|mV|A|mA|Hz|kHz|MHz|GHz|h|s|dB|VA|Wh|kWh"
    r"|MPa|Pa|rpm|GB|MB|in|cc|V~|W\)|℃|°C|m2|m3)[.,~)\]]*"
)
_MODEL = re.compile(r"\(?[A-Z]{1,6}[-/]?\d[A-Z0-9\-/]*[.,)]*|[A-Z]{2,}[A-Za-z]*[.,:]?")
_JUNK = re.compile(r"[^A-Za-z0-9%.]")
_PUNCTUATION = frozenset(".,/()[]:;!?-~+=%\"'“”‘’·…<>※")
_UNITS = frozenset(
    [
        "g",
        "kg",
        "mg",
        "ml",
        "mL",
        "l",
        "L",
        "m",
        "mm",
        "cm",
        "km",
        "W",
        "kW",
        "V",
        "mV",
        "A",
        "mA",
        "Hz",
        "kHz",
        "MHz",
        "GHz",
        "dB",
        "VA",
        "Wh",
        "kWh",
        "MPa",
        "Pa",
        "rpm",
        "GB",
        "MB",
    ]
)
# Characters of equal shape: (what the Korean model reads, what the English reads).
_ALIKE = {
    *zip("5501122886090", "SsOlIZzBBGogD", strict=True),
    *(("1", "|"), ("0", "Q"), ("7", "T"), ("1", "L"), ("3", "S"), ("1", "i")),
}
_CODE_LETTERS = "ECFHLPUAd"  # error codes begin with one of these
_SERVICE = re.compile(r"(?:4&|[&^A4△Å])\s*/\s*[S56$8]|/[S5]")  # "A/S", as the Korean model sees it


def together(korean: Sequence[Glyph], english: Sequence[Glyph]) -> list[Glyph]:
    """The best of both readings of one line, from left to right."""
    english = [g._replace(char="E") if g.char == "£" else g for g in english]
    if not korean:
        return [g for g in english if g.sure >= 90]
    if _all_english(korean, english):
        return english
    merged: list[Glyph] = []
    group: list[Glyph] = []
    left = -1
    for glyph in korean:
        if is_hangul(glyph.char) and glyph.sure >= SOLID:
            merged += _stretch(group, _within(english, left, glyph.x0), bounded=True)
            merged.append(glyph)
            group = []
            left = glyph.x1
        else:
            group.append(glyph)
    merged += _stretch(group, _within(english, left, 1 << 30), bounded=left >= 0)
    return merged


def _all_english(korean: Sequence[Glyph], english: Sequence[Glyph]) -> bool:
    """Whether the line holds no Korean: the English model is sure of it, the Korean is not."""
    if len(english) < 3 or sum(is_hangul(g.char) for g in korean) * 5 > len(korean) * 2:
        return False
    e_sure, k_sure = _sure(english), _sure(korean)
    return e_sure >= 96 and e_sure > k_sure + 1.5


def _sure(glyphs: Sequence[Glyph]) -> float:
    return sum(g.sure for g in glyphs) / len(glyphs)


def _within(glyphs: Sequence[Glyph], left: int, right: int) -> list[Glyph]:
    return [g for g in glyphs if left - 3 <= g.x0 and g.x1 <= right + 3]


def _stretch(korean: list[Glyph], english: list[Glyph], *, bounded: bool) -> list[Glyph]:
    """A stretch without sure syllables: word by word from the better reading."""
    if not english:
        return [g for g in korean if g.sure >= 60 or is_hangul(g.char)]
    if bounded and len(english) == 1 and not any(g.char.isalnum() for g in korean):
        return [g for g in korean if g.char in _PUNCTUATION]  # a stroke of the syllable beside it
    if not korean:
        # The Korean model saw nothing here; thin strokes beside syllables are noise.
        sure = [g for g in english if g.sure >= 97 and g.char.isalnum()]
        return english if len(sure) >= 2 and len(sure) == len(english) else []
    chosen: list[Glyph] = []
    for k_part, e_part in _words(korean, english):
        chosen += _better(k_part, e_part)
    return chosen


def _words(korean: list[Glyph], english: list[Glyph]) -> list[tuple[list[Glyph], list[Glyph]]]:
    """Both readings cut where both have a gap."""
    spans = sorted(
        (g.x0, g.x1, which, g) for which, part in enumerate((korean, english)) for g in part
    )
    cut: list[tuple[list[Glyph], list[Glyph]]] = []
    reach = -(1 << 30)
    for x0, x1, which, glyph in spans:
        width = max(8, (x1 - x0) // 3)
        if x0 > reach + width or not cut:
            cut.append(([], []))
        cut[-1][which].append(glyph)
        reach = max(reach, x1)
    return cut


def _better(korean: list[Glyph], english: list[Glyph]) -> list[Glyph]:
    if not english:
        return [g for g in korean if g.sure >= 60 or is_hangul(g.char)]
    e_text, k_text = ("".join(g.char for g in part) for part in (english, korean))
    e_sure = _sure(english)
    if not korean:
        return english if e_sure >= 96 and any(g.char.isalnum() for g in english) else []
    k_sure = _sure(korean)
    if _SERVICE.fullmatch(k_text):
        return _spelled("A/S", korean)
    if k_text == e_text or not _CODE.fullmatch(e_text):
        return korean
    if k_sure >= 90 and all(c in _PUNCTUATION for c in k_text):
        beside = [g for g in english if not any(k.x0 < g.x1 and g.x0 < k.x1 for k in korean)]
        letters = [g for g in beside if g.sure >= 98 and g.char.isalnum()]
        return sorted([*korean, *letters], key=lambda g: g.x0)
    if _JUNK.sub("", e_text) == k_text:
        return korean
    if any(is_hangul(c) for c in k_text):
        if e_text in _UNITS and len(e_text) > 1 and len(k_text) <= 2 and k_sure < 97:
            return english
        sure = min(g.sure for g in english) >= 93 and (
            _UNIT.fullmatch(e_text) or (_MODEL.fullmatch(e_text) and len(e_text) > 2)
        )
        return english if sure and e_sure > k_sure + 3 else korean
    english = _with_digits(korean, english)
    e_text = "".join(g.char for g in english)
    if _DIGITS.fullmatch(k_text) and k_sure >= 90:
        if _UNIT.fullmatch(e_text) and e_sure >= 85:
            return english
        if len(k_text) == len(e_text) and all(
            a == b or (a, b) in _ALIKE for a, b in zip(k_text, e_text, strict=True)
        ):
            return korean
        if _DIGITS.fullmatch(e_text):
            return korean if k_sure >= e_sure - 2 else english
        return english if e_sure >= 93 or (_MODEL.fullmatch(e_text) and e_sure >= 90) else korean
    return english if e_sure >= 80 else korean


def _spelled(text: str, place: list[Glyph]) -> list[Glyph]:
    """This text, spread over the place of these glyphs."""
    left, right = place[0].x0, place[-1].x1
    step = (right - left) / len(text)
    return [
        Glyph(c, round(left + i * step), round(left + (i + 1) * step), 95.0, place[0].tall)
        for i, c in enumerate(text)
    ]


def _with_digits(korean: list[Glyph], english: list[Glyph]) -> list[Glyph]:
    """The English reading, "EL" turned to "E1" where the Korean model is sure of the digit."""
    mixed: list[Glyph] = []
    for at, glyph in enumerate(english):
        middle = (glyph.x0 + glyph.x1) / 2
        other = next((k for k in korean if k.x0 - 2 <= middle <= k.x1 + 2), None)
        after = english[at + 1].char if at + 1 < len(english) else ""
        digit = (
            other is not None
            and other.char.isdigit()
            and other.sure >= 97
            and (other.char, glyph.char) in _ALIKE
            and bool(mixed)
            and mixed[-1].char in _CODE_LETTERS
            and (len(mixed) == 1 or not mixed[-2].char.isalpha())
            and not after.isalpha()
            and mixed[-1].char + glyph.char not in _UNITS
        )
        mixed.append(other._replace(x0=glyph.x0, x1=glyph.x1) if digit and other else glyph)
    # A decimal point that only the Korean model saw.
    points = [
        k
        for k in korean
        if k.char in ".,"
        and k.sure >= 97
        and not any(g.x0 <= (k.x0 + k.x1) / 2 <= g.x1 for g in english if g.char in ".,")
        and mixed[0].x0 < k.x0 < mixed[-1].x0
    ]
    return sorted(mixed + points, key=lambda g: g.x0)
