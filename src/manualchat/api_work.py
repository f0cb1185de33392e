"""Work behind a response: in a thread of its own, bounded in number, stopped when nobody listens.

An answer is a plain generator. It runs in a worker thread and hands its items
over a channel of 16, so that a slow reader slows the work down (back-pressure).
A reader that goes away closes the channel, and the generator with it.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Generic, TypeVar

import anyio
from anyio import from_thread, to_thread
from anyio.streams.memory import MemoryObjectSendStream
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from manualchat.errors import ManualchatError, TooBusy
from manualchat.language import Language, current_language, speaking
from manualchat.model import AnswerEvent, Failed
from manualchat.nouns_json import Json
from manualchat.protocol import (
    EVENT_STREAM,
    KEEP_ALIVE,
    PROBLEM,
    collect,
    encode,
    problem,
    problem_json,
)

T = TypeVar("T")
log = logging.getLogger("manualchat.api")

INTERNAL = Failed(
    code="internal",
    message="내부 오류가 발생했습니다. 서버 로그를 확인하세요. / Internal error: see the server's log.",
)
_CHANNEL = 16  # items that wait for the reader
_FIRST_SECONDS = 5.0  # how long an error may still become a problem document
_KEEP_ALIVE_SECONDS = 10.0
_RETRY_SECONDS = 2


class Gate:
    """Lets `running` pieces of work in at once and `waiting` more queue; turns others away."""

    def __init__(self, running: int, waiting: int) -> None:
        self.limiter = anyio.CapacityLimiter(running)
        self._most = running + waiting
        self._inside = 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """A place in the queue. Raises TooBusy."""
        if self._inside >= self._most:
            raise TooBusy(seconds=_RETRY_SECONDS)
        self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1


def language_of_request(request: Request) -> Language:
    """The language for messages: what the client asks for, else the server's."""
    wanted = request.headers.get("accept-language", "").strip().lower()
    if wanted.startswith("ko"):
        return "ko"
    return "en" if wanted.startswith("en") else current_language()


def problem_response(error: ManualchatError | Failed, language: Language = "en") -> JSONResponse:
    """An error as a problem document."""
    status, data = problem(error, language)
    return _problem(status, data)


def plain_problem(status: int, code: str, detail: str, **headers: str) -> JSONResponse:
    """A problem that is no ManualchatError."""
    return _problem(status, problem_json(status, code, detail), headers)


def _problem(status: int, data: Json, headers: dict[str, str] | None = None) -> JSONResponse:
    headers = {name.replace("_", "-"): value for name, value in (headers or {}).items()}
    if status == 503:
        headers["Retry-After"] = str(_RETRY_SECONDS)
    return JSONResponse(data, status, headers=headers, media_type=PROBLEM)


class Work(Response, Generic[T]):
    """A response made from the items of a generator that runs in a thread.

    Subclasses say what an item becomes: `item` for each, `end` after the last,
    `broken` for an error.
    """

    def __init__(
        self,
        work: Callable[[], Iterator[T]],
        gate: Gate,
        *,
        language: Language = "en",
        after: Callable[[], None] = lambda: None,
    ) -> None:
        """`after` is called when all is over, also when the work never began."""
        super().__init__()
        self._after = after
        self._work = work
        self._gate = gate
        self._language = language
        self._error: ManualchatError | Failed | None = None

    async def item(self, item: T, send: Send) -> None:
        """Send, or keep, one item."""

    async def end(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Finish the response."""

    async def broken(
        self, error: ManualchatError | Failed, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Finish the response after an error: a problem document."""
        await problem_response(error, self._language)(scope, receive, send)

    async def idle(self, send: Send) -> None:
        """Nothing came for a while."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            async with self._gate.place():
                await self._respond(scope, receive, send)
        except TooBusy as error:
            await self.broken(error, scope, receive, send)
        finally:
            self._after()

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        into, items = anyio.create_memory_object_stream[T](_CHANNEL)
        stop = threading.Event()
        async with anyio.create_task_group() as group:
            try:
                group.start_soon(_cancel_when_gone, receive, group.cancel_scope)
                group.start_soon(self._run, into, stop)
                wait = _FIRST_SECONDS
                while True:
                    try:
                        with anyio.move_on_after(wait) as waited:
                            item = await items.receive()
                    except anyio.EndOfStream:
                        break
                    if waited.cancelled_caught:
                        await self.idle(send)
                        wait = _KEEP_ALIVE_SECONDS
                        continue
                    await self.item(item, send)
                if self._error is not None:
                    await self.broken(self._error, scope, receive, send)
                else:
                    await self.end(scope, receive, send)
            finally:
                stop.set()
                items.close()
                group.cancel_scope.cancel()

    async def _run(self, into: MemoryObjectSendStream[T], stop: threading.Event) -> None:
        with into:
            # Not abandoned when cancelled: its place is free when its work has ended.
            await to_thread.run_sync(self._pump, into, stop, limiter=self._gate.limiter)

    def _pump(self, into: MemoryObjectSendStream[T], stop: threading.Event) -> None:
        items: Iterator[T] = iter(())
        try:
            with speaking(self._language):
                items = self._work()
                for item in items:
                    if stop.is_set():
                        return
                    from_thread.run(into.send, item)
        except (anyio.BrokenResourceError, anyio.ClosedResourceError):
            return
        except ManualchatError as error:
            self._error = error
        except Exception:
            if not stop.is_set():
                log.exception("answering failed")
                self._error = INTERNAL
        finally:
            close: Callable[[], None] = getattr(items, "close", lambda: None)
            with suppress(Exception):
                close()


class EventStream(Work[bytes]):
    """Server-sent events. An error before the first becomes a problem document."""

    _started = False

    async def item(self, item: bytes, send: Send) -> None:
        await self._start(send)
        await send({"type": "http.response.body", "body": item, "more_body": True})

    async def idle(self, send: Send) -> None:
        await self.item(KEEP_ALIVE, send)

    async def end(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._start(send)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def broken(
        self, error: ManualchatError | Failed, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if not self._started:
            await super().broken(error, scope, receive, send)
            return
        if not isinstance(error, Failed):
            error = Failed(code=error.code, message=error.message(self._language))
        await self.item(self.error(error), send)
        await self.end(scope, receive, send)

    def error(self, failed: Failed) -> bytes:
        """The bytes of an error inside the stream."""
        return encode(failed)

    async def _start(self, send: Send) -> None:
        if self._started:
            return
        self._started = True
        headers = {
            "content-type": EVENT_STREAM,
            "cache-control": "no-store",
            "x-accel-buffering": "no",  # nginx would hold the stream back
        }
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": 200, "headers": raw})


class Whole(Work[Response]):
    """One response, made by the work."""

    _made: Response | None = None

    async def item(self, item: Response, send: Send) -> None:
        self._made = item

    async def end(self, scope: Scope, receive: Receive, send: Send) -> None:
        await (self._made or problem_response(INTERNAL))(scope, receive, send)


class WholeAnswer(Work[AnswerEvent]):
    """An answer as one JSON document. Event by event, so that it can stop between two."""

    def __init__(
        self,
        work: Callable[[], Iterator[AnswerEvent]],
        gate: Gate,
        *,
        language: Language = "en",
        shape: Callable[[Json], Json] = lambda answer: answer,
    ) -> None:
        super().__init__(work, gate, language=language)
        self._shape = shape
        self._events: list[AnswerEvent] = []

    async def item(self, item: AnswerEvent, send: Send) -> None:
        self._events.append(item)

    async def end(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = collect(self._events)
        if isinstance(answer, Failed):
            await self.broken(answer, scope, receive, send)
        else:
            await JSONResponse(self._shape(answer))(scope, receive, send)


def each(change: Callable[[T], bytes], items: Iterator[T]) -> Iterator[bytes]:
    """`map`, which also closes the iterator that it draws from."""
    try:
        for item in items:
            yield change(item)
    finally:
        close: Callable[[], None] = getattr(items, "close", lambda: None)
        close()


async def _cancel_when_gone(
    receive: Callable[[], Awaitable[dict[str, object]]] | Receive, scope: anyio.CancelScope
) -> None:
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            scope.cancel()
            return


def wants_stream(request: Request) -> bool:
    """Whether `Accept` prefers events to JSON (RFC 9110, section 12.5.1)."""
    return _quality(request, "text/event-stream") > _quality(request, "application/json")


def _quality(request: Request, kind: str) -> float:
    """How much `Accept` wants this type: the most specific range that fits decides."""
    best, rank = 0.0, -1
    for part in request.headers.get("accept", "*/*").split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        fits = {kind: 2, kind.split("/", maxsplit=1)[0] + "/*": 1, "*/*": 0}.get(name, -1)
        if fits > rank:
            quality = next((p[2:] for p in parameters if p.startswith("q=")), "1")
            try:
                best, rank = float(quality), fits
            except ValueError:
                best, rank = 0.0, fits
    return best if math.isfinite(best) else 0.0
