"""The words that a question asks with, and how far a text has them.

The store searches with morphemes (mecab-ko, nori). An answerer must weigh single
sentences, many a millisecond, in a Lambda function too: only the question is
taken apart (korean_words.py), the text is looked into as it stands. Nouns match as they stand or
by their syllable pairs, which finds them in compounds and across word spaces;
verbs match by the letters (jamo) that conjugation leaves alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from manualchat.answering.korean_words import by_rule, korean_words
from manualchat.answering.wordlists import EMPTY_EN, EMPTY_KO, SAME, english_stem
from manualchat.glossary import korean_for

_PARTICLE_LIKE = "이가을를은는의에도"
_ADVERBIAL = "히게인씩로"
_VERBAL = "하할한해함되될된돼"  # what a noun is made a verb with

Kind = Literal["code", "number", "noun", "verb"]

_TOKEN = re.compile(
    r"[a-z]+(?:[-_/.+]?[a-z0-9]+)*|\d+(?:[.,:]\d+)*(?:[-/][a-z0-9]+)*(?:[a-z%°℃]+[a-z0-9-]*)?"
    r"|[℃%Ωµ㎡㎝㎜㎏㎖]+"
)
_CODE = re.compile(r"(?=.*[a-z])(?=.*\d)[a-z0-9]+(?:[-_/.]?[a-z0-9]+)*$")


@dataclass(frozen=True, slots=True)
class Word:
    """One content word: `stem` is lower case, NFKC, without hyphen or space."""

    stem: str
    kind: Kind
    surface: str
    parts: tuple[str, ...] = ()  # of a compound noun

    @property
    def weight(self) -> float:
        """How much a question is about this word, before its rarity is known."""
        if self.kind == "code":
            return 2.0
        if self.kind == "verb" or len(self.stem) == 1:
            return 0.5  # a lone syllable or digit stands in many words
        return 1.0


_HYPHENS = re.compile("[\u2010-\u2015\u2212]")


@lru_cache(maxsize=4096)  # a sentence is looked at for several things
def fold(text: str) -> str:
    """NFKC and lower case: full-width, decomposed and upper-case forms become one."""
    return _HYPHENS.sub("-", unicodedata.normalize("NFKC", text).lower())


def squeeze(text: str) -> str:
    """`fold` without white space, and without hyphens inside codes."""
    return re.sub(r"\s+|(?<=[a-z0-9])[-_](?=[a-z0-9])|(?<=\ba)/(?=s\b)", "", fold(text))


@lru_cache(maxsize=512)
def content_words(text: str) -> tuple[Word, ...]:
    """The words of `text` that carry its meaning, in order, each once."""
    return _each_once(word for _, word in _placed(text))


def words_of(question: str, manual: str) -> tuple[Word, ...]:
    """The words of `question`, as `manual` (text that was found for it) writes them.

    A dictionary takes names apart that it does not know; where the manual has such
    a name whole, it is one word. A compound that the manual has nowhere is asked
    for by its parts.
    """
    written = Text(manual)
    placed = list(_placed(question))
    for token in re.finditer(r"[가-힣]{2,}", fold(question)):
        found = by_rule(token.group())
        if found is None or found[1] != "noun" or len(found[0]) < 2:
            continue
        name, start, end = found[0], token.start(), token.start() + len(found[0])
        inside = [(at, w) for at, w in placed if start <= at < token.end()]
        nouns = [w for _, w in inside if w.kind == "noun"]
        if any(len(w.stem) >= len(name) for w in nouns) or name[-1] in _VERBAL:
            continue
        if not nouns and (inside or len(name) < 3 or name[-1] in _ADVERBIAL):
            continue
        if len(name) == 2 and (len(nouns[0].stem) > 1 or name[-1] in _PARTICLE_LIKE):
            continue
        if name in written.squeezed:
            parts = tuple(w.stem for w in nouns)
            whole = Word(name, "noun", name, parts if "".join(parts) == name else ())
            placed = [p for p in placed if not start <= p[0] < end] + [(start, whole)]
    return _each_once(
        part for _, word in sorted(placed, key=_place) for part in _parts(word, written)
    )


def _parts(word: Word, written: Text) -> tuple[Word, ...]:
    stems = (word.stem, *SAME.get(word.stem, ()))
    if (
        len(word.parts) > 1
        and min(map(len, word.parts)) > 1
        and not any(stem in written.squeezed for stem in stems)
    ):
        return tuple(Word(part, "noun", part) for part in word.parts if part not in EMPTY_KO)
    return (word,)


def _place(placed: tuple[int, Word]) -> int:
    return placed[0]


def _each_once(words: Iterable[Word]) -> tuple[Word, ...]:
    return tuple({word.stem: word for word in reversed(list(words))}.values())[::-1]


@lru_cache(maxsize=512)
def _placed(text: str) -> tuple[tuple[int, Word], ...]:
    """Each content word with where it begins."""
    folded = fold(text)
    placed: list[tuple[int, Word]] = [
        (found.start, Word(found.stem, found.kind, folded[found.start : found.end], found.parts))
        for found in korean_words(folded)
    ]
    taken = {at for start, word in placed for at in range(start, start + len(word.surface))}
    for match in _TOKEN.finditer(folded):
        if match.start() in taken:
            continue
        token = match.group()
        if token.replace(".", "").replace(",", "").isdigit():
            placed.append((match.start(), Word(token.replace(",", ""), "number", token)))
        elif _CODE.match(token):
            placed.append((match.start(), Word(re.sub(r"[-_]", "", token), "code", token)))
        elif token not in EMPTY_EN:
            placed.append((match.start(), Word(english_stem(token), "noun", token)))
    return tuple(sorted(placed, key=_place))


class Text:
    """A text made ready to be asked for words."""

    __slots__ = ("_jamo", "folded", "squeezed")

    def __init__(self, text: str) -> None:
        self.folded = fold(text)
        self.squeezed = re.sub(
            r"\s+|(?<=[a-z0-9])[-_](?=[a-z0-9])|(?<=\ba)/(?=s\b)", "", self.folded
        )
        self._jamo: str | None = None

    @property
    def jamo(self) -> str:
        """The text's letters, a space before each word."""
        if self._jamo is None:
            self._jamo = " " + unicodedata.normalize("NFD", " ".join(self.folded.split()))
        return self._jamo

    def has(self, word: Word) -> float:
        """How far the text has this word: 0 (not at all) to 1 (as it stands)."""
        best = self._has(word)
        if best < 0.9:
            for other in (*SAME.get(word.stem, ()), *korean_for(word.surface)):
                if len(other) > 1 and other in self.squeezed:
                    return 0.9
        return best

    def _has(self, word: Word) -> float:
        stem = word.stem
        if word.kind == "number":
            return float(bool(re.search(rf"(?<![\d.]){re.escape(stem)}(?![\d])", self.squeezed)))
        if word.kind == "code":
            return float(stem in self.squeezed)
        if stem[0] < "가":  # Latin: whole word starts, so that "art" is not in "start"
            return float(bool(re.search(rf"(?<![a-z]){re.escape(stem)}", self.folded)))
        if word.kind == "verb":
            return self._conjugated(stem)
        if len(stem) == 1:
            return float(self._starts(stem))
        if stem in self.squeezed:
            return 1.0
        if len(stem) == 2 and stem[1] in _PARTICLE_LIKE and self._starts(stem[0]):
            return 0.6  # "문이" may be a door with its particle
        if len(word.parts) > 1 and all(len(p) > 1 and p in self.squeezed for p in word.parts):
            return 0.9  # "표준코스" in "표준(에코) 코스"
        pairs = len(stem) - 1
        if pairs < 2:
            return 0.0
        shared = sum(stem[i : i + 2] in self.squeezed for i in range(pairs)) / pairs
        return shared * 0.9 if shared >= 0.5 else 0.0

    def _starts(self, syllable: str) -> bool:
        return bool(re.search(rf"(?<![가-힣]){syllable}", self.folded))

    def _conjugated(self, stem: str) -> float:
        letters = unicodedata.normalize("NFD", stem)
        # What follows the stem changes its last letter or two ("돌리" 돌려, 돌릴).
        for cut, worth in ((0, 1.0), (1, 0.8)):
            root = letters[: len(letters) - cut]
            if len(root) >= 3 and " " + root in self.jamo:
                return worth
        return 0.0


def coverage(words: tuple[Word, ...], text: Text) -> float:
    """The weighted share of `words` that `text` has, 0 to 1. 1 for no words."""
    total = sum(word.weight for word in words)
    return sum(word.weight * text.has(word) for word in words) / total if total else 1.0


def codes(text: str) -> tuple[str, ...]:
    """Model names, part numbers and error codes of a text, without hyphens."""
    return tuple(w.stem for w in content_words(text) if w.kind == "code" and len(w.stem) >= 2)
