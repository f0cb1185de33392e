"""Uploaded PDFs: kept in the library's folder, one file a name.

A new file of the same name replaces the old one, as it does in the library.
Should the new one not be readable, the library goes on with the old version,
and so must the file that its pages are drawn from: `placed` puts it back.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_MAX_BYTES = 180  # of a name: filesystems take 255, and Hangul is 3 bytes a syllable
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]|[\u202a-\u202e\u2066-\u2069]')


def safe_name(name: str) -> str:
    """A file name that any filesystem takes, from what a browser sent.

    Folders in it are dropped, whichever system's they are.
    """
    base = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    base = _FORBIDDEN.sub("", base).strip().rstrip(".")
    stem, dot, suffix = base.rpartition(".")
    if not dot or suffix.lower() != "pdf":
        stem, suffix = base, "pdf"
    while len(stem.encode()) > _MAX_BYTES:
        stem = stem[:-1]
    return f"{stem.strip(' .') or 'manual'}.{suffix}"


class Uploads:
    """The folder of uploads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def placed(self, name: str, incoming: Path) -> Iterator[Placed]:
        """Put `incoming` in its place; on leaving, undo that unless `keep` was said."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / safe_name(name)
        before = path.with_suffix(".before")
        fresh = path.with_suffix(".fresh")
        placed = Placed(path)
        try:
            shutil.copyfile(incoming, fresh)
            if path.exists():
                path.replace(before)
            fresh.replace(path)
            yield placed
        finally:
            fresh.unlink(missing_ok=True)
            if not placed.keep and before.exists():
                before.replace(path)
            before.unlink(missing_ok=True)

    def discard(self, path: Path) -> None:
        """Delete an upload. A file from elsewhere is its owner's and stays."""
        if path.parent == self.folder:
            with contextlib.suppress(OSError):
                path.unlink(missing_ok=True)


class Placed:
    """An upload in its place."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.keep = False
