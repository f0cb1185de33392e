from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import pytest

from manualchat.answering import open_answerer, prompt
from manualchat.answering.openai import OpenAIAnswerer
from manualchat.config import Settings
from manualchat.model import Done, Failed, Turn
from tests.unit.answering.passages import HUMIDIFIER

QUESTION = "가습기 물통 용량은 몇 리터예요?"


def stream(*pieces: str) -> httpx.Response:
    events = [{"choices": [{"delta": {"content": piece}}]} for piece in pieces]
    events.append({"choices": [], "usage": {"prompt_tokens": 12, "completion_tokens": 3}})
    lines = [f"data: {json.dumps(event)}\n\n" for event in events]
    return httpx.Response(200, text=": hello\n\n" + "".join(lines) + "data: [DONE]\n\n")


def model(answer: Callable[[httpx.Request], httpx.Response], name: str = "m") -> OpenAIAnswerer:
    """An answerer whose server is `answer`: the wire format without a wire."""
    return OpenAIAnswerer("http://model.test/v1", name, transport=httpx.MockTransport(answer))


def last(answerer: OpenAIAnswerer) -> Done | Failed:
    event = list(answerer.answer(QUESTION, [HUMIDIFIER]))[-1]
    assert isinstance(event, Done | Failed)
    return event


def test_an_answer_streams_with_citations_and_usage() -> None:
    seen: list[dict] = []

    def server(request: httpx.Request) -> httpx.Response:
        seen.append(json.loads(request.content))
        return stream("물통 용량은 4.8", " L입니다", ". [1]")

    done = last(model(server))
    assert isinstance(done, Done)
    assert done.answer == "물통 용량은 4.8 L입니다. [1]"
    assert done.usage == {"input_tokens": 12.0, "output_tokens": 3.0}
    assert seen[0]["stream"] is True
    assert seen[0]["messages"][0]["content"] == prompt.system(QUESTION)


def test_the_refusal_token_refuses() -> None:
    done = last(model(lambda _: stream("NOT_IN", "_MANUALS")))
    assert isinstance(done, Done)
    assert done.refused


@pytest.mark.parametrize(
    ("status", "code", "says"),
    [
        (401, "access-denied", "MANUALCHAT_OPENAI_API_KEY"),
        (429, "throttled", "잠시 뒤"),
        (404, "configuration", "MANUALCHAT_OPENAI_MODEL"),
        (500, "backend", "HTTP 500"),
    ],
)
def test_an_error_of_the_server_says_what_to_do(status: int, code: str, says: str) -> None:
    body = {"error": {"message": "no such thing"}}
    failed = last(model(lambda _: httpx.Response(status, json=body)))
    assert isinstance(failed, Failed)
    assert failed.code == code
    assert says in failed.message


def test_a_server_that_is_not_there_is_a_failed_answer() -> None:
    def refused(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    failed = last(model(refused))
    assert isinstance(failed, Failed)
    assert "http://model.test/v1" in failed.message


def test_a_stream_that_breaks_off_is_a_failed_answer() -> None:
    broken = 'data: {"choices":[{"delta":{"content":"물통 용량은 4.8 L입니다. [1] 그"}}]}\n\n'
    error = 'data: {"error":{"message":"out of memory"}}\n\n'
    failed = last(model(lambda _: httpx.Response(200, text=broken + error)))
    assert isinstance(failed, Failed)
    assert "out of memory" in failed.message


def test_without_a_name_the_first_model_listed_is_asked() -> None:
    asked: list[str] = []

    def server(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/models":
            return httpx.Response(200, json={"data": [{"id": "first"}, {"id": "second"}]})
        asked.append(json.loads(request.content)["model"])
        return stream("물통 용량은 4.8 L입니다. [1]")

    last(model(server, ""))
    assert asked == ["first"]


def test_a_follow_up_is_condensed_by_the_model_and_by_rule_without_it() -> None:
    history = [Turn("user", "SUH-YJN480 가습기 무게는?"), Turn("assistant", "1.1 kg")]
    written = model(lambda _: stream("SUH-YJN480 가습기의 물통 용량은?"))
    assert written.standalone("용량은?", history) == "SUH-YJN480 가습기의 물통 용량은?"
    assert written.standalone("용량은?", []) == "용량은?"
    absent = model(lambda _: httpx.Response(500))
    assert "SUH-YJN480" in absent.standalone("용량은?", history)


def test_settings_choose_the_answerer() -> None:
    settings = Settings.load(answerer="openai", openai_base_url="http://model.test/v1")
    assert isinstance(open_answerer(settings), OpenAIAnswerer)
