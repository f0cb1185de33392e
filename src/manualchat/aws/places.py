"""Where the `aws` commands keep what they fetched and built."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_cache_path

from manualchat.config import Settings


def cache_folder(given: Path | None = None) -> Path:
    """`given`, else MANUALCHAT_CACHE, else the platform's cache folder."""
    return given or Settings.load().cache or user_cache_path("manualchat", appauthor=False)
