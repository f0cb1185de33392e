"""The library's file: its tables, and how each format grew from the one before.

A migration is a function that takes format n to n + 1; `PRAGMA user_version`
says which one a file has. Migrations are only ever added.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from manualchat.errors import LibraryTooNew

_FORMAT_1 = """
CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- A document has at most one version that readers see (`active`, with its facts)
-- and one attempt that is under way or failed (`pending…`).
CREATE TABLE documents (
    id               TEXT PRIMARY KEY,
    key              TEXT NOT NULL,
    name             TEXT NOT NULL,
    active           TEXT,              -- id of the ingest that readers see
    revision         TEXT NOT NULL DEFAULT '',
    title            TEXT NOT NULL DEFAULT '',
    pages            INTEGER NOT NULL DEFAULT 0,
    chunks           INTEGER NOT NULL DEFAULT 0,
    pages_ocr        INTEGER NOT NULL DEFAULT 0,
    pages_empty      INTEGER NOT NULL DEFAULT 0,
    language         TEXT NOT NULL DEFAULT '',
    content          TEXT NOT NULL DEFAULT '',
    added            TEXT NOT NULL DEFAULT '',
    pending          TEXT,              -- id of the latest attempt
    pending_revision TEXT NOT NULL DEFAULT '',
    pending_content  TEXT NOT NULL DEFAULT '',
    pending_status   TEXT NOT NULL DEFAULT '',
    pending_reason   TEXT NOT NULL DEFAULT '',
    pending_deadline REAL NOT NULL DEFAULT 0,
    removed          TEXT NOT NULL DEFAULT ''  -- revision of the removal, where removals are ordered
);

CREATE TABLE chunks (
    number   INTEGER PRIMARY KEY,
    id       TEXT NOT NULL UNIQUE,
    document TEXT NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    ordinal  INTEGER NOT NULL,
    page     INTEGER NOT NULL,
    start    INTEGER NOT NULL,
    text     TEXT NOT NULL,
    label    TEXT NOT NULL,
    heading  TEXT NOT NULL,              -- JSON list
    context  TEXT NOT NULL,
    hidden   TEXT NOT NULL,
    layout   BLOB NOT NULL
);
CREATE INDEX chunks_by_page ON chunks (document, page, ordinal);

-- What is searched, a row a document. Row i of `vectors` (float32, `width` each) and
-- chunk i of `postings` (postings.py) belong to chunk number first + i.
CREATE TABLE indexes (
    document TEXT PRIMARY KEY REFERENCES documents (id) ON DELETE CASCADE,
    ingest   TEXT NOT NULL,
    first    INTEGER NOT NULL,
    width    INTEGER NOT NULL,
    vectors  BLOB NOT NULL,
    postings BLOB NOT NULL,
    title    BLOB NOT NULL
);
INSERT INTO meta VALUES ('generation', '0');
"""


def _create(connection: sqlite3.Connection) -> None:
    connection.executescript("BEGIN IMMEDIATE;" + _FORMAT_1 + "PRAGMA user_version = 1; COMMIT;")


_MIGRATIONS = (_create,)
FORMAT = len(_MIGRATIONS)


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the file to the newest format. Raises LibraryTooNew."""
    found = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if found > FORMAT:
        raise LibraryTooNew(path=path, found=found, known=FORMAT)
    for migration in _MIGRATIONS[found:]:
        migration(connection)
