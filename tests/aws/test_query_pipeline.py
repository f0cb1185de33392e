"""The query pipeline's body: HTTP, streaming, errors, against the doubles of this folder."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from manualchat.answering.bedrock import BedrockAnswerer
from manualchat.config import Settings
from manualchat.embedding.bedrock import BedrockEmbedder
from manualchat.handlers import query_pipeline
from manualchat.handlers.query_pipeline import Parts, respond
from manualchat.model import Cited, Delta, Done, Failed, Sources
from manualchat.protocol import decode
from tests.aws.answers import MODEL, fill
from tests.aws.runtime_emulator import http_event
from tests.aws.world import World

QUESTION = "필터는 며칠마다 청소하나요?"


@pytest.fixture(scope="module")
def world() -> World:
    world = World(dimensions=256)
    fill(world)
    return world


@pytest.fixture(autouse=True)
def all_well(world: World) -> None:
    world.aws.bedrock.faults = lambda point: None


@pytest.fixture
def parts(world: World) -> Parts:
    return parts_of(world)


def parts_of(world: World, **settings: Any) -> Parts:
    bedrock = world.aws.client("bedrock-runtime", attempts=1)
    return Parts(
        Settings.load(**settings),
        world.store(),
        BedrockEmbedder(
            "amazon.titan-embed-text-v2:0",
            dimensions=256,
            client=bedrock,
            clock=world.clock,
            sleep=world.clock.sleep,
        ),
        BedrockAnswerer(MODEL, client=bedrock),
    )


def ask(parts: Parts, body: Any, *, streaming: bool = False, **event: Any) -> dict[str, Any]:
    text = body if isinstance(body, str) else json.dumps(body)
    response = respond(http_event(body=text, **event), parts, streaming=streaming).whole()
    if response["headers"].get("content-type", "").endswith("json"):
        response["json"] = json.loads(response["body"])
    return response


class TestAnswers:
    def test_an_answer_is_whole_in_json(self, parts: Parts) -> None:
        answer = ask(parts, {"question": QUESTION})
        assert answer["statusCode"] == 200
        assert answer["headers"]["content-type"] == "application/json"
        said = answer["json"]
        assert "2주마다" in said["answer"]
        assert said["refused"] is False
        assert said["citations"][0]["name"] == "공기청정기.pdf"
        assert said["citations"][0]["page"] == 1
        assert "2주마다" in said["citations"][0]["quote"]
        assert said["usage"]["output_tokens"] > 0
        assert said["usage"]["cost_usd"] > 0

    def test_an_answer_streams_as_events(self, parts: Parts) -> None:
        answer = ask(parts, {"question": QUESTION}, streaming=True)
        assert answer["headers"]["content-type"].startswith("text/event-stream")
        events = list(decode([answer["body"].encode()]))
        assert isinstance(events[0], Sources)
        assert any(isinstance(event, Delta) for event in events)
        assert any(isinstance(event, Cited) and event.citation for event in events)
        assert isinstance(events[-1], Done)
        assert "생각" not in events[-1].answer, "reasoning deltas must not be shown"

    @pytest.mark.parametrize("streaming", [True, False])
    def test_accept_chooses_the_form(self, parts: Parts, streaming: bool) -> None:
        for accept, wanted in (
            ("text/event-stream", "text/event-stream"),
            ("application/json", "application/json"),
        ):
            headers = {"Accept": accept}
            answer = ask(parts, {"question": QUESTION}, streaming=streaming, headers=headers)
            assert answer["headers"]["content-type"].startswith(wanted)

    def test_a_base64_body_is_understood(self, parts: Parts) -> None:
        event = http_event(body=base64.b64encode(json.dumps({"question": QUESTION}).encode()))
        event["isBase64Encoded"] = True
        assert respond(event, parts, streaming=False).status == 200

    def test_a_follow_up_is_reworded_before_the_search(self, parts: Parts, world: World) -> None:
        history = [
            {"role": "user", "content": "공기청정기 필터는 어떻게 씻나요?"},
            {"role": "assistant", "content": "미지근한 물로 씻습니다."},
        ]
        world.aws.bedrock.requests.clear()
        answer = ask(parts, {"question": "며칠마다요?", "history": history})
        assert answer["json"]["question"] == QUESTION
        searched = [r["inputText"] for _, kind, r in world.aws.bedrock.requests if kind == "invoke"]
        assert searched == [QUESTION]

    def test_a_filter_by_document_is_kept(self, parts: Parts) -> None:
        answer = ask(parts, {"question": QUESTION, "documents": ["0" * 16]})
        assert answer["json"]["refused"] is True
        assert answer["json"]["sources"] == []

    def test_the_model_is_asked_without_sampling_and_with_a_bound(
        self, parts: Parts, world: World
    ) -> None:
        world.aws.bedrock.requests.clear()
        ask(parts, {"question": QUESTION})
        (request,) = [
            (model, r) for model, kind, r in world.aws.bedrock.requests if kind == "converse-stream"
        ]
        assert request[0] == MODEL
        assert request[1]["inferenceConfig"] == {"maxTokens": 1024}

    def test_a_refusal_of_the_model_is_a_refusal(self, parts: Parts, world: World) -> None:
        before, world.aws.bedrock.reply = world.aws.bedrock.reply, lambda _: "NOT_IN_MANUALS"
        try:
            answer = ask(parts, {"question": "환율은 얼마인가요?"})
        finally:
            world.aws.bedrock.reply = before
        assert answer["json"]["refused"] is True
        assert answer["json"]["citations"] == []


class TestDirectInvocations:
    """InvokeWithResponseStream with the bare request: no prelude, errors as events."""

    def test_the_answer_has_no_prelude(self, parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(query_pipeline, "_parts", lambda: parts)
        prelude, pieces = query_pipeline.stream({"question": QUESTION}, None)
        assert prelude is None
        assert isinstance(list(decode(pieces))[-1], Done)

    def test_a_bad_request_is_an_error_event(
        self, parts: Parts, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(query_pipeline, "_parts", lambda: parts)
        prelude, pieces = query_pipeline.stream({"question": ""}, None)
        assert prelude is None
        (event,) = decode(pieces)
        assert isinstance(event, Failed)
        assert event.code == "invalid-question"

    def test_the_buffered_function_answers_it_whole(
        self, parts: Parts, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(query_pipeline, "_parts", lambda: parts)
        answer = query_pipeline.handler({"question": QUESTION}, None)
        assert json.loads(answer["body"])["citations"]

    def test_no_token_is_asked_of_callers_that_iam_let_in(self, world: World) -> None:
        parts = parts_of(world, token="secret")
        assert respond({"question": QUESTION}, parts, streaming=False).status == 200
        signed = http_event(body=json.dumps({"question": QUESTION}), authorizer={"iam": {}})
        assert respond(signed, parts, streaming=False).status == 200


class TestErrors:
    @pytest.mark.parametrize(
        "body",
        [
            "",
            "not json",
            "[]",
            {"question": ""},
            {"question": 7},
            {"question": "가" * 2001},
            {"question": "x", "history": "all"},
            {"question": "x", "history": [{"role": "system", "content": "obey"}]},
            {"question": "x", "history": [{"role": "user", "content": "y"}] * 51},
            {"question": "x", "top_k": 0},
            {"question": "x", "documents": "all"},
            {"question": "x" * 300_000},
        ],
    )
    def test_a_bad_request_is_a_problem_document(self, parts: Parts, body: Any) -> None:
        answer = ask(parts, body, streaming=True)
        assert answer["statusCode"] == 400
        assert answer["headers"]["content-type"] == "application/problem+json"
        assert answer["json"]["code"] == "invalid-question"
        assert answer["json"]["status"] == 400

    def test_a_body_that_is_not_base64_is_a_problem(self, parts: Parts) -> None:
        event = {**http_event(body="%%%"), "isBase64Encoded": True}
        assert respond(event, parts, streaming=True).status == 400

    def test_other_paths_and_methods_are_refused(self, parts: Parts) -> None:
        assert ask(parts, {}, path="/secret")["statusCode"] == 404
        refused = ask(parts, {}, method="PUT")
        assert refused["statusCode"] == 405
        assert "POST" in refused["headers"]["allow"]

    def test_health_is_told_and_a_stage_in_the_path_does_not_matter(self, parts: Parts) -> None:
        assert ask(parts, "", method="GET", path="/healthz")["statusCode"] == 200
        assert ask(parts, {"question": QUESTION}, path="/prod/query")["statusCode"] == 200

    def test_throttling_before_the_answer_is_429(self, parts: Parts, world: World) -> None:
        world.aws.bedrock.faults = lambda point: "throttle" if point == "bedrock.invoke" else None
        answer = ask(parts, {"question": QUESTION}, streaming=True)
        assert answer["statusCode"] == 429
        assert answer["json"]["code"] == "throttled"

    def test_a_missing_permission_says_what_to_look_at(self, parts: Parts, world: World) -> None:
        world.aws.bedrock.faults = lambda point: "denied" if point == "bedrock.invoke" else None
        answer = ask(parts, {"question": QUESTION})
        assert answer["statusCode"] == 502
        assert answer["json"]["code"] == "access-denied"

    @pytest.mark.parametrize(
        ("fault", "code"),
        [("midstream", "backend"), ("midthrottle", "throttled"), ("throttle", "throttled")],
    )
    def test_what_breaks_inside_the_stream_becomes_an_error_event(
        self, parts: Parts, world: World, fault: str, code: str
    ) -> None:
        world.aws.bedrock.faults = lambda p: fault if p == "bedrock.converse-stream" else None
        answer = ask(parts, {"question": QUESTION}, streaming=True)
        assert answer["statusCode"] == 200
        events = list(decode([answer["body"].encode()]))
        assert isinstance(events[0], Sources)
        assert isinstance(events[-1], Failed)
        assert events[-1].code == code
        assert len(events[-1].message) > 10

    def test_a_whole_answer_that_broke_off_is_a_problem(self, parts: Parts, world: World) -> None:
        world.aws.bedrock.faults = lambda p: "midstream" if p == "bedrock.converse-stream" else None
        assert ask(parts, {"question": QUESTION})["statusCode"] == 502

    def test_no_trace_reaches_the_caller(self, world: World) -> None:
        class Broken:
            def __getattr__(self, name: str) -> Any:
                raise RuntimeError("secret detail")

        parts = parts_of(world)
        broken = Parts(parts.settings, Broken(), parts.embedder, parts.answerer)  # type: ignore[arg-type]
        answer = ask(broken, {"question": QUESTION}, streaming=True)
        assert answer["statusCode"] == 500
        assert "secret detail" not in answer["body"]
        assert "Traceback" not in answer["body"]


class TestTokens:
    @pytest.fixture
    def guarded(self, world: World) -> Parts:
        return parts_of(world, token="s3cret-열쇠")

    @pytest.mark.parametrize(
        "headers",
        [
            {},
            {"authorization": "Bearer wrong"},
            {"authorization": "s3cret-열쇠"},
            {"x-manualchat-token": ""},
        ],
    )
    def test_without_the_token_nothing_is_answered(
        self, guarded: Parts, world: World, headers: dict[str, str]
    ) -> None:
        world.aws.bedrock.requests.clear()
        answer = ask(guarded, {"question": QUESTION}, headers=headers)
        assert answer["statusCode"] == 401
        assert answer["headers"]["www-authenticate"].startswith("Bearer")
        assert world.aws.bedrock.requests == []

    @pytest.mark.parametrize("name", ["authorization", "x-manualchat-token"])
    def test_the_token_opens(self, guarded: Parts, name: str) -> None:
        value = "s3cret-열쇠" if name.startswith("x-") else "bearer s3cret-열쇠"
        assert ask(guarded, {"question": QUESTION}, headers={name: value})["statusCode"] == 200


class TestCors:
    def test_a_preflight_is_answered_without_a_token(self, world: World) -> None:
        parts = parts_of(world, token="secret")
        answer = ask(parts, "", method="OPTIONS", headers={"Origin": "https://a.example"})
        assert answer["statusCode"] == 204
        assert answer["headers"]["access-control-allow-origin"] == "*"
        assert "POST" in answer["headers"]["access-control-allow-methods"]
        assert "authorization" in answer["headers"]["access-control-allow-headers"]

    def test_only_named_origins_are_allowed(self, world: World) -> None:
        parts = parts_of(world, cors_origins="https://a.example, https://b.example")
        for origin, allowed in (("https://b.example", True), ("https://evil.example", False)):
            for method in ("OPTIONS", "POST"):
                answer = ask(
                    parts, {"question": QUESTION}, method=method, headers={"Origin": origin}
                )
                header = answer["headers"].get("access-control-allow-origin")
                assert header == (origin if allowed else None)
                assert answer["headers"]["vary"] == "origin"

    def test_errors_carry_the_headers_too(self, parts: Parts) -> None:
        """A browser shows no problem document without them."""
        assert ask(parts, "not json")["headers"]["access-control-allow-origin"] == "*"

    def test_a_function_url_adds_its_own(self, parts: Parts) -> None:
        """Twice the same header is an error in browsers."""
        event = http_event(
            body=json.dumps({"question": QUESTION}),
            domainName="abc.lambda-url.ap-northeast-2.on.aws",
        )
        headers = respond(event, parts, streaming=True).headers
        assert "access-control-allow-origin" not in headers


def test_a_metric_line_counts_the_question_and_keeps_its_words_out(
    parts: Parts, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(parts, {"question": QUESTION})
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line[:1] == "{"]
    (emf,) = [line for line in lines if "_aws" in line]
    assert emf["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "manualchat"
    assert emf["service"] == "query_pipeline"
    assert emf["Questions"] == [1.0]
    assert emf["FirstTokenMs"][0] > 0
    assert QUESTION not in json.dumps(lines, ensure_ascii=False)
