"""The words that a question asks with, and how far a text has them. No dictionary.

The store searches with morphemes (mecab-ko, nori). An answerer must weigh single
sentences, at home and in a Lambda function alike, so it cannot need either. Here
a Korean word loses its particle or ending by rule; nouns match as they stand or
by their syllable pairs, which finds them in compounds and across word spaces;
verbs match by the letters (jamo) that conjugation leaves alone.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from manualchat.answering.wordlists import EMPTY_EN, EMPTY_KO, ENDINGS, PARTICLES, SAME

_SURE = frozenset(
    {"에서", "에서는", "에서도", "으로", "까지", "부터", "에는", "에도", "에게", "한테"}
)
_PARTICLE_LIKE = "이가을를은는의에도"

Kind = Literal["code", "number", "noun", "verb"]

_TOKEN = re.compile(
    r"[가-힣]+\d+(?![\d.,]*[가-힣a-z%])|[a-z]+(?:[-_/.+]?[a-z0-9]+)*|\d+(?:[.,:]\d+)*(?:[-/][a-z0-9]+)*(?:[a-z%°℃]+[a-z0-9-]*)?|[가-힣]+|[℃%Ωµ㎡㎝㎜㎏㎖]+"
)
_CODE = re.compile(r"(?=.*[a-z])(?=.*\d)[a-z0-9]+(?:[-_/.]?[a-z0-9]+)*$")


@dataclass(frozen=True, slots=True)
class Word:
    """One content word: `stem` is lower case, NFKC, without hyphen or space."""

    stem: str
    kind: Kind
    surface: str

    @property
    def weight(self) -> float:
        """How much a question is about this word, before its rarity is known."""
        if self.kind == "code":
            return 2.0
        if self.kind == "verb" or len(self.stem) == 1:
            return 0.5  # a lone syllable or digit stands in many words
        return 1.0


def fold(text: str) -> str:
    """NFKC and lower case: full-width, decomposed and upper-case forms become one."""
    return unicodedata.normalize("NFKC", text).lower()


def squeeze(text: str) -> str:
    """`fold` without white space, and without hyphens inside codes."""
    return re.sub(r"\s+|(?<=[a-z0-9])[-_](?=[a-z0-9])", "", fold(text))


@lru_cache(maxsize=512)
def content_words(text: str) -> tuple[Word, ...]:
    """The words of `text` that carry its meaning, in order, each once."""
    words: dict[str, Word] = {}
    for match in _TOKEN.finditer(fold(text)):
        token = match.group()
        if token[0] >= "가":
            word = _korean(token)
        elif token.replace(".", "").replace(",", "").isdigit():
            word = Word(token.replace(",", ""), "number", token)
        elif _CODE.match(token):
            word = Word(re.sub(r"[-_]", "", token), "code", token)
        elif token in EMPTY_EN:
            word = None
        else:
            word = Word(_english_stem(token), "noun", token)
        if word is not None:
            words.setdefault(word.stem, word)
    return tuple(words.values())


class Text:
    """A text made ready to be asked for words."""

    __slots__ = ("_jamo", "folded", "squeezed")

    def __init__(self, text: str) -> None:
        self.folded = fold(text)
        self.squeezed = re.sub(r"\s+|(?<=[a-z0-9])[-_](?=[a-z0-9])", "", self.folded)
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
            for other in SAME.get(word.stem, ()):
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


def _korean(token: str) -> Word | None:
    if token in EMPTY_KO:
        return None
    for ending in ENDINGS:
        if token.endswith(ending) and len(token) > len(ending):
            stem = token[: -len(ending)]
            if stem in EMPTY_KO:
                return None
            # "청소하려면" is a noun with 하다; "돌려야" is a verb.
            noun = ending[0] in "하해했할한함되돼됐된될인입이예였시" and len(stem) >= 2
            if noun:
                return Word(_without_particle(stem), "noun", token)
            if len(ending) >= 2 or len(stem) == 1:
                return Word(stem, "verb", token)
            break
    stem = _without_particle(token)
    return None if stem in EMPTY_KO else Word(stem, "noun", token)


def _without_particle(token: str) -> str:
    for particle in PARTICLES:
        # "에서", "으로" may follow one syllable; "이나", "보다" may be part of a name.
        least = 1 if particle in _SURE else 2
        if token.endswith(particle) and len(token) - len(particle) >= least:
            return token[: -len(particle)]
    return token


def _english_stem(token: str) -> str:
    for suffix in ("ies", "ing", "ed", "es", "s", "y"):
        if token.endswith(suffix) and len(token) - len(suffix) >= 3:
            return token[: -len(suffix)]
    return token
