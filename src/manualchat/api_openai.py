"""OpenAI's chat API over the library, so that Open WebUI or the `openai` package can ask it.

https://platform.openai.com/docs/api-reference/chat. The last user message is
the question, the turns before it its history; system messages and sampling
parameters have no meaning here and are let pass. The pages follow the answer
as a list, since these clients know no citations; programs find them in the
extra field `citations`.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from manualchat.api_schema import answers, body, json_object
from manualchat.api_work import EventStream, Gate, WholeAnswer, language_of_request
from manualchat.client import Backend
from manualchat.errors import InvalidQuestion, ManualchatError
from manualchat.language import Language, language_of
from manualchat.model import AnswerEvent, Citation, Delta, Done, Failed
from manualchat.nouns_json import Json, citation_json
from manualchat.protocol import (
    BROKEN_OFF,
    MAX_QUESTION,
    MAX_TURN,
    MAX_TURNS,
    PROBLEM,
    Query,
    dumps,
    problem,
)

MODEL = "manualchat"
_CHAT: dict[str, Any] = {
    "type": "object",
    "required": ["messages"],
    "properties": {
        "model": {"type": ["string", "null"]},
        "messages": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["role"],
                "properties": {
                    "role": {"type": "string"},
                    "content": {"type": ["string", "array", "null"]},
                },
            },
            "contains": {
                "type": "object",
                "required": ["role", "content"],
                "properties": {
                    "role": {"const": "user"},
                    "content": {"type": "string", "pattern": "[\\p{L}\\p{N}]"},
                },
            },
        },
        "stream": {"type": ["boolean", "null"]},
    },
    "example": {
        "model": MODEL,
        "messages": [{"role": "user", "content": "E-03 오류는 무슨 뜻인가요?"}],
    },
}
_COMPLETION: dict[str, Any] = {
    "type": "object",
    "required": ["id", "object", "created", "model", "choices", "usage"],
    "properties": {"object": {"const": "chat.completion"}},
}
_MODELS: dict[str, Any] = {
    "type": "object",
    "required": ["object", "data"],
    "properties": {"object": {"const": "list"}},
}


def openai_router(backend: Backend) -> APIRouter:
    """The routes, over a backend."""
    router = APIRouter(prefix="/v1", tags=["OpenAI-compatible"])

    @router.get("/models", summary="The one model", responses=answers(_MODELS))
    async def models() -> dict[str, Any]:
        model = {"id": MODEL, "object": "model", "created": 0, "owned_by": "manualchat"}
        return {"object": "list", "data": [model]}

    @router.post(
        "/chat/completions",
        summary="Ask, as a chat completion",
        openapi_extra=body(_CHAT),
        responses=answers(_COMPLETION, 400, 404, 502, 503, stream="chat.completion.chunk"),
    )
    async def complete(request: Request) -> Response:
        gate: Gate = request.app.state.gate
        language = language_of_request(request)
        try:
            data = json_object(await request.body())
            query = query_of(data)
        except ManualchatError as error:
            return _refused(error, language)
        if data.get("stream") is True:
            options = data.get("stream_options")
            usage = isinstance(options, dict) and options.get("include_usage") is True
            return _Chunks(
                lambda: _chunks(backend.ask(query), query, usage=usage), gate, language=language
            )
        return _Completion(
            lambda: backend.ask(query),
            gate,
            language=language,
            shape=lambda answer: _completion(answer, query),
        )

    return router


def query_of(data: Json) -> Query:
    """The question that a chat ends with. Raises InvalidQuestion."""
    messages = data.get("messages")
    if not isinstance(messages, list) or not messages:
        raise InvalidQuestion(detail='"messages" must be a list with a question')
    if data.get("n") not in (None, 1):
        raise InvalidQuestion(detail='"n" other than 1 is not supported')
    if not isinstance(data.get("model"), str | None):
        raise InvalidQuestion(detail='"model" must be a string')
    if not isinstance(data.get("stream"), bool | None):
        raise InvalidQuestion(detail='"stream" must be true or false')
    turns: list[tuple[str, str]] = []
    for message in messages:
        if not isinstance(message, dict) or not isinstance(message.get("role"), str):
            raise InvalidQuestion(detail='a message is {"role", "content"}')
        if message["role"] in ("user", "assistant"):
            turns.append((message["role"], _text(message.get("content"))))
    # Some clients end with an empty turn, or with the beginning of ours.
    while turns and (turns[-1][0] != "user" or not turns[-1][1].strip()):
        turns.pop()
    if not turns:
        raise InvalidQuestion(detail='"messages" holds no question of the role "user"')
    # A chat client sends all of a long conversation: its end is what counts.
    history = [
        {"role": role, "content": content[:MAX_TURN]} for role, content in turns[-MAX_TURNS:-1]
    ]
    return Query.parse({"question": turns[-1][1][-MAX_QUESTION:], "history": history})


def _text(content: object) -> str:
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, dict)]
        return "\n".join(part for part in parts if isinstance(part, str))
    raise InvalidQuestion(detail='"content" must be a string or a list of parts')


def _footnotes(citations: tuple[Citation, ...], question: str) -> str:
    """The pages under an answer."""
    if not citations:
        return ""
    korean = language_of(question) == "ko"
    lines = ["", "", "출처:" if korean else "Sources:"]
    for number, citation in enumerate(citations, 1):
        page = f"{citation.page}쪽" if korean else f"p. {citation.page}"
        printed = citation.label and citation.label != str(citation.page)
        label = (f" (인쇄 {citation.label})" if korean else f" (printed {citation.label})") * bool(
            printed
        )
        lines.append(f"[{number}] {citation.name}, {page}{label}")
    return "\n".join(lines)


def _head(kind: str) -> Json:
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex}",
        "object": kind,
        "created": int(time.time()),
        "model": MODEL,
    }


def _usage(usage: Any) -> dict[str, int]:
    asked = int(usage.get("input_tokens", 0))
    written = int(usage.get("output_tokens", 0))
    return {
        "prompt_tokens": asked,
        "completion_tokens": written,
        "total_tokens": asked + written,
    }


def _completion(answer: Json, query: Query) -> Json:
    from manualchat.protocol import citation_from

    citations = tuple(citation_from(citation) for citation in answer["citations"])
    message = {
        "role": "assistant",
        "content": answer["answer"] + _footnotes(citations, query.question),
        "refusal": None,
    }
    choice = {"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}
    return {
        **_head("chat.completion"),
        "choices": [choice],
        "usage": _usage(answer["usage"]),
        "citations": answer["citations"],
    }


def _chunks(events: Iterator[AnswerEvent], query: Query, *, usage: bool) -> Iterator[bytes]:
    head = _head("chat.completion.chunk")

    def chunk(delta: Json, finish: str | None = None, **more: Any) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish, "logprobs": None}
        return _data({**head, "choices": [choice], **more})

    role: Json = {"role": "assistant"}
    for event in events:
        if isinstance(event, Delta):
            yield chunk({**role, "content": event.text})
            role = {}
        elif isinstance(event, Done):
            footnotes = _footnotes(event.citations, query.question)
            if footnotes:
                yield chunk({**role, "content": footnotes})
            cited = [citation_json(citation) for citation in event.citations]
            yield chunk({}, "stop", citations=cited)
            if usage:
                yield _data({**head, "choices": [], "usage": _usage(event.usage)})
            yield b"data: [DONE]\n\n"
            return
        elif isinstance(event, Failed):
            yield _data({"error": _error(event.code, event.message)})
            return
    yield _data({"error": _error(BROKEN_OFF.code, BROKEN_OFF.message)})


def _data(data: Json) -> bytes:
    return b"data: " + dumps(data) + b"\n\n"


def _error(code: str, message: str, status: int = 500) -> Json:
    kind = "invalid_request_error" if status < 500 else "server_error"
    return {"message": message, "type": kind, "param": None, "code": code}


def _refused(error: ManualchatError | Failed, language: Language) -> JSONResponse:
    """An error as OpenAI's clients expect it, and a problem document's members beside it."""
    status, data = problem(error, language)
    content = {**data, "error": _error(data["code"], data["detail"], status)}
    return JSONResponse(content, status, media_type=PROBLEM)


class _Completion(WholeAnswer):
    async def broken(
        self, error: ManualchatError | Failed, scope: Scope, receive: Receive, send: Send
    ) -> None:
        await _refused(error, self._language)(scope, receive, send)


class _Chunks(EventStream):
    async def broken(
        self, error: ManualchatError | Failed, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if self._started:
            await super().broken(error, scope, receive, send)
        else:
            await _refused(error, self._language)(scope, receive, send)

    def error(self, failed: Failed) -> bytes:
        return _data({"error": _error(failed.code, failed.message)})
