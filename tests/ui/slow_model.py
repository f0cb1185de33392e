"""A stand-in for a language model behind OpenAI's API: it writes what a test lets it write.

It shows how a slow, stopped or dead model looks to a user. It cannot show that
a model's answers are good: it has never seen a manual.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class SlowModel:
    """`words` are sent one every `pause` seconds; `broken_off` is set when nobody reads on."""

    words: list[str] = field(default_factory=lambda: ["천천히", "씁니다."])
    pause: float = 0.1
    url: str = ""
    requests: list[dict[str, object]] = field(default_factory=list)
    broken_off: threading.Event = field(default_factory=threading.Event)


@contextmanager
def slow_model() -> Iterator[SlowModel]:
    """The model, on a free port of this machine."""
    model = SlowModel()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            model.requests.append(json.loads(body))
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
            try:
                for word in model.words:
                    time.sleep(model.pause)
                    self._send({"choices": [{"index": 0, "delta": {"content": f"{word} "}}]})
                stop = {"index": 0, "delta": {}, "finish_reason": "stop"}
                self._send({"choices": [stop]})
                self.wfile.write(b"data: [DONE]\n\n")
            except OSError:
                model.broken_off.set()

        def _send(self, data: dict[str, object]) -> None:
            data = {"id": "x", "object": "chat.completion.chunk", "model": "slow", **data}
            self.wfile.write(f"data: {json.dumps(data)}\n\n".encode())
            self.wfile.flush()

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    model.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield model
    finally:
        server.shutdown()
