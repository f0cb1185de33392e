"""The query function under the streaming runtime, behind an emulated function URL."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from manualchat.model import Cited, Done, Failed, Sources
from manualchat.protocol import decode
from tests.aws.http_double import serving
from tests.aws.runtime_emulator import Environment, function_url
from tests.runtime.conftest import Sandbox, Site

QUESTION = json.dumps({"question": "필터는 며칠마다 청소하나요?"})


@contextmanager
def started(
    sandbox: Sandbox, handler: str, *, timeout: float = 60.0, **variables: str
) -> Iterator[Environment]:
    """The runtime as the exec wrapper starts it."""
    wrapper = sandbox.task / "stream-bootstrap"
    environment = Environment(
        # Lambda's own command line: the wrapper, then the managed runtime's.
        [str(wrapper), str(sandbox.python), "/var/runtime/bootstrap.py"],
        sandbox.environment(_HANDLER=handler, **variables),
        timeout=timeout,
    )
    try:
        yield environment
    finally:
        environment.close()


@contextmanager
def connected(environment: Environment) -> Iterator[http.client.HTTPConnection]:
    with serving(function_url(environment)) as url:
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=90)
        yield connection
        connection.close()


@pytest.fixture(scope="module")
def environment(sandbox: Sandbox, site: Site) -> Iterator[Environment]:
    handler = "manualchat.handlers.query_pipeline.stream"
    with started(sandbox, handler, **site.variables) as environment:
        yield environment


@pytest.fixture(autouse=True)
def all_well(site: Site) -> None:
    site.world.aws.bedrock.faults = lambda point: None
    site.world.aws.bedrock.before_delta = lambda number: None


def test_the_first_bytes_arrive_before_the_last_are_made(
    environment: Environment, site: Site
) -> None:
    seen = threading.Event()

    def hold(number: int) -> None:
        if number == 2:  # the model says no more until the reader has the sources
            assert seen.wait(60), "nothing arrived while the answer was being made"

    site.world.aws.bedrock.before_delta = hold
    with connected(environment) as connection:
        connection.request("POST", "/query", QUESTION, {"Accept": "text/event-stream"})
        response = connection.getresponse()
        assert response.status == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        first = response.readline()
        seen.set()
        events = list(decode([first, response.read()]))
    assert isinstance(events[0], Sources)
    assert any(isinstance(event, Cited) and event.citation for event in events)
    assert isinstance(events[-1], Done)
    assert environment.starts == 1


def test_an_invocation_without_http_streams_without_a_prelude(environment: Environment) -> None:
    steps = list(environment.invoke({"question": "필터는 며칠마다 청소하나요?"}))
    assert steps[0][0] == "start"
    assert "http-integration-response" not in steps[0][1]["content-type"]
    assert steps[-1] == ("end", {})
    events = list(decode(value for kind, value in steps if kind == "chunk"))
    assert isinstance(events[-1], Done)


def test_a_request_that_is_wrong_has_its_status(environment: Environment) -> None:
    with connected(environment) as connection:
        connection.request("POST", "/query", '{"question": ""}')
        response = connection.getresponse()
        assert response.status == 400
        assert json.loads(response.read())["code"] == "invalid-question"


def test_an_error_inside_the_answer_is_its_last_event(environment: Environment, site: Site) -> None:
    site.world.aws.bedrock.faults = lambda p: "midstream" if "stream" in p else None
    with connected(environment) as connection:
        connection.request("POST", "/query", QUESTION)
        events = list(decode([connection.getresponse().read()]))
    assert isinstance(events[-1], Failed)


def test_a_reader_that_goes_away_does_not_end_the_function(environment: Environment) -> None:
    with connected(environment) as connection:
        connection.request("POST", "/query", QUESTION)
        connection.getresponse()
        connection.close()
    with connected(environment) as connection:
        connection.request("POST", "/query", QUESTION)
        assert isinstance(list(decode([connection.getresponse().read()]))[-1], Done)


class TestProbes:
    """Functions that break, on the same runtime."""

    @pytest.fixture(autouse=True)
    def probe(self, sandbox: Sandbox) -> None:
        source = Path(__file__).with_name("probe.py")
        (sandbox.task / "probe.py").write_bytes(source.read_bytes())

    def test_an_error_before_the_stream_is_502_and_shows_no_trace(self, sandbox: Sandbox) -> None:
        with started(sandbox, "probe.before") as environment:
            (kind, error), *_ = environment.invoke({})
            assert kind == "error"
            assert error["errorType"] == "ValueError"
            assert error["stackTrace"] == []
            with connected(environment) as connection:
                connection.request("POST", "/", b"{}")
                assert connection.getresponse().status == 502
            assert environment.starts == 1

    def test_an_error_inside_the_stream_ends_it_with_trailers(self, sandbox: Sandbox) -> None:
        with started(sandbox, "probe.inside") as environment:
            steps = list(environment.invoke({}))
            assert b"first" in b"".join(value for kind, value in steps if kind == "chunk")
            kind, trailers = steps[-1]
            assert kind == "end"
            name = "lambda-runtime-function-error-type"
            assert trailers[name] == "Runtime.ValueError"
            with connected(environment) as connection:
                connection.request("POST", "/", b"{}")
                response = connection.getresponse()
                assert response.status == 200
                with pytest.raises((http.client.HTTPException, ConnectionError)):
                    response.read()

    def test_after_a_time_out_the_next_invocation_works(self, sandbox: Sandbox) -> None:
        with started(sandbox, "probe.slow", timeout=20) as environment:
            # Warm first: a start on a busy machine is slow too.
            assert list(environment.invoke({"body": ""}))[-1] == ("end", {})
            environment.timeout = 1
            assert list(environment.invoke({"body": "sleep"})) == [
                ("error", {"errorType": "Sandbox.Timedout"})
            ]
            environment.timeout = 20
            steps = list(environment.invoke({"body": ""}))
            body = b"".join(value for kind, value in steps if kind == "chunk")
            assert 0 < int(body.rpartition(b"\0")[2]) <= 20_000
            assert environment.starts == 2

    def test_after_a_crash_the_next_invocation_works(self, sandbox: Sandbox) -> None:
        with started(sandbox, "probe.dies") as environment:
            for _ in range(2):
                (step,) = environment.invoke({})
                assert step == ("error", {"errorType": "Runtime.ExitError"})
            assert environment.starts == 3

    def test_a_bare_stream_has_no_prelude(self, sandbox: Sandbox) -> None:
        with started(sandbox, "probe.bare") as environment:
            steps = list(environment.invoke({}))
            assert b"".join(v for kind, v in steps if kind == "chunk") == b"no prelude"

    def test_a_wrong_variable_is_named_at_init(self, sandbox: Sandbox, site: Site) -> None:
        wrong = {**site.variables, "LEDGER_TABLE": ""}
        handler = "manualchat.handlers.query_pipeline.stream"
        with started(sandbox, handler, **wrong) as environment:
            (step,) = environment.invoke({})
            assert step[0] == "error"
            assert environment.init_error
            assert "LEDGER_TABLE" in environment.init_error["errorMessage"]
