"""The ledger of documents in one DynamoDB table.

Two kinds of items, each changed only by a PutItem on condition that its
`version` is still the one that the change was made from (optimistic locking,
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/BestPractices_OptimisticLocking.html):

    pk "document"   sk document id   state: a `head.Head`
    pk ingest id    sk "pages"       state: which pages of a large document are done

Reads are strongly consistent. Tombstones and page counts expire by TTL
(`expires`), long after every event that could arrive late.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from manualchat.aws_calls import in_our_words
from manualchat.errors import Throttled
from manualchat.store.head import Head, from_json, to_json

_DOCUMENTS = "document"
_PAGES = "pages"
_KEEP_SECONDS = 30 * 24 * 3600  # SQS keeps a message 14 days at most
_BATCH = 100  # BatchGetItem's limit
_TRIES = 40  # of one change, when others keep coming first

R = TypeVar("R")
Item = dict[str, Any]


class PageDone(NamedTuple):
    """A page that is in the index: its chunks, how it was read, its language."""

    chunks: int
    method: str
    language: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """Pages of one ingest that are in the index. `planned`: all parts are on the queue."""

    total: int
    pages: Mapping[int, PageDone] = field(default_factory=dict)
    planned: bool = False
    version: int = 0

    @property
    def complete(self) -> bool:
        return len(self.pages) >= self.total > 0

    @property
    def chunks(self) -> int:
        return sum(page.chunks for page in self.pages.values())

    @property
    def language(self) -> str:
        """The language of most pages."""
        counts = Counter(page.language for page in self.pages.values() if page.language)
        return counts.most_common(1)[0][0] if counts else ""

    def counted(self, method: str) -> int:
        """How many pages were read this way."""
        return sum(page.method == method for page in self.pages.values())


class Ledger:
    """Heads of documents, and the progress of large ones."""

    def __init__(
        self,
        client: Any,
        table: str,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._table = table
        self._clock = clock
        self._sleep = sleep

    # documents

    def head(self, document_id: str) -> Head:
        """The head of this document; an empty one when it was never seen."""
        item = self._get(_DOCUMENTS, document_id)
        return _head(item) if item else Head(document_id)

    def heads(self, document_ids: Collection[str]) -> dict[str, Head]:
        """Heads of those documents that are known."""
        found: dict[str, Head] = {}
        ids = sorted(set(document_ids))
        for start in range(0, len(ids), _BATCH):
            keys = [{"pk": {"S": _DOCUMENTS}, "sk": {"S": i}} for i in ids[start : start + _BATCH]]
            request = {self._table: {"Keys": keys, "ConsistentRead": True}}
            for attempt in range(_TRIES):
                with in_our_words("DynamoDB"):
                    answer = self._client.batch_get_item(RequestItems=request)
                for item in answer["Responses"].get(self._table, []):
                    head = _head(item)
                    found[head.document] = head
                request = answer.get("UnprocessedKeys") or {}
                if not request:
                    break
                self._pause(attempt)
            else:
                raise Throttled(service="DynamoDB")
        return found

    def all(self) -> Iterator[Head]:
        """Heads of all documents, tombstones too."""
        start: Item = {}
        while True:
            with in_our_words("DynamoDB"):
                answer = self._client.query(
                    TableName=self._table,
                    KeyConditionExpression="pk = :pk",
                    ExpressionAttributeValues={":pk": {"S": _DOCUMENTS}},
                    ConsistentRead=True,
                    **start,
                )
            yield from map(_head, answer["Items"])
            if not answer.get("LastEvaluatedKey"):
                return
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def change(self, document_id: str, change: Callable[[Head], tuple[Head | None, R]]) -> R:
        """Replace the head by what `change` makes of it; None leaves it as it is.

        `change` runs again whenever another change came first, so it must be
        a pure function. Returns its second value.
        """
        for attempt in range(_TRIES):
            head = self.head(document_id)
            new, result = change(head)
            if new is None or new == head or self._put_head(new, head.version):
                return result
            self._pause(attempt)
        raise Throttled(service="DynamoDB")

    def _put_head(self, head: Head, version: int) -> bool:
        shown = head.seen(self._clock())
        item = {
            "pk": {"S": _DOCUMENTS},
            "sk": {"S": head.document},
            "state": {"S": to_json(head)},
            # For people who look at the table:
            "name": {"S": shown.name if shown else ""},
            "status": {"S": shown.status if shown else "removed"},
            "reason": {"S": shown.reason if shown else ""},
        }
        if head.empty():
            item["expires"] = {"N": str(int(self._clock()) + _KEEP_SECONDS)}
        return self._put(item, version)

    # pages of large documents

    def progress(self, ingest: str) -> Progress:
        """How far this ingest is."""
        item = self._get(ingest, _PAGES)
        if not item:
            return Progress(total=0)
        state = json.loads(item["state"]["S"])
        pages = {int(page): PageDone(*done) for page, done in state["pages"].items()}
        return Progress(state["total"], pages, state["planned"], int(item["version"]["N"]))

    def record(
        self,
        ingest: str,
        total: int,
        pages: Mapping[int, PageDone],
        *,
        planned: bool = False,
    ) -> Progress:
        """These pages are in the index (again, perhaps). Returns the progress after it."""
        for attempt in range(_TRIES):
            before = self.progress(ingest)
            after = Progress(
                total, {**before.pages, **pages}, before.planned or planned, before.version + 1
            )
            item = {
                "pk": {"S": ingest},
                "sk": {"S": _PAGES},
                "state": {
                    "S": json.dumps(
                        {"total": total, "planned": after.planned, "pages": after.pages},
                        separators=(",", ":"),
                    )
                },
                "expires": {"N": str(int(self._clock()) + _KEEP_SECONDS)},
            }
            if self._put(item, before.version):
                return after
            self._pause(attempt)
        raise Throttled(service="DynamoDB")

    # items

    def _get(self, pk: str, sk: str) -> Item | None:
        with in_our_words("DynamoDB"):
            answer = self._client.get_item(
                TableName=self._table,
                Key={"pk": {"S": pk}, "sk": {"S": sk}},
                ConsistentRead=True,
            )
        item: Item | None = answer.get("Item")
        return item

    def _put(self, item: Item, version: int) -> bool:
        """Write the item if it is still at `version` (0: not there yet)."""
        condition: Item = {"ConditionExpression": "attribute_not_exists(pk)"}
        if version:
            condition = {
                "ConditionExpression": "#version = :version",
                "ExpressionAttributeNames": {"#version": "version"},
                "ExpressionAttributeValues": {":version": {"N": str(version)}},
            }
        item["version"] = {"N": str(version + 1)}
        with in_our_words("DynamoDB"):
            try:
                self._client.put_item(TableName=self._table, Item=item, **condition)
            except self._client.exceptions.ConditionalCheckFailedException:
                return False
        return True

    def _pause(self, attempt: int) -> None:
        # Full jitter (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
        self._sleep(random.uniform(0, min(2.0, 0.02 * 2**attempt)))  # noqa: S311


def _head(item: Item) -> Head:
    return from_json(item["state"]["S"], int(item["version"]["N"]))
