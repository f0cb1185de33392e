"""Whether a word goes on over the end of a line.

Korean type is set both ways: lines broken between words, or anywhere ("데이|터를").
A page shows which way it is set: where lines broken anywhere are justified, a
good part of the breaks falls inside a morpheme, and almost none does where they
are broken between words. Only on pages of the first kind are words joined.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from manualchat.reading.korean import is_hangul, tagger
from manualchat.reading.order import Line

_FULL = 1.6  # ems short of the right edge: a line that ends earlier was not broken for room
_SHARE = 0.12  # of the breaks inside a morpheme: from here on the page is set anywhere
_ATTACHED = ("J", "E", "XS", "VC", "SF", "SE", "SSC", "SC")
_CLOSING = ".,)]?!%:;”’」』"
_HYPHENED = re.compile(r"[a-z]{2,}-$")

Break = tuple[Line, Line, float]  # the line above, the line below, the column's right edge


def joined(breaks: Sequence[Break]) -> dict[int, str]:
    """Which of a page's line breaks fall inside a word, by the `id` of the line above.

    The value is what is taken off the line's end: "" or its hyphen.
    """
    result: dict[int, str] = {}
    undecided: list[tuple[Line, str, str]] = []
    spaced = 0
    for above, below, right in breaks:
        tail, head = above.segments[-1].words[-1][0], below.segments[0].words[0][0]
        if tail[-1] == "-" and head[0].islower() and head[0].isascii() and _HYPHENED.search(tail):
            result[id(above)] = "-"
        elif above.segments[-1].open_end:
            spaced += 1
        elif is_hangul(tail[-1]) and is_hangul(head[0]) and above.x1 >= right - _FULL * above.size:
            undecided.append((above, tail, head))
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
    lines = {id(line): line for above, below, _ in breaks for line in (above, below)}
    known = "\n".join([line.text for line in lines.values()])
    for (above, end, start), verdict in zip(undecided, verdicts, strict=True):
        together = known.count(end[-1] + start[0])
        apart = known.count(f"{end[-1]} {start[0]}")
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
