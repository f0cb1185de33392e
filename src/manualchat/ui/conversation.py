"""A conversation, and an answer that is being written."""

from __future__ import annotations

import re
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from manualchat.client import Backend
from manualchat.errors import ManualchatError
from manualchat.language import Language, speaking
from manualchat.model import (
    AnswerEvent,
    Citation,
    Cited,
    Delta,
    Done,
    Failed,
    Passage,
    Sources,
    Turn,
)
from manualchat.protocol import BROKEN_OFF, MAX_TURN, MAX_TURNS, Query, failed_from
from manualchat.ui.words import Words

_PATIENCE = 60.0  # seconds without anyone who looks on: the tab was closed


@dataclass
class Message:
    """One turn, with all that is shown of it."""

    role: Literal["user", "assistant"]
    text: str
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    question: str = ""
    citations: dict[int, Citation] = field(default_factory=dict)
    unverified: list[str] = field(default_factory=list)
    nearest: tuple[Passage, ...] = ()
    refused: bool = False
    stopped: bool = False
    error: str = ""
    seconds: float = 0.0
    rating: int = 0


def history_of(messages: Sequence[Message]) -> tuple[Turn, ...]:
    """The turns that a next question may refer to. Errors are nobody's turn."""
    turns: list[Turn] = []
    for message in messages:
        if message.role == "assistant" and (message.error or not message.text):
            if turns:
                turns.pop()
            continue
        turns.append(Turn(message.role, message.text[:MAX_TURN]))
    return tuple(turns[-(MAX_TURNS - 2) :])


@contextmanager
def closing_of(events: Iterator[AnswerEvent]) -> Iterator[Iterator[AnswerEvent]]:
    """Close a generator at the end; leave another iterator alone."""
    try:
        yield events
    finally:
        close = getattr(events, "close", None)
        if close:
            close()


class Writing:
    """An answer in the making: it runs in a thread, so that clicks elsewhere do not end it."""

    def __init__(self, backend: Backend, query: Query, language: Language) -> None:
        self.query = query
        self._language: Language = language
        self._began = self._heard = time.monotonic()
        self._backend = backend
        self._events: list[AnswerEvent] = []
        self._news = threading.Condition()
        self._over = False
        self._cancelled = False
        threading.Thread(target=self._work, name="manualchat-answer", daemon=True).start()

    def _work(self) -> None:
        try:
            with speaking(self._language), closing_of(self._backend.ask(self.query)) as events:
                for event in events:
                    if self._cancelled or time.monotonic() - self._heard > _PATIENCE:
                        break
                    self._tell(event)
        except ManualchatError as error:
            self._tell(failed_from(error, self._language))
        except Exception:
            self._tell(BROKEN_OFF)
            raise
        finally:
            with self._news:
                self._over = True
                self._news.notify_all()

    def _tell(self, event: AnswerEvent) -> None:
        with self._news:
            self._events.append(event)
            self._news.notify_all()

    def cancel(self) -> None:
        """Stop at the next event."""
        self._cancelled = True

    @property
    def seconds(self) -> float:
        """Time since the question."""
        return time.monotonic() - self._began

    @property
    def over(self) -> bool:
        """Whether no event will follow."""
        return self._over or self._cancelled

    def news(self, pause: float = 0.1) -> Iterator[None]:
        """Wake up on each event, at least every `pause` seconds, until it is over."""
        seen = 0
        while True:
            self._heard = time.monotonic()
            with self._news:
                if len(self._events) == seen and not self.over:
                    self._news.wait(pause)
                seen = len(self._events)
                over = self.over
            yield
            if over:
                return

    def message(self) -> Message:
        """What has been written so far."""
        with self._news:
            events = list(self._events)
        message = Message("assistant", "", question=self.query.question)
        sources: tuple[Passage, ...] = ()
        for event in events:
            match event:
                case Sources():
                    sources = event.passages
                case Delta():
                    message.text += event.text
                case Cited():
                    if event.citation is None:
                        message.unverified.append(event.sentence)
                    else:
                        message.citations[event.number] = event.citation
                case Done():
                    message.text = event.answer
                    message.refused = event.refused
                    message.seconds = event.seconds
                    message.nearest = sources[:3] if event.refused else ()
                    if not message.citations:
                        message.citations = dict(enumerate(event.citations, 1))
                case Failed():
                    message.error = event.message
        ended = bool(events) and isinstance(events[-1], Done | Failed)
        message.stopped = self._cancelled and not ended
        return message


def laid_out(text: str) -> str:
    """An answer with table rows in it (their cells are set apart by em spaces), a row a line."""
    return re.sub(r"(\[\d+\]) (?=\S)", r"\1\n", text) if "\u2003" in text else text


def as_markdown(messages: Sequence[Message], words: Words) -> str:
    """A conversation to keep: questions, answers, and the pages with their quotes."""
    lines = [f"# {words('title')}", ""]
    for message in messages:
        if message.role == "user":
            lines += [f"## {_plain(message.text)}", ""]
            continue
        lines += [_plain(message.error or message.text), ""]
        for number, citation in sorted(message.citations.items()):
            where = words.where(citation.page, citation.label)
            quote = " ".join(citation.quote.split())
            lines.append(f"{number}. {_plain(citation.name)}, {where}: “{_plain(quote)}”")
        for sentence in message.unverified:
            lines.append(f"- {words('unverified')}: {_plain(sentence)}")
        lines.append("")
    return "\n".join(lines)


def _plain(text: str) -> str:
    """Text that no Markdown viewer takes for a picture, a link or HTML."""
    return text.replace("<", "&lt;").replace("![", "!\\[").replace("](", "]\\(").replace("\r", "")
