"""A model of S3's events, of SQS and of Lambda, around the real pipeline.

At least once, in any order; every external call may be throttled, fail, take
effect without an answer, or be where the process dies; another delivery may run
in the middle of one. The reader is a stand-in (an object's bytes are JSON that
lists its pages), since what is tested is what happens to pages, not reading.
"""

from __future__ import annotations

import json
import random
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from manualchat.config import Settings
from manualchat.embedding.bedrock import BedrockEmbedder
from manualchat.errors import NotAPdf
from manualchat.handlers.embedding_pipeline import Pipeline
from manualchat.handlers.ingestion import Ingestion
from manualchat.handlers.messages import parse
from manualchat.handlers.objects import Objects
from manualchat.handlers.queue import Queue
from manualchat.model import Page, document_id
from manualchat.reading.base import Outline
from manualchat.store.aws import AwsStore
from manualchat.store.ledger import Ledger
from manualchat.store.opensearch import ChunkIndex
from manualchat.store.opensearch_client import connect
from tests.aws.aws_double import AwsDouble, Crash
from tests.aws.opensearch_emulator import OpenSearchEmulator
from tests.aws.quick_client import QuickClient
from tests.aws.world import INDEX, TABLE, Clock

BUCKET = "manuals"
DIMENSIONS = 256
VISIBILITY = 1800.0
FAULTS = ("throttle", "error", "lost", "crash")


class ListedPages:
    """A stand-in for the reader: pages are listed in the file."""

    ocr_remedy = ""

    def outline(self, path: Path, *, password: str | None = None) -> Outline:
        return Outline(len(self._pages(path)), "설명서")

    def read(
        self, path: Path, *, password: str | None = None, first: int = 1, last: int | None = None
    ) -> Generator[Page, None, None]:
        for number, text in enumerate(self._pages(path)[first - 1 : last], first):
            yield Page(number, text, method="text" if text else "empty")

    def _pages(self, path: Path) -> list[str]:
        data = json.loads(path.read_bytes())
        if data is None:
            raise NotAPdf(found="JSON null")
        pages: list[str] = data
        return pages


@dataclass
class Message:
    body: str
    visible: float
    receives: int = 0


class Clients:
    """Clients of one account, for all runs."""

    def __init__(self) -> None:
        self.aws = AwsDouble()
        self.dynamodb, self.s3, self.sqs, self.bedrock = (
            QuickClient(self.aws, service)
            for service in ("dynamodb", "s3", "sqs", "bedrock-runtime")
        )


class Deliveries:
    """One account, its bucket, queue, function and index; `rate` of calls go wrong."""

    def __init__(
        self, clients: Clients, rng: random.Random, *, dialect: str, rate: float, lag: float
    ) -> None:
        self.rng, self.rate = rng, rate
        self.clock = Clock()
        self.clients = clients
        clients.aws.reset(self.clock)
        self.aws = clients.aws
        self.opensearch = OpenSearchEmulator(dialect, lag=lag, clock=self.clock)
        self.dialect = dialect
        self.messages: list[Message] = []
        self.dead: list[Message] = []
        self.crashes = self.injected = self.nested = 0
        self._depth = 0
        self._quiet = False
        self._tick = 0
        self.settings = Settings.load(part_pages=2, index_wait=3, max_receives=8)
        self.reader_store().index.create(DIMENSIONS, "bedrock:titan-embed-text-v2/256")
        self.aws.faults = self.opensearch.faults = self._fault
        self.aws.bedrock.faults = self._bedrock_fault
        self.pipeline = self._process()

    # the parts

    def reader_store(self) -> AwsStore:
        host = "http://localhost:9200" if self.dialect == "opensearch" else "http://aoss"
        auth = None if self.dialect == "opensearch" else _signed
        client = connect(host, connection_class=self.opensearch.connection_class(), http_auth=auth)
        sleep = self.clock.sleep
        return AwsStore(
            Ledger(self.clients.dynamodb, TABLE, clock=self.clock, sleep=sleep),
            ChunkIndex(client, INDEX, self.dialect, sleep=sleep),  # type: ignore[arg-type]
            clock=self.clock,
            sleep=sleep,
        )

    def _process(self) -> Pipeline:
        """A fresh execution environment."""
        embedder = BedrockEmbedder(
            "amazon.titan-embed-text-v2:0",
            dimensions=DIMENSIONS,
            client=self.clients.bedrock,
            concurrency=1,
            requests_per_minute=6e9,
            clock=self.clock,
            sleep=self.clock.sleep,
        )
        queue = Queue(self.clients.sqs, "https://sqs.ap-northeast-2.amazonaws.com/1/q")
        ingestion = Ingestion(
            self.reader_store(),
            embedder,
            ListedPages(),
            Objects(self.clients.s3),
            self.settings,
            send=queue.send,
            clock=self.clock,
        )
        return Pipeline(self.settings, ingestion, queue, clock=self.clock)

    # faults

    def _fault(self, point: str) -> str | None:
        if self._quiet or self._depth == 0:
            return None
        self.clock.sleep(0.01)
        if self._depth == 1 and self.rng.random() < self.rate / 2:
            self.nested += 1
            self.deliver_one()  # somebody else's invocation, in the middle of this one
        if self.rng.random() >= self.rate:
            return None
        self.injected += 1
        fault = self.rng.choice(FAULTS)
        if fault == "crash":
            self.crashes += 1
            raise Crash(point)
        if point.startswith("opensearch"):
            return {"throttle": "429", "error": "500", "lost": "lost"}[fault]
        return fault

    def _bedrock_fault(self, point: str) -> str | None:
        fault = self._fault(point)
        return {"lost": "error", "throttle": "throttle", "error": "unavailable", None: None}.get(
            fault
        )

    # the bucket

    def put(self, key: str, pages: list[str] | None) -> str:
        """Put an object; returns the sequencer of its event."""
        version = self.aws.put(BUCKET, key, json.dumps(pages).encode())
        return self._event("ObjectCreated:Put", key, version)

    def delete(self, key: str) -> str:
        self.aws.delete(BUCKET, key)
        return self._event("ObjectRemoved:DeleteMarkerCreated", key, "marker")

    def _event(self, name: str, key: str, version: str) -> str:
        self._tick += 1
        tail = "".join(self.rng.choices("0123456789ABCDEF", k=self.rng.randint(4, 8)))
        sequencer = f"00{0x65000000 + self._tick:08X}{tail}"
        event = {
            "eventSource": "aws:s3",
            "eventName": name,
            "eventTime": "2026-11-22T10:00:00.000Z",
            "s3": {
                "bucket": {"name": BUCKET},
                "object": {"key": key, "versionId": version, "sequencer": sequencer},
            },
        }
        copies = 1 + (self.rng.random() < 0.3) + (self.rng.random() < 0.1)
        for _ in range(copies):
            late = self.rng.choice((0, 0, 5, 60, 900))
            self._send(json.dumps({"Records": [event]}), self.rng.random() * late)
        return sequencer

    # the queue

    def _send(self, body: str, delay: float) -> None:
        self.messages.append(Message(body, self.clock() + delay))

    def _collect(self) -> None:
        for sent in self.aws.sent:
            self._send(sent["body"], sent["delay"])
        self.aws.sent.clear()

    def deliver_one(self) -> bool:
        """Deliver one visible message, any of them; False when none is visible."""
        self._collect()
        ready = [m for m in self.messages if m.visible <= self.clock()]
        if not ready:
            return False
        message = self.rng.choice(ready)
        if message.receives >= self.settings.max_receives:
            self.messages.remove(message)
            self.dead.append(message)
            return True
        message.receives += 1
        message.visible = self.clock() + VISIBILITY
        receipt = f"r{id(message)}-{message.receives}"
        record = {
            "messageId": "m",
            "receiptHandle": receipt,
            "body": message.body,
            "attributes": {"ApproximateReceiveCount": str(message.receives)},
            "eventSource": "aws:sqs",
        }
        if self.rng.random() < 0.2:
            self.pipeline = self._process()
        groups = self.rng.choice((1, 2, 100, 100))
        looks = iter([10.0] * (groups - 1))
        self._depth += 1
        try:
            answer = self.pipeline.sqs([record], lambda: next(looks, 0.0))
        except Crash:
            return True  # it comes again after the visibility timeout
        finally:
            self._depth -= 1
        if not answer["batchItemFailures"]:
            if message in self.messages and self.rng.random() > 0.05:
                self.messages.remove(message)  # else: delivered at least once more
        elif receipt in self.aws.visibility:
            message.visible = self.clock() + self.aws.visibility[receipt]
        return True

    def drain(self) -> None:
        """Deliver until the queue is empty; time passes when nothing is visible."""
        for _ in range(5_000):
            if self.deliver_one():
                continue
            if not self.messages:
                return
            self.clock.now = max(self.clock.now, min(m.visible for m in self.messages))
        raise AssertionError("the queue never empties: something is sent in circles")

    # looking

    def dead_documents(self) -> set[str]:
        """Documents that a message in the dead-letter queue is about."""
        found = set()
        for message in self.dead:
            for parsed in parse(message.body):
                source = getattr(parsed, "source", None)
                found.add(document_id(source.key) if source else parsed.document)  # type: ignore[union-attr]
        return found

    def quietly(self) -> _Quiet:
        return _Quiet(self)

    def shown(self, store: AwsStore, key: str) -> tuple[str, ...]:
        """The pages that a reader finds now."""
        with self.quietly():
            return tuple(chunk.text for chunk in store.chunks(document_id(key)))


class _Quiet:
    """No faults while the test itself looks."""

    def __init__(self, deliveries: Deliveries) -> None:
        self._deliveries = deliveries

    def __enter__(self) -> None:
        self._before = self._deliveries._quiet
        self._deliveries._quiet = True

    def __exit__(self, *_: object) -> None:
        self._deliveries._quiet = self._before


def _signed(method: str, url: str, body: Any) -> dict[str, str]:
    """Headers that look signed; test_opensearch_emulator.py covers real ones."""
    import hashlib

    data = body.encode() if isinstance(body, str) else body or b""
    return {
        "Authorization": "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/x/x/aoss/aws4_request",
        "X-Amz-Content-SHA256": hashlib.sha256(data).hexdigest(),
    }
