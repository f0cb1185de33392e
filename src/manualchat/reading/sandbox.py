"""Worker processes for hostile files: started, bounded, reused and ended here.

Plain pipes and `subprocess`, since Lambda has no /dev/shm for multiprocessing's
locks. A worker gets no secrets (its environment is a short list) and is killed
with all that it started when it is too slow or talks nonsense.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
import weakref
from pathlib import Path
from typing import Any, BinaryIO, cast

from manualchat.errors import ReaderCrashed, ReadingLimit
from manualchat.reading import wire
from manualchat.reading.base import Outline

_START = (
    "import json, sys; a = json.loads(sys.argv[1]); sys.path[:] = a['path']\n"
    "from manualchat.reading.worker import main\n"
    "main(a['lifeline'], a['memory'], a['seconds'])"
)
_KEEP = (
    "PATH",
    "LD_LIBRARY_PATH",
    "TESSDATA_PREFIX",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "SYSTEMROOT",
    "HOME",
)
_MOST_DOCUMENTS = 200  # then a fresh worker: the engine's caches never quite empty
_START_SECONDS = 60.0  # a laptop may swap, a Lambda may be cold


class Worker:
    """One worker process. Not thread-safe: one document is read by it at a time."""

    def __init__(self, memory: int, seconds: float) -> None:
        self.seconds = seconds
        self.opened: object = None  # names the file, its version and its password
        self.outline = Outline(0)
        self.documents = 0
        keep: dict[str, Any] = {}
        lifeline = -1
        if os.name == "posix":
            lifeline, self._held = os.pipe()
            keep = {"pass_fds": (lifeline,), "start_new_session": True}
        arguments = {
            "path": [p or str(Path.cwd()) for p in sys.path],
            "lifeline": lifeline,
            "memory": memory,
            "seconds": seconds,
        }
        environment = {name: os.environ[name] for name in _KEEP if name in os.environ}
        environment["OMP_THREAD_LIMIT"] = "1"
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-c", _START, json.dumps(arguments)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
                **keep,
            )
        finally:
            if lifeline >= 0:
                os.close(lifeline)
        self._answers: queue.Queue[Any] = queue.Queue(maxsize=8)
        # Pipes cannot be waited on with a time limit on every system; a thread can.
        self._thread = threading.Thread(
            target=_listen,
            args=(self.process.stdout, self._answers, weakref.ref(self)),
            daemon=True,
        )
        self._thread.start()

    def ask(self, do: str, **arguments: Any) -> None:
        """Send a request; `answer` gives what comes back."""
        self._send({"do": do, "with": arguments})

    def tell(self, **message: Any) -> None:
        """Answer a question of the worker's."""
        self._send(message)

    def _send(self, message: dict[str, Any]) -> None:
        # A dead worker is found out by `answer`.
        with contextlib.suppress(OSError, ValueError):
            wire.send(cast(BinaryIO, self.process.stdin), message)

    def answer(self, until: float, doing: dict[str, str]) -> Any:
        """The next answer. `until` is the document's deadline (`time.monotonic`).

        Raises ReadingLimit when it takes too long, ReaderCrashed when the worker
        died, and the error that the worker reports. `doing` says in both
        languages what it was busy with.
        """
        patience = self.seconds if self.opened is not None else max(self.seconds, _START_SECONDS)
        left = until - time.monotonic()
        try:
            found = self._answers.get(timeout=max(0.01, min(patience, left)))
        except queue.Empty:
            self.kill()
            raise _too_slow(patience, doing, left <= patience) from None
        if isinstance(found, wire.Broken):
            code = self._ended()
            if code == -getattr(signal, "SIGALRM", 0):
                raise _too_slow(patience, doing, False)
            raise ReaderCrashed(detail={k: f"{v}, {_cause(code)}" for k, v in doing.items()})
        if isinstance(found, dict) and "error" in found:
            raise wire.error_from_json(found)
        return found

    def _ended(self) -> int:
        self.kill()
        return self.process.returncode

    @property
    def fit(self) -> bool:
        """Whether it may read another document."""
        return self.process.poll() is None and self.documents < _MOST_DOCUMENTS

    def kill(self) -> None:
        """End it and all that it started. Never fails."""
        if os.name == "posix":
            with contextlib.suppress(OSError):
                if self.process.poll() is None:
                    os.killpg(self.process.pid, signal.SIGKILL)
        else:
            self.process.kill()
        with contextlib.suppress(OSError):
            if self.process.stdin is not None:
                self.process.stdin.close()
        self.process.wait()
        if os.name == "posix" and self._held >= 0:
            os.close(self._held)
            self._held = -1


def _listen(stream: Any, answers: queue.Queue[Any], owner: weakref.ref[Worker]) -> None:
    while True:
        try:
            found = wire.receive(stream)
        except (wire.Broken, OSError, ValueError) as error:
            found = error if isinstance(error, wire.Broken) else wire.Broken(str(error))
        while True:
            try:
                answers.put(found, timeout=1)
                break
            except queue.Full:
                if owner() is None:
                    return
        if isinstance(found, wire.Broken):
            with contextlib.suppress(OSError):
                stream.close()
            return


def _cause(code: int | None) -> str:
    if code is not None and code < 0:
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
    return f"exit {code}"


def _too_slow(patience: float, doing: dict[str, str], whole: bool) -> ReadingLimit:
    setting = "MANUALCHAT_DOCUMENT_SECONDS" if whole else "MANUALCHAT_PAGE_SECONDS"
    if whole:
        return ReadingLimit(
            limit={"en": "the time for one document", "ko": "문서 하나에 주어진 시간"},
            setting=setting,
        )
    return ReadingLimit(
        limit={
            "en": f"{patience:g} seconds while {doing['en']}",
            "ko": f"{patience:g}초 ({doing['ko']})",
        },
        setting=setting,
    )


class Workers:
    """Idle workers, kept warm. `take` gives one, `give_back` keeps or ends it."""

    def __init__(self, memory: int, seconds: float) -> None:
        self.memory = memory
        self.seconds = seconds
        self._idle: list[Worker] = []
        self._lock = threading.Lock()
        self._most = 2 * (os.cpu_count() or 1)
        self._end = weakref.finalize(self, _kill_all, self._idle)

    def take(self, opened: object = None) -> Worker:
        """A worker: the one that has `opened` open if there is one, else any, else a new one."""
        with self._lock:
            while self._idle:
                at = next(
                    (i for i, w in enumerate(self._idle) if opened and w.opened == opened),
                    len(self._idle) - 1,
                )
                worker = self._idle.pop(at)
                if worker.fit:
                    return worker
                worker.kill()
        return Worker(self.memory, self.seconds)

    def give_back(self, worker: Worker, *, well: bool) -> None:
        """Keep the worker for the next document, or end it when it did not behave `well`."""
        if well and worker.fit:
            with self._lock:
                if len(self._idle) < self._most:
                    self._idle.append(worker)
                    return
        worker.kill()

    def close(self) -> None:
        """End the idle workers."""
        with self._lock:
            _kill_all(self._idle)


def _kill_all(idle: list[Worker]) -> None:
    while idle:
        idle.pop().kill()
