"""The bar that `add` shows: how much of all the bytes has been read and embedded."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from manualchat.commands.base import screen
from manualchat.commands.words import word
from manualchat.ingest import Progress as Step


class ProgressBar:
    """One bar for all files. A file counts with the pages that are done of it.

    Without a terminal it prints a line a finished file, so that logs show life.
    """

    def __init__(self, *, shown: bool) -> None:
        self._shown = shown
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total} " + word("pages")),
            TimeRemainingColumn(),
            TextColumn("[dim]{task.fields[file]}"),
            console=screen.err,
            transient=True,
            disable=not shown or not screen.err.is_terminal,
        )
        self._task: TaskID | None = None
        self._files: dict[Path, tuple[int, int]] = {}

    def update(self, step: Step) -> None:
        """Take in how far one file is."""
        if not self._shown:
            return
        self._files[step.path] = (step.done, step.pages)
        if self._task is None:
            self._task = self._bar.add_task(word("adding"), total=None, file="")
        self._bar.update(
            self._task,
            completed=sum(done for done, _ in self._files.values()),
            total=sum(pages for _, pages in self._files.values()) or None,
            file=escape(step.path.name),
        )
        if step.added and not screen.err.is_terminal:
            screen.err.print(
                f"{word(step.added.outcome)}: {step.path.name} ({step.pages} {word('pages')})",
                markup=False,
            )

    def __enter__(self) -> ProgressBar:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._bar.stop()
