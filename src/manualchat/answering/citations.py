"""Citations that are true: each sentence tied to a quote that stands on the cited page.

`cite` makes the citation of a known span. `Verifier` reads any answer as it
streams, with `[n]` marks or without, and ties each sentence to an exact quote of a
source, or says that it is not verified. Numbers are given out here, one a quote,
in the order of the answer: a mark of a source that does not exist is dropped.

A sentence is verified by a unit of the source (a sentence, list item or table row)
that has its numbers and codes, all of them, and enough of its words; or by the
words which the model itself quotes, `[2 "…"]`, when they stand in source 2.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

from manualchat.answering.injection import without_orders
from manualchat.answering.sentences import Unit, units
from manualchat.answering.terms import Text, content_words, coverage
from manualchat.language import language_of
from manualchat.model import Citation, Cited, Delta, Passage

NOT_VERIFIED = {"ko": "확인되지 않음", "en": "not verified"}
ENOUGH = 0.6  # share of a sentence's words that its quote must hold
QUOTED = 0.3  # … when the model itself quoted the words that prove it
_LONGEST_QUOTE = 400
MARK = re.compile(
    r"\s*\[\s*(\d{1,3}(?:\s*,\s*\d{1,3})*)\s*(?:[:：,]?\s*[\"“”«「‘'](.{0,600}?)[\"“”»」’']\s*)?\](?!\()"
    r"|\s*【\s*(\d{1,3})[^】\n]{0,40}】",
    re.DOTALL,
)
_NOTHING = re.compile(r"\W*\d{0,2}\W*")  # a list number claims nothing
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


def cite(passage: Passage, start: int, end: int) -> Citation:
    """The citation of `passage.text[start:end]`."""
    return Citation(
        document=passage.document,
        name=passage.name,
        page=passage.page,
        label=passage.label,
        quote=passage.text[start:end],
        boxes=passage.chunk.layout.boxes(start, end),
    )


def find_quote(quote: str, text: str) -> tuple[int, int] | None:
    """Where `quote` stands in `text`, white space, width and case aside; None when not."""
    wanted = squeeze_letters(quote)
    if len(wanted) < 2:
        return None
    letters, places = _letters(text)
    at = letters.find(wanted)
    return None if at < 0 else (places[at][0], places[at + len(wanted) - 1][1])


def squeeze_letters(text: str) -> str:
    """NFKC, lower case, no white space: the form in which quotes are compared."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text).lower())


def holds(quote: str, text: str) -> bool:
    """Whether `quote` is an exact (normalised) substring of `text`."""
    return squeeze_letters(quote) in squeeze_letters(text)


def _letters(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The letters compared, and for each the span of `text` that it comes from."""
    letters: list[str] = []
    places: list[tuple[int, int]] = []
    at = 0
    while at < len(text):
        end = at + 1
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1  # a decomposed letter is one with its marks
        if "\u1100" <= text[at] <= "\u115f":  # decomposed Hangul: initial, vowel, final
            while end < len(text) and "\u1160" <= text[end] <= "\u11ff":
                end += 1
        for letter in squeeze_letters(text[at:end]):
            letters.append(letter)
            places.append((at, end))
        at = end
    return "".join(letters), places


def strip_marks(text: str) -> str:
    """`text` without its `[n]` marks."""
    return MARK.sub("", text)


class Verifier:
    """Ties the sentences of one answer to quotes.

    `check` takes a sentence as written, marks and all; the caller splits the
    stream (`generated.py`). `citations[k - 1]` is what `[k]` shows.
    """

    def __init__(self, passages: Sequence[Passage], question: str = "") -> None:
        self._passages = passages
        self._units: dict[int, list[tuple[Unit, Text]]] = {}
        self._mark = NOT_VERIFIED[language_of(question)]
        self._asked = {w.stem for w in content_words(question)}
        self.citations: list[Citation] = []

    def check(self, sentence: str, shown: str = "") -> Iterator[Delta | Cited]:
        """The mark and the Cited that follow this sentence, which reads `shown` to the user.

        Nothing for a sentence without a claim (punctuation, a lone heading mark).
        """
        claim = strip_marks(sentence).strip()
        shown = shown.strip() or claim
        if _NOTHING.fullmatch(claim) or not (content_words(claim) or _NUMBER.search(claim)):
            return
        found = self._find(claim, sentence)
        if found is None:
            yield Delta(f" [{self._mark}]")
            yield Cited(0, None, shown)
            return
        number = self._number(found)
        yield Delta(f" [{number}]")
        yield Cited(number, found, shown)

    def _number(self, citation: Citation) -> int:
        if citation in self.citations:
            return self.citations.index(citation) + 1
        self.citations.append(citation)
        return len(self.citations)

    def _find(self, claim: str, sentence: str) -> Citation | None:
        marked: list[int] = []
        for mark in MARK.finditer(sentence):
            for number in re.findall(r"\d+", mark.group(1) or mark.group(3)):
                index = int(number) - 1
                if not 0 <= index < len(self._passages):
                    continue
                marked.append(index)
                quoted = self._quoted(index, mark.group(2) or "", claim)
                if quoted is not None:
                    return quoted
        # Models mark the wrong source now and then; a true quote elsewhere is still true.
        others = [i for i in range(len(self._passages)) if i not in marked]
        for group in (marked, others):
            best = max(
                (self._best(index, claim) for index in group),
                key=lambda pair: pair[0],
                default=(0.0, None),
            )
            if best[1] is not None and best[0] >= ENOUGH:
                return best[1]
        return None

    def _quoted(self, index: int, quote: str, claim: str) -> Citation | None:
        """The citation of words that the model quoted itself, numbers of the claim checked."""
        if len(squeeze_letters(quote)) < 4:
            return None
        passage = self._passages[index]
        span = find_quote(quote, passage.text)
        if span is None:
            return None
        around = [u for u, _ in self._read(index) if u.start < span[1] and u.end > span[0]]
        if not around:
            return None  # an order to a model proves nothing
        whole = passage.text[min(u.start for u in around) : max(u.end for u in around)]
        if not _numbers(claim) <= _numbers(whole) | _asked_numbers(self._asked):
            return None
        same_language = language_of(claim) == language_of(whole)
        if same_language and coverage(content_words(claim), Text(whole)) < QUOTED:
            return None
        return cite(passage, *span)

    def _best(self, index: int, claim: str) -> tuple[float, Citation | None]:
        """The span of this source that supports the claim best, and how far (0 to 1)."""
        passage = self._passages[index]
        read = self._read(index)
        words = content_words(claim)
        numbers = _numbers(claim)
        total = sum(w.weight for w in words)
        if not total:
            return 0.0, None
        best: tuple[float, int, int] = (0.0, 0, 0)
        for first in range(len(read)):
            for last in range(first, min(first + 2, len(read))):
                start, end = read[first][0].start, read[last][0].end
                if end - start > _LONGEST_QUOTE and last > first:
                    continue
                texts = [text for _, text in read[first : last + 1]]
                share = sum(w.weight * max(text.has(w) for text in texts) for w in words) / total
                if share <= best[0] + (0.15 if last > first else 0.0):
                    continue  # a second unit must earn its place
                if numbers <= _numbers(passage.text[start:end]) | _asked_numbers(self._asked):
                    best = (share, start, end)
        return (best[0], cite(passage, best[1], best[2])) if best[0] else (0.0, None)

    def _read(self, index: int) -> list[tuple[Unit, Text]]:
        if index not in self._units:
            text = self._passages[index].text
            self._units[index] = [
                (u, Text(text[u.start : u.end])) for u in without_orders(text, units(text))
            ]
        return self._units[index]


def _numbers(text: str) -> set[str]:
    """Numbers and codes of a text, thousands separators gone."""
    folded = unicodedata.normalize("NFKC", text)
    folded = re.sub(r"^\s*\d{1,2}[.)]\s", "", folded)  # a list number claims nothing
    found = {n.replace(",", "").rstrip(".:") for n in _NUMBER.findall(folded)}
    return found | {w.stem for w in content_words(text) if w.kind == "code"}


def _asked_numbers(asked: set[str]) -> set[str]:
    """What the question itself brought in ("SMX-H400SI", "220V") needs no proof."""
    found = {a for a in asked if any(c.isdigit() for c in a)}
    return found | {n for a in found for n in _NUMBER.findall(a)}


__all__ = [
    "ENOUGH",
    "NOT_VERIFIED",
    "Verifier",
    "cite",
    "find_quote",
    "holds",
    "strip_marks",
]
