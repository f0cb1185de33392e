"""Embedding: text to vectors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from manualchat.config import Settings
    from manualchat.embedding.onnx_model import OnnxEmbedder


def open_embedder(
    settings: Settings, cache: Path, notice: Callable[[str], None] = lambda _: None
) -> OnnxEmbedder:
    """The embedder that the settings name. Raises ModelUnavailable."""
    if settings.embedder == "e5":
        from manualchat.embedding.e5 import E5Embedder

        return E5Embedder(cache, threads=settings.threads, notice=notice)
    from manualchat.embedding.onnx_model import OnnxEmbedder

    return OnnxEmbedder(Path(settings.embedder).expanduser(), threads=settings.threads)
