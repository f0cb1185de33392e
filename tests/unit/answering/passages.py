"""Passages made by hand."""

from __future__ import annotations

from manualchat.layout import Layout
from manualchat.model import Chunk, Passage


def passage(
    text: str, *, name: str = "manual.pdf", page: int = 1, title: str = "", score: float = 1.0
) -> Passage:
    """A passage whose every word stands in a box of its own."""
    words, at = [], 0
    for word in text.split():
        at = text.index(word, at)
        words.append((at, at + len(word), (float(at), 10.0, float(at + len(word)), 20.0)))
        at += len(word)
    layout = Layout(tuple(words))
    chunk = Chunk(f"{name}-{page}", name, page, page, 0, text, label=str(page), layout=layout)
    return Passage(chunk, name, title, score, score, score, 0.9)


HUMIDIFIER = passage(
    "제품 사양\n\n정격전압\t220 V~, 60 Hz\n소비전력\t25 W\n물통용량\t4.8 L\n제품중량\t약 1.1 kg\n\n"
    "물통은 한 달에 1회 이상 청소하십시오. 물기가 남지 않도록\n완전히 건조해 주십시오.",
    name="SUH-YJN480 가습기.pdf",
    page=4,
)
STEPS = passage(
    "필터 청소 방법\n\n1. 전원 플러그를 뽑으십시오.\n2. 필터를 화살표 방향으로 당겨 빼십시오.\n"
    "3. 흐르는 물에 씻고 그늘에서 말리십시오.",
    name="SUH-YJN480 가습기.pdf",
    page=6,
    score=0.7,
)
