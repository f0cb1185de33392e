"""The real query function in this process, invoked as the runtime emulator invokes its own.

Stands in for an execution environment where the runtime itself is not the
subject: no process starts, no layer is unpacked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from manualchat.handlers.query_pipeline import Parts, respond
from tests.aws.bedrock_fake import _message
from tests.aws.http_double import Answer
from tests.aws.runtime_emulator import Step


class InProcess:
    """Has what `runtime_emulator.function_url` needs of an environment."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def invoke(self, event: Any) -> Iterator[Step]:
        response = respond(event, self._parts, streaming=True)
        yield "start", {"lambda-runtime-function-response-mode": "streaming"}
        if "requestContext" in event:
            yield "chunk", json.dumps(response.prelude()).encode() + b"\0" * 8
        for piece in response.body:
            yield "chunk", piece
        yield "end", {}


def lambda_api(environment: InProcess) -> Any:
    """A double of the Lambda API's InvokeWithResponseStream.

    https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html
    """

    def answer(
        method: str, path: str, query: dict[str, str], headers: Mapping[str, str], body: bytes
    ) -> Answer:
        if not headers.get("authorization", "").startswith("AWS4-HMAC-SHA256"):
            return Answer(403, b'{"Message":"unsigned"}', {"x-amzn-errortype": "AccessDenied"})
        if path != "/2021-11-15/functions/query/response-streaming-invocations":
            error = {"x-amzn-errortype": "ResourceNotFoundException"}
            return Answer(404, b'{"Message":"Function not found"}', error)
        return Answer(
            200,
            _frames(environment.invoke(json.loads(body))),
            {"content-type": "application/vnd.amazon.eventstream"},
        )

    return answer


def _frames(steps: Iterator[Step]) -> Iterator[bytes]:
    for kind, value in steps:
        if kind == "chunk":
            yield _event("PayloadChunk", "application/octet-stream", value)
    yield _event("InvokeComplete", "application/json", b"{}")


def _event(kind: str, content: str, payload: bytes) -> bytes:
    headers = {":message-type": "event", ":event-type": kind, ":content-type": content}
    return _message(headers, payload)
