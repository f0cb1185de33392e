"""The store on AWS keeps the contract, on each dialect of OpenSearch, with its refresh lag.

DynamoDB and OpenSearch are the doubles of tests/aws: see there what they cannot
show. `MANUALCHAT_TEST_OPENSEARCH=http://…` runs it on a real OpenSearch too
(`docker compose up opensearch`).
"""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator

import pytest

from manualchat.store.aws import AwsStore
from manualchat.store.ledger import Ledger
from manualchat.store.opensearch import ChunkIndex
from manualchat.store.opensearch_client import connect
from tests.aws.aws_double import AwsDouble
from tests.aws.world import TABLE, Clock, World
from tests.contract.store_contract import DIMENSIONS, EAST, StoreContract, document

REAL = os.environ.get("MANUALCHAT_TEST_OPENSEARCH", "")


class AwsContract(StoreContract):
    dialect = "nextgen"
    lag = 10.0

    @pytest.fixture
    def world(self) -> World:
        return World(self.dialect, lag=self.lag, clock=Clock(time.time()), dimensions=DIMENSIONS)

    @pytest.fixture
    def store(self, world: World) -> AwsStore:
        self.world = world
        return world.store()

    def settle(self, store: AwsStore) -> None:  # type: ignore[override]
        self.world.clock.sleep(self.lag)

    def test_an_old_version_is_swept_once_a_search_shows_all_of_it(self, store: AwsStore) -> None:
        self.put(store, document(revision="01"), "낡은 필터")
        self.put(store, document(revision="02"), "새 필터", "새 호스")
        store.sweep(document().id)
        self.settle(store)
        assert len(self.world.opensearch.indices["manuals"].live) == 2

    def test_a_document_is_never_unanswerable_while_it_is_replaced(self, store: AwsStore) -> None:
        """Searches lag behind writes: readers turn to the new version only when it shows."""
        self.put(store, document(revision="01"), "낡은 필터")
        other = self.world.store()
        seen: list[list[str]] = []
        sleep = self.world.clock.sleep

        def look(seconds: float) -> None:
            seen.append(self.words_of(other, "필터"))
            sleep(seconds)

        store._sleep = look
        self.put(store, document(revision="02"), "새 필터")
        assert seen
        assert all(texts == ["낡은 필터"] for texts in seen)
        assert self.words_of(other, "필터") == ["새 필터"]

    def test_hits_that_are_not_live_do_not_crowd_out_those_that_are(self, store: AwsStore) -> None:
        self.put(store, document("a/산.pdf"), "필터 하나")
        dead = document("a/죽은.pdf")
        ingest = store.begin(dead, deadline=time.time() + 60)
        assert ingest is not None
        from tests.contract.store_contract import chunk

        chunks = [chunk(dead, i, "필터 필터 필터", page=i + 1) for i in range(60)]
        store.write(ingest, chunks, [EAST] * 60)
        self.settle(store)
        assert self.words_of(store, "필터") == ["필터 하나"]
        assert [h.chunk.text for h in store.dense(EAST, 1)] == ["필터 하나"]


class TestNextGen(AwsContract):
    pass


class TestClassic(AwsContract):
    dialect = "classic"
    lag = 60.0


class TestPlainOpenSearch(AwsContract):
    dialect = "opensearch"
    lag = 1.0


if REAL:

    class TestRealOpenSearch(StoreContract):
        """Against a server that somebody started. Its indices are deleted afterwards."""

        @pytest.fixture
        def store(self) -> Iterator[AwsStore]:
            name = f"manualchat-test-{uuid.uuid4().hex[:8]}"
            client = connect(REAL)
            index = ChunkIndex(client, name, "opensearch")
            index.create(DIMENSIONS, "test")
            yield AwsStore(Ledger(AwsDouble().client("dynamodb"), TABLE), index)
            client.indices.delete(index=name)

        def settle(self, store: AwsStore) -> None:  # type: ignore[override]
            store.index._client.indices.refresh(index=store.index._index)
