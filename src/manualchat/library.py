"""The façade: PDFs in, cited answers out."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, cast

from platformdirs import user_cache_path, user_data_path

from manualchat.asking import ask
from manualchat.chunking import embedding_text, page_text
from manualchat.config import Settings
from manualchat.embedding import open_embedder
from manualchat.errors import DocumentNotFound
from manualchat.ingest import Added, Progress, find_pdfs, ingest_files
from manualchat.model import AnswerEvent, Document, Passage, Turn, Vectors
from manualchat.reranking import search
from manualchat.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from manualchat.answering.base import Answerer
    from manualchat.embedding.bedrock import BedrockEmbedder
    from manualchat.embedding.onnx_model import OnnxEmbedder
    from manualchat.reading import PdfReader

FILE = "library.db"


def _nothing(_: Progress) -> None:
    pass


class Library:
    """A folder of manuals that can be searched and asked.

    Opening is cheap: the model, the PDF engine and the analyser load when they
    are first needed. A library may be shared by threads, and its folder by
    processes. Raises LibraryError when the folder cannot be used.
    """

    def __init__(
        self,
        path: Path | str | None = None,
        settings: Settings | None = None,
        *,
        notice: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`path`: the library's folder; None for the one of the settings or the platform.

        `notice` is told, in words, of rare long work (the model's conversion).
        """
        self.settings = settings or Settings.load()
        chosen = path or self.settings.library or user_data_path("manualchat", appauthor=False)
        self.path = Path(chosen).expanduser().resolve()
        self._notice = notice
        self._loading = threading.Lock()
        self.embedding = threading.Lock()
        self.store = self._open_store()

    def _open_store(self) -> SqliteStore:
        """The library's own file, or the store on AWS, which behaves alike (tests/contract)."""
        if self.settings.store == "sqlite":
            return SqliteStore(self.path / FILE)
        from manualchat.store.aws import AwsStore

        return cast(SqliteStore, AwsStore.open(self.settings, create=True))

    # -- parts, loaded when needed

    @property
    def cache(self) -> Path:
        """Where the converted model and other things that can be made again are kept."""
        return self.settings.cache or user_cache_path("manualchat", appauthor=False)

    @cached_property
    def _embedder(self) -> OnnxEmbedder | BedrockEmbedder:
        embedder = open_embedder(self.settings, self.cache, self._notice)
        self.store.expect_model(embedder.identity, embedder.dimensions)
        return embedder

    @property
    def embedder(self) -> OnnxEmbedder | BedrockEmbedder:
        """The embedding model. Raises ModelMismatch when the library has another's vectors."""
        with self._loading:
            return self._embedder

    @cached_property
    def answerer(self) -> Answerer:
        """Writes answers, as `Settings.answerer` says."""
        from manualchat.answering import open_answerer

        return open_answerer(self.settings, self.cache)

    @cached_property
    def reader(self) -> PdfReader:
        """Reads PDFs."""
        from manualchat.reading import PdfReader

        return PdfReader(self.settings)

    # -- the five things to do with a library

    def add(
        self,
        paths: Iterable[Path | str] | Path | str,
        *,
        password: str | None = None,
        on_progress: Callable[[Progress], None] = _nothing,
    ) -> list[Added]:
        """Add PDFs: files, or folders with all that lies in them. One result a file.

        A file whose content is known does no work. A changed file replaces its
        old version when the new one is complete. A file that cannot be read is
        recorded with its reason and costs the others nothing. `on_progress` may
        be called from several threads, one call at a time.

        Raises NothingToAdd when the paths hold no PDF; LibraryError when the
        library cannot be written.
        """
        if isinstance(paths, Path | str):
            paths = [paths]
        files = find_pdfs([Path(path).expanduser() for path in paths])
        return ingest_files(self, files, password=password, on_progress=on_progress)

    def remove(self, document: str) -> bool:
        """Remove a document, by id or name. Raises DocumentNotFound."""
        return self.store.remove(self.document(document).id)

    def documents(self) -> list[Document]:
        """Every document, failed ones too, by name."""
        return self.store.documents()

    def search(
        self, query: str, *, top_k: int | None = None, documents: Collection[str] | None = None
    ) -> list[Passage]:
        """The pages that fit best, best first, each as its best passage.

        `documents`: ids or names to search in; None for all.
        """
        return search(
            query,
            store=self.store,
            embedder=self.embedder,
            top_k=top_k or self.settings.top_k,
            documents=self._ids(documents),
        )

    def ask(
        self,
        question: str,
        *,
        history: Sequence[Turn] = (),
        documents: Collection[str] | None = None,
        top_k: int | None = None,
    ) -> Iterator[AnswerEvent]:
        """Stream the events of the answer; the last is Done or Failed.

        Raises InvalidQuestion, DocumentNotFound or ModelMismatch before the first event.
        """
        return ask(
            question,
            store=self.store,
            embedder=self.embedder,
            answerer=self.answerer,
            history=history,
            documents=self._ids(documents),
            top_k=top_k or self.settings.top_k,
        )

    # -- looking closer

    def document(self, document: str) -> Document:
        """The document of this id, or of this name if one alone has it."""
        found = self.store.document(document)
        if found:
            return found
        wanted = unicodedata.normalize("NFC", document)
        named = [d for d in self.documents() if wanted in (d.name, d.key)]
        if len(named) != 1:
            raise DocumentNotFound(document=document)
        return named[0]

    def page_text(self, document: str, page: int) -> str:
        """The text that was read from one page; empty when there was none."""
        return page_text(self.store.chunks(self.document(document).id, page, page))

    def status(self) -> dict[str, object]:
        """Where the library is, how large, and which model it holds."""
        documents = self.documents()
        return {
            "library": str(self.path),
            "documents": len(documents),
            "ready": sum(d.status == "ready" for d in documents),
            "failed": sum(d.status == "failed" for d in documents),
            "pages": sum(d.pages for d in documents if d.status == "ready"),
            "chunks": sum(d.chunks for d in documents),
            "bytes": sum(f.stat().st_size for f in self.path.glob(f"{FILE}*")),
            "model": self.store.model() or "",
        }

    def reindex(self, on_progress: Callable[[int, int], None] = lambda _done, _all: None) -> int:
        """Embed every chunk anew with the model that is set; the number of chunks."""
        embedder = open_embedder(self.settings, self.cache, self._notice)
        ready = [d for d in self.documents() if d.chunks]
        total, done = sum(d.chunks for d in ready), 0
        vectors: dict[str, Vectors] = {}
        for document in ready:
            rows: list[Any] = []
            chunks = self.store.chunks(document.id)
            title = document.title or document.name
            for at in range(0, len(chunks), 64):
                texts = [embedding_text(title, chunk) for chunk in chunks[at : at + 64]]
                rows.extend(embedder.passages(texts))
                done += len(texts)
                on_progress(done, total)
            vectors[document.id] = rows
        self.store.change_model(embedder.identity, embedder.dimensions, vectors)
        self.__dict__.pop("_embedder", None)
        return total

    def _ids(self, documents: Collection[str] | None) -> list[str] | None:
        if documents is None:
            return None
        return [self.document(document).id for document in documents]

    def close(self) -> None:
        """End the reading workers and close the file."""
        if "reader" in self.__dict__:
            self.reader.close()
        self.store.close()

    def __enter__(self) -> Library:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()
