"""Whatever is duplicated, delayed, reordered, throttled or killed: the end state is the model's.

Replay one run: MANUALCHAT_FAULT_SEED=1234 pytest tests/aws/test_exactly_once.py
More of them:   MANUALCHAT_FAULT_SEEDS=5000 pytest tests/aws/test_exactly_once.py
"""

from __future__ import annotations

import logging
import os
import random
import time as real_time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from manualchat.handlers import embedding_pipeline
from manualchat.handlers.messages import revision_of
from manualchat.model import document_id
from tests.aws.deliveries import Clients, Deliveries

SEEDS = int(os.environ.get("MANUALCHAT_FAULT_SEEDS", "500"))
ONE = os.environ.get("MANUALCHAT_FAULT_SEED")
KEYS = ("설명서/세탁기.pdf", "b.pdf")


@pytest.fixture(scope="module")
def clients() -> Clients:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        return Clients()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Retries of botocore wait in no time; logs and metrics are not written."""
    fake = SimpleNamespace(sleep=lambda seconds: None, time=real_time.time)
    monkeypatch.setattr("botocore.endpoint.time", fake)
    monkeypatch.setattr(embedding_pipeline, "count", lambda *_: None)
    embedding_pipeline._LOG.setLevel(logging.CRITICAL)
    yield
    embedding_pipeline._LOG.setLevel(logging.INFO)


def pages(key: str, version: int, rng: random.Random) -> list[str]:
    count = rng.choice((1, 2, 3, 5))
    return [f"{key} {version}판 {n}쪽 필터 청소" for n in range(1, count + 1)]


def run(seed: int, clients: Clients) -> Deliveries:
    """One random history; asserts on the way and at the end."""
    rng = random.Random(seed)
    d = Deliveries(
        clients,
        rng,
        dialect=("nextgen", "classic", "opensearch")[seed % 3],
        rate=rng.choice((0, 0.01, 0.03, 0.08)),
        lag=rng.choice((0, 2, 30)),
    )
    store = d.reader_store()
    versions: dict[str, list[tuple[str, tuple[str, ...]]]] = {key: [] for key in KEYS}
    last: dict[str, tuple[str, tuple[str, ...] | None]] = {}  # None: a file that is no PDF
    deleted: set[str] = set()
    newest_seen: dict[str, int] = dict.fromkeys(KEYS, -1)

    def look() -> None:
        for key in KEYS:
            texts = d.shown(store, key)
            known = [p for _, p in versions[key]]
            assert not texts or texts in known, f"{key}: a mixture is shown: {texts}"
            if texts:
                at = known.index(texts)
                assert at >= newest_seen[key], f"{key}: an older version came back"
                newest_seen[key] = at
            elif newest_seen[key] >= 0:
                assert key in deleted, f"{key}: unanswerable while it is replaced"

    for step in range(rng.randint(2, 6)):
        key = rng.choice(KEYS)
        if rng.random() < 0.25 and key in last:
            last[key] = (revision_of(d.delete(key)), ())
            deleted.add(key)
        else:
            written = pages(key, step, rng) if rng.random() < 0.9 else None
            revision = revision_of(d.put(key, written))
            if written is not None:
                versions[key].append((revision, tuple(written)))
            last[key] = (revision, None if written is None else tuple(written))
        for _ in range(rng.randint(0, 6)):
            d.deliver_one()
            d.clock.sleep(rng.choice((0, 1, 20)))
        look()
    d.drain()
    look()
    d.clock.sleep(d.settings.ingest_deadline)  # whoever died at the last try counts as failed now
    with d.quietly():
        documents = {document.id: document for document in store.documents()}
    given_up = d.dead_documents()
    for key, (revision, written) in last.items():
        document = documents.get(document_id(key))
        texts = d.shown(store, key)
        if written is None:  # not a PDF: it says so, and an older version may answer
            assert document
            assert document.reason, f"{key}: failed without a word"
            assert document_id(key) in given_up, "a poison file ends in the dead-letter queue"
            continue
        if document_id(key) in given_up and texts != written:
            assert written == () or (document and document.reason), f"{key}: lost without a word"
            continue
        assert texts == written
        if written:
            assert document
            assert (document.status, document.revision) == ("ready", revision)
            assert (document.pages, document.chunks) == (len(written), len(written))
        else:
            assert document is None
    if not d.dead:
        d.clock.sleep(3600)
        live = d.opensearch.indices["manuals"].live.values()
        wanted = sorted(text for _, written in last.values() for text in written or ())
        assert sorted(source["text"] for source in live) == wanted, "chunks were left behind"
    return d


@pytest.mark.parametrize("block", range(10))
def test_the_end_state_always_equals_the_models(block: int, clients: Clients) -> None:
    seeds = [int(ONE)] if ONE else range(block * SEEDS // 10, (block + 1) * SEEDS // 10)
    crashes = nested = injected = 0
    for seed in seeds:
        try:
            d = run(seed, clients)
        except BaseException:
            print(f"replay: MANUALCHAT_FAULT_SEED={seed}")
            raise
        crashes, nested, injected = crashes + d.crashes, nested + d.nested, injected + d.injected
    if not ONE:
        assert crashes, "no crash was injected: the test tests nothing"
        assert nested
        assert injected
