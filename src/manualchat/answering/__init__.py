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
    if settings.answerer == "openai":
        from manualchat.answering.openai import OpenAIAnswerer

        return OpenAIAnswerer(
            settings.openai_base_url,
            settings.openai_model,
            settings.openai_api_key.get_secret_value(),
            max_tokens=settings.max_answer_tokens,
        )
    from manualchat.answering.bedrock import BedrockAnswerer

    return BedrockAnswerer(
        settings.answer_model_id,
        region=settings.region,
        max_tokens=settings.max_answer_tokens,
        token_prices=settings.answer_prices,
    )
