"""Whether a word goes on over the end of a line.

Korean type is set both ways: lines broken between words, or anywhere ("데이|터를").
A page shows which way it is set: where lines broken anywhere are justified, a
good part of the breaks falls inside a morpheme, and almost none does where they
are broken between words. Only on pages of the first kind are words joined.
"""

from __future__ import annotations

import importlib
import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from itertools import pairwise
from typing import Any

from manualchat.reading.korean import is_hangul
from manualchat.reading.order import Line

_FULL = 1.6  # ems short of the right edge: a line that ends earlier was not broken for room
_SHARE = 0.12  # of the breaks inside a morpheme: from here on the page is set anywhere
_ATTACHED = ("J", "E", "XS", "VC", "SF", "SE", "SSC", "SC")
_CLOSING = ".,)]?!%:;”’」』"
_TAIL, _HEAD = re.compile(r"\S+$"), re.compile(r"^\S+")
_HYPHENED = re.compile(r"[a-z]{2,}-$")

Break = tuple[Line, Line, float]  # the line above, the line below, the column's right edge


@cache
def _tagger() -> Any:
    try:
        return importlib.import_module("mecab").MeCab()
    except Exception:
        return None


def joined(breaks: Sequence[Break]) -> dict[int, str]:
    """Which of a page's line breaks fall inside a word, by the `id` of the line above.

    The value is what is taken off the line's end: "" or its hyphen.
    """
    result: dict[int, str] = {}
    undecided: list[tuple[Line, str, str]] = []
    spaced = 0
    for above, below, right in breaks:
        tail, head = _TAIL.search(above.text), _HEAD.search(below.text)
        if tail is None or head is None:
            continue
        if _HYPHENED.search(tail[0]) and head[0][:1].islower() and head[0][:1].isascii():
            result[id(above)] = "-"
        elif above.segments[-1].open_end:
            spaced += 1
        elif (
            is_hangul(tail[0][-1])
            and is_hangul(head[0][0])
            and above.x1 >= right - _FULL * above.size
        ):
            undecided.append((above, tail[0], head[0]))
    if len(undecided) < 2 or spaced > len(undecided):
        return result
    verdicts = [_verdict(tail, head) for _, tail, head in undecided]
    inside = verdicts.count("inside")
    attached = inside + verdicts.count("attached")
    if not (
        (inside >= 2 and inside >= _SHARE * len(verdicts))
        or (attached >= 2 and attached >= 2 * _SHARE * len(verdicts))
    ):
        return result
    habit = _habits(breaks)
    known = " ".join(line.text for line in {id(a): a for a, _, _ in breaks}.values())
    for (above, end, start), verdict in zip(undecided, verdicts, strict=True):
        together, apart = habit[end[-1] + start[0]], habit[f"{end[-1]} {start[0]}"]
        if verdict in {"inside", "attached"}:
            if apart <= 2 * together + 1:
                result[id(above)] = ""
        elif f" {end}{start}" in known or together > 2 * apart + 1:
            result[id(above)] = ""
    return result


def _verdict(tail: str, head: str) -> str:
    """What a morphological reading of both parts together says of the place between them."""
    if head[0] in _CLOSING:
        return "attached"
    tagger = _tagger()
    if tagger is None:
        return "apart"
    word = tail[-12:] + head[:12]
    at = min(len(tail), 12)
    for token in tagger.parse(word):
        if token.span.start < at < token.span.end:
            return "inside"
        if token.span.start == at:
            return "attached" if token.pos.startswith(_ATTACHED) else "apart"
    return "apart"


def _habits(breaks: Sequence[Break]) -> Counter[str]:
    """How often two syllables stand together, and parted by a space, inside this page's lines."""
    found: Counter[str] = Counter()
    for line in {id(line): line for above, below, _ in breaks for line in (above, below)}.values():
        text = line.text
        found.update(a + b for a, b in pairwise(text) if is_hangul(a) and is_hangul(b))
        found.update(
            text[i - 1 : i + 2]
            for i in range(1, len(text) - 1)
            if text[i] == " " and is_hangul(text[i - 1]) and is_hangul(text[i + 1])
        )
    return found
