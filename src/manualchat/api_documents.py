"""Routes for the documents: list, upload with progress, remove, PDF, page, page image."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException

from manualchat.api_schema import DOCUMENT, DOCUMENTS, RECEIVED, answers
from manualchat.api_work import (
    EventStream,
    Gate,
    Whole,
    each,
    language_of_request,
    plain_problem,
    wants_stream,
)
from manualchat.client import Backend, Progress, Received, Upload
from manualchat.errors import DocumentNotFound, NothingToAdd
from manualchat.model import Box
from manualchat.nouns_json import Json
from manualchat.protocol import document_json, named_event

_MAX_BOXES = 200
_MAX_WIDTH = 3_000  # pixels
_BOX = r"^-?\d{1,6}(\.\d{1,4})?(,-?\d{1,6}(\.\d{1,4})?){3}$"

_UPLOAD: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["files"],
                    "properties": {
                        "files": {
                            "type": "array",
                            "minItems": 1,
                            "items": {"type": "string", "format": "binary"},
                        },
                        "password": {"description": "For locked PDFs: text."},
                    },
                }
            }
        },
    }
}


def documents_router(backend: Backend) -> APIRouter:
    """The routes, over a backend."""
    router = APIRouter(tags=["documents"])
    _listing(router, backend)
    _uploading(router, backend)
    _pages(router, backend)
    return router


def _listing(router: APIRouter, backend: Backend) -> None:
    @router.get(
        "/documents", summary="Every document, failed ones too", responses=answers(DOCUMENTS, 501)
    )
    async def documents(request: Request) -> Response:
        return _whole(
            request,
            lambda: JSONResponse({"documents": [document_json(d) for d in backend.documents()]}),
        )

    @router.get(
        "/documents/{document}", summary="One document", responses=answers(DOCUMENT, 404, 501)
    )
    async def one(request: Request, document: str) -> Response:
        def find() -> Response:
            for known in backend.documents():
                if known.id == document:
                    return JSONResponse(document_json(known))
            raise DocumentNotFound(document=document)

        return _whole(request, find)

    @router.delete(
        "/documents/{document}",
        summary="Remove a document and its upload",
        status_code=204,
        responses=answers(None, 404, 501, success=204),
    )
    async def remove(request: Request, document: str) -> Response:
        def go() -> Response:
            if not backend.remove(document):
                raise DocumentNotFound(document=document)
            return Response(status_code=204)

        return _whole(request, go)

    @router.get(
        "/suggestions",
        summary="Questions that the manuals' headings suggest",
        responses=answers(
            {
                "type": "object",
                "required": ["suggestions"],
                "properties": {"suggestions": {"type": "array", "items": {"type": "string"}}},
            }
        ),
    )
    async def suggestions(
        request: Request,
        document: Annotated[list[str], Query(default_factory=list, max_length=1_000)],
        limit: Annotated[int, Query(ge=1, le=20)] = 4,
    ) -> Response:
        return _whole(
            request,
            lambda: JSONResponse({"suggestions": backend.suggestions(document, limit)}),
        )


def _uploading(router: APIRouter, backend: Backend) -> None:
    @router.post(
        "/documents",
        summary="Upload PDFs; with Accept: text/event-stream, with progress in pages",
        openapi_extra=_UPLOAD,
        responses=answers(
            {
                "type": "object",
                "required": ["received"],
                "properties": {"received": {"type": "array", "items": RECEIVED}},
            },
            415,
            501,
            stream="progress events {name, page, pages}, and received for each file",
        ),
    )
    async def upload(request: Request) -> Response:
        if not request.headers.get("content-type", "").startswith("multipart/form-data"):
            return plain_problem(415, "not-multipart", "Send the files as multipart/form-data.")
        gate: Gate = request.app.state.uploading
        language = language_of_request(request)
        try:
            async with _saved(request) as (folder, uploads, password):
                if not uploads:
                    raise NothingToAdd(paths='"files"')

                def clear() -> None:
                    shutil.rmtree(folder, ignore_errors=True)

                def work() -> Iterator[Progress | Received]:
                    return backend.add(uploads, password=password)

                if wants_stream(request):
                    return EventStream(
                        lambda: each(_encode, work()), gate, language=language, after=clear
                    )
                return Whole(lambda: _all(work()), gate, language=language, after=clear)
        except MultiPartException as error:
            return plain_problem(400, "invalid-request", str(error))


@asynccontextmanager
async def _saved(request: Request) -> AsyncIterator[tuple[Path, list[Upload], str | None]]:
    """The uploaded files on disk. What comes after owns the folder, unless this raises."""
    most = request.app.state.limits.files
    folder = Path(tempfile.mkdtemp(prefix="manualchat-upload-"))
    try:
        async with request.form(max_files=most, max_fields=most + 4) as form:
            uploads = []
            for number, part in enumerate(form.getlist("files")):
                if isinstance(part, UploadFile):
                    path = folder / f"{number}.pdf"
                    await to_thread.run_sync(_copy, part.file, path)
                    uploads.append(Upload(part.filename or "manual.pdf", path))
            password = form.get("password")
        yield folder, uploads, password if isinstance(password, str) and password else None
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _copy(source: Any, path: Path) -> None:
    with path.open("wb") as target:
        shutil.copyfileobj(source, target, 1024 * 1024)


def _pages(router: APIRouter, backend: Backend) -> None:
    @router.get(
        "/documents/{document}/pdf",
        summary="The original PDF",
        response_class=Response,
        responses=_binary("application/pdf"),
    )
    async def pdf(request: Request, document: str) -> Response:
        return _whole(
            request,
            lambda: Response(
                backend.pdf(document),
                media_type="application/pdf",
                # Never opened in the server's own origin: a PDF may hold scripts.
                headers={"Content-Disposition": "attachment; filename=manual.pdf"},
            ),
        )

    @router.get(
        "/documents/{document}/pages/{page}",
        summary="The text of a page",
        responses=answers(
            {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}},
            404,
            501,
        ),
    )
    async def text(request: Request, document: str, page: int) -> Response:
        return _whole(request, lambda: JSONResponse({"text": backend.page_text(document, page)}))

    @router.get(
        "/documents/{document}/pages/{page}/image",
        summary="A picture of a page, with boxes highlighted",
        response_class=Response,
        responses=_binary("image/png"),
    )
    async def image(
        request: Request,
        document: str,
        page: int,
        box: Annotated[
            list[Annotated[str, Query(pattern=_BOX)]],
            Query(default_factory=list, max_length=_MAX_BOXES),
        ],
        width: Annotated[int, Query(ge=64, le=_MAX_WIDTH)] = 1_000,
    ) -> Response:
        boxes = [_box(text) for text in box]

        def draw() -> Response:
            picture = backend.page_image(document, page, boxes=boxes, width=width)
            return Response(picture, media_type="image/png")

        return _whole(request, draw)


def _box(text: str) -> Box:
    x0, y0, x1, y1 = (float(side) for side in text.split(","))
    return x0, y0, x1, y1


def _binary(kind: str) -> dict[int | str, dict[str, Any]]:
    responses = answers(None, 404, 422, 501)
    responses[200]["content"] = {kind: {"schema": {"type": "string", "format": "binary"}}}
    return responses


def _whole(request: Request, make: Callable[[], Response]) -> Response:
    def work() -> Iterator[Response]:
        yield make()

    return Whole(work, request.app.state.gate, language=language_of_request(request))


def _encode(event: Progress | Received) -> bytes:
    if isinstance(event, Progress):
        data = {"name": event.name, "page": event.page, "pages": event.pages}
        return named_event("progress", data)
    return named_event("received", received_json(event))


def _all(events: Iterator[Progress | Received]) -> Iterator[Response]:
    received = [received_json(event) for event in events if isinstance(event, Received)]
    yield JSONResponse({"received": received})


def received_json(received: Received) -> Json:
    """What became of an upload."""
    return {
        "name": received.name,
        "outcome": received.outcome,
        "document": document_json(received.document) if received.document else None,
        "reason": received.reason,
        "seconds": round(received.seconds, 3),
    }
