"""The one wire format: questions in, answer events and JSON answers out.

Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html),
one for each `AnswerEvent`:

    event: sources    {"passages": [passage, …]}
    event: delta      {"text": "…"}
    event: citation   {"number": 1, "citation": citation | null, "sentence": "…"}
    event: done       the JSON answer below, without "unverified" and "sources"
    event: error      {"code": "…", "message": "…"}

`done` or `error` comes last, and exactly once. The JSON answer of
`POST /query` and of `manualchat ask --json`:

    {"answer", "refused", "citations": [{"document", "name", "page", "label", "quote", "boxes"}],
     "question", "usage", "seconds",
     "unverified": [sentence, …], "sources": [{"document", "name", "page", "label", "score"}]}

Errors before the stream starts are problem documents (RFC 9457). The same
bytes come from the local server, the function URL, and the HTTP API. Only the
standard library is imported, since the query Lambda starts from here.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from manualchat.errors import InvalidQuestion
from manualchat.model import AnswerEvent, Cited, Delta, Done, Failed, Passage, Sources, Turn
from manualchat.nouns_json import (
    Json,
    citation_from,
    citation_json,
    document_from,
    document_json,
    done_json,
    passage_from,
    passage_json,
    source_json,
)
from manualchat.problems import PROBLEM, failed_from, problem, problem_json, status_of

__all__ = [
    "BROKEN_OFF",
    "EVENT_STREAM",
    "KEEP_ALIVE",
    "PROBLEM",
    "Query",
    "citation_from",
    "citation_json",
    "collect",
    "decode",
    "document_from",
    "document_json",
    "dumps",
    "encode",
    "failed_from",
    "named_event",
    "passage_from",
    "passage_json",
    "problem",
    "problem_json",
    "server_sent",
    "status_of",
]

EVENT_STREAM = "text/event-stream; charset=utf-8"
KEEP_ALIVE = b": keep-alive\n\n"  # a comment: readers skip it, proxies stay awake

MAX_BODY = 256 * 1024  # bytes of a `POST /query`
MAX_QUESTION = 2_000  # characters
MAX_TURNS = 50
MAX_TURN = 8_000  # characters of one turn of the history
MAX_DOCUMENTS = 1_000
MAX_TOP_K = 50


@dataclass(frozen=True, slots=True)
class Query:
    """What `POST /query` carries."""

    question: str
    history: tuple[Turn, ...] = ()
    documents: tuple[str, ...] | None = None
    top_k: int | None = None

    @classmethod
    def parse(cls, body: bytes | str | Mapping[str, Any]) -> Query:
        """The query in this JSON. Raises InvalidQuestion, which says what is wrong."""
        data = _object(body)
        return cls(
            question=question_of(data.get("question")),
            history=tuple(_turns(data.get("history"))),
            documents=_documents(data.get("documents")),
            top_k=_top_k(data.get("top_k")),
        )

    def to_json(self) -> Json:
        """The JSON that `parse` reads."""
        data: Json = {"question": self.question}
        if self.history:
            data["history"] = [{"role": t.role, "content": t.content} for t in self.history]
        if self.documents is not None:
            data["documents"] = list(self.documents)
        if self.top_k is not None:
            data["top_k"] = self.top_k
        return data


def question_of(value: object) -> str:
    """A question that can be asked. Raises InvalidQuestion."""
    if not isinstance(value, str):
        raise InvalidQuestion(detail='"question" must be a string')
    question = value.replace("\0", " ").strip()
    if not question:
        raise InvalidQuestion(detail='"question" is empty')
    if not any(character.isalnum() for character in question):
        raise InvalidQuestion(detail='"question" holds no letter and no digit')
    if len(question) > MAX_QUESTION:
        raise InvalidQuestion(detail=f'"question" is longer than {MAX_QUESTION} characters')
    try:
        question.encode()
    except UnicodeEncodeError:  # JSON can spell half a surrogate pair
        raise InvalidQuestion(detail='"question" is not valid Unicode') from None
    return question


def _object(body: bytes | str | Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(body, Mapping):
        return body
    if len(body) > MAX_BODY:
        raise InvalidQuestion(detail=f"the request is larger than {MAX_BODY // 1024} KB")
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidQuestion(detail="the request is not JSON") from None
    if not isinstance(data, dict):
        raise InvalidQuestion(detail="the request is not a JSON object")
    return data


def _turns(value: object) -> Iterator[Turn]:
    if value is None:
        return
    if not isinstance(value, list) or len(value) > MAX_TURNS:
        raise InvalidQuestion(detail=f'"history" must be a list of at most {MAX_TURNS} turns')
    for turn in value:
        role = turn.get("role") if isinstance(turn, dict) else None
        content = turn.get("content") if isinstance(turn, dict) else None
        if role not in ("user", "assistant") or not isinstance(content, str):
            raise InvalidQuestion(
                detail='a turn of "history" is {"role": "user" or "assistant", "content": string}'
            )
        if len(content) > MAX_TURN:
            raise InvalidQuestion(detail=f'a turn of "history" exceeds {MAX_TURN} characters')
        yield Turn(role, content.encode("utf-8", "replace").decode())


def _documents(value: object) -> tuple[str, ...] | None:
    if value is None:
        return None
    if (
        not isinstance(value, list)
        or len(value) > MAX_DOCUMENTS
        or not all(isinstance(document, str) and len(document) <= 256 for document in value)
    ):
        raise InvalidQuestion(detail=f'"documents" must be a list of ≤ {MAX_DOCUMENTS} ids')
    return tuple(value)


def _top_k(value: object) -> int | None:
    if value is None:
        return None
    # JSON knows one kind of number: 8.0 is 8, but true is not 1.
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= MAX_TOP_K:
        raise InvalidQuestion(detail=f'"top_k" must be a whole number from 1 to {MAX_TOP_K}')
    return value


# Server-sent events ------------------------------------------------------------------

BROKEN_OFF = Failed(
    code="broken-off",
    message="답변이 중간에 끊겼습니다. 다시 시도하세요. / The answer broke off. Try again.",
)


def event_json(event: AnswerEvent) -> Json:
    """The data of one event."""
    match event:
        case Sources():
            return {"passages": [passage_json(passage) for passage in event.passages]}
        case Delta():
            return {"text": event.text}
        case Cited():
            citation = citation_json(event.citation) if event.citation else None
            return {"number": event.number, "citation": citation, "sentence": event.sentence}
        case Done():
            return done_json(event)
        case Failed():
            return {"code": event.code, "message": event.message}


def event_from(kind: str, data: Mapping[str, Any]) -> AnswerEvent | None:
    """The event of this type and data; None for a type of a later version."""
    match kind:
        case "sources":
            return Sources(tuple(passage_from(passage) for passage in data["passages"]))
        case "delta":
            return Delta(data["text"])
        case "citation":
            citation = data["citation"]
            return Cited(
                number=data["number"],
                citation=citation_from(citation) if citation else None,
                sentence=data.get("sentence", ""),
            )
        case "done":
            return Done(
                answer=data["answer"],
                refused=data["refused"],
                citations=tuple(citation_from(citation) for citation in data["citations"]),
                question=data.get("question", ""),
                usage=data.get("usage", {}),
                seconds=data.get("seconds", 0.0),
            )
        case "error":
            return Failed(code=data["code"], message=data["message"])
    return None


def dumps(data: object) -> bytes:
    """JSON in UTF-8, compact. Half surrogates, which UTF-8 cannot carry, become "?"."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "replace")


def encode(event: AnswerEvent) -> bytes:
    """One answer event as one server-sent event."""
    return named_event(event.type, event_json(event))


def named_event(kind: str, data: Json) -> bytes:
    """One server-sent event. JSON escapes line ends, so its data is one line."""
    return b"event: " + kind.encode() + b"\ndata: " + dumps(data) + b"\n\n"


def lines_of(chunks: Iterable[bytes]) -> Iterator[str]:
    """Lines of a byte stream, cut at LF, CR or CRLF only.

    `str.splitlines` would also cut at U+2028, which JSON may hold as it is.
    """
    rest = b""
    for chunk in chunks:
        rest += chunk
        # A CR that ends what has come may be the first half of a CRLF: wait.
        held = b"\r" if rest.endswith(b"\r") else b""
        ready = rest[: len(rest) - len(held)].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        *lines, rest = ready.split(b"\n")
        rest += held
        for line in lines:
            yield line.decode("utf-8", "replace")
    if rest:
        yield rest.rstrip(b"\r").decode("utf-8", "replace")


def server_sent(chunks: Iterable[bytes]) -> Iterator[tuple[str, str]]:
    """`(event type, data)` of every complete server-sent event in a byte stream."""
    kind, data = "", list[str]()
    for line in lines_of(chunks):
        if not line:
            if data:
                yield kind or "message", "\n".join(data)
            kind, data = "", []
            continue
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            kind = value
        elif field == "data":
            data.append(value)


def decode(chunks: Iterable[bytes]) -> Iterator[AnswerEvent]:
    """Answer events of a byte stream.

    It always ends with Done or Failed: a stream that stops early, or that
    holds something else, ends with `BROKEN_OFF`.
    """
    for kind, data in server_sent(chunks):
        try:
            event = event_from(kind, json.loads(data))
        except (ValueError, KeyError, TypeError, IndexError, AttributeError):
            break
        if event is not None:
            yield event
        if isinstance(event, Done | Failed):
            return
    yield BROKEN_OFF


def collect(events: Iterable[AnswerEvent]) -> Json | Failed:
    """The JSON answer that these events add up to, or the failure that ended them."""
    sources: tuple[Passage, ...] = ()
    unverified: list[str] = []
    for event in events:
        if isinstance(event, Sources):
            sources = event.passages
        elif isinstance(event, Cited) and event.citation is None:
            unverified.append(event.sentence)
        elif isinstance(event, Done):
            return {
                **done_json(event),
                "unverified": unverified,
                "sources": [source_json(passage) for passage in sources],
            }
        elif isinstance(event, Failed):
            return event
    return BROKEN_OFF
