"""The functions under AWS's own runtime client and Runtime Interface Emulator."""

from __future__ import annotations

import json
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from manualchat.aws import layer
from tests.aws.runtime_emulator import http_event
from tests.runtime.conftest import Sandbox, Site

QUESTION = json.dumps({"question": "필터는 며칠마다 청소하나요?"})
_INVOKE = "/2015-03-31/functions/function/invocations"


class Function:
    """A function under the Runtime Interface Emulator."""

    def __init__(self, port: int, process: subprocess.Popen[bytes]) -> None:
        self._url = f"http://127.0.0.1:{port}{_INVOKE}"
        self._process = process

    def invoke(self, event: Any) -> Any:
        data = json.dumps(event).encode()
        until = time.monotonic() + 60
        while True:
            try:
                request = urllib.request.Request(self._url, data=data)
                with urllib.request.urlopen(request, timeout=90) as answer:
                    return json.loads(answer.read() or b"null")
            except urllib.error.HTTPError as error:
                return json.loads(error.read())
            except OSError:
                assert self._process.poll() is None, "the emulator ended"
                assert time.monotonic() < until, "the emulator does not answer"
                time.sleep(0.05)


@contextmanager
def emulated(
    sandbox: Sandbox, handler: str, layer_name: str = "query", **variables: str
) -> Iterator[Function]:
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        port, api = first.getsockname()[1], second.getsockname()[1]
    process = subprocess.Popen(
        [
            *(str(sandbox.rie), "--log-level", "error"),
            *("--runtime-interface-emulator-address", f"127.0.0.1:{port}"),
            *("--runtime-api-address", f"127.0.0.1:{api}"),
            *(str(sandbox.python), "-m", "awslambdaric", handler),
        ],
        env=sandbox.environment(layer_name, AWS_LAMBDA_FUNCTION_TIMEOUT="120", **variables),
        cwd=sandbox.task,
        start_new_session=True,
    )
    try:
        yield Function(port, process)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def test_the_query_function_answers_from_its_layer_alone(sandbox: Sandbox, site: Site) -> None:
    site.world.aws.bedrock.faults = lambda point: None
    site.world.aws.bedrock.before_delta = lambda number: None
    handler = "manualchat.handlers.query_pipeline.handler"
    with emulated(sandbox, handler, **site.variables) as function:
        answer = function.invoke(http_event(body=QUESTION))
        assert answer["statusCode"] == 200, answer
        assert json.loads(answer["body"])["citations"][0]["name"] == "공기청정기.pdf"
        assert function.invoke(http_event(body="no"))["statusCode"] == 400
        assert function.invoke(http_event(method="OPTIONS"))["statusCode"] == 204


def test_the_embedding_function_reads_a_pdf_from_its_layer_alone(
    sandbox: Sandbox, site: Site
) -> None:
    """An event without documents, and the reader's worker on a real file, inside the layer."""
    (sandbox.task / "read_probe.py").write_text(
        "import pymupdf, tempfile, pathlib\n"
        "from manualchat.config import Settings\n"
        "from manualchat.reading import PdfReader\n"
        "from manualchat.chunking import Chunker\n"
        "def handler(event, context):\n"
        "    made = pymupdf.open()\n"
        "    made.new_page().insert_text((50, 60), '필터를 청소합니다', fontname='korea')\n"
        "    path = pathlib.Path(tempfile.mkdtemp()) / 'a.pdf'\n"
        "    made.save(path)\n"
        "    reader = PdfReader(Settings.load(cache=path.parent))\n"
        "    pages = list(reader.read(path))\n"
        "    return [c.text for p in pages for c in Chunker('d', '1').cut(p)]\n"
    )
    with emulated(sandbox, "read_probe.handler", "documents", **site.variables) as function:
        assert function.invoke({}) == ["필터를 청소합니다"]
    handler = "manualchat.handlers.embedding_pipeline.handler"
    with emulated(sandbox, handler, "documents", **site.variables) as function:
        test = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": "b"}
        assert function.invoke(test) is None
        record = {"eventSource": "aws:sqs", "messageId": "m", "body": "nonsense", "attributes": {}}
        answer = function.invoke({"Records": [record]})
        assert answer == {"batchItemFailures": [{"itemIdentifier": "m"}]}


def test_layers_fit_and_the_query_function_carries_nothing_heavy(sandbox: Sandbox) -> None:
    sizes = {name: made.unzipped for name, made in sandbox.artifacts.items()}
    assert sizes["documents"] + sizes["function"] < layer.LIMIT / 2
    assert sizes["query"] + sizes["function"] < 30 * 2**20
    libraries = {path.name for path in (sandbox.opt / "query" / "python").iterdir()}
    assert not libraries & {"pymupdf", "numpy", "onnxruntime", "boto3", "botocore"}
    traineddata = sandbox.opt / "documents" / "share" / "tessdata"
    if traineddata.exists():
        assert {p.name for p in traineddata.iterdir()} == {"kor.traineddata", "eng.traineddata"}


@pytest.mark.parametrize("name", ["query_pipeline", "streaming_runtime", "create_index"])
def test_importing_a_query_function_loads_nothing_heavy(sandbox: Sandbox, name: str) -> None:
    """A stand-in for the time limit on its import, which `make bench` measures."""
    code = f"import sys, manualchat.handlers.{name}; print(*sys.modules)"
    environment = sandbox.environment()
    del environment["AWS_LAMBDA_FUNCTION_NAME"]  # no init: the import alone
    done = subprocess.run(
        [sandbox.python, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    loaded = {module.split(".")[0] for module in done.stdout.split()}
    heavy = {"pymupdf", "onnxruntime", "numpy", "streamlit", "mecab", "tokenizers", "fastapi"}
    assert not loaded & heavy
    for_init = {"boto3", "botocore", "opensearchpy", "pydantic", "aws_lambda_powertools"}
    assert not loaded & (for_init)
