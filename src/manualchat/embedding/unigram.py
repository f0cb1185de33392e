"""The Unigram tokenizer of multilingual-e5-small, which loads in no time and holds little.

The `tokenizers` library parses a vocabulary of 250,000 pieces in 0.5 to 0.8 s
and keeps 270 MB for it: more than all else that embedding costs. Here the
vocabulary is an SQLite table. One query fetches the pieces that occur in the
words of a text, and words seen before are not taken apart again. The
segmentation is the most probable one (Viterbi; Kudo 2018, "Subword
Regularization", section 3.2), the same as the library's: a test compares.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

_SPACE = "▁"
_UNKNOWN_PENALTY = 10.0  # below the least probable piece, as in SentencePiece
_LONGEST_WORD = 400  # characters; longer runs are cut, as no piece is nearly that long
_MOST_SEEN = 50_000  # words remembered: some 10 MB


def save_vocabulary(pieces: Iterable[tuple[str, float]], unknown: int, path: Path) -> None:
    """Write the table that `UnigramTokenizer` reads."""
    rows = [(piece, number, score) for number, (piece, score) in enumerate(pieces)]
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(
            "CREATE TABLE pieces (piece TEXT PRIMARY KEY, id INTEGER, score REAL) WITHOUT ROWID"
        )
        connection.execute("CREATE TABLE facts (unknown INTEGER, longest INTEGER, least REAL)")
        connection.executemany("INSERT OR IGNORE INTO pieces VALUES (?, ?, ?)", sorted(rows))
        connection.execute(
            "INSERT INTO facts VALUES (?, ?, ?)",
            (unknown, max(len(row[0]) for row in rows), min(row[2] for row in rows)),
        )
    connection.close()


class UnigramTokenizer:
    """Token ids of texts that are already normalised. May be shared by threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: dict[str, list[int]] = {}

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each text, without the tokens that open and close a sequence."""
        words = [list(_words(text)) for text in texts]
        if len(self._seen) > _MOST_SEEN:
            self._seen = {}
        seen = self._seen  # another thread may begin a new one meanwhile
        new = {word for some in words for word in some if word not in seen}
        if new:
            seen.update(self._segmented(new))
        return [[number for word in some for number in seen[word]] for some in words]

    def _segmented(self, words: Collection[str]) -> dict[str, list[int]]:
        connection = sqlite3.connect(f"file:{self._path}?mode=ro", uri=True)
        try:
            unknown, longest, least = connection.execute("SELECT * FROM facts").fetchone()
            wanted = {
                word[a:b]
                for word in words
                for a in range(len(word))
                for b in range(a + 1, min(len(word), a + longest) + 1)
            }
            known = _look_up(connection, list(wanted))
        finally:
            connection.close()
        return {word: _segment(word, known, unknown, longest, least) for word in words}


def _words(text: str) -> Iterator[str]:
    """The words with the mark of a space before each; long runs in parts."""
    if not text:
        return
    words = [_SPACE + word for word in text.replace(_SPACE, " ").split(" ")]
    for word in words[1:] if text.startswith(" ") else words:
        for at in range(0, len(word), _LONGEST_WORD):
            yield word[at : at + _LONGEST_WORD]


def _look_up(connection: sqlite3.Connection, pieces: list[str]) -> dict[str, tuple[int, float]]:
    known: dict[str, tuple[int, float]] = {}
    for at in range(0, len(pieces), 900):  # SQLite's least bound on parameters is 999
        some = pieces[at : at + 900]
        marks = ", ".join("?" * len(some))
        for piece, number, score in connection.execute(
            f"SELECT piece, id, score FROM pieces WHERE piece IN ({marks})", some
        ):
            known[piece] = (number, score)
    return known


def _segment(
    word: str, known: dict[str, tuple[int, float]], unknown: int, longest: int, least: float
) -> list[int]:
    """The most probable pieces of one word; neighbouring unknown characters are one token."""
    best: list[tuple[float, int, int]] = [(0.0, -1, -1)]  # score, start, id of the last piece
    for end in range(1, len(word) + 1):
        top = (-math.inf, -1, -1)
        for start in range(max(0, end - longest), end):
            found = known.get(word[start:end])
            if found:
                score = best[start][0] + found[1]
                if score > top[0]:
                    top = (score, start, found[0])
        if word[end - 1 : end] not in known:
            score = best[end - 1][0] + least - _UNKNOWN_PENALTY
            if score > top[0]:
                top = (score, end - 1, unknown)
        best.append(top)
    ids: list[int] = []
    end = len(word)
    while end > 0:
        _, start, number = best[end]
        if not (number == unknown and ids and ids[-1] == unknown):
            ids.append(number)
        end = start
    return ids[::-1]
