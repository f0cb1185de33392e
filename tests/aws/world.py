"""A whole AWS in this process: account, OpenSearch, a clock that only we move."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from botocore.credentials import Credentials
from opensearchpy import Urllib3AWSV4SignerAuth

from manualchat.store.aws import AwsStore
from manualchat.store.ledger import Ledger
from manualchat.store.opensearch import ChunkIndex
from manualchat.store.opensearch_client import connect
from tests.aws.aws_double import AwsDouble
from tests.aws.opensearch_emulator import OpenSearchEmulator

TABLE = "manualchat-ledger"
INDEX = "manuals"
AOSS_HOST = "id.ap-northeast-2.aoss.amazonaws.com"


@dataclass
class Clock:
    """Seconds that pass only when somebody sleeps."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class World:
    dialect: str = "nextgen"
    lag: float = 0.0
    clock: Clock = field(default_factory=Clock)
    dimensions: int = 64

    aws: AwsDouble = field(default_factory=AwsDouble)  # clients are slow to make: it may be shared

    def __post_init__(self) -> None:
        self.aws.reset(self.clock)
        self.opensearch = OpenSearchEmulator(self.dialect, lag=self.lag, clock=self.clock)
        identity = f"bedrock:titan-embed-text-v2/{self.dimensions}"
        self.store().index.create(self.dimensions, identity)

    def client(self) -> Any:
        host = "http://localhost:9200" if self.dialect == "opensearch" else AOSS_HOST
        credentials = Credentials("AKIDEXAMPLE", "secret")
        return connect(
            host,
            connection_class=self.opensearch.connection_class(),
            http_auth=Urllib3AWSV4SignerAuth(credentials, "ap-northeast-2", "aoss"),
        )

    def store(self) -> AwsStore:
        """A store as a fresh process would open it."""
        return AwsStore(
            Ledger(self.aws.client("dynamodb"), TABLE, clock=self.clock, sleep=self.clock.sleep),
            ChunkIndex(self.client(), INDEX, self.dialect, sleep=self.clock.sleep),  # type: ignore[arg-type]
            clock=self.clock,
            sleep=self.clock.sleep,
        )
