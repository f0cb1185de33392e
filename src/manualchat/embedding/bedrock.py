"""Embeddings from Amazon Bedrock: Titan (the default) and Cohere."""

from __future__ import annotations

import json
import math
import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from manualchat.aws_calls import client as boto_client
from manualchat.aws_calls import in_our_words
from manualchat.embedding.bedrock_models import Kind, identity_of, model_of
from manualchat.errors import BackendError, Throttled
from manualchat.model import Vector

_TRIES = 8
_SERVICE = "Bedrock"


class BedrockEmbedder:
    """Implements `embedding.base.Embedder` with one of Bedrock's models.

    At most `concurrency` requests are in flight and `requests_per_minute`
    start a minute; throttling halves that pace, success slowly restores it.
    Long texts are cut, and their vectors averaged by length.
    """

    def __init__(
        self,
        model_id: str = "amazon.titan-embed-text-v1",
        *,
        dimensions: int | None = None,
        client: Any = None,
        region: str = "",
        concurrency: int = 8,
        requests_per_minute: float = 600.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._model, self._dimensions = model_of(model_id, dimensions)
        self._model_id = model_id
        # One attempt a call: the pace below must hear of every throttling.
        self._client = client or boto_client(
            "bedrock-runtime", region=region, attempts=1, read_timeout=30, pool=concurrency
        )
        self._concurrency = max(1, concurrency)
        self._pace = Pace(requests_per_minute, clock=clock, sleep=sleep)
        self._sleep = sleep
        self._tokens = 0
        self._lock = threading.Lock()

    @property
    def identity(self) -> str:
        """The model's name and the length of its vectors."""
        return identity_of(self._model_id, self._dimensions)

    @property
    def dimensions(self) -> int:
        """Length of every vector."""
        return self._dimensions

    @property
    def tokens(self) -> int:
        """Tokens embedded so far by this object, as Bedrock counts them."""
        return self._tokens

    def passages(self, texts: Sequence[str]) -> Sequence[Vector]:
        """One unit vector a text, in order. Raises BackendError."""
        return self._vectors(texts, "passage")

    def query(self, text: str) -> Vector:
        """The unit vector of a question. Raises BackendError."""
        return self._vectors([text], "query")[0]

    def _vectors(self, texts: Sequence[str], kind: Kind) -> list[Vector]:
        pieces: list[tuple[int, str]] = [
            (i, piece)
            for i, text in enumerate(texts)
            for piece in cut(text, self._model.characters)
        ]
        step = self._model.batch
        batches = [pieces[i : i + step] for i in range(0, len(pieces), step)]

        def embed(batch: list[tuple[int, str]]) -> list[list[float]]:
            return self._request([piece for _, piece in batch], kind)

        if len(batches) <= 1:
            found = [embed(batch) for batch in batches]
        else:
            with ThreadPoolExecutor(self._concurrency) as pool:
                waiting = [pool.submit(embed, batch) for batch in batches]
                try:
                    found = [future.result() for future in waiting]
                except BaseException:
                    pool.shutdown(wait=False, cancel_futures=True)
                    raise
        sums: list[list[float] | None] = [None] * len(texts)
        for batch, vectors in zip(batches, found, strict=True):
            for (i, piece), vector in zip(batch, vectors, strict=True):
                weighted = [x * len(piece) for x in unit(vector)]
                before = sums[i]
                sums[i] = (
                    weighted
                    if before is None
                    else [a + b for a, b in zip(before, weighted, strict=True)]
                )
        return [unit(total or []) for total in sums]

    def _request(self, texts: list[str], kind: Kind) -> list[list[float]]:
        """Vectors of one request; again while throttled, in halves when too long."""
        body = json.dumps(self._model.body(texts, kind, self._dimensions), ensure_ascii=False)
        for attempt in range(_TRIES):
            self._pace.wait()
            try:
                with in_our_words(_SERVICE):
                    answer = self._client.invoke_model(
                        modelId=self._model_id,
                        body=body.encode("utf-8", "replace"),
                        contentType="application/json",
                        accept="application/json",
                    )
                    data = json.loads(answer["body"].read())
            except Throttled:
                self._pace.slower()
            except BackendError as error:
                if _too_long(error):
                    return self._halves(texts, kind)
                if not _passing(error):
                    raise
            else:
                self._pace.faster()
                headers = answer["ResponseMetadata"]["HTTPHeaders"]
                counted = data.get("inputTextTokenCount") or headers.get(
                    "x-amzn-bedrock-input-token-count", 0
                )
                with self._lock:
                    self._tokens += int(counted)
                return self._model.vectors(data)
            self._sleep(random.uniform(0, min(15.0, 0.25 * 2**attempt)))  # noqa: S311
        raise Throttled(service=_SERVICE)

    def _halves(self, texts: list[str], kind: Kind) -> list[list[float]]:
        found = []
        for text in texts:
            if len(text) < 2:
                raise BackendError(service=_SERVICE, detail="one character is too long to embed")
            middle = len(text) // 2
            first, second = (
                self._request([part], kind)[0] for part in (text[:middle], text[middle:])
            )
            found.append([a + b for a, b in zip(unit(first), unit(second), strict=True)])
        return found


class Pace:
    """Spaces requests evenly under a budget, and follows throttling (AIMD)."""

    def __init__(
        self,
        requests_per_minute: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._least = 60.0 / requests_per_minute if requests_per_minute > 0 else 0.0
        self._gap = self._least
        self._next = 0.0
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Return when the next request may start. Short bursts after a rest are free."""
        with self._lock:
            now = self._clock()
            self._next = max(self._next, now - 4 * self._gap) + self._gap
            pause = self._next - now
        if pause > 0:
            self._sleep(pause)

    def slower(self) -> None:
        """A request was throttled: half the pace, down to a sixteenth."""
        with self._lock:
            self._gap = min(max(self._gap * 2, 0.05), max(self._least, 0.05) * 16)
            self._next = max(self._next, self._clock() + 4 * self._gap)  # no burst now

    def faster(self) -> None:
        """A request went through: a little of the pace comes back."""
        with self._lock:
            self._gap = max(self._least, self._gap * 0.95)


def cut(text: str, most: int) -> list[str]:
    """The text in pieces of at most `most` characters, cut at spaces where there are some."""
    text = text.strip() or "-"  # Bedrock rejects an empty text
    pieces = []
    while len(text) > most:
        end = text.rfind(" ", most // 2, most)
        end = end if end > 0 else most
        pieces.append(text[:end])
        text = text[end:].lstrip() or "-"
    return [*pieces, text]


def unit(vector: Sequence[float]) -> list[float]:
    """The vector at length 1."""
    length = math.sqrt(math.fsum(x * x for x in vector))
    return [x / length for x in vector] if length else list(vector)


def _too_long(error: BackendError) -> bool:
    detail = str(error.details.get("detail", ""))
    return "ValidationException" in detail and (
        "Too many input tokens" in detail or "maxLength" in detail or "too long" in detail.lower()
    )


def _passing(error: BackendError) -> bool:
    """Whether the error is Bedrock's own, or the network's, and may pass."""
    detail = str(error.details.get("detail", ""))
    own = (
        "InternalServerException",
        "ModelTimeoutException",
        "ModelErrorException",
        "500:",
        "503:",
    )
    return type(error) is BackendError and (
        any(name in detail for name in own) or "Exception" not in detail
    )
