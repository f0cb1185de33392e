"""An emulator of Lambda's Runtime API, and of a function URL in front of it.

One execution environment: a server that the runtime process polls, the process
itself, and its end and new start on a time-out or a crash. Streaming as in
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html. What it cannot
show: memory limits, freezing, throttling, the 200 MB and bandwidth limits.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.aws.http_double import Answer, Server

_PRELUDE_END = b"\0" * 8
_ARN = "arn:aws:lambda:ap-northeast-2:000000000000:function:f"
Step = tuple[str, Any]  # "start" headers | "chunk" bytes | "end" trailers | "error" body


class Environment:
    """Runs a runtime process and invokes its function."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        *,
        timeout: float = 30.0,
        quiet: bool = False,
    ) -> None:
        self.timeout = timeout
        self._output = subprocess.DEVNULL if quiet else None
        self.init_error: dict[str, Any] | None = None
        self.starts = 0
        self._command = list(command)
        self._environment = dict(environment)
        self._events: queue.Queue[tuple[str, Any]] = queue.Queue()
        self._steps: dict[str, queue.Queue[Step]] = {}
        self._one_at_a_time = threading.Lock()
        self._server = Server(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        self.starts += 1
        address = f"127.0.0.1:{self._server.server_port}"
        environment = {**self._environment, "AWS_LAMBDA_RUNTIME_API": address}
        environment.setdefault("PATH", os.environ["PATH"])
        return subprocess.Popen(
            self._command, env=environment, stdout=self._output, stderr=self._output
        )

    def invoke(self, event: Any) -> Iterator[Step]:
        """The steps of one invocation, as they happen; the last is "end" or "error"."""
        with self._one_at_a_time:
            request = str(uuid.uuid4())
            steps = self._steps[request] = queue.Queue()
            self._events.put((request, event))
            until = time.time() + self.timeout
            try:
                while True:
                    try:
                        step = steps.get(timeout=0.05)
                    except queue.Empty:
                        if self.process.poll() is not None:
                            self._again()
                            yield "error", {"errorType": "Runtime.ExitError"}
                            return
                        if time.time() > until:
                            self._again()
                            yield "error", {"errorType": "Sandbox.Timedout"}
                            return
                        continue
                    yield step
                    if step[0] in ("end", "error"):
                        return
            finally:
                self._steps.pop(request, None)

    def _again(self) -> None:
        """A new sandbox, as Lambda makes one after a crash or a time-out."""
        self.process.kill()
        self.process.wait()
        while not self._events.empty():
            self._events.get_nowait()
        self.process = self._start()

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        environment = self

        class RuntimeApi(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def log_message(self, *_: object) -> None:
                pass

            def _reply(self, status: int, body: bytes = b"{}", **headers: str) -> None:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self) -> None:
                mine = environment.process
                while True:
                    try:
                        request, event = environment._events.get(timeout=0.2)
                        break
                    except queue.Empty:
                        if environment.process is not mine:
                            self.close_connection = True
                            return
                self._reply(
                    200,
                    json.dumps(event, ensure_ascii=False).encode(),
                    Lambda_Runtime_Aws_Request_Id=request,
                    Lambda_Runtime_Deadline_Ms=str(int((time.time() + environment.timeout) * 1000)),
                    Lambda_Runtime_Invoked_Function_Arn=_ARN,
                    Lambda_Runtime_Trace_Id="Root=1-0-0",
                )

            def _body(self, trailers: dict[str, str]) -> Iterator[bytes]:
                if "chunked" not in self.headers.get("Transfer-Encoding", ""):
                    yield self.rfile.read(int(self.headers.get("Content-Length", 0)))
                    return
                while size := int(self.rfile.readline().split(b";")[0] or b"0", 16):
                    data = self.rfile.read(size)
                    self.rfile.readline()
                    yield data
                while line := self.rfile.readline().strip():
                    name, _, value = line.decode().partition(":")
                    trailers[name.lower()] = value.strip()

            def do_POST(self) -> None:
                trailers: dict[str, str] = {}
                body = self._body(trailers)
                parts = self.path.strip("/").split("/")
                if parts[-2:] == ["init", "error"]:
                    environment.init_error = json.loads(b"".join(body))
                    self._reply(202)
                    return
                steps = environment._steps.get(parts[-2])
                if steps is None:
                    b"".join(body)
                    self._reply(400, b'{"errorType":"InvalidRequestID"}')
                    return
                if parts[-1] == "error":
                    steps.put(("error", json.loads(b"".join(body))))
                else:
                    steps.put(("start", {k.lower(): v for k, v in self.headers.items()}))
                    for piece in body:
                        steps.put(("chunk", piece))
                    steps.put(("end", trailers))
                self._reply(202)

        return RuntimeApi


def function_url(environment: Environment) -> Any:
    """A double for `http_double.serving`: a function URL in RESPONSE_STREAM mode."""

    def answer(
        method: str, path: str, query: dict[str, str], headers: Mapping[str, str], body: bytes
    ) -> Answer:
        steps = environment.invoke(http_event(method, path, headers, body))
        kind, value = next(steps)
        if kind == "error":
            return Answer(502, b"Internal Server Error")
        assert value["lambda-runtime-function-response-mode"] == "streaming"
        head = b""
        for kind, value in steps:
            if kind != "chunk":
                return Answer(502, b"Internal Server Error")
            head += value
            if _PRELUDE_END in head:
                break
        prelude, _, rest = head.partition(_PRELUDE_END)
        start = json.loads(prelude)
        return Answer(start["statusCode"], _rest(rest, steps), start.get("headers", {}))

    return answer


def _rest(first: bytes, steps: Iterator[Step]) -> Iterator[bytes]:
    if first:
        yield first
    for kind, value in steps:
        if kind == "chunk":
            yield value
        elif kind == "error" or value:
            raise ConnectionError("AWS cuts the stream here")  # an error in the trailers


def http_event(
    method: str = "POST",
    path: str = "/query",
    headers: Mapping[str, str] | None = None,
    body: bytes | str = b"",
    **context: Any,
) -> dict[str, Any]:
    """An event of payload format 2.0."""
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {k.lower(): v for k, v in (headers or {}).items()},
        "requestContext": {
            "http": {"method": method, "path": path, "sourceIp": "127.0.0.1"},
            "stage": "$default",
            **context,
        },
        "body": body.decode() if isinstance(body, bytes) else body,
        "isBase64Encoded": False,
    }
