"""Whether a word goes on over the end of a line.

Korean type is set both ways: lines broken between words, or anywhere ("데이|터를").
A page shows which way it is set: where lines broken anywhere are justified, a
good part of the breaks falls inside a morpheme, and almost none does where they
are broken between words. Only on pages of the first kind are words joined.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from manualchat.reading.korean import is_hangul, tagger

_FULL = 1.6  # ems short of the right edge: a line that ends earlier was not broken for room
_SHARE = 0.12  # of the breaks inside a morpheme: from here on the page is set anywhere
_ATTACHED = ("J", "E", "XS", "VC", "SF", "SE", "SSC", "SC")
_CLOSING = ".,)]?!%:;”’」』"
_HYPHENED = re.compile(r"[a-z]{2,}-$")
_NUMBER = re.compile(r"\d-$")  # a date, a telephone or part number


class Break(NamedTuple):
    """The end of a line, and the line that follows it in its column or cell."""

    tail: str  # the last word above
    head: str  # the first word below
    full: bool  # the line above reaches the edge, so that it may be broken for want of room
    spaced: bool  # a space glyph ends it


def reaches(x1: float, edge: float, size: float) -> bool:
    """Whether a line that ends at `x1` was broken for want of room before `edge`."""
    return x1 >= edge - _FULL * size


def joined(breaks: Sequence[Break], known: Sequence[str]) -> list[str | None]:
    """What is taken off the tail of each break that falls inside a word: "" or its hyphen.

    None where none does. `known` are texts of the same page, which may hold the word whole.
    """
    result: list[str | None] = [None] * len(breaks)
    undecided: list[tuple[int, str, str]] = []
    spaced = 0
    for at, (tail, head, full, space) in enumerate(breaks):
        if tail[-1] == "-" and head[0].islower() and head[0].isascii() and _HYPHENED.search(tail):
            result[at] = "-"
        elif full and head[0].isdigit() and _NUMBER.search(tail):
            result[at] = ""
        elif space:
            spaced += 1
        elif is_hangul(tail[-1]) and is_hangul(head[0]) and full:
            undecided.append((at, tail, head))
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
    whole = "\n".join(known)
    for (at, end, start), verdict in zip(undecided, verdicts, strict=True):
        together = whole.count(end[-1] + start[0])
        apart = whole.count(f"{end[-1]} {start[0]}")
        if verdict in {"inside", "attached"}:
            # A lone syllable may be a word of its own ("시 조치"): the page has to say so.
            if apart <= (together if len(end) == 1 else 2 * together + 1):
                result[at] = ""
        elif f" {end}{start}" in whole or together > 2 * apart + 1:
            result[at] = ""
    return result


def _verdict(tail: str, head: str) -> str:
    """What a morphological reading of both parts together says of the place between them."""
    if head[0] in _CLOSING:
        return "attached"
    analyser = tagger()
    if analyser is None:
        return "apart"
    word = tail[-12:] + head[:12]
    at = min(len(tail), 12)
    for token in analyser.parse(word):
        if token.span.start < at < token.span.end:
            return "inside"
        if token.span.start == at:
            return "attached" if token.pos.startswith(_ATTACHED) else "apart"
    return "apart"
