"""Lambda entry point: makes the search index, as a CloudFormation custom resource.

It runs in the VPC where there is one, so that it reaches a private collection.
Protocol: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
"""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

from manualchat.config import Settings
from manualchat.embedding.bedrock_models import identity_of, model_of
from manualchat.errors import ConfigurationError, ManualchatError
from manualchat.handlers.observed import logger
from manualchat.store.opensearch import ChunkIndex
from manualchat.store.opensearch_client import connect

_PATIENCE = 240.0  # seconds: a data policy, or a start from zero, takes a while
_PAUSE = 10.0


def create(
    settings: Settings,
    index: ChunkIndex,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> bool:
    """Make the index, trying until the collection lets us; False when it was there.

    Raises ConfigurationError when it was made for another embedding model.
    """
    _, dimensions = model_of(settings.embedding_model_id, settings.embedding_dimensions or None)
    identity = identity_of(settings.embedding_model_id, dimensions)
    until = clock() + _PATIENCE
    while True:
        try:
            made = index.create(dimensions, identity)
            stored = (identity, dimensions) if made else index.embedder()
            break
        except ManualchatError:
            if clock() >= until:
                raise
            sleep(_PAUSE)
    if stored != (identity, dimensions):
        raise ConfigurationError(
            variable="OPENSEARCH_INDEX",
            detail=f"{settings.opensearch_index} was made for {stored}, not {identity}; "
            "name a new index and upload the manuals again",
        )
    return made


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Create or update: make the index. Delete: leave it to the collection's own end."""
    name = ""
    try:
        settings = Settings.load()
        name = settings.opensearch_index
        if event.get("RequestType", "Create") != "Delete":
            if not settings.opensearch_host:
                raise ConfigurationError(variable="OPENSEARCH_HOST", detail="is not set")
            client = connect(settings.opensearch_host, region=settings.region)
            index = ChunkIndex(client, name, settings.opensearch_dialect, tries=1)
            made = create(settings, index)
            logger("create_index").info("index", index_name=name, made=made)
    except Exception as error:
        logger("create_index").exception("no index")
        if "ResponseURL" not in event:
            raise
        _tell(event, "FAILED", name, str(error))
        return {}
    answer = {"PhysicalResourceId": event.get("PhysicalResourceId") or name}
    if event.get("RequestType") != "Delete":
        answer = {"PhysicalResourceId": name}
    if "ResponseURL" in event:
        _tell(event, "SUCCESS", answer["PhysicalResourceId"])
    return answer


def _tell(event: Mapping[str, Any], status: str, physical: str, reason: str = "") -> None:
    """Answer CloudFormation, which waits at a pre-signed URL."""
    body = {
        "Status": status,
        "Reason": reason[:1000] or "see the function's log",
        "PhysicalResourceId": physical or event.get("PhysicalResourceId") or "manualchat-index",
        "StackId": event.get("StackId", ""),
        "RequestId": event.get("RequestId", ""),
        "LogicalResourceId": event.get("LogicalResourceId", ""),
    }
    request = urllib.request.Request(  # noqa: S310 - CloudFormation's own https URL
        event["ResponseURL"],
        data=json.dumps(body).encode(),
        method="PUT",
        headers={"content-type": ""},
    )
    with urllib.request.urlopen(request, timeout=30):  # noqa: S310
        pass
