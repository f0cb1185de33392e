"""AWS clients without botocore, for the thousands of runs of the fault test.

They call the same double with the same arguments, and retry as botocore's
standard mode does; botocore itself takes a millisecond a call, which is most of
a run's time. The contract tests and test_pipeline.py use the real clients.
"""

from __future__ import annotations

import io
import json
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

from tests.aws.aws_double import AwsDouble

_ATTEMPTS = 4


class ConditionalCheckFailed(ClientError):
    pass


class _Body(io.BytesIO):
    def iter_chunks(self, size: int) -> Any:
        while piece := self.read(size):
            yield piece


class QuickClient:
    """`boto3.client(service)`, as far as manualchat calls it."""

    exceptions = SimpleNamespace(
        ClientError=ClientError, ConditionalCheckFailedException=ConditionalCheckFailed
    )

    def __init__(self, aws: AwsDouble, service: str) -> None:
        self._aws = aws
        self._service = service

    def __getattr__(self, method: str) -> Any:
        operation = "".join(part.title() for part in method.split("_"))
        return lambda **arguments: self._call(operation, arguments)

    def _call(self, operation: str, arguments: dict[str, Any]) -> Any:
        if self._service == "bedrock-runtime":
            return self._invoke(arguments)
        point = f"{self._service}.{operation}"
        for attempt in range(1, _ATTEMPTS + 1):
            self._aws.calls.append(point)
            fault = self._aws.faults(point)
            if fault in ("throttle", "error"):
                if attempt == _ATTEMPTS:
                    code = "ThrottlingException" if fault == "throttle" else "InternalError"
                    raise _error(code, 500, operation)
                continue
            answer = self._effect(operation, arguments)
            if fault is None and self._aws.faults(f"{point}.after") and attempt < _ATTEMPTS:
                continue  # the answer was lost: botocore sends the request again
            return answer
        raise AssertionError

    def _effect(self, operation: str, arguments: dict[str, Any]) -> Any:
        if self._service == "s3":
            return self._object(operation, arguments)
        handler = getattr(self._aws, f"_{self._service}_{operation}")
        status, data = handler(json.loads(json.dumps(arguments)))
        if status != 200:
            raise ConditionalCheckFailed(
                {"Error": {"Code": "ConditionalCheckFailedException"}}, operation
            )
        return data

    def _object(self, operation: str, arguments: dict[str, Any]) -> Any:
        status, headers, body = self._aws.get(
            arguments["Bucket"],
            arguments["Key"],
            arguments.get("VersionId", ""),
            arguments.get("IfMatch", ""),
        )
        if status != 200:
            raise _error("NoSuchKey", status, operation)
        return {
            "Body": _Body(body),
            "VersionId": headers["x-amz-version-id"],
            "ETag": headers["ETag"],
            "ContentLength": len(body),
        }

    def _invoke(self, arguments: dict[str, Any]) -> Any:
        path = f"/model/{arguments['modelId']}/invoke"
        answer = self._aws.bedrock.handle("POST", path, {}, {}, arguments["body"])
        if answer.status != 200:
            raise _error(answer.headers["x-amzn-ErrorType"], answer.status, "InvokeModel")
        assert isinstance(answer.body, bytes)
        return {
            "body": io.BytesIO(answer.body),
            "ResponseMetadata": {"HTTPHeaders": dict(answer.headers)},
        }


def _error(code: str, status: int, operation: str) -> ClientError:
    return ClientError(
        {
            "Error": {"Code": code, "Message": "injected"},
            "ResponseMetadata": {"HTTPStatusCode": status},  # type: ignore[typeddict-item]
        },
        operation,
    )
