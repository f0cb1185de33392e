"""The two components of our own: an answer with chips, and the picture of a page."""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from manualchat.model import Box
from manualchat.ui.conversation import Message, laid_out
from manualchat.ui.words import Words

_HERE = Path(__file__).parent
_PICTURE = (
    '<div class="tools"><button type="button" aria-pressed="false"></button></div>'
    '<div class="frame" tabindex="0" role="region"><img alt=""><div class="mark"></div></div>'
)


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


@cache
def _answer() -> Any:
    return st.components.v2.component(
        "manualchat_answer", js=_read("answer.js"), css=_read("answer.css")
    )


@cache
def _picture() -> Any:
    return st.components.v2.component(
        "manualchat_picture", html=_PICTURE, js=_read("picture.js"), css=_read("picture.css")
    )


def answer(message: Message, words: Words, on_open: Callable[[], None]) -> str | None:
    """Draw an answer. The key of the source that was just clicked: "c1", "n0", …"""
    result = _answer()(
        key=f"answer-{message.id}", data=answer_data(message, words), on_open_change=on_open
    )
    opened: str | None = result.open
    return opened


def answer_data(message: Message, words: Words) -> dict[str, Any]:
    """What answer.js draws: texts only, in the user's language. One card a page."""
    cards: dict[tuple[str, int], dict[str, Any]] = {}
    chips: dict[str, dict[str, str]] = {}
    for number, citation in sorted(message.citations.items()):
        where = words.where(citation.page, citation.label)
        at = f"{citation.name}, {where}"
        chip = {
            "key": f"c{number}",
            "where": at,
            "label": words("source_of", n=number, where=at),
        }
        chips[str(number)] = chip
        card = cards.setdefault(
            (citation.document, citation.page),
            {"name": citation.name, "where": where, "quotes": []},
        )
        quote = " ".join(citation.quote.split())
        card["quotes"].append({**chip, "number": number, "text": quote})
    if not cards:
        for number, passage in enumerate(message.nearest):
            where = words.where(passage.page, passage.label)
            near = {
                "key": f"n{number}",
                "number": 0,
                "text": " › ".join(passage.chunk.heading) or passage.text.split("\n")[0][:60],
                "label": f"{passage.name}, {where}",
            }
            cards[passage.document, passage.page] = {
                "name": passage.name,
                "where": where,
                "quotes": [near],
            }
    return {
        "text": laid_out(message.text),
        "badge": words("refused") if message.refused else "",
        "cards": list(cards.values()),
        "cardsTitle": words("nearest" if message.refused else "sources"),
        "chips": chips,
        "unverified": message.unverified,
        "unverifiedTag": words("unverified"),
    }


def picture(png: bytes, boxes: Sequence[Box], *, key: str, alt: str, words: Words) -> None:
    """Show a page's PNG, scrolled to the first of the boxes that are marked on it."""
    width, height = size_in_points(png)
    top = min((box[1] for box in boxes), default=None)
    left = min((box[0] for box in boxes), default=0.0)
    _picture()(
        key="page-picture",
        data={
            "key": key,
            "png": base64.b64encode(png).decode(),
            "alt": alt,
            "top": None if top is None else top / height,
            "left": left / width,
            "zoom": words("zoom"),
            "fit": words("unzoom"),
        },
    )


def size_in_points(png: bytes) -> tuple[float, float]:
    """Width and height in points, from the picture's size and its resolution (pHYs).

    https://www.w3.org/TR/png-3/#11pHYs: pixels a metre. Without it, 72 a inch.
    """
    width, height = struct.unpack(">II", png[16:24])
    at = png.find(b"pHYs", 0, 200)
    per_metre = struct.unpack(">I", png[at + 4 : at + 8])[0] if at > 0 else 72 / 0.0254
    points = 72 / (per_metre * 0.0254)
    return max(width * points, 1.0), max(height * points, 1.0)
