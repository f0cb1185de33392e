"""A fake of Bedrock Runtime that speaks its wire exactly; its models are stand-ins.

Embeddings come from a function (letters' bigrams hashed into a vector, or the
real e5 model, padded with zeros, which keeps every cosine). Claude's answers
come from a function of the request. What it cannot show: what the real models
say, Titan's Korean, real quotas.

Wire: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html,
https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html,
https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed.html; event stream
framing: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import re
import struct
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from tests.aws.http_double import Answer

Json = dict[str, Any]

_TITAN = {"amazon.titan-embed-text-v1": (1536,), "amazon.titan-embed-text-v2:0": (1024, 512, 256)}
_COHERE = {
    "cohere.embed-multilingual-v3": (1024,),
    "cohere.embed-english-v3": (1024,),
    "cohere.embed-v4:0": (1536, 1024, 512, 256),
}
_PATH = re.compile(r"/model/([^/]+)/(invoke|converse-stream)$")
_CHARACTERS_A_TOKEN = 2  # roughly Titan's, on Korean
_ERRORS = {
    "throttle": (429, "ThrottlingException", "Too many requests, please wait before trying again."),
    "denied": (403, "AccessDeniedException", "You don't have access to the model."),
    "error": (500, "InternalServerException", "The system encountered an unexpected error."),
    "unavailable": (503, "ServiceUnavailableException", "Bedrock is unable to process."),
}


def hashed(text: str, dimensions: int) -> list[float]:
    """A unit vector that is nearer for texts which share pairs of letters."""
    vector = [0.0] * dimensions
    plain = re.sub(r"\s+", " ", text.lower())
    for i in range(max(1, len(plain) - 1)):
        digest = zlib.crc32(plain[i : i + 2].encode())
        vector[digest % dimensions] += 1.0
    length = math.sqrt(sum(x * x for x in vector)) or 1.0
    return [x / length for x in vector]


def padded(vector: Any, dimensions: int) -> list[float]:
    """A shorter model's vector in a longer space: every cosine stays as it is."""
    values = [float(x) for x in vector]
    return values + [0.0] * (dimensions - len(values))


class BedrockFake:
    """`handle` answers one request. Set `embed`, `reply` and `faults` to steer it."""

    def __init__(self) -> None:
        self.embed: Callable[[str, str, int], list[float]] = lambda text, kind, d: hashed(text, d)
        self.reply: Callable[[Json], str] = lambda request: "설명서에 따르면 그렇습니다 [1]."
        self.faults: Callable[[str], str | None] = lambda point: None
        self.before_delta: Callable[[int], None] = lambda number: None
        self.requests: list[tuple[str, str, Json]] = []
        self.in_flight = self.most_in_flight = 0
        self._lock = threading.Lock()

    def handle(
        self, method: str, path: str, query: dict[str, str], headers: Mapping[str, str], body: bytes
    ) -> Answer:
        match = _PATH.match(path)
        if not match or method != "POST":
            return _error(404, "UnknownOperationException", f"{method} {path}")
        model, operation = unquote(match[1]), match[2]
        request = json.loads(body)
        with self._lock:
            self.requests.append((model, operation, request))
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            fault = self.faults(f"bedrock.{operation}")
            if fault in _ERRORS:
                return _error(*_ERRORS[fault])
            if operation == "invoke":
                return self._embed(model, request)
            problem = _converse_problem(request)
            if problem:
                return _error(400, "ValidationException", problem)
            stream_type = {"Content-Type": "application/vnd.amazon.eventstream"}
            return Answer(200, self._stream(request, fault), stream_type)
        finally:
            with self._lock:
                self.in_flight -= 1

    # embeddings

    def _embed(self, model: str, request: Json) -> Answer:
        base = model.rsplit("/", 1)[-1]
        for known, sizes in {**_TITAN, **_COHERE}.items():
            if base.endswith(known):
                titan = known in _TITAN
                return (self._titan if titan else self._cohere)(request, known, sizes)
        return _error(400, "ValidationException", "The provided model identifier is invalid.")

    def _titan(self, request: Json, model: str, sizes: tuple[int, ...]) -> Answer:
        text = request.get("inputText")
        allowed = (
            {"inputText"}
            if model.endswith("v1")
            else {*("inputText", "dimensions", "normalize", "embeddingTypes")}
        )
        if set(request) - allowed:
            reason = f"Malformed input request: extraneous key {sorted(set(request) - allowed)}"
            return _error(400, "ValidationException", reason)
        if not isinstance(text, str) or not text:
            reason = "Malformed input request: expected minLength: 1, actual: 0"
            return _error(400, "ValidationException", reason)
        size = request.get("dimensions", sizes[0])
        if size not in sizes:
            reason = f"Malformed input request: {size} is not a valid dimension"
            return _error(400, "ValidationException", reason)
        tokens = len(text) // _CHARACTERS_A_TOKEN + 1
        if tokens > 8192 or len(text) > 50_000:
            reason = f"400 Bad Request: Too many input tokens. Max input tokens: 8192, request input token count: {tokens} "
            return _error(400, "ValidationException", reason)
        vector = self.embed(text, "passage", size)
        return _json(
            {"embedding": vector, "inputTextTokenCount": tokens},
            {"X-Amzn-Bedrock-Input-Token-Count": str(tokens)},
        )

    def _cohere(self, request: Json, model: str, sizes: tuple[int, ...]) -> Answer:
        texts, kind = request.get("texts"), request.get("input_type")
        if kind not in ("search_document", "search_query", "classification", "clustering"):
            return _error(400, "ValidationException", "input_type is required")
        if not isinstance(texts, list) or not 1 <= len(texts) <= 96:
            return _error(400, "ValidationException", "texts: 1 to 96 are allowed")
        if not model.endswith("v4:0") and any(len(t) > 2048 for t in texts):
            reason = "Malformed input request: expected maxLength: 2048, please reformat"
            return _error(400, "ValidationException", reason)
        size = request.get("output_dimension", sizes[0])
        if size not in sizes or ("output_dimension" in request and not model.endswith("v4:0")):
            return _error(400, "ValidationException", f"output_dimension {size} is not valid")
        vectors = [self.embed(t, kind.removeprefix("search_"), size) for t in texts]
        named = "embedding_types" in request
        answer: Json = {
            "id": hashlib.sha256(repr(texts).encode()).hexdigest()[:32],
            "texts": texts,
            "embeddings": {"float": vectors} if named else vectors,
            "response_type": "embeddings_by_type" if named else "embeddings_floats",
        }
        tokens = sum(len(t) // _CHARACTERS_A_TOKEN + 1 for t in texts)
        return _json(answer, {"X-Amzn-Bedrock-Input-Token-Count": str(tokens)})

    # answers

    def _stream(self, request: Json, fault: str | None) -> Iterator[bytes]:
        text = self.reply(request)
        yield _event("messageStart", {"role": "assistant"})
        thought = {"reasoningContent": {"text": "생각 중"}}
        yield _event("contentBlockDelta", {"contentBlockIndex": 0, "delta": thought})
        yield _event("contentBlockStop", {"contentBlockIndex": 0})
        pieces = re.findall(r"\S+\s*|\s+", text)
        for i, piece in enumerate(pieces):
            self.before_delta(i)
            delta = {"contentBlockIndex": 1, "delta": {"text": piece}, "p": "abc"}
            yield _event("contentBlockDelta", delta)
            if fault == "midstream" and i >= len(pieces) // 2:
                yield _exception("modelStreamErrorException", "The stream broke.")
                return
            if fault == "midthrottle" and i >= len(pieces) // 2:
                yield _exception("throttlingException", "Too many tokens.")
                return
        yield _event("contentBlockStop", {"contentBlockIndex": 1})
        yield _event("messageStop", {"stopReason": "end_turn"})
        usage = {"usage": _usage(request, text), "metrics": {"latencyMs": 600}}
        yield _event("metadata", usage)


def _converse_problem(request: Json) -> str:
    inference = request.get("inferenceConfig", {})
    if {"temperature", "topP"} & set(inference):
        return "`temperature` and `top_p` are not supported for this model."
    messages = request.get("messages") or [{}]
    roles = [message.get("role") for message in messages]
    if roles[0] != "user" or any(a == b for a, b in itertools.pairwise(roles)):
        return "A conversation must start with a user message and alternate."
    if any(not c.get("text", "x").strip() for m in messages for c in m.get("content", [])):
        return "The text field in the ContentBlock object is blank."
    return ""


def _usage(request: Json, text: str) -> dict[str, int]:
    read = len(json.dumps(request, ensure_ascii=False)) // 3
    wrote = len(text) // 2 + 1
    return {"inputTokens": read, "outputTokens": wrote, "totalTokens": read + wrote}


def _json(data: Json, headers: Mapping[str, str] | None = None) -> Answer:
    body = json.dumps(data, ensure_ascii=False).encode()
    return Answer(200, body, {"Content-Type": "application/json", **(headers or {})})


def _error(status: int, kind: str, message: str) -> Answer:
    headers = {"Content-Type": "application/json", "x-amzn-ErrorType": kind}
    return Answer(status, json.dumps({"message": message}).encode(), headers)


def _message(headers: Mapping[str, str], payload: bytes) -> bytes:
    """One message of the event stream encoding: prelude, checksum, headers, payload, checksum."""
    head = b"".join(
        struct.pack("!B", len(k)) + k.encode() + b"\x07" + struct.pack("!H", len(v)) + v.encode()
        for k, v in headers.items()
    )
    prelude = struct.pack("!II", 16 + len(head) + len(payload), len(head))
    prelude += struct.pack("!I", zlib.crc32(prelude))
    message = prelude + head + payload
    return message + struct.pack("!I", zlib.crc32(message))


def _event(kind: str, data: Json) -> bytes:
    headers = {":event-type": kind, ":content-type": "application/json", ":message-type": "event"}
    return _message(headers, json.dumps(data, ensure_ascii=False).encode())


def _exception(kind: str, message: str) -> bytes:
    headers = {
        ":exception-type": kind,
        ":content-type": "application/json",
        ":message-type": "exception",
    }
    return _message(headers, json.dumps({"message": message}).encode())
