"""Which language to speak: the user's for messages, the question's for answers."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

Language = Literal["ko", "en"]

_HANGUL = re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7a3]")
_LATIN_WORD = re.compile(r"[A-Za-z]{2,}")


_spoken: ContextVar[Language | None] = ContextVar("manualchat_language", default=None)


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Speak this language in the block: a server's users need not share its locale."""
    before = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(before)


def current_language() -> Language:
    """`speaking`'s language, else `MANUALCHAT_LANGUAGE`, else the locale, else English."""
    spoken = _spoken.get()
    if spoken:
        return spoken
    for variable in ("MANUALCHAT_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(variable, "")
        if value:
            return "ko" if value.lower().startswith("ko") else "en"
    return "en"


def language_of(text: str) -> Language:
    """The language of a text: Korean when any real part of it is Hangul.

    A Korean question often names an English product, so one Hangul word
    weighs as much as several Latin ones.
    """
    hangul = len(_HANGUL.findall(text))
    return "ko" if hangul and hangul * 3 >= len(_LATIN_WORD.findall(text)) else "en"
