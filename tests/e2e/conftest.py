"""One local AWS for all tests here."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.e2e.local_aws.server import LocalAws
from tests.e2e.local_aws.world import working_aws


@pytest.fixture(scope="session")
def aws() -> Iterator[LocalAws]:
    """ministack with doubles for OpenSearch Serverless and Bedrock."""
    with working_aws() as running:
        yield running


@pytest.fixture
def environment(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Credentials for the local AWS, and for nothing else."""
    for name in [n for n in os.environ if n.startswith("AWS_")]:
        monkeypatch.delenv(name)
    values = aws.environment()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"):
        monkeypatch.setenv(name, values[name])
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    return {**os.environ, "AWS_ENDPOINT_URL": aws.endpoint}
