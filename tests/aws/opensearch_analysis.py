"""Analysis chains of the OpenSearch emulator: the few that manualchat's index names.

`nori_tokenizer` is stood in for by mecab-ko, whose dictionary nori compiles;
its tokens were not compared with Lucene's one by one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Any

Token = tuple[str, str]  # the token, its part of speech ("" outside nori)

_STANDARD = re.compile(r"[가-힣]+|[぀-ヿ一-鿿]+|[^\W_가-힣぀-ヿ一-鿿]+(?:[.,'](?=\d)\d+)*|[\w]+")
_CJK = re.compile(r"[가-힣぀-ヿ一-鿿]")


class UnknownAnalysis(ValueError):
    """An index asks for an analysis that this emulator does not have."""


def analyzer(analysis: dict[str, Any], name: str) -> Callable[[str], list[str]]:
    """The analyzer of this name, built from an index's `analysis` settings."""
    if name == "standard":
        return lambda text: [t.lower() for t, _ in _standard(text)]
    if name == "cjk":
        return lambda text: [t for t, _ in _bigrams([(t.lower(), "") for t, _ in _standard(text)])]
    made = analysis.get("analyzer", {}).get(name)
    if made is None:
        raise UnknownAnalysis(f"analyzer [{name}] has not been configured in mappings")
    chars = [_char_filter(analysis["char_filter"][c]) for c in made.get("char_filter", [])]
    tokens = _tokenizer(analysis.get("tokenizer", {}).get(made["tokenizer"], made["tokenizer"]))
    filters = [_token_filter(analysis.get("filter", {}).get(f, f)) for f in made.get("filter", [])]

    @lru_cache(maxsize=20_000)
    def analyse(text: str) -> list[str]:
        for char in chars:
            text = char(text)
        found = tokens(text)
        for step in filters:
            found = step(found)
        return [token for token, _ in found if token]

    return analyse


def _char_filter(spec: dict[str, Any]) -> Callable[[str], str]:
    if spec["type"] != "pattern_replace":
        raise UnknownAnalysis(spec["type"])
    pattern = re.compile(spec["pattern"])
    return lambda text: pattern.sub(spec["replacement"], text)


def _tokenizer(spec: dict[str, Any] | str) -> Callable[[str], list[Token]]:
    if spec == "standard":
        return _standard
    if isinstance(spec, dict) and spec["type"] == "pattern":
        pattern = re.compile(spec["pattern"])
        return lambda text: [(m.group(spec.get("group", -1)), "") for m in pattern.finditer(text)]
    if isinstance(spec, dict) and spec["type"] == "nori_tokenizer":
        if spec.get("decompound_mode") != "mixed":
            raise UnknownAnalysis("nori_tokenizer is emulated with decompound_mode mixed only")
        return _nori
    raise UnknownAnalysis(str(spec))


def _token_filter(spec: dict[str, Any] | str) -> Callable[[list[Token]], list[Token]]:
    kind = spec if isinstance(spec, str) else spec["type"]
    if kind == "lowercase":
        return lambda tokens: [(t.lower(), p) for t, p in tokens]
    if kind == "cjk_width":
        return lambda tokens: [(unicodedata.normalize("NFKC", t), p) for t, p in tokens]
    if kind == "cjk_bigram":
        return _bigrams
    if kind == "nori_part_of_speech":
        stop = set(spec["stoptags"])  # type: ignore[index]
        return lambda tokens: [(t, p) for t, p in tokens if _coarse(p) not in stop]
    if kind == "pattern_replace":
        pattern, replacement = re.compile(spec["pattern"]), spec["replacement"]  # type: ignore[index]
        return lambda tokens: [(pattern.sub(replacement, t), p) for t, p in tokens]
    if kind == "stemmer" and spec["language"] == "light_english":  # type: ignore[index]
        return lambda tokens: [(_stem(t), p) for t, p in tokens]
    raise UnknownAnalysis(str(spec))


def _coarse(tag: str) -> str:
    """Lucene's POS.Tag knows one kind of particles (J) and one of endings (E)."""
    return tag[0] if tag[:1] in ("J", "E") else tag


def _standard(text: str) -> list[Token]:
    return [(word, "") for word in _STANDARD.findall(text)]


def _bigrams(tokens: list[Token]) -> list[Token]:
    found: list[Token] = []
    for token, pos in tokens:
        if not _CJK.match(token) or len(token) == 1:
            found.append((token, pos))
        else:
            found.extend((token[i : i + 2], pos) for i in range(len(token) - 1))
    return found


def _stem(word: str) -> str:
    """Roughly Lucene's light English stemmer (kstem's plurals): not the same algorithm."""
    if not word.isascii() or not word.isalpha() or len(word) < 4:
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith("es") and word[:-2].endswith(("s", "x", "z", "ch", "sh")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


@lru_cache(maxsize=1)
def _mecab() -> Any:
    from mecab import MeCab

    return MeCab()


def _nori(text: str) -> list[Token]:
    found: list[Token] = []
    for line in text.split("\n"):
        if not line.strip():
            continue
        for morpheme in _mecab().parse(line):
            pos = morpheme.feature.pos.split("+")[0]
            expression = morpheme.feature.expression
            if pos in ("SL", "SN") or not expression:
                found.append((morpheme.surface, pos))
                continue
            if morpheme.feature.type == "Compound":
                found.append((morpheme.surface, pos))
            for part in expression.split("+"):
                surface, tag, *_ = (part + "//").split("/")
                found.append((surface, tag))
    return found
