"""The nouns: Document, Page, Chunk, Hit, Passage, Citation and the answer's events.

Plain frozen dataclasses of the standard library, so that the query Lambda can
import them at no cost. Coordinates are PDF points, origin at the top left of
the page as displayed (after its rotation). Pages count from 1.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol

from manualchat.layout import Layout

Box = tuple[float, float, float, float]  # x0, y0, x1, y1
Status = Literal["received", "reading", "ready", "failed"]
Method = Literal["text", "ocr", "empty"]
BlockKind = Literal["heading", "paragraph", "list", "table", "warning"]


def document_id(key: str) -> str:
    """The id of the document with this key (a path, or an S3 key): 16 hex digits.

    NFC first: macOS writes Korean file names decomposed, and both spellings
    name one document.
    """
    return hashlib.sha256(unicodedata.normalize("NFC", key).encode()).hexdigest()[:16]


def chunk_id(document: str, revision: str, ordinal: int) -> str:
    """The id of a chunk: 32 hex digits, the same for the same input."""
    return hashlib.sha256(f"{document}\0{revision}\0{ordinal}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Document:
    """One manual. `revision` orders two versions of one key as strings compare."""

    id: str
    key: str
    name: str
    revision: str
    status: Status
    reason: str = ""
    title: str = ""
    pages: int = 0
    chunks: int = 0
    pages_ocr: int = 0
    pages_empty: int = 0
    language: str = ""
    content: str = ""  # sha256 of the bytes, hex; "" when unknown
    added: str = ""  # ISO 8601, UTC


@dataclass(frozen=True, slots=True)
class Block:
    """A run of `Page.text` that belongs together: `text[start:end]`.

    `level` is a heading's depth, from 1; 0 for all else. In a table block a
    line is a row and tabs part its cells; `rows` of header come first.
    """

    start: int
    end: int
    kind: BlockKind
    level: int = 0
    header_rows: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """What was read from one physical page.

    `text` is plain text in reading order: "\\n" ends a line, an empty line parts
    blocks, "\\t" parts the cells of a table row. Quotes are substrings of it.
    `layout` says where each word of it stands. `hidden` holds other readings of
    the page (a second OCR run): searched, never shown or quoted.
    """

    number: int
    text: str
    label: str = ""  # printed page label(s): "12", "iv", "12–13" on a spread
    blocks: tuple[Block, ...] = ()
    layout: Layout = field(default_factory=Layout)
    method: Method = "text"
    hidden: str = ""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A run of one page that is searched as a whole: `Page.text[start:start + len(text)]`.

    `heading` is the path of headings above it. `context` is searched and shown
    with the text but not quoted (a long table's header row, say). `layout` is
    the page's, cut to this run, with offsets that count from its start.
    """

    id: str
    document: str
    ordinal: int
    page: int
    start: int
    text: str
    label: str = ""
    heading: tuple[str, ...] = ()
    context: str = ""
    hidden: str = ""
    layout: Layout = field(default_factory=Layout)


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that a search found. Scores compare within one search only."""

    chunk: Chunk
    score: float


@dataclass(frozen=True, slots=True)
class Passage:
    """The best chunk of one page, as `search` gives it.

    `score` is the fused score, higher is better; `lexical` and `dense` are its parts, each
    scaled over this search; `cosine` is the raw similarity of question and chunk.
    """

    chunk: Chunk
    name: str
    title: str
    score: float
    lexical: float = 0.0
    dense: float = 0.0
    cosine: float = 0.0

    @property
    def document(self) -> str:
        return self.chunk.document

    @property
    def page(self) -> int:
        return self.chunk.page

    @property
    def label(self) -> str:
        return self.chunk.label

    @property
    def text(self) -> str:
        return self.chunk.text


@dataclass(frozen=True, slots=True)
class Citation:
    """An exact quote, the page that holds it, and where on the page it stands."""

    document: str
    name: str
    page: int
    label: str
    quote: str
    boxes: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation."""

    role: Literal["user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Sources:
    """The first event: the passages that the answer may draw on, numbered from 1."""

    type: ClassVar[str] = "sources"
    passages: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Delta:
    """The answer's next characters."""

    type: ClassVar[str] = "delta"
    text: str


@dataclass(frozen=True, slots=True)
class Cited:
    """A citation for the sentence that just ended. `number` is what `[n]` shows.

    `citation` is None when no source holds the sentence: it is "not verified".
    """

    type: ClassVar[str] = "citation"
    number: int
    citation: Citation | None
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """The last event of an answer that succeeded."""

    type: ClassVar[str] = "done"
    answer: str
    refused: bool
    citations: tuple[Citation, ...]
    question: str = ""  # the standalone question that was searched for
    usage: Mapping[str, float] = field(default_factory=dict)  # tokens, cost in US$
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Failed:
    """The last event of an answer that broke off: what happened and what to do."""

    type: ClassVar[str] = "error"
    code: str
    message: str


AnswerEvent = Sources | Delta | Cited | Done | Failed


class Vector(Protocol):
    """An embedding: a list of floats, or a numpy row."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Any]: ...


class Vectors(Protocol):
    """Embeddings in order: a list of lists, or a numpy matrix."""

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Any]: ...
