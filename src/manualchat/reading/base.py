"""What a reader is."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from manualchat.model import Page


@dataclass(frozen=True, slots=True)
class Outline:
    """What is known of a PDF before its pages are read."""

    pages: int
    title: str = ""


class Reader(Protocol):
    """Turns a PDF into pages. One bad file costs that file alone."""

    def outline(self, path: Path, *, password: str | None = None) -> Outline:
        """Page count and title. Raises ReadingError."""
        ...

    def read(
        self, path: Path, *, password: str | None = None, first: int = 1, last: int | None = None
    ) -> Generator[Page, None, None]:
        """Pages `first` to `last`, in order, each as soon as it is read.

        Raises ReadingError, also in the middle. Closing the iterator ends the work.
        """
        ...
