"""Files on their way into the library: in a thread, so that the chat goes on meanwhile."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from manualchat.client import Backend, Progress, Received, Upload
from manualchat.errors import ManualchatError
from manualchat.language import Language, speaking


class Adding:
    """Uploads being read. `files` have a name and can be read from, as Streamlit's do."""

    def __init__(
        self, backend: Backend, files: Sequence[Any], password: str | None, language: Language
    ) -> None:
        self._backend = backend
        self._password = password
        self._language: Language = language
        self._folder = Path(tempfile.mkdtemp(prefix="manualchat-ui-"))
        self._lock = threading.Lock()
        self._progress: dict[str, tuple[int, int]] = {}
        self._received: list[Received] = []
        self._over = False
        uploads = []
        for number, file in enumerate(files):
            path = self._folder / f"{number}.pdf"
            with path.open("wb") as target:
                shutil.copyfileobj(file, target)
            uploads.append(Upload(file.name, path))
            self._progress[file.name] = (0, 0)
        self._uploads = uploads
        threading.Thread(target=self._work, name="manualchat-upload", daemon=True).start()

    def state(self) -> tuple[dict[str, tuple[int, int]], list[Received], bool]:
        """Pages done and pages in all of each file under way; what has ended; whether all has."""
        with self._lock:
            return dict(self._progress), list(self._received), self._over

    def _work(self) -> None:
        try:
            with speaking(self._language):
                for event in self._backend.add(self._uploads, password=self._password):
                    self._tell(event)
        except ManualchatError as error:
            for name in list(self._progress):
                reason = error.message(self._language)
                self._tell(Received(name, "failed", reason=reason))
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)
            with self._lock:
                self._over = True

    def _tell(self, event: Progress | Received) -> None:
        with self._lock:
            if isinstance(event, Progress):
                self._progress[event.name] = (event.page, event.pages)
            else:
                self._progress.pop(event.name, None)
                self._received.append(event)
