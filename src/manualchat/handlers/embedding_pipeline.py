"""Lambda entry point: S3's events, through SQS or directly, into the index.

An SQS batch answers with the messages that must come again
(https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html).
A message that failed comes again after a pause of its own, not after the whole
visibility timeout, and goes to the dead-letter queue after its last try.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from manualchat.aws_calls import client
from manualchat.config import Settings
from manualchat.embedding.bedrock import BedrockEmbedder
from manualchat.errors import ManualchatError
from manualchat.handlers.ingestion import Ingestion, Result
from manualchat.handlers.messages import Message, NotUnderstood, parse
from manualchat.handlers.objects import Objects
from manualchat.handlers.observed import count, logger
from manualchat.handlers.queue import Queue
from manualchat.reading import PdfReader
from manualchat.store.aws import AwsStore

SERVICE = "embedding_pipeline"
_LOG = logger(SERVICE)
_SPARE = 40  # seconds of an invocation in which no more pages are started
_COUNTED = {"ready": "DocumentsReady", "failed": "DocumentsFailed", "removed": "DocumentsRemoved"}

Json = Mapping[str, Any]


class Pipeline:
    """The handler's parts, made once for a warm function."""

    def __init__(
        self,
        settings: Settings,
        ingestion: Ingestion,
        queue: Queue | None,
        tokens: Callable[[], int] = int,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.settings = settings
        self._ingestion = ingestion
        self._queue = queue
        self._tokens = tokens
        self._clock = clock

    @classmethod
    def open(cls, settings: Settings) -> Pipeline:
        """All parts on AWS. Raises ConfigurationError, naming the variable."""
        store = AwsStore.open(settings)
        embedder = BedrockEmbedder(
            settings.embedding_model_id,
            dimensions=settings.embedding_dimensions or None,
            region=settings.region,
            concurrency=settings.embedding_concurrency,
            requests_per_minute=settings.embedding_rpm,
        )
        queue = None
        if settings.queue_url:
            queue = Queue(client("sqs", region=settings.region), settings.queue_url)
        ingestion = Ingestion(
            store,
            embedder,
            PdfReader(settings),
            Objects(client("s3", region=settings.region)),
            settings,
            send=queue.send if queue else None,
        )
        return cls(settings, ingestion, queue, lambda: embedder.tokens)

    def sqs(self, records: list[Json], remaining: Callable[[], float]) -> dict[str, Any]:
        """Handle a batch; names those that must come again."""
        again = []
        for record in records:
            tries = int(record.get("attributes", {}).get("ApproximateReceiveCount", 1))
            if not self._handled(
                record["body"], remaining, last=tries >= self.settings.max_receives
            ):
                again.append({"itemIdentifier": record["messageId"]})
                self._pause(record, tries)
        return {"batchItemFailures": again}

    def s3(self, event: Json, remaining: Callable[[], float]) -> None:
        """Handle a notification that came without a queue. Raises when it must come again."""
        if not self._handled(event, remaining, last=False):
            raise RuntimeError("not done: see the error above; Lambda tries the event again")

    def _handled(self, body: str | Json, remaining: Callable[[], float], *, last: bool) -> bool:
        """Whether every message in this body is settled."""
        try:
            messages = parse(body)
        except NotUnderstood as error:
            _LOG.error("not understood", detail=str(error), body=str(body)[:1000])
            return False
        settled = [self._settle(message, remaining, last=last) for message in messages]
        return all(settled)

    def _settle(self, message: Message, remaining: Callable[[], float], *, last: bool) -> bool:
        began, tokens = self._clock(), self._tokens()
        settled = True
        try:
            result = self._ingestion.handle(message, remaining)
        except Exception as error:
            settled = False
            expected = isinstance(error, ManualchatError)
            about = f"{type(error).__name__}: {error}"
            _LOG.warning("failed", message_kind=message.kind, error=about, exc_info=not expected)
            result = Result("failed", "", reason=about)
            if last:
                result = self._ingestion.give_up(message, error)
        self._report(message, result, self._clock() - began, self._tokens() - tokens, settled)
        return settled

    def _report(
        self, message: Message, result: Result, seconds: float, tokens: int, settled: bool
    ) -> None:
        _LOG.info(
            result.outcome,
            message_kind=message.kind,
            document=result.document,
            revision=result.revision,
            key=message.source.key if hasattr(message, "source") else "",
            pages=result.pages,
            chunks=result.chunks,
            seconds=round(seconds, 3),
            tokens=tokens,
            reason=result.reason,
            settled=settled,
        )
        values: dict[str, float] = {"PartSeconds": seconds, "EmbeddingTokens": tokens}
        if result.outcome in _COUNTED:
            values[_COUNTED[result.outcome]] = 1
        if result.outcome in ("working", "continued", "ready"):
            values |= {"PagesRead": result.pages, "ChunksWritten": result.chunks}
        count(SERVICE, values)

    def _pause(self, record: Json, tries: int) -> None:
        """Try again soon, later each time: throttling passes in seconds, not half hours."""
        if self._queue is None or "receiptHandle" not in record:
            return
        seconds = int(random.uniform(0.5, 1) * min(900, 10 * 2**tries))  # noqa: S311
        try:
            self._queue.retry_in(record["receiptHandle"], seconds)
        except ManualchatError as error:  # then it comes after the visibility timeout
            _LOG.warning("no pause set", error=str(error))


@lru_cache(maxsize=1)
def _pipeline() -> Pipeline:
    return Pipeline.open(Settings.load(cache="/tmp/manualchat"))  # noqa: S108 - the one place to write


def handler(event: Json, context: Any) -> dict[str, Any] | None:
    """Handle an SQS batch, or a notification from S3 itself."""
    pipeline = _pipeline()
    left: float = context.get_remaining_time_in_millis() / 1000 - _SPARE
    until = time.time() + min(pipeline.settings.part_seconds, left)

    def remaining() -> float:
        return until - time.time()

    records = event.get("Records", [])
    if records and records[0].get("eventSource") == "aws:sqs":
        return pipeline.sqs(records, remaining)
    pipeline.s3(event, remaining)
    return None


if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    _pipeline()  # a wrong variable shows at init, and warm-up is not part of the first event
