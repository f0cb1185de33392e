"""The connections of one SQLite file: one a thread, and an end that waits for all.

SQLite then isolates readers from writers, and nobody waits for another's statement.
But it crashes the process when a connection is closed under a running query, so
`close` waits until every `use` is over, and lets no other begin.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from weakref import WeakSet

from manualchat.errors import LibraryClosed
from manualchat.store.sqlite_errors import as_library_error


class _Connection(sqlite3.Connection):
    """Closes itself with its thread: a server makes threads without end."""

    def __del__(self) -> None:
        self.close()


class Connections:
    """May be shared by threads."""

    def __init__(self, path: Path, wait: float) -> None:
        """`wait`: seconds for another process's lock."""
        self.path = path
        self._wait = wait
        self._local = threading.local()
        self._all: WeakSet[_Connection] = WeakSet()
        self._change = threading.Condition()
        self._used = 0
        self._closed = False

    @contextmanager
    def use(self) -> Iterator[sqlite3.Connection]:
        """This thread's connection. SQLite's and the system's errors become a LibraryError."""
        with self._change:
            if self._closed:
                raise LibraryClosed(path=self.path)
            self._used += 1
        try:
            yield self._mine()
        except (sqlite3.DatabaseError, OSError) as error:
            raise as_library_error(error, self.path) from error
        finally:
            with self._change:
                self._used -= 1
                self._change.notify_all()

    @contextmanager
    def transaction(self, kind: str = "IMMEDIATE") -> Iterator[sqlite3.Connection]:
        """This thread's connection in a transaction, kept or undone as a whole."""
        with self.use() as connection:
            connection.execute(f"BEGIN {kind}")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Close every connection, when its use is over. May be called again."""
        with self._change:
            self._closed = True
            self._change.wait_for(lambda: not self._used)
            for connection in self._all:
                connection.close()
            self._all.clear()

    def _mine(self) -> sqlite3.Connection:
        connection: _Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(
                self.path,
                timeout=self._wait,
                isolation_level=None,
                check_same_thread=False,
                factory=_Connection,
            )
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA foreign_keys = ON")
            self._local.connection = connection
            with self._change:
                self._all.add(connection)
        return connection
