"""What is said when the manuals do not say."""

from __future__ import annotations

from collections.abc import Sequence

from manualchat.answering.defang import defang
from manualchat.model import Passage

NEAREST = 3  # pages named


def refusal(language: str, passages: Sequence[Passage]) -> str:
    """The words of a refusal in "ko" or "en", with the nearest pages to look at."""
    nearest = list(dict.fromkeys((p.name, p.label or str(p.page), p.page) for p in passages))[
        :NEAREST
    ]
    if language == "ko":
        said = "설명서에 없는 내용입니다."
        pages = ", ".join(f"‘{defang(name)}’ {page}쪽" for name, _, page in nearest)
        return f"{said} 가장 가까운 곳: {pages}." if pages else said
    said = "The manuals do not say."
    pages = ", ".join(f"“{defang(name)}”, page {page}" for name, _, page in nearest)
    return f"{said} Nearest: {pages}." if pages else said


def nearest_said(language: str) -> str:
    """What stands before the sentences that come nearest, when none is sure to answer."""
    if language == "ko":
        return "설명서에 없는 내용입니다. 가장 가까운 내용:"
    return "The manuals do not say. The nearest they say:"
