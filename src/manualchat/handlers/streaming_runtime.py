"""A Lambda runtime for Python that streams: the managed one cannot yet.

Started by the exec wrapper `stream-bootstrap` in place of the managed runtime's
loop. Speaks the Runtime API (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html)
with response streaming (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html,
"Implementing response streaming in a custom runtime").

The function named by `_HANDLER` takes an event and a context, and returns
`(prelude, pieces)`: status and headers, or None for a bare stream, and an
iterator of bytes.
"""

from __future__ import annotations

import base64
import http.client
import importlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

_BASE = "/2018-06-01/runtime"
_PRELUDE_END = b"\0" * 8
_INTEGRATION = "application/vnd.awslambda.http-integration-response"
_ERROR_TYPE = "Lambda-Runtime-Function-Error-Type"
_ERROR_BODY = "Lambda-Runtime-Function-Error-Body"

Function = Callable[[Any, "Context"], tuple[Mapping[str, Any] | None, Iterator[bytes]]]


@dataclass(frozen=True, slots=True)
class Context:
    """What a handler may ask about its invocation."""

    aws_request_id: str
    deadline_ms: int
    invoked_function_arn: str = ""
    function_name: str = ""
    memory_limit_in_mb: str = ""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the invocation."""
        return max(0, self.deadline_ms - int(time.time() * 1000))


class RuntimeApi:
    """The Runtime API's calls."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._next: http.client.HTTPConnection | None = None

    def next(self) -> tuple[bytes, Context]:
        """Wait for the next invocation. The wait may be long: the sandbox is frozen in it."""
        if self._next is None:
            self._next = http.client.HTTPConnection(self._address)
        self._next.request("GET", f"{_BASE}/invocation/next")
        response = self._next.getresponse()
        body = response.read()
        if response.status != 200:
            raise ConnectionError(f"the Runtime API answered {response.status}")
        headers = response.headers
        trace = headers.get("Lambda-Runtime-Trace-Id")
        if trace:
            os.environ["_X_AMZN_TRACE_ID"] = trace
        return body, Context(
            aws_request_id=headers["Lambda-Runtime-Aws-Request-Id"],
            deadline_ms=int(headers.get("Lambda-Runtime-Deadline-Ms", 0)),
            invoked_function_arn=headers.get("Lambda-Runtime-Invoked-Function-Arn", ""),
            function_name=os.environ.get("AWS_LAMBDA_FUNCTION_NAME", ""),
            memory_limit_in_mb=os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", ""),
        )

    def respond(
        self, request_id: str, prelude: Mapping[str, Any] | None, pieces: Iterator[bytes]
    ) -> None:
        """Post the response piece by piece; an error on the way ends it in the trailers."""
        connection = http.client.HTTPConnection(self._address)
        connection.putrequest("POST", f"{_BASE}/invocation/{request_id}/response")
        connection.putheader("Lambda-Runtime-Function-Response-Mode", "streaming")
        connection.putheader(
            "Content-Type", _INTEGRATION if prelude is not None else "application/octet-stream"
        )
        connection.putheader("Transfer-Encoding", "chunked")
        connection.putheader("Trailer", f"{_ERROR_TYPE}, {_ERROR_BODY}")
        connection.endheaders()
        trailers = b""
        try:
            if prelude is not None:
                _send(connection, json.dumps(prelude, ensure_ascii=False).encode() + _PRELUDE_END)
            try:
                for piece in pieces:
                    _send(connection, piece)
            except Exception as error:  # whatever the function raises
                _log(error)
                told = base64.b64encode(json.dumps(_described(error)).encode()).decode()
                kind = f"Runtime.{type(error).__name__}"
                trailers = f"{_ERROR_TYPE}: {kind}\r\n{_ERROR_BODY}: {told}\r\n".encode()
            connection.send(b"0\r\n" + trailers + b"\r\n")
            connection.getresponse().read()
        finally:
            connection.close()
            close = getattr(pieces, "close", None)
            if close:
                close()

    def fail(self, path: str, error: BaseException) -> None:
        """Report an error of `init` or of `invocation/ID`."""
        connection = http.client.HTTPConnection(self._address)
        headers = {
            "Content-Type": "application/json",
            _ERROR_TYPE: f"Runtime.{type(error).__name__}",
        }
        body = json.dumps(_described(error))
        connection.request("POST", f"{_BASE}/{path}/error", body, headers)
        connection.getresponse().read()
        connection.close()


def run(api: RuntimeApi, function: Function) -> None:
    """Serve invocations until the Runtime API goes away."""
    while True:
        body, context = api.next()
        try:
            prelude, pieces = function(json.loads(body), context)
        except Exception as error:
            _log(error)
            api.fail(f"invocation/{context.aws_request_id}", error)
            continue
        with suppress(OSError):  # the caller went away, or the time was over
            api.respond(context.aws_request_id, prelude, pieces)


def load(name: str) -> Function:
    """The function behind `package.module.function`, as `_HANDLER` has it."""
    module, _, attribute = name.rpartition(".")
    function: Function = getattr(importlib.import_module(module.replace("/", ".")), attribute)
    return function


def main() -> int:
    """Load the function and serve it."""
    api = RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"])
    try:
        function = load(os.environ["_HANDLER"])
    except BaseException as error:
        _log(error)
        api.fail("init", error)
        return 1
    try:
        run(api, function)
    except (ConnectionError, http.client.HTTPException):
        return 1  # the sandbox ends
    return 0


def _send(connection: http.client.HTTPConnection, piece: bytes) -> None:
    if piece:
        connection.send(b"%x\r\n%s\r\n" % (len(piece), piece))


def _described(error: BaseException) -> dict[str, Any]:
    # The trace goes to the log only: callers of a function URL must not see it.
    return {"errorMessage": str(error), "errorType": type(error).__name__, "stackTrace": []}


def _log(error: BaseException) -> None:
    """One JSON line, as a log of a function is read."""
    trace = "".join(traceback.format_exception(error))
    line = {"level": "ERROR", "message": str(error), "exception": trace}
    print(json.dumps(line, ensure_ascii=False), file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
