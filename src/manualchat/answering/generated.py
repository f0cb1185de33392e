"""A model's stream of text made into answer events, one sentence at a time.

Nothing is shown before its sentence is whole: only then can it be tied to a
quote, its addresses be compared with the sources', and a leak of our own
instructions be seen. Shared by openai.py and bedrock.py.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from manualchat.answering.citations import MARK, Verifier, strip_marks
from manualchat.answering.defang import defang, without_foreign_addresses
from manualchat.answering.injection import addressed_to_a_model, told
from manualchat.answering.prompt import REFUSAL, leaks
from manualchat.answering.refusal import refusal
from manualchat.language import language_of
from manualchat.model import Cited, Delta, Done, Passage

_MASK = "\0"
_END = re.compile(
    r"(?:(?<![0-9])\.|(?<=[0-9])\.(?=\s+[^\d\s]|\0)|[!?。！？])[\"'”’)]*(?=[\s\0]|$)|\n+"
)
_OPENED = re.compile(r"\s*(?:\[\s*(?:\d[^\]]*)?|【[^】]*)\Z")
_LIST_NUMBER = re.compile(r"\s*\d{1,2}\.")
_LONGEST_MARK = 800  # characters; what is longer was never a mark
_THINKING = re.compile(r"<think(?:ing)?>.*?(?:</think(?:ing)?>|\Z)\s*", re.DOTALL)
_SAYS_NOT = re.compile(
    r"^(?:설명서에\s*없는\s*내용|the manuals? (?:do(?:es)? )?not say)", re.IGNORECASE
)


def answer_events(
    pieces: Iterable[str],
    *,
    question: str,
    passages: Sequence[Passage],
    usage: Callable[[], Mapping[str, float]] = dict,
    began: float | None = None,
) -> Iterator[Delta | Cited | Done]:
    """Deltas and citations of the text in `pieces`, then Done.

    `question` is the standalone question; the refusal is in its language.
    `usage` is called once, at the end. `began` is a `time.perf_counter()`.
    Whatever `pieces` raises passes through.
    """
    began = time.perf_counter() if began is None else began
    language = language_of(question)
    sources = "\n".join(told(p.text) for p in passages)
    verifier = Verifier(passages, question)
    answer = ""
    refused = leaked = False
    for sentence in sentences_of(pieces):
        if REFUSAL in sentence or (not answer and _SAYS_NOT.match(sentence.strip())):
            refused = not verifier.citations
            break
        text = strip_marks(sentence)
        if leaks(text) or addressed_to_a_model(text):
            leaked = True
            continue
        text = defang(without_foreign_addresses(text, sources, language))
        if not text.strip():
            continue
        checked = list(verifier.check(sentence, text))
        if leaked and not any(isinstance(e, Cited) and e.citation for e in checked):
            continue  # a model that talks about itself is believed only where it can be checked
        events = [Delta(text.rstrip() if answer else text.strip()), *checked]
        if text.endswith("\n"):
            events.append(Delta("\n"))
        for event in events:
            if isinstance(event, Delta):
                answer += event.text
            yield event
    if refused or not answer.strip():
        if not answer:
            answer = refusal(language, passages)
            yield Delta(answer)
        refused = True
    yield Done(
        answer.strip(),
        refused,
        () if refused else tuple(verifier.citations),
        question=question,
        usage=usage(),
        seconds=time.perf_counter() - began,
    )


def sentences_of(pieces: Iterable[str]) -> Iterator[str]:
    """The sentences of a stream, as soon as each is whole, with the marks that follow it.

    Joined they are the stream again, but for a model's `<think>` part.
    """
    waiting = ""
    for piece in pieces:
        waiting += piece
        if waiting.lstrip().startswith("<think") and "</think" not in waiting:
            continue
        waiting = _THINKING.sub("", waiting)
        while (end := _sentence_end(waiting)) is not None:
            yield waiting[:end]
            waiting = waiting[end:]
    waiting = _THINKING.sub("", waiting)
    while (end := _sentence_end(waiting, last=True)) is not None:
        yield waiting[:end]
        waiting = waiting[end:]
    if waiting.strip():
        yield waiting


def _sentence_end(text: str, last: bool = False) -> int | None:
    """Where the first whole sentence of `text` ends; None when more has to come."""
    # What stands inside a mark, a quoted proof say, ends no sentence.
    masked = MARK.sub(lambda mark: _MASK * len(mark.group()), text)
    upto = len(masked)
    opened = None if last else _OPENED.search(masked)
    if opened is not None and upto - opened.start() < _LONGEST_MARK:
        upto = opened.start()
    stop = next((s for s in _END.finditer(masked, 0, upto) if not _is_number(masked, s)), None)
    if stop is None:
        return None
    end = stop.end()
    if stop.group().startswith("\n"):
        return end
    while end < upto and masked[end] == _MASK:
        end += 1
    if not last and not masked[end:upto].strip():
        return None  # a mark may follow
    newline = re.match(r"[ \t]*\n+", masked[end:])
    return end + newline.end() if newline else end


def _is_number(text: str, stop: re.Match[str]) -> bool:
    """Whether what would end here is the number of a list item: "3." before its text."""
    return stop.group() == "." and bool(_LIST_NUMBER.fullmatch(text[: stop.end()]))
