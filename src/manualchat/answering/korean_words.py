"""The content words of Korean text: nouns and verb stems.

Where mecab-ko is installed (a laptop), its morphemes say what is a noun and what
a verb. Where it is not (the query Lambda function), rules take particles and
endings off; docs/answering.md has what that costs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from manualchat.answering.wordlists import EMPTY_KO, ENDINGS, PARTICLES, SAME

# A particle may follow one syllable where it is sure to be one; "이나", "보다" may be a name's.
_SURE = frozenset(
    {"에서", "에서는", "에서도", "으로", "까지", "부터", "에는", "에도", "에게", "한테"}
)
_NOUN_ENDING = "하해했할한함되돼됐된될인입이예였시나났난받라"
# What only a verb ends in, where no ending of the list fits: "눕혀서", "느려지고", "눈부신데".
_VERB = re.compile(
    r"([가-힣]+?(?=[가-힣]))(?:[아어해려여와워혀켜져쳐춰둬](?:서|야|도|요)|(?<=.)(?:지고|리고|우고|기고|는데|은데|신데|던데)"
    r"|(?:으|추|르|지|리|기|우|나|치|트|키|끼|티|내|서|쓰|오|가|어)면|게끔|릴수|을수|ㄹ수)$"
)
_NOUNS = ("NNG", "NNP", "XR", "XPN", "XSN")
_CODE = re.compile(r"[a-z][a-z0-9_/.-]*\d[a-z0-9_/.-]*")
# "H400SI로", "HW2000의": alone behind what it follows, a particle would pass for a noun.
_HANGING = re.compile(rf"(?<![a-z0-9])([a-z][a-z0-9_/.-]*)({'|'.join(PARTICLES)})(?![가-힣])")
_NAMED = re.compile(r"[가-힣]{2,}\d+(?![\d.,]*[가-힣a-z%])")  # "차이나1": a name with its number


class Found(NamedTuple):
    """A word, and where it stands in the text that was given."""

    stem: str
    kind: Literal["noun", "verb"]
    start: int
    end: int
    parts: tuple[str, ...] = ()  # of a compound noun


def korean_words(text: str) -> Iterator[Found]:
    """The content words among the Hangul of `text` (folded, see `terms.fold`)."""
    # Names with a number, and attributes that the synonyms list, are taken as they stand.
    sure = [Found(m.group(), "noun", m.start(), m.end()) for m in _NAMED.finditer(text)]
    for token in re.finditer(r"[가-힣]+", text):
        stem = next((s for s in (token.group(), _without_particle(token.group())) if s in SAME), "")
        if len(stem) > 1 and stem not in EMPTY_KO:
            sure.append(Found(stem, "noun", token.start(), token.end()))
    yield from sure
    for found in sure:
        text = text[: found.start] + " " * (found.end - found.start) + text[found.end :]
    text = _HANGING.sub(lambda m: m[1] + " " * len(m[2]), text)
    # Behind a code the dictionary takes a word for its counter ("du812 보온": 812 steps).
    text = _CODE.sub(lambda code: " " * len(code.group()), text)
    analyse = _analyser()
    if analyse is not None:
        # A name that the dictionary lacks falls apart ("미래에셋" into future, at and three).
        for token in re.finditer(r"[가-힣]{2,}", text):
            if _fell_apart(list(analyse(token.group()))):
                word = by_rule(token.group())
                if word is not None and word[1] == "noun" and len(word[0]) > 1:
                    end = token.start() + len(word[0])
                    yield Found(word[0], "noun", token.start(), end)
                    text = text[: token.start()] + " " * len(token.group()) + text[token.end() :]
    if analyse is None:
        for token in re.finditer(r"[가-힣]+", text):
            word = by_rule(token.group())
            if word is not None:
                yield Found(word[0], word[1], token.start(), token.end())
    else:
        yield from _by_morphemes(text, analyse)


@lru_cache(maxsize=1)
def _analyser() -> Callable[[str], Iterator[Any]] | None:
    try:
        from manualchat.morphemes import morphemes

        next(iter(morphemes("말")), None)
    except ImportError:
        return None
    return morphemes


def _fell_apart(parts: list[Any]) -> bool:
    """Whether the morphemes of one written word cannot be right: it is a name of its own."""
    tags = [part.pos.split("+")[0] for part in parts]
    for before, tag, part in zip(tags, tags[1:], parts[1:], strict=False):
        if tag not in (*_NOUNS, "NR") or part.surface in EMPTY_KO:
            continue
        if before in ("JKS", "JKO", "JKB", "JC", "JX", "EC", "ETM"):  # no noun follows a particle
            return True
        if before == "XPN" and tag == "NR":
            return True
        if before in ("XPN", "MM") and parts[0].surface not in EMPTY_KO:
            return True
    return tags == ["MM", "NNG"] and "".join(part.surface for part in parts) not in EMPTY_KO


def _by_morphemes(text: str, analyse: Callable[[str], Iterator[Any]]) -> Iterator[Found]:
    run: list[tuple[str, int, int]] = []  # nouns that touch: one compound word
    at = 0
    for morpheme in analyse(text):
        start = text.find(morpheme.surface, at)
        if start < 0:
            continue
        end = at = start + len(morpheme.surface)
        tag = morpheme.pos.split("+")[0]
        noun = tag in _NOUNS or morpheme.pos in ("VV+ETN", "VA+ETN") or bool(run and tag == "ETN")
        if run and (not noun or run[-1][2] != start):
            yield from _compound(run)
            run = []
        if noun:
            run.append((morpheme.surface, start, end))
        elif tag in ("VV", "VA"):
            stem = morpheme.surface
            if morpheme.expression and "/" in morpheme.expression:
                stem = morpheme.expression.split("/")[0]
            if stem not in EMPTY_KO:
                yield Found(stem, "verb", start, end)
    if run:
        yield from _compound(run)


def _compound(run: list[tuple[str, int, int]]) -> Iterator[Found]:
    stem = "".join(surface for surface, _, _ in run)
    if stem and stem not in EMPTY_KO and re.search(r"[가-힣]", stem):
        parts = tuple(surface for surface, _, _ in run) if len(run) > 1 else ()
        yield Found(stem, "noun", run[0][1], run[-1][2], parts)


def by_rule(token: str) -> tuple[str, Literal["noun", "verb"]] | None:
    """Stem and kind of one written word, None when it carries no content."""
    if (
        token in EMPTY_KO
        or token[0] == "몇"
        or token in PARTICLES
        or token.startswith(("어떻", "어떡", "얼마", "얼만"))
    ):
        return None
    if token[-1] == "죠" or token.endswith(("예요", "에요", "이야", "인가", "일까")):
        token = re.sub(r"(?:죠|이?예요|이?에요|이야|인가|일까)$", "", token) or token
    for ending in ENDINGS:
        if token.endswith(ending) and len(token) > len(ending):
            stem = token[: -len(ending)]
            if stem in EMPTY_KO:
                return None
            # "청소하려면" is a noun with 하다; "돌려야" is a verb.
            if ending[0] in _NOUN_ENDING and len(stem) >= 2:
                return _without_particle(stem), "noun"
            return stem, "verb"
    verb = _VERB.match(token)
    if verb:
        return verb.group(1), "verb"
    stem = _without_particle(token)
    return None if stem in EMPTY_KO else (stem, "noun")


def _without_particle(token: str) -> str:
    for particle in PARTICLES:
        least = 1 if particle in _SURE else 2
        if token.endswith(particle) and len(token) - len(particle) >= least:
            return token[: -len(particle)]
    return token
