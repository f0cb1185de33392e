"""kill -9 at every named point of a real `add` or `remove`: the library stays whole.

After the kill, the old version (or nothing) answers; after the command is run
again, the library equals one that was never disturbed.
"""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pymupdf
import pytest

from manualchat.store.sqlite import SqliteStore

OF_ADD = (
    "begun", "page-read", "page-read:2", "written", "embedded", "finish-started", "old-deleted",
    "chunks-inserted", "index-inserted", "before-commit", "committed",
)  # fmt: skip
OF_REMOVE = ("remove-started", "removed")
OLD = ["The old drain filter is cleaned monthly.", "The old hose is replaced yearly."]
NEW = [
    "The new drain filter is cleaned weekly.",
    "The new hose is replaced monthly.",
    "Spare parts.",
]


def typeset(path: Path, texts: list[str]) -> None:
    """A PDF with a page a text."""
    with pymupdf.open() as pdf:
        for text in texts:
            pdf.new_page().insert_text((72, 72), text)
        pdf.save(path)


def manualchat(library: Path, *words: str, crash_at: str = "") -> int:
    """Run the real command in a process of its own; its exit code."""
    environment = {**os.environ, "MANUALCHAT_CRASH_AT": crash_at}
    command = [sys.executable, "-m", "manualchat", "--library", str(library), *words]
    return subprocess.run(command, env=environment, capture_output=True, timeout=120).returncode


def contents(library: Path) -> dict[str, object]:
    """All that a library holds, but for times and attempts."""
    SqliteStore(library / "library.db").close()
    connection = sqlite3.connect(library / "library.db")
    rows = connection.execute(
        "SELECT number, id, document, ordinal, page, start, text, heading, layout FROM chunks"
    ).fetchall()
    terms = connection.execute("SELECT document, postings, title FROM indexes").fetchall()
    facts = connection.execute(
        "SELECT id, name, active IS NOT NULL, pages, chunks, content, pending_status FROM documents"
    ).fetchall()
    vectors = connection.execute("SELECT document, first, vectors FROM indexes").fetchall()
    connection.close()
    return {
        "chunks": rows,
        "terms": terms,
        "documents": facts,
        "places": [row[:2] for row in vectors],
        "vectors": np.round(
            np.concatenate([np.frombuffer(row[2], np.float32) for row in vectors] or [[]]), 3
        ).tolist(),
    }


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """A manual's path, a library with its old version, and one with the new, undisturbed."""
    place = tmp_path_factory.mktemp("crash")
    manual, old, new = place / "manual.pdf", place / "old", place / "new"
    typeset(manual, OLD)
    assert manualchat(old, "add", str(manual)) == 0
    shutil.copytree(old, new)
    typeset(manual, NEW)
    assert manualchat(new, "add", str(manual)) == 0
    return manual, old, new


@pytest.mark.parametrize("point", OF_ADD)
def test_a_killed_replacement_keeps_the_old_version_and_can_be_repeated(
    point: str, stages: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    manual, old, new = stages
    library = tmp_path / "library"
    shutil.copytree(old, library)
    assert manualchat(library, "add", str(manual), crash_at=point) == -signal.SIGKILL
    texts = [row[6] for row in contents(library)["chunks"]]  # type: ignore[attr-defined]
    whole = NEW if point == "committed" else OLD
    assert " ".join(" ".join(texts).split()) == " ".join(whole)
    assert manualchat(library, "add", str(manual)) == 0
    assert contents(library) == contents(new)


def test_a_killed_first_add_can_be_repeated(
    stages: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    manual, _, new = stages
    assert manualchat(tmp_path, "add", str(manual), crash_at="before-commit") == -signal.SIGKILL
    assert contents(tmp_path)["chunks"] == []
    assert manualchat(tmp_path, "add", str(manual)) == 0
    again, clean = contents(tmp_path), contents(new)
    assert again == clean


@pytest.mark.parametrize("point", OF_REMOVE)
def test_a_killed_removal_is_done_or_not_begun(
    point: str, stages: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    manual, old, _ = stages
    library = tmp_path / "library"
    shutil.copytree(old, library)
    assert manualchat(library, "remove", manual.name, crash_at=point) == -signal.SIGKILL
    if point == "removed":
        assert contents(library)["chunks"] == []
    else:
        assert contents(library) == contents(old)
        assert manualchat(library, "remove", manual.name) == 0
    left = contents(library)
    assert (left["chunks"], left["terms"], left["documents"], left["places"]) == ([], [], [], [])


def test_a_killed_failure_is_recorded_on_the_next_run(tmp_path: Path) -> None:
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7\nnothing more")
    library = tmp_path / "library"
    assert manualchat(library, "add", str(broken), crash_at="failed") == -signal.SIGKILL
    assert manualchat(library, "add", str(broken)) == 1
    ((_, name, active, *_, status),) = contents(library)["documents"]  # type: ignore[misc]
    assert (name, active, status) == ("broken.pdf", 0, "failed")
