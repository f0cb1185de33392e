"""A backend over HTTP: `manualchat serve`, a function URL, or an HTTP API on AWS."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from manualchat.client import EVERYTHING, Offer, Progress, Received, Upload
from manualchat.errors import AccessDenied, BackendError, ManualchatError, MissingExtra, Throttled
from manualchat.journal import Feedback
from manualchat.language import current_language
from manualchat.model import AnswerEvent, Box, Document, Failed, Passage
from manualchat.protocol import (
    EVENT_STREAM,
    Query,
    decode,
    document_from,
    dumps,
    failed_from,
    passage_from,
    server_sent,
)

if TYPE_CHECKING:
    import httpx

_CONNECT_SECONDS = 10
_READ_SECONDS = 300  # between two bytes: a model may think for long


class RemoteError(ManualchatError):
    """An error that the server explained already, in a problem document."""

    def __init__(self, *, code: str, detail: str, status: int) -> None:
        super().__init__(detail=detail)
        self.code = code
        self.status = status


class HttpBackend:
    """A server that speaks the protocol, at a URL."""

    def __init__(
        self, url: str, *, token: str = "", region: str = "", signer: httpx.Auth | None = None
    ) -> None:
        """With `token` it is sent as a bearer token; AWS's own hosts get SigV4 without one.

        `signer` signs in place of what the host's name tells (a local AWS).
        """
        try:
            import httpx
        except ImportError:
            raise MissingExtra(feature="MANUALCHAT_BACKEND=http…", extra="serve") from None
        self.place = url.rstrip("/").removesuffix("/query")
        headers = {
            b"User-Agent": b"manualchat",
            b"Accept-Language": current_language().encode(),
        }
        if token:
            headers[b"Authorization"] = b"Bearer " + token.encode()
        self._http = httpx.Client(
            base_url=self.place,
            headers=headers,
            auth=None if token else signer or _signer(self.place, region),
            timeout=httpx.Timeout(_CONNECT_SECONDS, read=_READ_SECONDS),
            transport=httpx.HTTPTransport(retries=2),  # of connecting only: nothing runs twice
        )
        self._lock = threading.Lock()
        self._offers: frozenset[Offer] | None = None

    @property
    def offers(self) -> frozenset[Offer]:
        """As `GET /healthz` says; where that does not exist (AWS), only answers."""
        with self._lock:
            if self._offers is None:
                try:
                    offered = self._json("GET", "/healthz").get("offers", ["ask"])
                except ManualchatError:
                    return frozenset({"ask"})  # not remembered: it may start later
                self._offers = frozenset(offer for offer in EVERYTHING if offer in offered)
            return self._offers

    def ask(self, query: Query) -> Iterator[AnswerEvent]:
        try:
            with self._stream("POST", "/query", content=dumps(query.to_json())) as response:
                yield from decode(_chunks(response, self.place))
        except RemoteError as error:
            yield Failed(code=error.code, message=str(error))
        except ManualchatError as error:
            yield failed_from(error, current_language())

    def search(self, query: Query) -> list[Passage]:
        data = self._json("POST", "/search", content=dumps(query.to_json()))
        return [passage_from(passage) for passage in data["passages"]]

    def documents(self) -> list[Document]:
        return [document_from(data) for data in self._json("GET", "/documents")["documents"]]

    def add(
        self, uploads: Sequence[Upload], *, password: str | None = None
    ) -> Iterator[Progress | Received]:
        with ExitStack() as stack:
            files = [
                ("files", (upload.name, stack.enter_context(upload.path.open("rb"))))
                for upload in uploads
            ]
            response = stack.enter_context(
                self._stream(
                    "POST",
                    "/documents",
                    files=files,
                    data={"password": password} if password else {},
                )
            )
            for kind, text in server_sent(_chunks(response, self.place)):
                data = json.loads(text)
                if kind == "progress":
                    yield Progress(data["name"], data["page"], data["pages"])
                elif kind == "received":
                    yield received_from(data)
                elif kind == "error":
                    raise RemoteError(code=data["code"], detail=data["message"], status=200)

    def remove(self, document: str) -> bool:
        try:
            self._request("DELETE", f"/documents/{_part(document)}")
        except RemoteError as error:
            if error.code == "document-not-found":
                return False
            raise
        return True

    def page_text(self, document: str, page: int) -> str:
        return str(self._json("GET", f"/documents/{_part(document)}/pages/{page}")["text"])

    def page_image(
        self, document: str, page: int, *, boxes: Sequence[Box] = (), width: int = 1_000
    ) -> bytes:
        marks = [",".join(f"{side:.2f}" for side in box) for box in boxes]
        return self._request(
            "GET",
            f"/documents/{_part(document)}/pages/{page}/image",
            params={"width": width, "box": marks},
        ).content

    def pdf(self, document: str) -> bytes:
        return self._request("GET", f"/documents/{_part(document)}/pdf").content

    def suggestions(self, documents: Sequence[str] | None = None, limit: int = 4) -> list[str]:
        if "documents" not in self.offers:
            return []
        params: dict[str, Any] = {"limit": limit, "document": list(documents or ())}
        return list(self._json("GET", "/suggestions", params=params)["suggestions"])

    def record(self, feedback: Feedback) -> None:
        self._request(
            "POST",
            "/feedback",
            content=dumps(
                {
                    "rating": feedback.rating,
                    "comment": feedback.comment,
                    "question": feedback.question,
                    "answer": feedback.answer,
                    "citations": list(feedback.citations),
                }
            ),
        )

    def close(self) -> None:
        self._http.close()

    def _json(self, method: str, path: str, **content: Any) -> dict[str, Any]:
        try:
            data = self._request(method, path, **content).json()
        except ValueError:
            raise BackendError(service=self.place, detail="no JSON") from None
        if not isinstance(data, dict):
            raise BackendError(service=self.place, detail="no JSON object")
        return data

    def _request(self, method: str, path: str, **content: Any) -> httpx.Response:
        import httpx

        try:
            response = self._http.request(method, path, headers=_headers(content), **content)
        except httpx.HTTPError as error:
            raise _unreachable(self.place, error) from None
        if response.is_error:
            raise _explained(self.place, response)
        return response

    @contextmanager
    def _stream(self, method: str, path: str, **content: Any) -> Iterator[httpx.Response]:
        import httpx

        headers = {**_headers(content), "Accept": EVENT_STREAM}
        with ExitStack() as stack:
            try:
                response = stack.enter_context(
                    self._http.stream(method, path, headers=headers, **content)
                )
                if response.is_error:
                    response.read()
            except httpx.HTTPError as error:
                raise _unreachable(self.place, error) from None
            if response.is_error:
                raise _explained(self.place, response)
            yield response


def received_from(data: Mapping[str, Any]) -> Received:
    """What became of an upload, from its JSON."""
    document = data.get("document")
    return Received(
        name=data["name"],
        outcome=data["outcome"],
        document=document_from(document) if document else None,
        reason=data.get("reason", ""),
        seconds=data.get("seconds", 0.0),
    )


def _chunks(response: httpx.Response, place: str) -> Iterator[bytes]:
    """The body as it comes. A broken connection ends it: `decode` says so."""
    import httpx

    try:
        # An HTTP API that buffers may answer with JSON; decode() reports that.
        yield from response.iter_bytes()
    except httpx.HTTPError:
        return


def _headers(content: Mapping[str, Any]) -> dict[str, str]:
    return {"Content-Type": "application/json"} if "content" in content else {}


def _part(name: str) -> str:
    return quote(name, safe="")


def _unreachable(place: str, error: Exception) -> BackendError:
    return BackendError(service=place, detail=str(error) or type(error).__name__)


def _explained(place: str, response: httpx.Response) -> ManualchatError:
    status = response.status_code
    try:
        data = response.json()
        return RemoteError(code=str(data["code"]), detail=str(data["detail"]), status=status)
    except (ValueError, KeyError, TypeError):
        pass  # not our server's words: a proxy's, or AWS's own
    if status in (401, 403):
        return AccessDenied(service=place, detail=f"HTTP {status}")
    if status == 429:
        return Throttled(service=place)
    return BackendError(service=place, detail=f"HTTP {status}")


def _signer(url: str, region: str) -> httpx.Auth | None:
    """SigV4 for AWS's own hosts; nothing for others."""
    from urllib.parse import urlsplit

    host = urlsplit(url).hostname or ""
    if not host.endswith((".on.aws", ".amazonaws.com")):
        return None
    from manualchat.client_sigv4 import SigV4

    return SigV4.of_host(host, region)
