"""The custom resource that makes the index."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from opensearchpy.exceptions import NotFoundError

from manualchat.config import Settings
from manualchat.errors import AccessDenied, ConfigurationError
from manualchat.handlers import create_index
from manualchat.store.opensearch import ChunkIndex
from tests.aws.http_double import Answer, serving
from tests.aws.world import World

FRESH = "another-index"


@pytest.fixture
def world() -> World:
    return World("classic")


def index_of(world: World, name: str = FRESH) -> ChunkIndex:
    return ChunkIndex(world.client(), name, "classic", tries=1, sleep=world.clock.sleep)


def create(world: World, **settings: Any) -> bool:
    return create_index.create(
        Settings.load(opensearch_index=FRESH, **settings),
        index_of(world),
        clock=world.clock,
        sleep=world.clock.sleep,
    )


def test_the_index_is_made_for_the_model_and_once(world: World) -> None:
    assert create(world) is True
    assert create(world) is False
    assert index_of(world).embedder() == ("bedrock:titan-embed-text-v1/1536", 1536)
    mapping = world.client().indices.get_mapping(index=FRESH)[FRESH]["mappings"]
    vectors = mapping["properties"]["embedding"]
    assert vectors["dimension"] == 1536
    assert vectors["method"]["engine"] == "faiss"
    assert mapping["dynamic"] == "strict"


def test_it_waits_for_the_data_policy_and_for_a_collection_that_wakes(world: World) -> None:
    turns = iter(["500", "429", "500"])
    world.opensearch.faults = lambda point: next(turns, None)
    assert create(world) is True


def test_it_gives_up_after_its_patience(world: World) -> None:
    world.opensearch.writers = frozenset({"NOBODY"})
    began = world.clock()
    with pytest.raises(AccessDenied):
        create(world)
    assert 200 < world.clock() - began < 280


def test_another_model_needs_another_index(world: World) -> None:
    create(world)
    with pytest.raises(ConfigurationError, match=FRESH):
        create(world, embedding_model_id="amazon.titan-embed-text-v2:0")


class TestCloudFormation:
    @pytest.fixture
    def told(self, world: World, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
        """CloudFormation's answer box, and a connection to the emulator."""
        monkeypatch.setenv("OPENSEARCH_HOST", "id.ap-northeast-2.aoss.amazonaws.com")
        monkeypatch.setenv("OPENSEARCH_INDEX", FRESH)
        monkeypatch.setenv("OPENSEARCH_DIALECT", "classic")
        monkeypatch.setattr(create_index, "connect", lambda *_, **__: world.client())
        return {}

    def send(self, told: dict[str, Any], kind: str, **more: Any) -> dict[str, Any]:
        def box(
            method: str, path: str, query: dict[str, str], headers: Mapping[str, str], body: bytes
        ) -> Answer:
            told.update(json.loads(body), method=method, type=headers.get("content-type", ""))
            return Answer(200)

        with serving(box) as url:
            event = {
                "RequestType": kind, "ResponseURL": url + "/box", "StackId": "s", "RequestId": "r",
                "LogicalResourceId": "Index", **more,
            }  # fmt: skip
            return create_index.handler(event, None)

    def test_success_is_told_at_the_signed_url(self, told: dict[str, Any], world: World) -> None:
        self.send(told, "Create")
        assert (told["method"], told["Status"], told["PhysicalResourceId"]) == (
            "PUT", "SUCCESS", FRESH,
        )  # fmt: skip
        assert told["type"] == "", "the signature covers an empty content type"
        assert world.client().indices.exists(index=FRESH)

    def test_failure_is_told_with_its_reason(
        self, told: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("EMBEDDING_MODEL_ID", "nobody.knows-v1")
        self.send(told, "Create")
        assert told["Status"] == "FAILED"
        assert "EMBEDDING_MODEL_ID" in told["Reason"]

    def test_a_delete_leaves_the_index(self, told: dict[str, Any], world: World) -> None:
        self.send(told, "Delete", PhysicalResourceId="old-name")
        assert (told["Status"], told["PhysicalResourceId"]) == ("SUCCESS", "old-name")
        with pytest.raises(NotFoundError):
            world.client().search(index=FRESH, body={})

    def test_under_cdks_provider_framework_the_answer_is_returned(
        self, told: dict[str, Any]
    ) -> None:
        assert create_index.handler({"RequestType": "Update"}, None) == {
            "PhysicalResourceId": FRESH
        }
