"""What the UI, the servers and MCP speak to: a backend, wherever it runs.

    MANUALCHAT_BACKEND=local                     the library in this process
    MANUALCHAT_BACKEND=http://127.0.0.1:8000     `manualchat serve`
    MANUALCHAT_BACKEND=https://….lambda-url.….on.aws       a function URL, or
    MANUALCHAT_BACKEND=https://….execute-api.….amazonaws.com  an HTTP API:
                                                 MANUALCHAT_TOKEN, else SigV4
    MANUALCHAT_BACKEND=lambda:NAME_OR_ARN        InvokeWithResponseStream

All of them answer questions. What else one `offers` differs: the functions on
AWS hold no PDFs, so that they show no page pictures and take no uploads.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from manualchat.config import Settings
from manualchat.errors import ConfigurationError, Unsupported
from manualchat.journal import Feedback
from manualchat.model import AnswerEvent, Box, Document, Passage
from manualchat.protocol import Query

Offer = Literal["ask", "search", "documents", "upload", "pages", "pdf", "feedback"]
EVERYTHING: frozenset[Offer] = frozenset(
    ("ask", "search", "documents", "upload", "pages", "pdf", "feedback")
)
Outcome = Literal["added", "replaced", "unchanged", "failed"]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to bring in: its name as the user knows it, and where its bytes lie now."""

    name: str
    path: Path


@dataclass(frozen=True, slots=True)
class Progress:
    """`page` of `pages` of the file `name` are done."""

    name: str
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Received:
    """What became of one upload."""

    name: str
    outcome: Outcome
    document: Document | None = None
    reason: str = ""
    seconds: float = 0.0


class Backend(Protocol):
    """Answers questions about manuals. Safe to call from several threads.

    Methods raise ManualchatError; `Unsupported` where `offers` lacks the thing.
    Iterators stop their work when they are closed.
    """

    @property
    def place(self) -> str:
        """Where it runs, for people: a URL, a function's name, "local"."""
        ...

    @property
    def offers(self) -> frozenset[Offer]:
        """What it can do."""
        ...

    def ask(self, query: Query) -> Iterator[AnswerEvent]:
        """Answer events; the last is Done or Failed. Never raises once it has begun."""
        ...

    def search(self, query: Query) -> list[Passage]:
        """Passages, best first."""
        ...

    def documents(self) -> list[Document]:
        """Every document, failed ones too."""
        ...

    def add(
        self, uploads: Sequence[Upload], *, password: str | None = None
    ) -> Iterator[Progress | Received]:
        """Bring files in; one Received for each, progress before it."""
        ...

    def remove(self, document: str) -> bool:
        """Remove the document of this id, and its upload. False when it is not there."""
        ...

    def page_text(self, document: str, page: int) -> str:
        """The text of a page. Raises DocumentNotFound."""
        ...

    def page_image(
        self, document: str, page: int, *, boxes: Sequence[Box] = (), width: int = 1_000
    ) -> bytes:
        """A PNG of the page, `width` pixels wide, with the boxes highlighted."""
        ...

    def pdf(self, document: str) -> bytes:
        """The original PDF."""
        ...

    def suggestions(self, documents: Sequence[str] | None = None, limit: int = 4) -> list[str]:
        """Questions that the manuals' own headings suggest. Empty where unknown."""
        ...

    def record(self, feedback: Feedback) -> None:
        """Keep a user's verdict on an answer."""
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...


class OnlyAsks:
    """The parts of a backend that only answers questions: each says so."""

    place = ""

    def _unsupported(self, what: str) -> Unsupported:
        return Unsupported(what=what, backend=self.place)

    def search(self, query: Query) -> list[Passage]:
        raise self._unsupported("search")

    def documents(self) -> list[Document]:
        raise self._unsupported("documents")

    def add(
        self, uploads: Sequence[Upload], *, password: str | None = None
    ) -> Iterator[Progress | Received]:
        raise self._unsupported("upload")

    def remove(self, document: str) -> bool:
        raise self._unsupported("remove")

    def page_text(self, document: str, page: int) -> str:
        raise self._unsupported("page text")

    def page_image(
        self, document: str, page: int, *, boxes: Sequence[Box] = (), width: int = 1_000
    ) -> bytes:
        raise self._unsupported("page images")

    def pdf(self, document: str) -> bytes:
        raise self._unsupported("PDF files")

    def suggestions(self, documents: Sequence[str] | None = None, limit: int = 4) -> list[str]:
        return []

    def record(self, feedback: Feedback) -> None:
        raise self._unsupported("feedback")

    def close(self) -> None:
        return None


def connect(settings: Settings | None = None) -> Backend:
    """The backend that `settings.backend` names. Raises ConfigurationError."""
    settings = settings or Settings.load()
    name = settings.backend.strip()
    if name == "local":
        from manualchat.client_local import LocalBackend

        return LocalBackend(settings)
    if name.startswith(("http://", "https://")):
        from manualchat.client_http import HttpBackend

        return HttpBackend(name, token=settings.token.get_secret_value(), region=settings.region)
    if name.startswith("lambda:") and name != "lambda:":
        from manualchat.client_lambda import LambdaBackend

        return LambdaBackend(name.removeprefix("lambda:"), region=settings.region)
    raise ConfigurationError(
        variable="MANUALCHAT_BACKEND",
        detail=f'"{name}" is neither "local", nor an http(s) URL, nor "lambda:FUNCTION"',
    )
