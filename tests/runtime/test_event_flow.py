"""From the bucket to the answer: S3 → SQS → Lambda in ministack, on AWS's runtime client.

ministack stands in for S3, SQS, the event source mapping and DynamoDB; Bedrock
and OpenSearch are the doubles of tests/aws. tests/e2e deploys the whole stack.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest

from manualchat.aws.layer import build_function
from manualchat.embedding.bedrock import BedrockEmbedder
from manualchat.model import document_id
from manualchat.retrieval import search
from manualchat.store.aws import AwsStore
from manualchat.store.ledger import Ledger
from manualchat.store.opensearch import ChunkIndex
from manualchat.store.opensearch_client import connect
from tests.aws.bedrock_fake import BedrockFake
from tests.aws.http_double import serving
from tests.aws.opensearch_emulator import OpenSearchEmulator
from tests.aws.test_pipeline import pdf
from tests.aws.world import INDEX, TABLE
from tests.e2e.local_aws.server import local_aws

BUCKET = "rag-manuals-bucket"
KEY = "설명서/세탁기 사용 설명서 (1).pdf"
MODEL = "amazon.titan-embed-text-v2:0"


class Account:
    """The deployed pipeline, and a reader's view of it."""

    def __init__(self, endpoint: str, bedrock: str, opensearch: str) -> None:
        def client(service: str) -> Any:
            return boto3.client(
                service,
                endpoint_url=bedrock if service == "bedrock-runtime" else endpoint,
                region_name="ap-northeast-2",
                aws_access_key_id="test",
                aws_secret_access_key="test",
            )

        self.s3, self.sqs = client("s3"), client("sqs")
        self.dynamodb, self.functions = client("dynamodb"), client("lambda")
        index = ChunkIndex(connect(opensearch), INDEX, "opensearch")
        index.create(256, "bedrock:titan-embed-text-v2/256")
        self.store = AwsStore(Ledger(self.dynamodb, TABLE), index)
        self.embedder = BedrockEmbedder(MODEL, dimensions=256, client=client("bedrock-runtime"))

    def deploy(self, code: bytes, bedrock: str, opensearch: str) -> None:
        self.dynamodb.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")
            ],
        )
        self.dead = self.sqs.create_queue(QueueName="dead")["QueueUrl"]
        redrive = {"deadLetterTargetArn": self._arn(self.dead), "maxReceiveCount": 2}
        self.queue = self.sqs.create_queue(
            QueueName="manuals",
            Attributes={"VisibilityTimeout": "120", "RedrivePolicy": json.dumps(redrive)},
        )["QueueUrl"]
        self.functions.create_function(
            FunctionName="embedding_pipeline",
            Runtime="python3.12",
            Handler="manualchat.handlers.embedding_pipeline.handler",
            Role="arn:aws:iam::000000000000:role/embedding-lambda-role",
            Code={"ZipFile": code},
            Timeout=300,
            Environment={
                "Variables": {
                    "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": bedrock,
                    "OPENSEARCH_HOST": opensearch,
                    "OPENSEARCH_INDEX": INDEX,
                    "OPENSEARCH_DIALECT": "opensearch",
                    "LEDGER_TABLE": TABLE,
                    "QUEUE_URL": self.queue,
                    "EMBEDDING_MODEL_ID": MODEL,
                    "EMBEDDING_DIMENSIONS": "256",
                    "EMBEDDING_RPM": "100000",
                    "MANUALCHAT_MAX_RECEIVES": "2",
                    "MANUALCHAT_PART_PAGES": "4",
                }
            },
        )
        self.functions.create_event_source_mapping(
            EventSourceArn=self._arn(self.queue),
            FunctionName="embedding_pipeline",
            BatchSize=1,
            FunctionResponseTypes=["ReportBatchItemFailures"],
        )
        self.s3.create_bucket(
            Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "ap-northeast-2"}
        )
        self.s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        self.s3.put_bucket_notification_configuration(
            Bucket=BUCKET,
            NotificationConfiguration={
                "QueueConfigurations": [
                    {
                        "QueueArn": self._arn(self.queue),
                        "Events": ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"],
                    }
                ]
            },
        )

    def _arn(self, url: str) -> str:
        answer = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        arn: str = answer["Attributes"]["QueueArn"]
        return arn

    def put(self, key: str, *pages: str) -> None:
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=pdf(*pages))

    def found(self, words: str) -> list[str]:
        passages = search(words, store=self.store, embedder=self.embedder)
        return [passage.text for passage in passages]

    def dead_letters(self) -> int:
        answer = self.sqs.get_queue_attributes(
            QueueUrl=self.dead, AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(answer["Attributes"]["ApproximateNumberOfMessages"])


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    code = build_function(tmp_path_factory.mktemp("code")).path.read_bytes()
    fake, search_emulator = BedrockFake(), OpenSearchEmulator("opensearch", lag=1)
    with (
        serving(fake.handle) as bedrock,
        serving(search_emulator.handle) as opensearch,
        local_aws(python=None) as aws,
    ):
        made = Account(aws.endpoint, bedrock, opensearch)
        made.deploy(code, bedrock, opensearch)
        yield made
        if "Traceback" in aws.log():
            sys.stderr.write(aws.log()[-4000:])


def eventually(true: Callable[[], object], what: str, seconds: float = 90.0) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, what
        time.sleep(0.3)


def test_a_manual_is_answerable_replaced_and_removed(account: Account) -> None:
    account.put(KEY, "배수 필터는 한 달에 한 번 청소합니다.", "전원 코드를 뽑습니다.")
    eventually(lambda: "한 달" in "".join(account.found("배수 필터")), "the manual is not found")

    seen: list[bool] = []
    account.put(KEY, *["배수 필터는 매주 청소합니다."] + [f"{n}쪽" for n in range(2, 12)])

    def replaced() -> bool:
        texts = "".join(account.found("배수 필터 청소"))
        seen.append("한 달" in texts or "매주" in texts)
        return "매주" in texts

    eventually(replaced, "the new version is not found")
    assert all(seen), "the manual was unanswerable while it was replaced"
    assert "한 달" not in "".join(account.found("배수 필터"))
    document = account.store.document(document_id(KEY))
    assert document
    assert (document.status, document.pages, document.name) == (
        "ready", 11, "세탁기 사용 설명서 (1).pdf",
    )  # fmt: skip

    account.s3.delete_object(Bucket=BUCKET, Key=KEY)
    eventually(lambda: account.store.document(document.id) is None, "the manual is still there")
    assert account.found("배수 필터") == []


def test_a_poison_file_ends_failed_and_in_the_dead_letter_queue(account: Account) -> None:
    account.s3.put_object(Bucket=BUCKET, Key="독.pdf", Body=b"not a pdf at all")
    account.put("좋은.pdf", "필터 설명")
    eventually(lambda: account.found("필터 설명"), "the good file was blocked")
    poison = document_id("독.pdf")

    def failed() -> bool:
        document = account.store.document(poison)
        return bool(document and document.status == "failed" and "PDF" in document.reason)

    eventually(failed, "the poison file does not say why")
    # It comes again after up to a minute, and then is given up.
    eventually(lambda: account.dead_letters() == 1, "it is not in the dead-letter queue", 240)
