"""Files into a library: read, chunk, embed, store, on all cores."""

from __future__ import annotations

import hashlib
import threading
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing, suppress
from contextvars import copy_context
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from manualchat.chunking import Chunker, embedding_text
from manualchat.embedding.onnx_model import cores
from manualchat.errors import FileUnreadable, LibraryError, NothingToAdd, ReadingError
from manualchat.faults import point
from manualchat.language import language_of
from manualchat.model import Chunk, Document, document_id
from manualchat.store.base import Ingest
from manualchat.store.rows import interrupted
from manualchat.titles import document_title, product_name, with_product

if TYPE_CHECKING:
    from manualchat.library import Library

Outcome = Literal["added", "replaced", "unchanged", "failed"]

# Chunks that are embedded together. Below 32 the batches are less even in length.
BATCH = 64


@dataclass(frozen=True, slots=True)
class Added:
    """What happened to one file."""

    path: Path
    outcome: Outcome
    document: Document
    reason: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the work on one file is. `pages` is 0 until it is known.

    `added` is set once, when the file is done.
    """

    path: Path
    done: int
    pages: int
    added: Added | None = None


def find_pdfs(paths: Sequence[Path]) -> list[Path]:
    """The PDFs among the paths and below the folders, each once. Raises NothingToAdd."""
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            for file in sorted(_walk(path)):
                found[file.absolute()] = None
        else:
            found[path.absolute()] = None  # a missing file is reported, not skipped
    if not found:
        raise NothingToAdd(paths=", ".join(str(path) for path in paths))
    return list(found)


def _walk(folder: Path) -> Iterator[Path]:
    try:
        entries = list(folder.iterdir())
    except OSError as error:
        raise FileUnreadable(path=folder, detail=error.strerror or str(error)) from None
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir() and not entry.is_symlink():
            yield from _walk(entry)
        elif entry.suffix.lower() == ".pdf":
            yield entry


def ingest_files(
    library: Library,
    files: Sequence[Path],
    *,
    password: str | None,
    on_progress: Callable[[Progress], None],
) -> list[Added]:
    """Ingest every file, several at a time; results in the order of the files."""
    telling = threading.Lock()

    def tell(progress: Progress) -> None:
        with telling:
            on_progress(progress)

    stop = threading.Event()
    results: dict[Path, Added] = {}
    pool = ThreadPoolExecutor(max_workers=min(len(files), cores() + 1))
    try:
        tasks = {
            # in the caller's context, so that reasons are in the language it speaks
            pool.submit(copy_context().run, _ingest, library, f, password, tell, stop): f
            for f in files
        }
        for task in as_completed(tasks):
            results[tasks[task]] = task.result()
    finally:
        # Ctrl-C, or a library that cannot be written: the others end at their next page.
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)
    return [results[file] for file in files]


class Stopped(Exception):
    """Another file's fatal error, or Ctrl-C, ended the work."""


def _ingest(
    library: Library,
    path: Path,
    password: str | None,
    tell: Callable[[Progress], None],
    stop: threading.Event,
) -> Added:
    began = time.monotonic()
    added = _settle(library, path, password, tell, stop)
    added = replace(added, seconds=round(time.monotonic() - began, 3))
    tell(Progress(path, added.document.pages, added.document.pages, added))
    return added


def _settle(
    library: Library,
    path: Path,
    password: str | None,
    tell: Callable[[Progress], None],
    stop: threading.Event,
) -> Added:
    """One file, from its bytes to its outcome."""
    if stop.is_set():
        raise Stopped
    store = library.store
    document = Document(
        id=document_id(str(path)),
        key=str(path),
        name=unicodedata.normalize("NFC", path.name),
        revision="",
        status="reading",
    )
    known = store.document(document.id)
    try:
        modified, digest = _identify(path)
    except OSError as error:
        reason = str(FileUnreadable(path=path.name, detail=error.strerror or str(error)))
        return Added(path, "failed", known or replace(document, status="failed"), reason)
    content = f"{digest}:{library.reader.fingerprint}"
    if known and known.content == content:
        if known.status == "ready":
            return Added(path, "unchanged", known)
        if known.status == "failed" and not password:
            return Added(path, "failed", known, known.reason)
    revision = f"{modified:020d}-{digest[:16]}"
    if known and known.revision >= revision:
        # An older copy was put in place of a newer one, or the reader has changed:
        # what is on disk now is what the user means.
        revision = f"{int(known.revision[:20]) + 1:020d}-{digest[:16]}"
    document = replace(document, revision=revision, content=content)
    ingest = store.begin(document, deadline=time.time() + library.settings.document_seconds)
    if ingest is None:  # another process was faster
        return Added(path, "unchanged", store.document(document.id) or document)
    try:
        document = _read_into(library, ingest, document, password, tell, stop)
    except ReadingError as error:
        failed = replace(document, status="failed", reason=str(error))
        store.fail(ingest, failed)
        return Added(path, "failed", store.document(document.id) or failed, str(error))
    except BaseException:
        # Not this file's fault: without its content the next `add` tries it again.
        with suppress(LibraryError):
            store.fail(ingest, replace(document, reason=interrupted(), content=""))
        raise
    point("embedded")
    store.finish(ingest, document)
    outcome: Outcome = "replaced" if known and known.status == "ready" else "added"
    return Added(path, outcome, store.document(document.id) or document)


def _identify(path: Path) -> tuple[int, str]:
    """Modification time in nanoseconds, and the content's sha256 in hex."""
    if not path.is_file():
        raise FileNotFoundError(2, "no such file" if not path.exists() else "not a file")
    with path.open("rb") as file:
        return path.stat().st_mtime_ns, hashlib.file_digest(file, "sha256").hexdigest()


def _read_into(
    library: Library,
    ingest: Ingest,
    document: Document,
    password: str | None,
    tell: Callable[[Progress], None],
    stop: threading.Event,
) -> Document:
    """Read, chunk, embed and write; the document with what was learnt about it."""
    path = Path(document.key)
    outline = library.reader.outline(path, password=password)
    document = replace(document, pages=outline.pages)
    chunker = Chunker(document.id, document.content)
    methods: Counter[str] = Counter()
    sample = product = ""
    waiting: list[Chunk] = []
    tell(Progress(path, 0, outline.pages))
    pages = library.reader.read(path, password=password)
    with closing(pages):
        for page in pages:
            if stop.is_set():
                raise Stopped
            point("page-read")
            if page.number == 1:
                document = replace(document, title=document_title(outline.title, page))
            product = product or product_name(page)
            methods[page.method] += 1
            if len(sample) < 4_000:
                sample += page.text[:2_000]
            waiting.extend(chunker.cut(page))
            while len(waiting) >= BATCH:
                _embed_into(library, ingest, document, waiting[:BATCH])
                del waiting[:BATCH]
            tell(Progress(path, page.number, outline.pages))
    if waiting:
        _embed_into(library, ingest, document, waiting)
    return replace(
        document,
        title=with_product(document.title, product),
        pages_ocr=methods["ocr"],
        pages_empty=methods["empty"],
        language=language_of(sample),
        added=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _embed_into(
    library: Library, ingest: Ingest, document: Document, chunks: Sequence[Chunk]
) -> None:
    title = document.title or Path(document.name).stem
    texts = [embedding_text(title, chunk) for chunk in chunks]
    with library.embedding:  # its threads fill the cores already
        vectors = library.embedder.passages(texts)
    library.store.write(ingest, chunks, vectors)
