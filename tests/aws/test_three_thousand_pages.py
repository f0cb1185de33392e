"""A manual of 3,000 pages through the fan-out, read by the real reader."""

from __future__ import annotations

import json
import time

import pymupdf

from manualchat.model import document_id
from tests.aws.quick_client import QuickClient
from tests.aws.test_pipeline import NFC, Site
from tests.aws.world import World

PAGES = 3_000


def manual() -> bytes:
    made = pymupdf.open()
    font = pymupdf.Font("korea")
    for number in range(1, PAGES + 1):
        page = made.new_page(width=300, height=200)
        writer = pymupdf.TextWriter(page.rect)
        writer.append((20, 40), f"{number}번 부품의 필터를 교체합니다.", font=font, fontsize=11)
        writer.write_text(page)
    data: bytes = made.tobytes(garbage=3, deflate=True)
    return data


def test_a_manual_of_3000_pages_is_ready_complete_and_once() -> None:
    site = Site(World("nextgen", dimensions=256, lag=5))
    site.embedder._client = QuickClient(site.aws, "bedrock-runtime")
    store = site.store
    event = site.put(NFC, manual())
    record = {"messageId": "m", "receiptHandle": "r", "attributes": {}, "body": json.dumps(event)}
    longest, asked = 0.0, [0]

    def deliver(body: str, receives: int = 1) -> bool:
        nonlocal longest
        began = time.monotonic()
        message = {
            **record, "body": body, "attributes": {"ApproximateReceiveCount": str(receives)},
        }  # fmt: skip
        answer = site.pipeline.sqs([message], lambda: 200.0)
        longest = max(longest, time.monotonic() - began)
        return not answer["batchItemFailures"]

    assert deliver(json.dumps(event))
    parts = [message["body"] for message in site.aws.sent]
    site.aws.sent.clear()
    assert len(parts) == PAGES // site.settings.part_pages

    failing = parts[len(parts) // 2]
    for turn in (1, 2):  # throttled for good, twice
        site.aws.bedrock.faults = lambda point: "denied"
        assert not deliver(failing, turn)
    site.aws.bedrock.faults = lambda point: None
    before = len(site.aws.bedrock.requests)
    for part in parts:
        if part is not failing:
            assert deliver(part)
    assert store.lexical("필터", 1) == [], "nothing is shown before all of it is in"
    assert deliver(parts[0]), "a part that comes twice"
    assert deliver(failing, 3)
    asked[0] = len(site.aws.bedrock.requests) - before
    while site.aws.sent:
        message = site.aws.sent.pop(0)
        site.world.clock.sleep(message["delay"])
        assert deliver(message["body"])

    document = store.document(document_id(NFC))
    assert document
    assert (document.status, document.pages, document.chunks) == ("ready", PAGES, PAGES)
    assert asked[0] == PAGES, "each page was embedded once"
    chunks = store.chunks(document.id)
    assert [chunk.page for chunk in chunks] == list(range(1, PAGES + 1))
    assert len(site.world.opensearch.indices["manuals"].live) == PAGES
    assert "1777번" in store.lexical("1777번 부품", 1)[0].chunk.text
    assert longest < 300, "one invocation took longer than its time-out"
