"""Answering: passages to an answer whose every sentence is cited."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from manualchat.answering.base import Answerer
    from manualchat.config import Settings


def open_answerer(settings: Settings) -> Answerer:
    """The answerer that the settings name."""
    if settings.answerer == "extractive":
        from manualchat.answering.extractive import ExtractiveAnswerer

        return ExtractiveAnswerer()
    raise NotImplementedError(settings.answerer)
