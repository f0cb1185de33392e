"""HTTP requests as Lambda sees them, and responses, streamed or whole.

Payload format 2.0, of function URLs and HTTP APIs alike:
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from manualchat.errors import InvalidQuestion
from manualchat.protocol import PROBLEM, dumps, problem_json

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked. `direct`: an invocation without HTTP around it.

    `trusted`: AWS has checked the caller's signature. `own_cors`: a function
    URL stands in front, which adds its own CORS headers.
    """

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Json = b""
    direct: bool = False
    trusted: bool = False
    own_cors: bool = False

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Request:
        """The request in an event. Raises InvalidQuestion for a broken body."""
        context = event.get("requestContext")
        if not isinstance(context, Mapping):
            return cls("POST", "/query", body=dict(event), direct=True, trusted=True)
        http = context.get("http") or {}
        body = event.get("body") or ""
        if event.get("isBase64Encoded"):
            try:
                data = base64.b64decode(body, validate=True)
            except (binascii.Error, ValueError):
                raise InvalidQuestion(detail="the body is not base64") from None
        else:
            data = body.encode("utf-8", "replace")
        return cls(
            method=str(http.get("method", "GET")).upper(),
            path=str(event.get("rawPath") or http.get("path") or "/"),
            headers={k.lower(): str(v) for k, v in (event.get("headers") or {}).items()},
            body=data,
            trusted="iam" in (context.get("authorizer") or {}),
            own_cors=".lambda-url." in str(context.get("domainName", "")),
        )

    @property
    def wants_events(self) -> bool | None:
        """Whether the caller asked for server-sent events; None when it did not say."""
        accept = self.headers.get("accept", "")
        if "text/event-stream" in accept:
            return True
        return False if "application/json" in accept else None

    def bears(self, token: str) -> bool:
        """Whether the request carries this token. Compared in constant time."""
        given = self.headers.get("authorization", "")
        given = given[7:] if given[:7].lower() == "bearer " else ""
        given = given or self.headers.get("x-manualchat-token", "")
        return hmac.compare_digest(given.strip().encode(), token.encode())


@dataclass(frozen=True, slots=True)
class Response:
    """What is answered; `body` in the pieces that it is made in."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Iterable[bytes] = ()

    def with_headers(self, more: Mapping[str, str]) -> Response:
        return Response(self.status, {**self.headers, **more}, self.body)

    def prelude(self) -> Json:
        """Status and headers, as a streamed response begins."""
        return {"statusCode": self.status, "headers": dict(self.headers)}

    def whole(self) -> Json:
        """The response in one piece."""
        body = b"".join(self.body).decode("utf-8", "replace")
        return {**self.prelude(), "body": body, "isBase64Encoded": False}


def json_response(data: Json, status: int = 200) -> Response:
    """A JSON answer."""
    headers = {"content-type": "application/json", "cache-control": "no-store"}
    return Response(status, headers, [dumps(data)])


def problem_response(status: int, code: str, detail: str) -> Response:
    """A problem document (RFC 9457)."""
    headers = {"content-type": PROBLEM, "cache-control": "no-store"}
    return Response(status, headers, [dumps(problem_json(status, code, detail))])


def cors_headers(origins: str, request: Request) -> dict[str, str]:
    """CORS headers for this request's origin, if it is one of the comma-separated `origins`."""
    origin = request.headers.get("origin", "")
    allowed = [o.strip() for o in origins.split(",") if o.strip()]
    if "*" in allowed:
        return {"access-control-allow-origin": "*"}
    if origin and origin in allowed:
        return {"access-control-allow-origin": origin, "vary": "origin"}
    return {"vary": "origin"} if allowed else {}


def preflight(origins: str, request: Request) -> Response:
    """The answer to a CORS preflight (https://fetch.spec.whatwg.org/#http-cors-protocol)."""
    headers = cors_headers(origins, request)
    if "access-control-allow-origin" in headers:
        headers |= {
            "access-control-allow-methods": "GET, POST, OPTIONS",
            "access-control-allow-headers": "accept, authorization, content-type, x-manualchat-token",
            "access-control-max-age": "3600",
        }
    return Response(204, headers)
