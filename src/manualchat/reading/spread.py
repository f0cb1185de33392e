"""Labels whose syllables are spread over their cell: "소 비 전 력" is the word 소비전력.

Korean forms and tables of specifications set labels to one width. Search would
never find them, and the alignment of columns would take each syllable for a cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise

from manualchat.reading.glyphs import Segment, Word
from manualchat.reading.korean import is_hangul, tagger

_WIDEST = 6.0  # ems between two syllables of one label
_EVEN = 0.55  # by which share of the widest gap the others may be narrower
_NARROW, _NARROW_PAIR = 0.2, 0.4  # ems: a space between words is about as wide
_NOUNS = ("NNG", "NNP", "XSN", "XR")
_BEFORE_NOUNS = ("MM", "XPN", "NP")  # 총(중량), 자기(자본)


def unspread(segments: Sequence[Segment]) -> list[Segment]:
    """The segments of a line, or of a cell, with spread labels made whole."""
    result: list[Segment] = []
    run: list[Segment] = []
    for segment in segments:
        if len(segment.words[0][0]) == 1 and _single(segment):
            run.append(segment)
            continue
        if run:
            result += _whole(run)
            run = []
        result.append(segment)
    return result + _whole(run)


def _single(segment: Segment) -> bool:
    return all(len(word[0]) == 1 and is_hangul(word[0]) for word in segment.words)


def _whole(run: list[Segment]) -> list[Segment]:
    """A run of segments that hold single syllables only, with each label as one segment."""
    words = [word for segment in run for word in segment.words]
    if len(words) < 2:
        return run
    size = run[0].size
    result: list[Segment] = []
    joined = False
    for part in _even(words, size):
        word = "".join(w[0] for w in part)
        if len(part) > 1 and _is_label(word):
            top, bottom = min(w[2] for w in part), max(w[4] for w in part)
            result.append(run[0].of([(word, part[0][1], top, part[-1][3], bottom)]))
            joined = True
        else:
            result.append(run[0].of(part))
    return result if joined else run


def _even(words: Sequence[Word], size: float) -> Iterator[list[Word]]:
    """The words in stretches of even gaps."""
    part = [words[0]]
    gaps: list[float] = []
    for before, word in pairwise(words):
        gap = (word[1] - before[3]) / size
        widest, narrowest = max([gap, *gaps]), min([gap, *gaps])
        if 0 < gap <= _WIDEST and widest - narrowest <= _EVEN * widest + 0.1:
            part.append(word)
            gaps.append(gap)
            continue
        yield from _wide_enough(part, gaps)
        part, gaps = [word], []
    yield from _wide_enough(part, gaps)


def _wide_enough(part: list[Word], gaps: Sequence[float]) -> Iterator[list[Word]]:
    if gaps and min(gaps) >= (_NARROW if len(gaps) > 1 else _NARROW_PAIR):
        yield part
    else:
        yield from ([word] for word in part)


@cache
def _is_label(word: str) -> bool:
    """Whether these syllables are one noun, or a compound of few."""
    analyser = tagger()
    if analyser is None:
        return False
    tokens = analyser.parse(word)
    kinds = [token.pos for token in tokens]
    if len(kinds) > 1 and kinds[0] in _BEFORE_NOUNS:
        del kinds[0]
    return 2 * len(tokens) <= len(word) + 1 and all(kind.startswith(_NOUNS) for kind in kinds)
