"""Lambda entry points: a question in, a cited answer out, streamed or whole.

`stream` runs under `streaming_runtime` (function URLs, InvokeWithResponseStream),
`handler` under the managed runtime (HTTP API, `Invoke`). Both are `respond`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any

from manualchat.answering.base import Answerer
from manualchat.asking import ask
from manualchat.config import Settings
from manualchat.embedding.base import Embedder
from manualchat.errors import InvalidQuestion, ManualchatError
from manualchat.handlers.http_events import (
    Request,
    Response,
    cors_headers,
    json_response,
    preflight,
    problem_response,
)
from manualchat.handlers.observed import count, logger
from manualchat.language import language_of
from manualchat.model import AnswerEvent, Delta, Done, Failed
from manualchat.protocol import EVENT_STREAM, Query, collect, encode, problem
from manualchat.store.base import Store

SERVICE = "query_pipeline"


@dataclass(frozen=True, slots=True)
class Parts:
    """What answers questions, made once for a warm function."""

    settings: Settings
    store: Store
    embedder: Embedder
    answerer: Answerer

    @classmethod
    def open(cls, settings: Settings) -> Parts:
        """All parts on AWS. Raises ConfigurationError, naming the variable."""
        from manualchat.answering.bedrock import BedrockAnswerer
        from manualchat.embedding.bedrock import BedrockEmbedder
        from manualchat.store.aws import AwsStore

        return cls(
            settings,
            AwsStore.open(settings),
            BedrockEmbedder(
                settings.embedding_model_id,
                dimensions=settings.embedding_dimensions or None,
                region=settings.region,
            ),
            BedrockAnswerer(
                settings.answer_model_id,
                region=settings.region,
                max_tokens=settings.max_answer_tokens,
                token_prices=settings.answer_prices,
            ),
        )


def respond(event: Mapping[str, Any], parts: Parts, *, streaming: bool) -> Response:
    """The response to an event. Errors that happen before the answer begins have a status."""
    try:
        request = Request.of(event)
    except InvalidQuestion as error:
        return problem_response(400, error.code, str(error))
    response = _routed(request, parts, streaming=streaming)
    if request.direct or request.own_cors or request.method == "OPTIONS":
        return response
    return response.with_headers(cors_headers(parts.settings.cors_origins, request))


def _routed(request: Request, parts: Parts, *, streaming: bool) -> Response:
    if request.method == "OPTIONS":
        return preflight(parts.settings.cors_origins, request)
    end = request.path.rstrip("/").rsplit("/", 1)[-1]
    if request.method in ("GET", "HEAD") and end == "healthz":
        return json_response({"status": "ok"})
    if end != "query" and request.path not in ("", "/"):
        return problem_response(404, "not-found", "POST /query takes questions.")
    if request.method != "POST":
        refusal = problem_response(405, "method-not-allowed", "Use POST.")
        return refusal.with_headers({"allow": "POST, OPTIONS"})
    token = parts.settings.token.get_secret_value()
    if token and not request.trusted and not request.bears(token):
        refusal = problem_response(401, "unauthorized", "Send the token: Authorization: Bearer …")
        return refusal.with_headers({"www-authenticate": 'Bearer realm="manualchat"'})
    return _answered(request, parts, streaming=streaming)


def _answered(request: Request, parts: Parts, *, streaming: bool) -> Response:
    try:
        query = Query.parse(request.body)
    except InvalidQuestion as error:
        return _problem(error, "ko" if "ko" in request.headers.get("accept-language", "") else "en")
    events = _observed(query, _asked(query, parts))
    first = next(events)
    if isinstance(first, Failed):
        return _problem(first)
    events_after = chain([first], events)
    if request.wants_events or (request.wants_events is None and streaming):
        headers = {"content-type": EVENT_STREAM, "cache-control": "no-store"}
        return Response(200, headers, _encoded(events_after, events))
    answer = collect(events_after)
    return _problem(answer) if isinstance(answer, Failed) else json_response(answer)


def _asked(query: Query, parts: Parts) -> Iterator[AnswerEvent]:
    """The answer's events; whatever breaks becomes the last one."""
    try:
        yield from ask(
            query.question,
            store=parts.store,
            embedder=parts.embedder,
            answerer=parts.answerer,
            history=query.history,
            documents=query.documents,
            top_k=query.top_k or parts.settings.top_k,
        )
    except ManualchatError as error:
        yield Failed(error.code, error.message(language_of(query.question)))
    except Exception:
        log().exception("an answer broke")
        yield Failed(
            "internal",
            "답변을 만들지 못했습니다. 잠시 뒤 다시 시도하세요. / The answer could not be made. Try again.",
        )


def _observed(query: Query, events: Iterator[AnswerEvent]) -> Generator[AnswerEvent, None, None]:
    """The same events; at the end a log line and metrics, without the question's words."""
    began, first = time.perf_counter(), 0.0
    values: dict[str, float] = {"Questions": 1}
    about: dict[str, Any] = {"characters": len(query.question), "turns": len(query.history)}
    try:
        for event in events:
            if isinstance(event, Delta) and not first:
                first = time.perf_counter() - began
            elif isinstance(event, Done):
                values |= {
                    "Refusals": float(event.refused),
                    "InputTokens": event.usage.get("input_tokens", 0),
                    "OutputTokens": event.usage.get("output_tokens", 0),
                }
                about |= {"refused": event.refused, "citations": len(event.citations)}
                about |= dict(event.usage)
            elif isinstance(event, Failed):
                values["Throttles" if event.code == "throttled" else "AnswerErrors"] = 1
                about |= {"error": event.code, "detail": event.message}
            yield event
    finally:
        values["AnswerMs"] = (time.perf_counter() - began) * 1000
        if first:
            values["FirstTokenMs"] = first * 1000
        log().info("answered", first_ms=round(first * 1000), ms=round(values["AnswerMs"]), **about)
        count(SERVICE, values)


def _encoded(
    events: Iterator[AnswerEvent], source: Generator[AnswerEvent, None, None]
) -> Iterator[bytes]:
    try:
        yield from map(encode, events)
    finally:
        source.close()  # whoever stops listening stops the model too


def _problem(error: ManualchatError | Failed, language: str = "en") -> Response:
    status, data = problem(error, language)
    return problem_response(status, data["code"], data["detail"])


@lru_cache(maxsize=1)
def log() -> Any:
    """This function's logger."""
    return logger(SERVICE)


@lru_cache(maxsize=1)
def _parts() -> Parts:
    return Parts.open(Settings.load())


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Answer whole."""
    return respond(event, _parts(), streaming=False).whole()


def stream(event: Mapping[str, Any], context: Any) -> tuple[dict[str, Any] | None, Iterator[bytes]]:
    """Answer in pieces: the prelude (None for a direct invocation), and the body."""
    response = respond(event, _parts(), streaming=True)
    if "requestContext" in event:
        return response.prelude(), iter(response.body)
    if response.status == 200:
        return None, iter(response.body)
    return None, iter([_as_event(response)])


def _as_event(response: Response) -> bytes:
    """A problem document as the one event of a stream that has no status."""
    import json

    data = json.loads(b"".join(response.body))
    return encode(Failed(data["code"], data["detail"]))


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    _parts()  # a wrong variable shows at init, and warm-up is not part of the first answer
