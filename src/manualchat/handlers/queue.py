"""The queue that feeds the embedding pipeline, as the pipeline itself sends to it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from manualchat.aws_calls import in_our_words
from manualchat.errors import Throttled
from manualchat.handlers.messages import Finish, Part, Sweep, encode

_BATCH = 10  # SendMessageBatch's limit
_TRIES = 5


class Queue:
    """Sends messages of our own."""

    def __init__(self, client: Any, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, messages: Iterable[tuple[Part | Finish | Sweep, int]]) -> None:
        """Put messages on the queue, each to be seen after its delay in seconds.

        Raises BackendError; some may have been sent by then.
        """
        waiting = [
            {"MessageBody": encode(message), "DelaySeconds": delay} for message, delay in messages
        ]
        for start in range(0, len(waiting), _BATCH):
            self._batch(waiting[start : start + _BATCH])

    def _batch(self, messages: list[dict[str, Any]]) -> None:
        entries = [{"Id": str(i), **message} for i, message in enumerate(messages)]
        for _ in range(_TRIES):
            with in_our_words("SQS"):
                answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
            refused = {failure["Id"] for failure in answer.get("Failed", ())}
            entries = [entry for entry in entries if entry["Id"] in refused]
            if not entries:
                return
        raise Throttled(service="SQS")

    def retry_in(self, receipt: str, seconds: int) -> None:
        """Let a received message, which will not be deleted, come again this soon."""
        with in_our_words("SQS"):
            self._client.change_message_visibility(
                QueueUrl=self._url, ReceiptHandle=receipt, VisibilityTimeout=seconds
            )
