"""The HTTP API: a thin skin over a backend (`manualchat serve`).

`POST /query` is the same request and the same answer as on AWS; see
`protocol.py`. With `MANUALCHAT_BACKEND=lambda:…` this server is a front for the
AWS deployment, for clients that speak OpenAI's API.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException

from manualchat import __version__
from manualchat.api_documents import documents_router
from manualchat.api_guard import Guard, Limits
from manualchat.api_openai import openai_router
from manualchat.api_schema import (
    ANSWER,
    FEEDBACK,
    PASSAGES,
    QUERY,
    answers,
    body,
    json_object,
)
from manualchat.api_work import (
    EventStream,
    Gate,
    Whole,
    WholeAnswer,
    each,
    language_of_request,
    log,
    plain_problem,
    problem_response,
    wants_stream,
)
from manualchat.client import Backend
from manualchat.errors import InvalidQuestion, ManualchatError
from manualchat.journal import Feedback
from manualchat.nouns_json import Json
from manualchat.protocol import Query, encode, passage_json

_DESCRIPTION = """Ask PDF manuals; get an answer with the page that proves it.
Errors are RFC 9457 problem documents; their `code` is stable."""


def create_app(backend: Backend, limits: Limits | None = None) -> FastAPI:
    """The ASGI application. It closes the backend when it shuts down."""
    limits = limits or Limits()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.gate = Gate(limits.running, limits.waiting)
        app.state.uploading = Gate(1, 8)
        yield
        backend.close()

    app = FastAPI(
        title="manualchat",
        version=__version__,
        description=_DESCRIPTION,
        license_info={"name": "AGPL-3.0-or-later"},
        lifespan=lifespan,
        docs_url=None,  # its page loads scripts from elsewhere; /openapi.json is enough
        redoc_url=None,
    )
    app.state.backend = backend
    app.state.limits = limits
    _route(app, backend)
    app.include_router(documents_router(backend))
    app.include_router(openai_router(backend))
    _handle_errors(app)
    app.add_middleware(Guard, limits=limits)
    return app


async def query_of(request: Request) -> Query:
    """The query in the body. Raises InvalidQuestion."""
    return Query.parse(await request.body())


def _route(app: FastAPI, backend: Backend) -> None:
    @app.post(
        "/query",
        summary="Ask a question",
        tags=["asking"],
        openapi_extra=body(QUERY),
        responses=answers(ANSWER, 400, 404, 502, 503, stream="Answer events"),
    )
    async def query(request: Request, query: Annotated[Query, Depends(query_of)]) -> Response:
        gate: Gate = request.app.state.gate
        language = language_of_request(request)
        if wants_stream(request):
            return EventStream(lambda: each(encode, backend.ask(query)), gate, language=language)
        return WholeAnswer(lambda: backend.ask(query), gate, language=language)

    @app.post(
        "/search",
        summary="Passages for a query, best first",
        tags=["asking"],
        openapi_extra=body(QUERY),
        responses=answers(PASSAGES, 400, 404, 501, 503),
    )
    async def search(request: Request, query: Annotated[Query, Depends(query_of)]) -> Response:
        def passages() -> Iterator[Response]:
            found = [passage_json(passage) for passage in backend.search(query)]
            yield JSONResponse({"passages": found})

        return Whole(passages, request.app.state.gate, language=language_of_request(request))

    @app.post(
        "/feedback",
        summary="Keep a verdict on an answer",
        tags=["asking"],
        status_code=204,
        openapi_extra=body(FEEDBACK),
        responses=answers(None, 400, 501, success=204),
    )
    async def feedback(request: Request) -> Response:
        verdict = _feedback(json_object(await request.body()))

        def keep() -> Iterator[Response]:
            backend.record(verdict)
            yield Response(status_code=204)

        return Whole(keep, request.app.state.gate, language=language_of_request(request))

    @app.get("/healthz", summary="Alive, and what is on offer", tags=["server"])
    def healthz() -> dict[str, Any]:
        return {"status": "ok", "version": __version__, "offers": sorted(backend.offers)}


def _feedback(data: Json) -> Feedback:
    rating = data.get("rating")
    if isinstance(rating, bool) or rating not in (1, -1):
        raise InvalidQuestion(detail='"rating" must be 1 or -1')
    texts: dict[str, str] = {}
    for name in ("question", "answer", "comment"):
        value = data.get(name, "")
        if not isinstance(value, str) or len(value) > 20_000:
            raise InvalidQuestion(detail=f'"{name}" must be a string of at most 20000 characters')
        texts[name] = value.encode("utf-8", "replace").decode()
    citations = data.get("citations", [])
    if (
        not isinstance(citations, list)
        or len(citations) > 100
        or not all(isinstance(citation, str) and len(citation) <= 500 for citation in citations)
    ):
        raise InvalidQuestion(detail='"citations" must be a list of at most 100 strings')
    return Feedback(rating=int(rating), citations=tuple(citations), **texts)


def _handle_errors(app: FastAPI) -> None:
    @app.exception_handler(ManualchatError)
    async def on_ours(request: Request, error: ManualchatError) -> JSONResponse:
        return problem_response(error, language_of_request(request))

    @app.exception_handler(RequestValidationError)
    async def on_invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        where = " ".join(str(part) for part in first["loc"][1:]) or "request"
        return plain_problem(400, "invalid-request", f"{where}: {first['msg']}")

    @app.exception_handler(HTTPException)
    async def on_http(request: Request, error: HTTPException) -> JSONResponse:
        code = {404: "not-found", 405: "method-not-allowed"}.get(error.status_code, "http")
        headers = {name.replace("-", "_"): value for name, value in (error.headers or {}).items()}
        if error.status_code == 405:
            headers = {"Allow": ", ".join(_methods(app, request))}
        return plain_problem(error.status_code, code, str(error.detail), **headers)

    @app.exception_handler(Exception)
    async def on_bug(request: Request, error: Exception) -> JSONResponse:
        log.exception("request failed", exc_info=error)
        return plain_problem(500, "internal", "Internal error: see the server's log.")


def _methods(app: FastAPI, request: Request) -> list[str]:
    """Every method of this path: the router names those of one route only."""
    operations = app.openapi()["paths"]
    methods: set[str] = set()
    for template, methods_of in operations.items():
        pattern = re.sub(r"\\{[^}]*\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern, request.url.path):
            methods.update(method.upper() for method in methods_of)
    return sorted(methods)
