"""Embedding: text to vectors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from manualchat.config import Settings
    from manualchat.embedding.bedrock import BedrockEmbedder
    from manualchat.embedding.onnx_model import OnnxEmbedder


def open_embedder(
    settings: Settings, cache: Path, notice: Callable[[str], None] = lambda _: None
) -> OnnxEmbedder | BedrockEmbedder:
    """The embedder that the settings name. Raises ModelUnavailable or ConfigurationError."""
    if settings.embedder.startswith("bedrock:"):
        from manualchat.embedding.bedrock import BedrockEmbedder

        return BedrockEmbedder(
            settings.embedder.removeprefix("bedrock:"),
            dimensions=settings.embedding_dimensions or None,
            region=settings.region,
            concurrency=settings.embedding_concurrency,
            requests_per_minute=settings.embedding_rpm,
        )
    if settings.embedder == "e5":
        from manualchat.embedding.e5 import E5Embedder

        return E5Embedder(cache, threads=settings.threads, notice=notice)
    from manualchat.embedding.onnx_model import OnnxEmbedder

    return OnnxEmbedder(Path(settings.embedder).expanduser(), threads=settings.threads)
