"""The UI's clients against the query function: function URL, SigV4, InvokeWithResponseStream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from manualchat.client import connect
from manualchat.client_http import HttpBackend
from manualchat.client_sigv4 import SigV4
from manualchat.config import Settings
from manualchat.errors import Unsupported
from manualchat.model import Done, Failed
from manualchat.protocol import Query
from tests.aws.answers import fill
from tests.aws.http_double import Answer, serving
from tests.aws.in_process import InProcess, lambda_api
from tests.aws.runtime_emulator import function_url
from tests.aws.test_query_pipeline import parts_of
from tests.aws.world import World

QUESTION = Query("필터는 며칠마다 청소하나요?")


@pytest.fixture(scope="module")
def world() -> World:
    world = World(dimensions=256)
    fill(world)
    return world


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_REGION", "ap-northeast-2")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def _done(events: Iterator[object]) -> Done:
    last = list(events)[-1]
    assert isinstance(last, Done), last
    return last


def test_a_function_url_answers_with_a_token_and_refuses_without(world: World) -> None:
    environment = InProcess(parts_of(world, token="t"))
    with serving(function_url(environment)) as url:  # type: ignore[arg-type]
        backend = connect(Settings.load(backend=f"{url}/query", token="t"))
        assert backend.offers == {"ask"}
        done = _done(backend.ask(QUESTION))
        assert done.citations and "필터" in done.citations[0].quote
        with pytest.raises(Unsupported):
            connect(Settings.load(backend="lambda:query", region="ap-northeast-2")).documents()
        refused = list(HttpBackend(url, token="wrong").ask(QUESTION))
        assert isinstance(refused[-1], Failed) and refused[-1].code == "unauthorized"


def test_the_function_itself_is_invoked_and_streams(
    world: World, credentials: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(lambda_api(InProcess(parts_of(world, token="t")))) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_LAMBDA", url)
        events = list(connect(Settings.load(backend="lambda:query")).ask(QUESTION))
        assert events[0].type == "sources"
        assert _done(iter(events)).citations
        failed = list(connect(Settings.load(backend="lambda:nothing")).ask(QUESTION))[-1]
        assert isinstance(failed, Failed) and "Function not found" in failed.message


def test_requests_to_awss_own_hosts_are_signed(credentials: None) -> None:
    import httpx

    seen: list[httpx.Request] = []

    def remember(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200)

    for host, service in (
        ("abc.lambda-url.ap-northeast-2.on.aws", "lambda"),
        ("abc.execute-api.us-east-1.amazonaws.com", "execute-api"),
    ):
        with httpx.Client(
            auth=SigV4.of_host(host), transport=httpx.MockTransport(remember)
        ) as client:
            client.post(f"https://{host}/query", content=b'{"question": "q"}')
        signed = seen[-1].headers["authorization"]
        region = host.split(".")[2]
        assert f"/{region}/{service}/aws4_request" in signed
        assert "host" in signed and seen[-1].headers["x-amz-date"]


def test_other_hosts_get_no_signature(credentials: None) -> None:
    seen: list[Mapping[str, str]] = []

    def double(
        method: str, path: str, query: dict[str, str], headers: Mapping[str, str], body: bytes
    ) -> Answer:
        seen.append(headers)
        return Answer(200, b'{"status": "ok"}')

    with serving(double) as url:
        assert HttpBackend(url).offers == {"ask"}
    assert "authorization" not in seen[0]
