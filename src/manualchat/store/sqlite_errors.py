"""SQLite's errors and the system's, as the library's own."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from manualchat.errors import (
    LibraryBusy,
    LibraryDamaged,
    LibraryError,
    LibraryFull,
    LibraryReadOnly,
)


def as_library_error(error: sqlite3.DatabaseError | OSError, path: Path) -> LibraryError:
    """What happened to the library at `path`, by the wording of SQLite's message."""
    if isinstance(error, OSError):
        return LibraryReadOnly(path=path, detail=error.strerror or str(error))
    text = str(error)
    if "full" in text:
        return LibraryFull(path=path)
    if "locked" in text or "busy" in text:
        return LibraryBusy(path=path)
    if "readonly" in text or "unable to open" in text:
        return LibraryReadOnly(path=path, detail=text)
    return LibraryDamaged(path=path, detail=text)
