"""Files that fight back, and workers that die: one file's failure, nobody else's."""

from __future__ import annotations

import gzip
import io
import os
import random
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import pymupdf
import pytest

from manualchat.config import Settings
from manualchat.errors import (
    DamagedPdf,
    EmptyFile,
    EncryptedPdf,
    FileUnreadable,
    NotAPdf,
    NoText,
    ReaderCrashed,
    ReadingError,
    ReadingLimit,
)
from manualchat.reading import PdfReader, pages, read_page_image, wire
from manualchat.reading.sandbox import Worker
from manualchat.reading.sniff import not_a_pdf
from tests.unit.reading.typeset import SENTENCES, put, saved

GIGABYTES = 2 * 1024**3


@pytest.fixture
def manual(tmp_path: Path) -> Path:
    document: Any = pymupdf.open()
    for number in range(3):
        put(document.new_page(), 50, 100, SENTENCES[number])
    return saved(document, tmp_path / "manual.pdf")


def zipped(name: str, content: bytes = b"x") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(name, content)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"\x89PNG\r\n\x1a\n" + b"0" * 50, "PNG"),
        (b"\xff\xd8\xff\xe0" + b"0" * 50, "JPEG"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "HTML"),
        (gzip.compress(b"%PDF-1.7"), "gzip"),
        (zipped("a.txt"), "ZIP"),
        (zipped("word/document.xml"), "Word"),
        (zipped("mimetype", b"application/hwp+zip"), "HWPX"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 50, "HWP"),
        (b'{"name": "not a manual", "pages": 0}', "JSON"),
        (b"just some words and nothing more here", "text"),
    ],
)
def test_what_is_no_pdf_is_refused_by_its_content(
    reader: PdfReader, tmp_path: Path, content: bytes, found: str
) -> None:
    path = tmp_path / "manual.pdf"
    path.write_bytes(content)
    with pytest.raises(NotAPdf) as refused:
        list(reader.read(path))
    assert found in refused.value.message("en")
    assert "PDF가 아닙니다" in refused.value.message("ko")


def test_bytes_before_the_header_are_forgiven() -> None:
    assert not_a_pdf(b"\r\n\0\0junk" + b"%PDF-1.4") is None


def test_an_empty_file_a_folder_and_a_missing_file_say_so(
    reader: PdfReader, tmp_path: Path
) -> None:
    empty = tmp_path / "empty.pdf"
    empty.touch()
    with pytest.raises(EmptyFile):
        reader.outline(empty)
    for path in (tmp_path, tmp_path / "gone.pdf"):
        with pytest.raises(FileUnreadable):
            reader.outline(path)


def test_a_locked_pdf_asks_for_its_password(reader: PdfReader, tmp_path: Path) -> None:
    document: Any = pymupdf.open()
    put(document.new_page(), 50, 100, SENTENCES[0])
    path = saved(
        document,
        tmp_path / "a.pdf",
        encryption=pymupdf.PDF_ENCRYPT_AES_256,
        user_pw="열쇠",
        owner_pw="o",
    )
    for wrong in (None, "key"):
        with pytest.raises(EncryptedPdf):
            list(reader.read(path, password=wrong))
    assert SENTENCES[0] in next(iter(reader.read(path, password="열쇠"))).text
    with pytest.raises(EncryptedPdf):
        reader.outline(path)  # the worker that has it open must not lend it


def test_a_truncated_pdf_is_repaired_or_refused(reader: PdfReader, manual: Path) -> None:
    whole = manual.read_bytes()
    for share in (0.3, 0.6, 0.9, 0.99):
        manual.write_bytes(whole[: int(len(whole) * share)])
        try:
            assert all(page.number for page in reader.read(manual))
        except ReadingError as error:
            assert error.message("ko") and error.message("en")


def test_one_broken_page_does_not_cost_the_others(
    reader: PdfReader, manual: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_second(page: Any) -> pages.Parsed:
        if page.number == 1:
            raise pymupdf.mupdf.FzErrorFormat("stands in for a page that the engine gives up on")
        return whole(page)

    whole = pages.parse
    monkeypatch.setattr(pages, "parse", break_second)
    with pymupdf.open(manual) as document:
        read = [page for page, _ in pages.read_pages(document, 1, 3)]
    assert [page.method for page in read] == ["text", "empty", "text"]


def test_a_pdf_without_pages_is_damaged(reader: PdfReader, tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
    )
    with pytest.raises(DamagedPdf):
        reader.outline(path)


def test_blank_pages_are_no_text_and_say_why(reader: PdfReader, tmp_path: Path) -> None:
    document: Any = pymupdf.open()
    document.new_page()
    path = saved(document, tmp_path / "a.pdf")
    with pytest.raises(NoText, match="1 of 1 pages"):
        list(reader.read(path))


def test_a_page_of_a_million_points_is_read_and_drawn_small(
    tmp_path: Path, reader: PdfReader
) -> None:
    document: Any = pymupdf.open()
    page = document.new_page(width=1_000_000, height=1_000_000)
    page.insert_text((72, 72), "Huge page, small text")
    path = saved(document, tmp_path / "a.pdf")
    assert "Huge page" in next(iter(reader.read(path))).text
    assert read_page_image(path, 1, width=400).startswith(b"\x89PNG")


def test_more_pages_than_allowed_is_a_limit(manual: Path) -> None:
    small = PdfReader(Settings.load(max_pages=2))
    with pytest.raises(ReadingLimit, match="MANUALCHAT_MAX_PAGES"):
        small.outline(manual)
    small.close()


def test_a_quote_is_marked_on_the_page_picture(manual: Path, reader: PdfReader) -> None:
    page = next(iter(reader.read(manual)))
    plain = read_page_image(manual, 1, width=600)
    marked = read_page_image(manual, 1, width=600, boxes=page.layout.boxes(0, 5))
    picture: Any = pymupdf.Pixmap(marked)
    assert picture.width == 600
    assert marked != plain
    with pytest.raises(DamagedPdf):
        read_page_image(manual, 99)


def test_a_worker_that_dies_costs_one_document(manual: Path) -> None:
    reader = PdfReader(Settings.load())
    reading = reader.read(manual)
    next(reading)
    worker = Worker(GIGABYTES, 5)
    worker.ask("open", path=str(manual), password=None)
    assert worker.answer(time.monotonic() + 30, {"en": "", "ko": ""})["pages"] == 3
    worker.process.kill()
    worker.ask("read", first=1, last=3, ocr=False)
    with pytest.raises(ReaderCrashed):
        for _ in range(9):
            worker.answer(time.monotonic() + 30, {"en": "reading", "ko": "읽는 중"})
    assert len(list(reading)) == 2, "the other document goes on"
    reader.close()


@pytest.mark.skipif(os.name != "posix", reason="stops a process with a signal")
def test_a_worker_that_hangs_is_ended_at_its_limit(manual: Path) -> None:
    worker = Worker(GIGABYTES, 0.5)
    worker.ask("open", path=str(manual), password=None)
    worker.answer(time.monotonic() + 30, {"en": "", "ko": ""})
    worker.opened = "it"
    os.kill(worker.process.pid, signal.SIGSTOP)  # stands in for an engine that never returns
    worker.ask("read", first=1, last=3, ocr=False)
    with pytest.raises(ReadingLimit, match="MANUALCHAT_PAGE_SECONDS"):
        worker.answer(time.monotonic() + 30, {"en": "reading page 1", "ko": "1쪽을 읽는 중"})
    assert worker.process.poll() is not None


@pytest.mark.skipif(os.name != "posix", reason="Windows has no memory limit to set")
def test_too_little_memory_is_a_limit_not_a_crash_of_ours(manual: Path) -> None:
    reader = PdfReader(Settings.load(reader_memory=90 * 1024**2))
    with pytest.raises((ReadingLimit, ReaderCrashed)):
        list(reader.read(manual))
    reader.close()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_killed_parent_leaves_no_worker_behind(manual: Path) -> None:
    code = (
        "import sys, time, signal, os\n"
        "from pathlib import Path\nfrom manualchat.reading import PdfReader\n"
        "reader = PdfReader(); pages = reader.read(Path(sys.argv[1])); next(pages)\n"
        "worker = reader._workers.take()\n"
        "print(worker.process.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code, str(manual)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    worker = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    parent.stdout.close()
    for _ in range(100):
        stat = Path(f"/proc/{worker}/stat")
        if not stat.exists() or stat.read_text().rsplit(")", 1)[1].split()[0] == "Z":
            return
        time.sleep(0.1)
    os.kill(worker, signal.SIGKILL)
    pytest.fail("the worker outlived its parent")


def test_closing_the_iterator_ends_the_work(manual: Path) -> None:
    reader = PdfReader(Settings.load())
    pages = reader.read(manual)
    next(pages)
    pages.close()  # type: ignore[attr-defined]
    assert len(list(reader.read(manual))) == 3
    reader.close()


def test_many_small_files_share_one_worker(manual: Path) -> None:
    reader = PdfReader(Settings.load())
    list(reader.read(manual))
    first = reader._workers._idle[0].process.pid
    for number in range(5):
        other = manual.with_name(f"{number}.pdf")
        other.write_bytes(manual.read_bytes())
        assert len(list(reader.read(other))) == 3
    assert [worker.process.pid for worker in reader._workers._idle] == [first]
    reader.close()


@pytest.mark.parametrize(
    "said",
    [b"", b"J", b"J\0\0\0\5abc", b"X\0\0\0\1a", b"J\xff\xff\xff\xff", b"J\0\0\0\3{{{"],
)
def test_nonsense_from_a_worker_is_not_believed(said: bytes) -> None:
    with pytest.raises(wire.Broken):
        wire.receive(io.BytesIO(said))


def test_an_error_keeps_both_languages_over_the_pipe() -> None:
    error = DamagedPdf(detail={"en": "it has no pages", "ko": "쪽이 하나도 없습니다"})
    back = wire.error_from_json(wire.error_to_json(error))
    assert type(back) is DamagedPdf
    assert back.message("ko") == error.message("ko") and "쪽이 하나도" in back.message("ko")
    assert type(wire.error_from_json({"error": "SystemExit"})) is ReaderCrashed


def test_a_worker_sees_no_secrets(manual: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "very secret")
    worker = Worker(GIGABYTES, 5)
    if sys.platform == "linux":
        assert b"very secret" not in Path(f"/proc/{worker.process.pid}/environ").read_bytes()
    worker.kill()


def mutated(data: bytes, chance: random.Random) -> bytes:
    """A PDF with some bytes changed, doubled, cut out or swapped."""
    found = bytearray(data)
    for _ in range(chance.choice((1, 3, 10, 40))):
        at = chance.randrange(len(found))
        match chance.randrange(5):
            case 0:
                found[at] = chance.randrange(256)
            case 1:
                del found[at : at + chance.randrange(1, 200)]
            case 2:
                found[at:at] = found[at : at + chance.randrange(1, 200)]
            case 3:
                found[at : at + 4] = str(chance.choice((-1, 0, 2**31, 10**12))).encode()
            case _:
                other = chance.randrange(len(found))
                found[at : at + 9], found[other : other + 9] = (
                    found[other : other + 9],
                    found[at : at + 9],
                )
        if not found:
            return b"%PDF-1.4"
    return bytes(found)


def test_mutated_files_are_read_or_refused_and_nothing_else(manual: Path, tmp_path: Path) -> None:
    seed = int(os.environ.get("MANUALCHAT_FUZZ_SEED", "20261122"))
    print(f"MANUALCHAT_FUZZ_SEED={seed}")
    chance = random.Random(seed)
    reader = PdfReader(Settings.load(ocr=False, page_seconds=20))
    whole = manual.read_bytes()
    path = tmp_path / "mutant.pdf"
    for _ in range(150):
        path.write_bytes(mutated(whole, chance))
        try:
            for page in reader.read(path):
                page.text.encode()
        except ReadingError as error:
            assert error.message("ko") and error.message("en")
    reader.close()
