"""S3, SQS and DynamoDB in this process, behind real boto3 clients.

Answers botocore's requests at `before-send`, so that serialising, signing,
retries and error parsing are botocore's own. It knows the few operations that
manualchat calls; test_ledger.py runs the same ledger tests against ministack's
DynamoDB, to keep this double honest. What it cannot show: IAM, quotas, latency.
"""

from __future__ import annotations

import hashlib
import io
import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import boto3
from botocore.awsrequest import AWSResponse
from botocore.config import Config

from tests.aws.bedrock_fake import BedrockFake
from tests.aws.http_double import Answer

Json = dict[str, Any]


class Crash(BaseException):
    """The process died here."""


class _Raw(io.BytesIO):
    def stream(self, amount: int = 65536, **_: object) -> Iterator[bytes]:
        while data := self.read(amount):
            yield data


class AwsDouble:
    """One account. `faults(point)` may answer "throttle", "error", "lost" or raise Crash.

    A point is "service.Operation"; it is asked before the effect, and once more
    as "service.Operation.after" when the effect has taken place.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clients: dict[Any, Any] = {}
        self.reset(clock)

    def reset(self, clock: Callable[[], float] = time.time) -> None:
        """An empty account. Clients that were made before go on working."""
        self.clock = clock
        self.lock = threading.Lock()
        self.table: dict[tuple[str, str], Json] = {}
        self.objects: dict[tuple[str, str], list[Json]] = {}
        self.sent: list[Json] = []  # bodies, with their delay
        self.visibility: dict[str, int] = {}  # receipt handle -> seconds, when it was changed
        self.faults: Callable[[str], str | None] = lambda point: None
        self.calls: list[str] = []
        self.bedrock = BedrockFake()

    def client(self, service: str, **options: Any) -> Any:
        """A boto3 client of this account; the same one for the same arguments."""
        key = (service, *sorted(options.items()))
        if key in self._clients:
            return self._clients[key]
        made = self._clients[key] = boto3.client(
            service,
            region_name="ap-northeast-2",
            aws_access_key_id="AKIDEXAMPLE",
            aws_secret_access_key="secret",
            config=Config(
                retries={"mode": "standard", "total_max_attempts": options.pop("attempts", 4)}
            ),
            **options,
        )
        made.meta.events.register(f"before-send.{service}", self._answer)
        return made

    def _answer(self, request: Any, event_name: str, **_: Any) -> AWSResponse:
        service, operation = event_name.split(".")[1:3]
        point = f"{service}.{operation}"
        self.calls.append(point)
        fault = self.faults(point) if service != "bedrock-runtime" else None
        body = request.body or b""
        body = body.read() if hasattr(body, "read") else body
        body = body.encode() if isinstance(body, str) else body
        if fault in ("throttle", "error"):
            status, headers, data = _failure(service, fault)
        elif service == "s3":
            status, headers, data = self._s3(operation, request)
        elif service == "bedrock-runtime":
            answer = self.bedrock.handle(
                request.method, urlsplit(request.url).path, {}, dict(request.headers), body
            )
            whole = answer.body if isinstance(answer.body, bytes) else b"".join(answer.body)
            status, headers, data = answer.status, dict(answer.headers), whole
        else:
            handler = getattr(self, f"_{service}_{operation}")
            status, data = handler(json.loads(body))
            headers = {"Content-Type": "application/x-amz-json-1.0"}
            data = json.dumps(data).encode()
        if service != "bedrock-runtime" and fault is None and self.faults(f"{point}.after"):
            status, headers, data = _failure(service, "error")
        return AWSResponse(request.url, status, headers, _Raw(data))

    def handle(
        self, method: str, path: str, query: dict[str, str], headers: Any, body: bytes
    ) -> Answer:
        """DynamoDB and SQS over HTTP, for functions that run in processes of their own."""
        service, operation = headers["x-amz-target"].split(".")
        service = "sqs" if service == "AmazonSQS" else "dynamodb"
        with self.lock:
            status, data = getattr(self, f"_{service}_{operation}")(json.loads(body))
        return Answer(
            status, json.dumps(data).encode(), {"Content-Type": "application/x-amz-json-1.0"}
        )

    # DynamoDB

    def _dynamodb_GetItem(self, data: Json) -> tuple[int, Json]:
        item = self.table.get(_key(data["Key"]))
        return 200, {"Item": item} if item else {}

    def _dynamodb_BatchGetItem(self, data: Json) -> tuple[int, Json]:
        ((name, spec),) = data["RequestItems"].items()
        assert len(spec["Keys"]) <= 100
        found = [self.table[_key(k)] for k in spec["Keys"] if _key(k) in self.table]
        return 200, {"Responses": {name: found}, "UnprocessedKeys": {}}

    def _dynamodb_Query(self, data: Json) -> tuple[int, Json]:
        assert data["KeyConditionExpression"] == "pk = :pk"
        pk = data["ExpressionAttributeValues"][":pk"]["S"]
        start = _key(data["ExclusiveStartKey"]) if "ExclusiveStartKey" in data else ("", "")
        keys = sorted(k for k in self.table if k[0] == pk and k > start)
        page = keys[:50]  # a real page ends at 1 MB
        answer: Json = {"Items": [self.table[k] for k in page], "Count": len(page)}
        if len(keys) > len(page):
            answer["LastEvaluatedKey"] = {"pk": {"S": page[-1][0]}, "sk": {"S": page[-1][1]}}
        return 200, answer

    def _dynamodb_PutItem(self, data: Json) -> tuple[int, Json]:
        key = _key(data["Item"])
        there = self.table.get(key)
        condition = data["ConditionExpression"]
        if condition == "attribute_not_exists(pk)":
            met = there is None
        else:
            assert condition == "#version = :version"
            wanted = data["ExpressionAttributeValues"][":version"]
            met = there is not None and there["version"] == wanted
        if not met:
            kind = "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"
            return 400, {"__type": kind, "message": "The conditional request failed"}
        self.table[key] = data["Item"]
        return 200, {}

    # SQS

    def _sqs_SendMessageBatch(self, data: Json) -> tuple[int, Json]:
        assert len(data["Entries"]) <= 10
        good = []
        for entry in data["Entries"]:
            self.sent.append(
                {"body": entry["MessageBody"], "delay": int(entry.get("DelaySeconds", 0))}
            )
            digest = hashlib.md5(entry["MessageBody"].encode()).hexdigest()
            good.append(
                {"Id": entry["Id"], "MessageId": str(uuid.uuid4()), "MD5OfMessageBody": digest}
            )
        return 200, {"Successful": good, "Failed": []}

    def _sqs_ChangeMessageVisibility(self, data: Json) -> tuple[int, Json]:
        self.visibility[data["ReceiptHandle"]] = int(data["VisibilityTimeout"])
        return 200, {}

    # S3

    def put(self, bucket: str, key: str, body: bytes) -> str:
        """Put an object; returns its version's id."""
        version = uuid.uuid4().hex
        self.objects.setdefault((bucket, key), []).append(
            {"body": body, "version": version, "etag": hashlib.md5(body).hexdigest()}
        )
        return version

    def delete(self, bucket: str, key: str) -> None:
        """Put a delete marker."""
        marker = {"body": None, "version": uuid.uuid4().hex, "etag": ""}
        self.objects.setdefault((bucket, key), []).append(marker)

    def _s3(self, operation: str, request: Any) -> tuple[int, dict[str, str], bytes]:
        parts = urlsplit(request.url)
        host = parts.hostname or ""
        path = unquote(parts.path).lstrip("/")
        bucket, key = (host.split(".s3")[0], path) if ".s3" in host else path.split("/", 1)
        wanted = parse_qs(parts.query).get("versionId", [""])[0]
        match = request.headers.get("If-Match") or ""
        match = match.decode() if isinstance(match, bytes) else match
        status, headers, body = self.get(bucket, key, wanted, match.strip('"'))
        return status, headers, b"" if operation == "HeadObject" and status == 200 else body

    def get(
        self, bucket: str, key: str, version: str = "", etag: str = ""
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and bytes of GetObject."""
        versions = self.objects.get((bucket, key), [])
        found = next(
            (v for v in reversed(versions) if not version or v["version"] == version), None
        )
        if found is None or found["body"] is None:
            return _s3_error(404, "NoSuchVersion" if version else "NoSuchKey")
        if etag and etag != found["etag"]:
            return _s3_error(412, "PreconditionFailed")
        headers = {
            "ETag": f'"{found["etag"]}"',
            "Content-Length": str(len(found["body"])),
            "x-amz-version-id": found["version"],
        }
        return 200, headers, found["body"]


def _key(item: Json) -> tuple[str, str]:
    return item["pk"]["S"], item["sk"]["S"]


def _failure(service: str, fault: str) -> tuple[int, dict[str, str], bytes]:
    if service == "s3":
        return (
            _s3_error(503, "SlowDown") if fault == "throttle" else _s3_error(500, "InternalError")
        )
    status, kind = (400, "ThrottlingException") if fault == "throttle" else (500, "InternalFailure")
    body = json.dumps({"__type": f"com.amazonaws#{kind}", "message": "injected"}).encode()
    return status, {"Content-Type": "application/x-amz-json-1.0"}, body


def _s3_error(status: int, code: str) -> tuple[int, dict[str, str], bytes]:
    body = f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode()
    return status, {"Content-Type": "application/xml"}, body
