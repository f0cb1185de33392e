"""The journal beside a library: what was asked, what was not answered, what users thought.

It stays on this machine, in the library's folder, in a file of its own, so that
deleting it costs nothing else. `MANUALCHAT_JOURNAL=false` keeps no questions;
a user's verdict is kept all the same, since they pressed a button for it.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from manualchat.nouns_json import Json

_SCHEMA = """
create table if not exists questions (
    asked text not null, question text not null, refused integer not null,
    seconds real not null, documents text not null, nearest text not null
);
create index if not exists questions_refused on questions (refused, asked);
create table if not exists feedback (
    given text not null, rating integer not null, comment text not null,
    question text not null, answer text not null, citations text not null
);
"""
FILE = "journal.db"  # in the library's folder
KEPT_QUESTIONS = 100_000  # the oldest go first


@dataclass(frozen=True, slots=True)
class Feedback:
    """A verdict: `rating` is 1 (thumb up) or -1. `citations` as "name p.3"."""

    rating: int
    question: str
    answer: str
    comment: str = ""
    citations: tuple[str, ...] = ()
    given: str = ""  # ISO 8601, UTC; set when it is kept


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and how it went. `nearest` are pages as "name p.3", for a refusal."""

    question: str
    refused: bool
    seconds: float
    documents: tuple[str, ...] = ()
    nearest: tuple[str, ...] = ()
    asked: str = ""  # ISO 8601, UTC; set when it is kept


class Journal:
    """Opens its file for each write, so that any thread and any process may."""

    def __init__(self, path: Path, *, questions: bool = True) -> None:
        """`path` is the SQLite file; without `questions` only feedback is kept."""
        self.path = path
        self._questions = questions

    def asked(self, asked: Asked) -> None:
        """Keep a question. Never raises: a full disk must not cost anyone an answer."""
        if not self._questions:
            return
        try:
            with self._open() as database:
                database.execute(
                    "insert into questions values (?, ?, ?, ?, ?, ?)",
                    (
                        _now(),
                        asked.question,
                        asked.refused,
                        asked.seconds,
                        json.dumps(asked.documents, ensure_ascii=False),
                        json.dumps(asked.nearest, ensure_ascii=False),
                    ),
                )
                database.execute(
                    "delete from questions where rowid <= (select max(rowid) from questions) - ?",
                    (KEPT_QUESTIONS,),
                )
        except (sqlite3.Error, OSError):
            return

    def record(self, feedback: Feedback) -> None:
        """Keep a verdict. A later one on the same question and answer replaces it."""
        with self._open() as database:
            database.execute(
                "delete from feedback where question = ? and answer = ?",
                (feedback.question, feedback.answer),
            )
            database.execute(
                "insert into feedback values (?, ?, ?, ?, ?, ?)",
                (
                    _now(),
                    feedback.rating,
                    feedback.comment,
                    feedback.question,
                    feedback.answer,
                    json.dumps(feedback.citations, ensure_ascii=False),
                ),
            )

    def unanswered(self, since: str = "") -> list[Asked]:
        """Refused questions since an ISO date, newest first."""
        return [asked for asked in self.questions(since) if asked.refused]

    def questions(self, since: str = "") -> list[Asked]:
        """Questions since an ISO date, newest first."""
        if not self.path.exists():
            return []
        with self._open() as database:
            rows = database.execute(
                "select asked, question, refused, seconds, documents, nearest from questions "
                "where asked >= ? order by asked desc, rowid desc",
                (since,),
            ).fetchall()
        return [
            Asked(row[1], bool(row[2]), row[3], _strings(row[4]), _strings(row[5]), row[0])
            for row in rows
        ]

    def feedback(self, since: str = "") -> list[Feedback]:
        """Verdicts since an ISO date, newest first."""
        if not self.path.exists():
            return []
        with self._open() as database:
            rows = database.execute(
                "select given, rating, comment, question, answer, citations from feedback "
                "where given >= ? order by given desc, rowid desc",
                (since,),
            ).fetchall()
        return [Feedback(row[1], row[3], row[4], row[2], _strings(row[5]), row[0]) for row in rows]

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self.path, timeout=5)) as database:
            database.execute("pragma journal_mode = wal")
            database.execute("pragma synchronous = normal")
            database.executescript(_SCHEMA)
            with database:
                yield database


def feedback_json(feedback: Sequence[Feedback]) -> list[Json]:
    """Verdicts as JSON, for export."""
    return [asdict(verdict) for verdict in feedback]


def _strings(packed: str) -> tuple[str, ...]:
    return tuple(json.loads(packed))


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
