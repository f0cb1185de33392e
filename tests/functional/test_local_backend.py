"""The backend in this process: uploads, page pictures, the journal, suggestions."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pymupdf
import pytest

from manualchat import Library
from manualchat.client import Progress, Received, Upload, connect
from manualchat.client_local import LocalBackend
from manualchat.config import Settings
from manualchat.errors import ConfigurationError, DocumentNotFound, FileUnreadable
from manualchat.journal import Feedback
from manualchat.language import speaking
from manualchat.model import Done, Failed
from manualchat.protocol import Query


@pytest.fixture(scope="module")
def backend(
    example_library: Library, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LocalBackend]:
    folder = tmp_path_factory.mktemp("local") / "library"
    shutil.copytree(example_library.path, folder)
    backend = LocalBackend(Settings.load(library=folder, backend="local"))
    yield backend
    backend.close()


def _pdf(path: Path, *lines: str) -> Path:
    document = pymupdf.open()
    for line in lines:
        document.new_page().insert_text((72, 100), line, fontname="korea", fontsize=14)
    document.save(path)
    return path


def _added(backend: LocalBackend, *uploads: Upload) -> list[Received]:
    return [event for event in backend.add(uploads) if isinstance(event, Received)]


def _answer(backend: LocalBackend, question: str, document: str) -> str:
    last = list(backend.ask(Query(question, documents=(document,))))[-1]
    assert isinstance(last, Done), last
    return last.answer


def test_an_upload_is_kept_answers_and_goes_when_it_is_removed(
    backend: LocalBackend, tmp_path: Path
) -> None:
    file = _pdf(tmp_path / "x", "토스터 TX-9", "부스러기 받침은 매주 한 번 비우세요.")
    events = list(backend.add([Upload("../../토스터 TX-9.pdf", file)]))
    assert [e.page for e in events if isinstance(e, Progress)] == [0, 1, 2]
    received = events[-1]
    assert isinstance(received, Received) and received.outcome == "added"
    assert received.document
    stored = backend.uploads.folder / "토스터 TX-9.pdf"
    assert stored.read_bytes() == file.read_bytes() == backend.pdf(received.document.id)
    assert "매주" in _answer(backend, "부스러기 받침은 언제 비우나요?", received.document.id)
    assert backend.remove(received.document.id)
    assert not stored.exists()
    assert backend.remove(received.document.id) is False
    assert not (tmp_path.parent / "토스터 TX-9.pdf").exists()


def test_a_newer_file_of_one_name_replaces_the_older_and_a_bad_one_does_not(
    backend: LocalBackend, tmp_path: Path
) -> None:
    old = _pdf(tmp_path / "old", "받침은 매주 비우세요.")
    new = _pdf(tmp_path / "new", "받침은 매달 비우세요.")
    bad = tmp_path / "bad"
    bad.write_bytes(b"GIF89a, no PDF")
    first, second, third = _added(
        backend,
        Upload("주전자.pdf", old),
        Upload("주전자.pdf", new),
        Upload("주전자.pdf", bad),
    )
    assert [r.outcome for r in (first, second, third)] == ["added", "replaced", "failed"]
    assert third.reason
    assert first.document
    identity = first.document.id
    assert "매달" in _answer(backend, "받침은 언제 비우나요?", identity)
    assert backend.pdf(identity) == new.read_bytes()
    assert backend.page_image(identity, 1).startswith(b"\x89PNG")
    assert sorted(p.name for p in backend.uploads.folder.iterdir()) == ["주전자.pdf"]
    backend.remove(identity)


def test_a_reason_is_in_the_language_of_the_one_who_uploads(
    backend: LocalBackend, tmp_path: Path
) -> None:
    bad = tmp_path / "bad"
    bad.write_bytes(b"GIF89a, no PDF")
    with speaking("ko"):
        (received,) = _added(backend, Upload("그림.pdf", bad))
    assert "PDF가 아닙니다" in received.reason
    assert received.document
    backend.remove(received.document.id)


def test_who_leaves_in_the_middle_of_an_upload_leaves_nothing_half_done(
    backend: LocalBackend, tmp_path: Path
) -> None:
    file = _pdf(tmp_path / "long", *(f"{n}쪽" for n in range(40)))
    events = backend.add([Upload("긴 것.pdf", file)])
    next(events)
    events.close()  # type: ignore[attr-defined]
    kept = [d for d in backend.documents() if d.name == "긴 것.pdf"]
    assert all(d.status == "failed" and d.chunks == 0 for d in kept)
    for document in kept:
        backend.remove(document.id)


def test_files_that_are_not_uploads_are_never_deleted(backend: LocalBackend) -> None:
    document = next(d for d in backend.documents() if d.name.startswith("Larkmoor"))
    path = Path(document.key)
    before = path.read_bytes()
    assert backend.remove(document.id)
    assert path.read_bytes() == before
    backend.library.add(path)


def test_a_page_is_not_drawn_from_a_file_that_changed(
    backend: LocalBackend, tmp_path: Path
) -> None:
    file = _pdf(tmp_path / "changing.pdf", "받침은 매주 비우세요.")
    (added,) = backend.library.add(file)
    assert backend.page_image(added.document.id, 1)
    _pdf(file, "다른 글", "다른 쪽")
    with pytest.raises(FileUnreadable, match="changed"):
        backend.page_image(added.document.id, 1)
    file.unlink()
    with pytest.raises(FileUnreadable):
        backend.pdf(added.document.id)
    backend.remove(added.document.id)


def test_pages_that_do_not_exist_are_not_found(backend: LocalBackend) -> None:
    document = backend.documents()[0]
    for page in (0, -1, document.pages + 1):
        with pytest.raises(DocumentNotFound):
            backend.page_image(document.id, page)
        with pytest.raises(DocumentNotFound):
            backend.page_text(document.id, page)
    with pytest.raises(DocumentNotFound):
        backend.page_image("nowhere", 1)


def test_questions_and_verdicts_are_kept_beside_the_library(backend: LocalBackend) -> None:
    question = "양자 컴퓨터 QX-77의 큐비트 냉각 온도는 몇 도인가요?"
    last = list(backend.ask(Query(question)))[-1]
    assert isinstance(last, Done) and last.refused
    kept = backend.journal.unanswered()
    assert kept[0].question == question
    assert kept[0].nearest
    backend.record(Feedback(1, question, last.answer))
    backend.record(Feedback(-1, question, last.answer, "틀렸어요"))
    verdict = backend.journal.feedback()[0]
    assert (verdict.rating, verdict.comment) == (-1, "틀렸어요")


def test_no_question_is_kept_when_the_journal_is_off(
    example_library: Library, tmp_path: Path
) -> None:
    shutil.copytree(example_library.path, tmp_path / "library")
    settings = Settings.load(library=tmp_path / "library", journal=False)
    backend = LocalBackend(settings)
    list(backend.ask(Query("제습기?")))
    assert backend.journal.questions() == []
    backend.close()


def test_suggested_questions_are_answered(backend: LocalBackend) -> None:
    questions = backend.suggestions(limit=4)
    assert len(questions) == 4
    for question in questions:
        last = list(backend.ask(Query(question)))[-1]
        assert isinstance(last, Done) and not last.refused, question


def test_an_unknown_document_fails_the_answer_with_a_reason(backend: LocalBackend) -> None:
    last = list(backend.ask(Query("제습기?", documents=("nowhere",))))[-1]
    assert isinstance(last, Failed) and last.code == "document-not-found"


def test_threads_that_end_take_their_connections_with_them(backend: LocalBackend) -> None:
    def opened() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    def documents() -> None:
        backend.documents()

    counts = []
    for _ in range(2):
        for _ in range(60):
            thread = threading.Thread(target=documents)
            thread.start()
            thread.join()
        counts.append(opened())
    assert counts[1] <= counts[0] + 20


def test_a_backend_that_is_none_is_named() -> None:
    with pytest.raises(ConfigurationError, match="MANUALCHAT_BACKEND"):
        connect(Settings.load(backend="ftp://x"))
    with pytest.raises(ConfigurationError):
        connect(Settings.load(backend="lambda:"))
