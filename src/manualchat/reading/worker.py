"""The worker process: opens one PDF at a time and answers over its pipes.

Started by `sandbox.py`. Imports only what it needs, so that a start is cheap.
It bounds itself (memory, no core dumps, no files written) and is bounded from
outside (time); it holds no secrets, and it ends when its parent does.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import signal
import sys
from pathlib import Path
from typing import Any, BinaryIO

from manualchat.errors import DamagedPdf, EncryptedPdf, ReadingError, ReadingLimit
from manualchat.reading import wire

MEMORY_SETTING = "MANUALCHAT_READER_MEMORY"
_GRACE = 5.0  # seconds that the parent has to notice before the alarm rings here


def main(lifeline: int, memory: int, seconds: float) -> None:
    """Serve requests from standard input until it ends.

    `lifeline` is a pipe that only the parent holds open (-1: none), `memory` is
    in bytes, `seconds` is the time for one answer.
    """
    # Pages are trees of a hundred thousand small objects without cycles; the
    # collector's usual pace would take most of the time (measured: 29 pages/s, then 192).
    gc.set_threshold(300_000, 10, 50)
    _bound(memory)
    _die_with_parent(lifeline)
    requests = sys.stdin.buffer
    answers = os.fdopen(os.dup(1), "wb")
    # Whatever a library prints must not get among the frames.
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    desk = _Desk(requests, answers, seconds)
    while True:
        try:
            request = wire.receive(requests)
        except wire.Broken:
            os._exit(0)
        try:
            desk.serve(request)
        except ReadingError as error:
            desk.send(wire.error_to_json(error))
        except MemoryError:
            desk.send(wire.error_to_json(_out_of_memory(memory)))
            os._exit(3)
        except OSError:
            os._exit(0)  # the parent hung up
        except Exception as error:
            # "failed to map segment": the loader's words when a library does not fit any more
            words = ("malloc", "memory", "failed to map segment")
            if any(word in str(error).lower() for word in words) or _nearly_full(memory):
                desk.send(wire.error_to_json(_out_of_memory(memory)))
                os._exit(3)
            desk.send(wire.error_to_json(DamagedPdf(detail=_one_line(error))))


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__


def _out_of_memory(memory: int) -> ReadingLimit:
    megabytes = f"{memory // 1024**2:,} MB"
    return ReadingLimit(
        limit={"en": f"{megabytes} of memory", "ko": f"메모리 {megabytes}"}, setting=MEMORY_SETTING
    )


def _nearly_full(memory: int) -> bool:
    """Whether this process is near its limit: the engine then fails in odd ways."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        return pages * os.sysconf("SC_PAGE_SIZE") > 0.85 * memory
    except (OSError, ValueError, AttributeError):
        return False


def _bound(memory: int) -> None:
    try:
        import resource
    except ImportError:  # Windows: the parent's time limits must do
        return
    for limit, wanted in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):
            hard = resource.getrlimit(limit)[1]
            value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            resource.setrlimit(limit, (value, value))


def _die_with_parent(lifeline: int) -> None:
    """Have the kernel end this process when the parent's end of the pipe closes.

    It works even while the engine hangs in C and no Python code runs: the
    signal's default action is to end the process.
    """
    if lifeline < 0:
        return
    try:
        import fcntl

        fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
        flags = fcntl.fcntl(lifeline, fcntl.F_GETFL)
        fcntl.fcntl(lifeline, fcntl.F_SETFL, flags | os.O_ASYNC | os.O_NONBLOCK)
        if os.read(lifeline, 1) == b"":
            os._exit(0)
    except BlockingIOError:
        pass
    except (ImportError, OSError, AttributeError):
        pass


class _Desk:
    """Serves the requests on one document at a time."""

    def __init__(self, requests: BinaryIO, answers: BinaryIO, seconds: float) -> None:
        self.requests = requests
        self.answers = answers
        self.seconds = seconds
        self.document: Any = None

    def send(self, message: Any, binary: bytes | None = None) -> None:
        # Waiting for a slow reader must not count as hanging.
        self._alarm(0)
        wire.send(self.answers, message, binary)
        self._alarm(self.seconds)

    def _alarm(self, seconds: float) -> None:
        if hasattr(signal, "setitimer"):
            signal.setitimer(signal.ITIMER_REAL, seconds + _GRACE if seconds else 0)

    def serve(self, request: dict[str, Any]) -> None:
        self._alarm(self.seconds)
        try:
            getattr(self, f"do_{request['do']}")(**request.get("with", {}))
        finally:
            self._alarm(0)

    def do_open(self, path: str, password: str | None) -> None:
        pymupdf: Any = importlib.import_module("pymupdf")
        if self.document is not None:
            self.document.close()
            self.document = None
            pymupdf.TOOLS.store_shrink(100)
        self.document = _open(pymupdf, path, password)
        title = (self.document.metadata or {}).get("title") or ""
        self.send({"pages": self.document.page_count, "title": _clean(title)})

    def do_read(self, first: int, last: int, ocr: bool) -> None:
        from manualchat.reading.pages import read_pages

        for page, wants_ocr in read_pages(self.document, first, last):
            self.send({"page": wire.page_to_json(page), "ocr": ocr and wants_ocr})
        self.send({"end": True})

    def do_ocr(self, page: int, engine: dict[str, Any]) -> None:
        from manualchat.reading import ocr
        from manualchat.reading.pages import readable_layer

        sheet = self.document[page - 1]
        picture = ocr.picture(sheet, readable_layer(sheet))
        self.send({"key": ocr.cache_key(picture, engine)})
        self._alarm(0)
        answer = wire.receive(self.requests)
        self._alarm(self.seconds)
        if answer.get("go"):
            self.send({"page": wire.page_to_json(ocr.read(sheet, picture, page, engine))})

    def do_image(self, page: int, boxes: list[list[float]], width: int) -> None:
        from manualchat.reading.image import draw

        self.send(None, draw(self.document, page, boxes, width))


def _clean(text: str) -> str:
    return "".join(c for c in text if c >= " " and not "\ud800" <= c <= "\udfff").strip()[:300]


def _open(pymupdf: Any, path: str, password: str | None) -> Any:
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    try:
        document = pymupdf.open(path, filetype="pdf")
    except MemoryError:
        raise
    except Exception:
        # MuPDF's own words name the path and its own concepts: neither helps a reader
        raise DamagedPdf(
            detail={
                "en": "its structure cannot be made out",
                "ko": "파일 구조를 알아볼 수 없습니다",
            }
        ) from None
    if document.needs_pass and not document.authenticate(password or ""):
        raise EncryptedPdf(
            detail={"en": "wrong password", "ko": "암호가 틀립니다"}
            if password
            else {"en": "no password given", "ko": "암호를 주지 않았습니다"}
        )
    if document.page_count == 0:
        raise DamagedPdf(detail={"en": "it has no pages", "ko": "쪽이 하나도 없습니다"})
    return document
