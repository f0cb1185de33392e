"""The store at home keeps the contract, also between threads and processes."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from manualchat.errors import (
    LibraryBusy,
    LibraryClosed,
    LibraryDamaged,
    LibraryFull,
    LibraryTooNew,
    ModelMismatch,
)
from manualchat.store.sqlite import SqliteStore
from tests.contract.store_contract import (
    EAST,
    StoreContract,
    begin,
    chunk,
    document,
)

_READ_AND_CLOSE = """
import random, sys, threading, time
from pathlib import Path
from manualchat.errors import LibraryClosed
from manualchat.store.sqlite import SqliteStore

def read(store):
    try:
        while True:
            store.chunks(sys.argv[2])
    except LibraryClosed:
        ended.append(1)

ended = []
for _ in range(30):
    store = SqliteStore(Path(sys.argv[1]))
    readers = [threading.Thread(target=read, args=(store,)) for _ in range(4)]
    for reader in readers:
        reader.start()
    time.sleep(random.random() * 0.02)
    store.close()
    for reader in readers:
        reader.join()
assert len(ended) == 120
"""


class TestSqliteStore(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[SqliteStore]:
        store = SqliteStore(tmp_path / "library.db")
        yield store
        store.close()

    def test_another_process_sees_what_was_finished(self, store: SqliteStore) -> None:
        other = SqliteStore(store._connections.path)
        assert other.dense(EAST, 5) == []
        self.put(store, document(), "필터")
        assert self.words_of(other, "필터") == ["필터"]
        assert len(other.dense(EAST, 5)) == 1
        store.remove(document().id)
        assert other.dense(EAST, 5) == []
        other.close()

    def test_closing_waits_for_those_who_still_read(self, store: SqliteStore) -> None:
        self.put(store, document(), *["필터를 매주 청소하세요. " * 50] * 200)
        store.close()
        store.close()
        with pytest.raises(LibraryClosed, match=r"library\.db"):
            store.documents()
        # In a process of its own: SQLite closed under a query ends the process.
        command = [
            sys.executable,
            "-c",
            _READ_AND_CLOSE,
            str(store._connections.path),
            document().id,
        ]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=120)
        assert ended.returncode == 0, ended.stderr

    def test_readers_never_see_half_a_document(self, store: SqliteStore) -> None:
        self.put(store, document(revision="00"), *["필터 쪽"] * 20)
        seen: set[tuple[int, int]] = set()
        stop = threading.Event()

        def read() -> None:
            while not stop.is_set():
                words, meaning = store.lexical("필터", 99), store.dense(EAST, 99)
                seen.add((len(words), len({h.chunk.text for h in words})))
                seen.add((len(meaning), len({h.chunk.text for h in meaning})))

        readers = [threading.Thread(target=read) for _ in range(2)]
        for reader in readers:
            reader.start()
        for revision in range(1, 15):
            self.put(store, document(revision=f"{revision:02}"), *[f"필터 {revision}"] * 20)
        stop.set()
        for reader in readers:
            reader.join()
        assert seen == {(20, 1)}

    def test_writers_queue(self, store: SqliteStore) -> None:
        owners = [document(f"a/{number}.pdf") for number in range(12)]
        threads = [threading.Thread(target=self.put, args=(store, o, "필터")) for o in owners]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(store.documents()) == 12
        assert len(store.dense(EAST, 99)) == 12

    def test_a_writer_that_waits_too_long_says_that_the_library_is_busy(
        self, store: SqliteStore
    ) -> None:
        holder = sqlite3.connect(store._connections.path, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        with pytest.raises(LibraryBusy, match=r"another process|다른 프로세스"):
            SqliteStore(store._connections.path, wait=0.05).remove("0" * 16)
        holder.close()

    def test_a_full_disk_loses_nothing(self, store: SqliteStore) -> None:
        self.put(store, document(), "필터")
        with store._connections.use() as connection:
            connection.execute("PRAGMA max_page_count = 1")  # SQLite's own bound: SQLITE_FULL
        owner = document("a/둘.pdf")
        with pytest.raises(LibraryFull):
            self.put(store, owner, *["호스 " * 400] * 300)
        with store._connections.use() as connection:
            connection.execute("PRAGMA max_page_count = 100000")
        assert self.words_of(store, "필터") == ["필터"]
        self.put(store, owner, "호스")
        assert self.words_of(store, "호스") == ["호스"]

    def test_another_model_is_refused_with_the_way_out(self, store: SqliteStore) -> None:
        store.expect_model("e5", 8)
        store.expect_model("e5", 8)
        with pytest.raises(ModelMismatch, match="manualchat reindex"):
            store.expect_model("other", 8)

    def test_the_model_can_be_changed_for_all_vectors_at_once(self, store: SqliteStore) -> None:
        store.expect_model("e5", 8)
        self.put(store, document(), "필터")
        store.change_model("other", 2, {document().id: [[0.0, 1.0]]})
        store.expect_model("other", 2)
        assert store.dense([0.0, 1.0], 1)[0].score == pytest.approx(1)

    def test_staged_chunks_do_not_outlive_a_failure(self, store: SqliteStore) -> None:
        owner = document()
        ingest = begin(store, owner)
        store.write(ingest, [chunk(owner, 0, "필터")], [EAST])
        store.fail(ingest, owner)
        assert store._staged == {}


def test_a_file_that_is_no_library_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    path.write_bytes(b"this is not a database, but a letter of some length" * 50)
    with pytest.raises(LibraryDamaged, match=r"library\.db"):
        SqliteStore(path)
    assert path.read_bytes().startswith(b"this is not")


def test_a_library_of_a_later_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    SqliteStore(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(LibraryTooNew, match="99"):
        SqliteStore(path)


def test_a_damaged_page_is_reported_not_raised_raw(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    store = SqliteStore(path)
    StoreContract().put(store, document(), *["필터 " * 50] * 50)
    store.close()
    data = bytearray(path.read_bytes())
    data[8192:] = b"\xff" * (len(data) - 8192)
    path.write_bytes(bytes(data))
    broken = SqliteStore(path)
    with pytest.raises(LibraryDamaged):
        broken.lexical("필터", 5)
        broken.chunks(document().id)
        broken.documents()
    broken.close()
