"""A backend that invokes the query function itself, and streams (InvokeWithResponseStream).

The way for a UI inside a VPC, where function URLs do not stream: the role of
the machine signs, and no URL is open to anyone. The query itself is the event.
https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from manualchat.client import Offer, OnlyAsks
from manualchat.errors import AccessDenied, BackendError, MissingExtra, Throttled
from manualchat.language import current_language
from manualchat.model import AnswerEvent, Failed
from manualchat.protocol import Query, decode, dumps, encode, failed_from, named_event

# Parts the status and headers of an HTTP response from its body in a streamed
# invocation (content type application/vnd.awslambda.http-integration-response).
_PRELUDE_END = b"\0" * 8
_READ_SECONDS = 300


class LambdaBackend(OnlyAsks):
    """The query function, by name or ARN."""

    def __init__(self, function: str, *, region: str = "") -> None:
        """Credentials and, without `region`, the region are boto3's own."""
        try:
            import boto3
            from botocore.config import Config
        except ImportError:
            raise MissingExtra(feature="lambda:…", extra="aws") from None
        self.place = f"lambda:{function}"
        self._function = function
        self._client: Any = boto3.client(
            "lambda",
            region_name=region or None,
            config=Config(
                read_timeout=_READ_SECONDS,
                connect_timeout=5,
                retries={"total_max_attempts": 3, "mode": "standard"},
                max_pool_connections=32,
            ),
        )

    @property
    def offers(self) -> frozenset[Offer]:
        return frozenset({"ask"})

    def ask(self, query: Query) -> Iterator[AnswerEvent]:
        try:
            yield from self._ask(query)
        except (BackendError, MissingExtra) as error:
            yield failed_from(error, current_language())

    def _ask(self, query: Query) -> Iterator[AnswerEvent]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            response = self._client.invoke_with_response_stream(
                FunctionName=self._function, Payload=dumps(query.to_json())
            )
            stream = response["EventStream"]
            try:
                yield from decode(_body(_payloads(stream)))
            finally:
                stream.close()
        except ClientError as error:
            raise _explained(self.place, error.response.get("Error", {})) from None
        except BotoCoreError as error:
            raise BackendError(service=self.place, detail=str(error)) from None


def _payloads(stream: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    for event in stream:
        if "PayloadChunk" in event:
            yield event["PayloadChunk"]["Payload"]
        code = event.get("InvokeComplete", {}).get("ErrorCode")
        if code:
            raise BackendError(service="Lambda", detail=code)


def _body(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """What follows the prelude. Raises what a status other than 200 means."""
    head = b""
    for chunk in chunks:
        head += chunk
        if not head.lstrip().startswith(b"{"):  # no prelude: events from the start
            break
        if _PRELUDE_END in head:
            prelude, _, head = head.partition(_PRELUDE_END)
            status = json.loads(prelude).get("statusCode", 200)
            if status != 200:
                yield _refusal(status, head + b"".join(chunks))
                return
            break
    else:
        if head.lstrip().startswith(b"{"):  # a buffered function's whole response
            yield _whole(json.loads(head))
            return
    yield head
    yield from chunks


def _whole(response: dict[str, Any]) -> bytes:
    """The one piece of a function that does not stream, as events."""
    if "errorMessage" in response:
        raise BackendError(service="Lambda", detail=str(response["errorMessage"])[:200])
    body = str(response.get("body", "")).encode()
    status = response.get("statusCode", 200)
    if status != 200:
        return _refusal(status, body)
    return named_event("done", json.loads(body)) if body.startswith(b"{") else body


def _refusal(status: int, body: bytes) -> bytes:
    try:
        problem = json.loads(body)
        return encode(Failed(code=str(problem["code"]), message=str(problem["detail"])))
    except (ValueError, KeyError, TypeError):
        raise BackendError(service="Lambda", detail=f"HTTP {status}") from None


def _explained(service: str, error: dict[str, str]) -> BackendError:
    code, detail = error.get("Code", ""), error.get("Message", "")
    if code in ("TooManyRequestsException", "ThrottlingException", "EC2ThrottledException"):
        return Throttled(service=service)
    if code in ("AccessDeniedException", "UnrecognizedClientException", "ExpiredTokenException"):
        return AccessDenied(service=service, detail=detail)
    return BackendError(service=service, detail=f"{code}: {detail}")
