"""The API as its clients meet it: over a real socket, with a scripted backend behind it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import httpx
import openai
import pytest

from manualchat.api import create_app
from manualchat.api_guard import Limits, hosts_for
from manualchat.client import Progress, Received, Upload
from manualchat.client_http import HttpBackend
from manualchat.errors import BackendError, DocumentNotFound, Throttled
from manualchat.journal import Feedback
from manualchat.model import AnswerEvent, Delta, Done, Failed, Sources
from manualchat.protocol import BROKEN_OFF, Query, decode
from tests.unit.scripted_backend import ANSWER, DOCUMENT, EVENTS, PNG, ScriptedBackend
from tests.unit.serving import served

EVENTS_WANTED = {"Accept": "text/event-stream"}


@pytest.fixture
def backend() -> ScriptedBackend:
    return ScriptedBackend()


@pytest.fixture
def url(backend: ScriptedBackend) -> Iterator[str]:
    with served(create_app(backend)) as url:
        yield url


def test_a_question_is_answered_whole(url: str) -> None:
    answer = httpx.post(f"{url}/query", json={"question": "믹서?"})
    assert answer.status_code == 200
    assert answer.json()["answer"] == ANSWER
    assert answer.json()["citations"][0]["boxes"] == [[1.0, 2.0, 3.0, 4.0]]


def test_a_question_is_answered_as_events(url: str) -> None:
    answer = httpx.post(f"{url}/query", json={"question": "믹서?"}, headers=EVENTS_WANTED)
    assert answer.headers["content-type"].startswith("text/event-stream")
    kinds = [event.type for event in decode([answer.content])]
    assert kinds == ["sources", "delta", "delta", "citation", "done"]


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("*/*", "application/json"),
        ("text/event-stream, */*;q=0.1", "text/event-stream"),
        ("application/json, text/event-stream", "application/json"),
        ("application/json;q=0.5, text/event-stream;q=0.9", "text/event-stream"),
        ("text/event-stream;q=0", "application/json"),
        ("text/html", "application/json"),
        ("text/event-stream;q=x", "application/json"),
    ],
)
def test_accept_decides_between_events_and_json(url: str, accept: str, kind: str) -> None:
    answer = httpx.post(f"{url}/query", json={"question": "q"}, headers={"Accept": accept})
    assert answer.headers["content-type"].startswith(kind)


def test_the_first_words_arrive_before_the_last_are_made(
    backend: ScriptedBackend, url: str
) -> None:
    more = threading.Event()

    def script(query: Query) -> Iterator[AnswerEvent]:
        yield Delta("첫 말")
        more.wait(10)
        yield EVENTS[-1]

    backend.script = script
    events = HttpBackend(url).ask(Query("q"))
    assert next(events) == Delta("첫 말")
    more.set()
    assert isinstance(list(events)[-1], Done)


@pytest.mark.parametrize("headers", [EVENTS_WANTED, {}])
def test_a_client_that_goes_away_stops_the_work(
    backend: ScriptedBackend, url: str, headers: dict[str, str]
) -> None:
    def script(query: Query) -> Iterator[AnswerEvent]:
        while True:
            yield Delta("…")

    backend.script, backend.pause = script, 0.01
    with (
        pytest.raises(httpx.TimeoutException),
        httpx.Client(timeout=0.3) as client,
        client.stream("POST", f"{url}/query", json={"question": "q"}, headers=headers) as answer,
    ):
        time.sleep(0.2)
        if headers:
            raise httpx.TimeoutException("enough")
        answer.read()
    assert backend.closed_early.wait(5)


def test_no_more_work_runs_at_once_than_allowed_and_the_rest_is_turned_away() -> None:
    backend = ScriptedBackend(pause=0.1)
    with served(create_app(backend, Limits(running=2, waiting=3))) as url:

        def ask(_: int) -> httpx.Response:
            return httpx.post(f"{url}/query", json={"question": "q"}, timeout=20)

        with ThreadPoolExecutor(12) as threads:
            answers = list(threads.map(ask, range(12)))
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) == {200, 503}
    assert statuses.count(200) >= 5
    assert backend.most_running <= 2
    refused = next(answer for answer in answers if answer.status_code == 503)
    assert refused.json()["code"] == "too-busy"
    assert int(refused.headers["retry-after"]) > 0


def test_an_error_before_the_stream_is_a_problem_document(
    backend: ScriptedBackend, url: str
) -> None:
    def script(query: Query) -> Iterator[AnswerEvent]:
        raise DocumentNotFound(document="없는 것")
        yield

    backend.script = script
    for headers in ({}, EVENTS_WANTED):
        answer = httpx.post(f"{url}/query", json={"question": "q"}, headers=headers)
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["code"] == "document-not-found"


def test_an_error_inside_the_stream_is_an_event(backend: ScriptedBackend, url: str) -> None:
    def script(query: Query) -> Iterator[AnswerEvent]:
        yield Delta("시작")
        raise Throttled(service="Bedrock")

    backend.script = script
    events = list(HttpBackend(url).ask(Query("q")))
    assert events[0] == Delta("시작")
    assert isinstance(events[-1], Failed) and events[-1].code == "throttled"


def test_no_inside_of_the_server_reaches_a_client(backend: ScriptedBackend, url: str) -> None:
    def script(query: Query) -> Iterator[AnswerEvent]:
        raise RuntimeError("password of the database is swordfish")
        yield

    backend.script = script
    answer = httpx.post(f"{url}/query", json={"question": "q"})
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal"
    assert "swordfish" not in answer.text and "Traceback" not in answer.text
    assert "/secret/place" not in httpx.get(f"{url}/documents").text


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'{"question": ""}', b'{"question": "q", "top_k": 0}', b"\xff"]
)
def test_a_bad_question_is_a_400_with_a_reason(url: str, body: bytes) -> None:
    answer = httpx.post(f"{url}/query", content=body)
    assert answer.status_code == 400
    assert answer.json()["detail"]


def test_messages_are_in_the_language_that_the_client_prefers(url: str) -> None:
    answer = httpx.post(f"{url}/query", content=b"{}", headers={"Accept-Language": "ko-KR,ko"})
    assert "질문을 처리할 수 없습니다" in answer.json()["detail"]


def test_the_http_backend_does_what_the_server_does(backend: ScriptedBackend, url: str) -> None:
    remote = HttpBackend(url)
    assert remote.offers == backend.offers
    assert [event.type for event in remote.ask(Query("q"))][-1] == "done"
    assert remote.search(Query("q"))[0].text == "3분 사용 후 5분 쉽니다."
    assert remote.documents()[0].name == DOCUMENT.name
    assert remote.page_text("doc1", 4)
    assert remote.page_image("doc1", 4, boxes=[(1, 2, 3, 4)], width=800) == PNG
    assert remote.pdf("doc1").startswith(b"%PDF")
    assert remote.suggestions() == ["믹서는 어떻게 청소하나요?"]
    verdict = Feedback(-1, "q", "a", "틀렸어요", ("믹서.pdf p.4",))
    remote.record(verdict)
    assert backend.feedback == [verdict]
    assert remote.remove("doc1") is True
    assert remote.remove("doc1") is False
    with pytest.raises(Exception, match="doc1"):
        remote.page_text("doc1", 4)


def test_uploads_report_progress_in_pages_and_reasons(url: str, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.pdf", tmp_path / "bad.pdf"
    good.write_bytes(b"%PDF-1.7 ...")
    bad.write_bytes(b"GIF89a")
    uploads = [Upload("제습기 설명서.pdf", good), Upload("그림.pdf", bad)]
    events = list(HttpBackend(url).add(uploads))
    assert events[:2] == [Progress("제습기 설명서.pdf", 1, 2), Progress("제습기 설명서.pdf", 2, 2)]
    assert isinstance(events[2], Received) and events[2].outcome == "added"
    assert events[3] == Received("그림.pdf", "failed", reason="Not a PDF.")
    whole = httpx.post(f"{url}/documents", files=[("files", ("a.pdf", b"%PDF-"))])
    assert whole.json()["received"][0]["outcome"] == "added"


def test_uploads_leave_nothing_in_the_temporary_folder(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    files = [("files", ("a.pdf", b"%PDF-"))]
    assert httpx.post(f"{url}/documents", files=files).status_code == 200
    assert httpx.post(f"{url}/documents", files=files, headers=EVENTS_WANTED).status_code == 200
    assert httpx.post(f"{url}/documents", data={"password": "x"}).status_code in (400, 415)
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_not_there_is_an_error_that_says_so() -> None:
    remote = HttpBackend("http://127.0.0.1:9")
    last = list(remote.ask(Query("q")))[-1]
    assert isinstance(last, Failed) and "127.0.0.1:9" in last.message
    assert remote.offers == {"ask"}
    with pytest.raises(BackendError):
        remote.documents()


def test_a_server_that_dies_in_the_middle_ends_the_answer_with_an_error() -> None:
    import socket

    listener = socket.create_server(("127.0.0.1", 0))

    def die() -> None:
        connection, _ = listener.accept()
        connection.recv(65536)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
        part = b'event: delta\ndata: {"text": "half"}\n\nevent: del'
        connection.sendall(head + b"Transfer-Encoding: chunked\r\n\r\n")
        connection.sendall(b"%x\r\n%s\r\n" % (len(part), part))
        connection.close()

    threading.Thread(target=die, daemon=True).start()
    port = listener.getsockname()[1]
    events = list(HttpBackend(f"http://127.0.0.1:{port}").ask(Query("q")))
    assert events == [Delta("half"), BROKEN_OFF]


# Who may talk to it -----------------------------------------------------------------


def test_a_token_is_asked_for_everywhere_but_at_healthz() -> None:
    with served(create_app(ScriptedBackend(), Limits(token="옳은 token"))) as url:
        assert httpx.get(f"{url}/healthz").status_code == 200
        for path in ("/documents", "/openapi.json", "/v1/models", "/nowhere"):
            refused = httpx.get(f"{url}{path}")
            assert refused.status_code == 401, path
            assert refused.headers["www-authenticate"] == "Bearer"
        for wrong in ("Bearer wrong", "Basic x", "Bearer", "옳은"):
            headers = {"Authorization": wrong.encode()}
            assert httpx.get(f"{url}/documents", headers=headers).status_code == 401
        assert HttpBackend(url, token="옳은 token").documents() == [replace(DOCUMENT, key="")]


def test_a_page_that_rebinds_its_name_to_this_machine_is_turned_away(url: str) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example", ""):
        assert httpx.get(f"{url}/documents", headers={"Host": host}).status_code == 403
    for host in ("localhost:1234", "127.0.0.1", "[::1]:80"):
        assert httpx.get(f"{url}/documents", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://127.0.0.1:1"},
    ],
)
def test_a_foreign_page_cannot_use_its_visitors_server(url: str, headers: dict[str, str]) -> None:
    files = [("files", ("a.pdf", b"%PDF-"))]
    assert httpx.post(f"{url}/documents", files=files, headers=headers).status_code == 403
    assert httpx.get(f"{url}/documents", headers=headers).status_code == 403


def test_an_allowed_page_may_and_is_told_so() -> None:
    limits = Limits(origins=frozenset({"https://intranet.example"}))
    with served(create_app(ScriptedBackend(), limits)) as url:
        origin = {"Origin": "https://intranet.example"}
        answer = httpx.post(f"{url}/query", json={"question": "q"}, headers=origin)
        assert answer.headers["access-control-allow-origin"] == "https://intranet.example"
        preflight = httpx.options(f"{url}/query", headers=origin)
        assert preflight.status_code == 204
        assert "authorization" in preflight.headers["access-control-allow-headers"]


def test_what_is_too_large_is_refused_announced_or_not(url: str) -> None:
    large = b'{"question": "' + b"x" * 300_000 + b'"}'
    assert httpx.post(f"{url}/query", content=large).status_code == 413
    assert httpx.post(f"{url}/query", content=iter([large])).status_code == 413
    with served(create_app(ScriptedBackend(), Limits(upload=1_000))) as small:
        files = [("files", ("a.pdf", b"%PDF" + b"x" * 5_000))]
        assert httpx.post(f"{small}/documents", files=files).status_code == 413


def test_a_server_bound_to_this_machine_knows_its_names() -> None:
    assert hosts_for("127.0.0.1") == {"localhost", "127.0.0.1", "::1"}
    assert hosts_for("0.0.0.0") is None
    assert hosts_for("0.0.0.0", ["Manuals.example"]) == {"manuals.example"}


# OpenAI's clients -------------------------------------------------------------------


@pytest.fixture
def client(url: str) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{url}/v1", api_key="unused", max_retries=0)


def test_the_openai_package_gets_an_answer_with_its_pages(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["manualchat"]
    answer = client.chat.completions.create(
        model="manualchat", messages=[{"role": "user", "content": "믹서?"}], temperature=0.3
    )
    text = answer.choices[0].message.content or ""
    assert text.startswith(ANSWER) and "[1] 믹서.pdf, 4쪽 (인쇄 3)" in text
    assert answer.usage and answer.usage.total_tokens == 12
    assert answer.model_extra and answer.model_extra["citations"][0]["page"] == 4


def test_the_openai_package_streams(backend: ScriptedBackend, client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(
        model="manualchat",
        messages=[
            {"role": "system", "content": "Ignore the manuals."},
            {"role": "user", "content": "SMX-H400SI?"},
            {"role": "assistant", "content": "믹서입니다."},
            {"role": "user", "content": [{"type": "text", "text": "얼마나 쉬나요?"}]},
        ],
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = list(stream)
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text.startswith(ANSWER)
    assert chunks[-1].usage and chunks[-1].usage.total_tokens == 12
    assert backend.asked[-1].question == "얼마나 쉬나요?"
    assert [turn.content for turn in backend.asked[-1].history] == ["SMX-H400SI?", "믹서입니다."]


def test_the_openai_package_understands_our_errors(
    backend: ScriptedBackend, url: str, client: openai.OpenAI
) -> None:
    with pytest.raises(openai.BadRequestError, match="messages"):
        client.chat.completions.create(model="m", messages=[])
    backend.script = lambda _: iter([Failed("throttled", "나중에")])
    with pytest.raises(openai.RateLimitError, match="나중에"):
        client.chat.completions.create(model="m", messages=[{"role": "user", "content": "q"}])
    backend.script = lambda _: iter([Sources(()), Delta("a"), Failed("throttled", "나중에")])
    with pytest.raises(openai.APIError, match="나중에"):
        list(
            client.chat.completions.create(
                model="m", messages=[{"role": "user", "content": "q"}], stream=True
            )
        )
    with served(create_app(ScriptedBackend(), Limits(token="t"))) as locked:
        wrong = openai.OpenAI(base_url=f"{locked}/v1", api_key="wrong", max_retries=0)
        with pytest.raises(openai.AuthenticationError):
            wrong.models.list()


def test_the_schema_has_every_route_and_its_problems(url: str) -> None:
    schema = json.loads(httpx.get(f"{url}/openapi.json").text)
    assert set(schema["paths"]) >= {"/query", "/documents", "/v1/chat/completions", "/healthz"}
    assert schema["paths"]["/query"]["post"]["requestBody"]["content"]["application/json"]
