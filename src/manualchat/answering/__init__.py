"""Answering: passages to an answer whose every sentence is cited."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from manualchat.answering.base import Answerer
    from manualchat.answering.cross_encoder import CrossEncoder
    from manualchat.config import Settings


def open_answerer(settings: Settings, cache: Path | None = None) -> Answerer:
    """The answerer that the settings name. `cache`: where the converted model is, if it may be used."""
    if settings.answerer == "extractive":
        from manualchat.answering.extractive import ExtractiveAnswerer

        if cache is None or settings.embedder != "e5":
            return ExtractiveAnswerer()
        return ExtractiveAnswerer(partial(_cross_encoder, cache, settings.threads))
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


def _cross_encoder(cache: Path, threads: int | None) -> CrossEncoder:
    from manualchat.answering.cross_encoder import CrossEncoder
    from manualchat.embedding.e5 import prepare

    return CrossEncoder(prepare(cache), threads=threads)
