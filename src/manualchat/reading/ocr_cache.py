"""OCR results on disk, by what the page looks like, so that OCR is never paid twice."""

from __future__ import annotations

import contextlib
import json
import os
import re
import threading
from pathlib import Path
from typing import Any

from manualchat.config import Settings

_KEY = re.compile(r"[0-9a-f]{64}")


def _file(settings: Settings, key: str) -> Path | None:
    # The key comes from the worker: it must not become a path of its choosing.
    if not _KEY.fullmatch(key):
        return None
    root = settings.cache
    if root is None:
        import platformdirs

        root = Path(platformdirs.user_cache_dir("manualchat"))
    return root / "ocr" / key[:2] / f"{key}.json"


def get(settings: Settings, key: str) -> dict[str, Any] | None:
    """The page stored under this key; None when there is none that can be read."""
    file = _file(settings, key)
    if file is None:
        return None
    try:
        found = json.loads(file.read_bytes())
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and "t" in found else None


def put(settings: Settings, key: str, page: dict[str, Any]) -> None:
    """Store a page. A full or read-only disk costs the cache entry, nothing else."""
    file = _file(settings, key)
    if file is None:
        return
    part = file.with_suffix(f".{os.getpid()}-{threading.get_ident()}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(page, ensure_ascii=True), encoding="ascii")
        part.replace(file)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink()
