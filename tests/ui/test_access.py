"""The chat for every hand, eye and keyboard: axe-core, keys only, Korean input, a phone."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.ui.conftest import INPUT, NewPage, answered, ask

QUESTION = "제습기 물통이 가득 차면 어떻게 되나요?"


@pytest.fixture
def page(new_page: NewPage, app: str) -> Page:
    return new_page(app)


def _serious(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {[node['html'][:200] for node in one['nodes']]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(new_page: NewPage, app: str, scheme: str) -> None:
    page = new_page(app)
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.reload()
    page.wait_for_selector("[class*=st-key-suggested]")
    page.get_by_text("설명서 추가").click()
    page.wait_for_selector("[data-testid=stFileUploaderDropzone]")
    assert _serious(page) == []
    ask(page, QUESTION)
    answered(page)
    page.get_by_role("radio", name="아쉬워요").click()
    page.get_by_label("의견 (선택)").wait_for()
    assert _serious(page) == []
    page.locator(".answer .chip").first.click()
    page.wait_for_selector(".frame[data-ready]")
    assert _serious(page) == []


def test_keys_alone_ask_open_the_page_and_come_back(page: Page) -> None:
    page.locator(INPUT).focus()
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    answered(page)
    for _ in range(60):
        page.keyboard.press("Shift+Tab")
        if page.evaluate(
            "() => { let e = document.activeElement; while (e?.shadowRoot) e ="
            " e.shadowRoot.activeElement; return e?.className === 'chip' }"
        ):
            break
    page.keyboard.press("Enter")
    page.wait_for_selector(".frame[data-ready]")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_enter_that_ends_a_syllable_does_not_send_and_the_next_sends_once(page: Page) -> None:
    page.locator(INPUT).focus()
    chrome = page.context.new_cdp_session(page)
    for syllable in ("제습", "제습기"):
        chrome.send(
            "Input.imeSetComposition",
            {"text": syllable, "selectionStart": len(syllable), "selectionEnd": len(syllable)},
        )
    enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229}
    chrome.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **enter})
    chrome.send("Input.dispatchKeyEvent", {"type": "keyUp", **enter})
    page.wait_for_timeout(700)
    expect(page.get_by_test_id("stChatMessage")).to_have_count(0)
    chrome.send("Input.insertText", {"text": "제습기"})
    page.keyboard.insert_text(" 물통이 가득 차면?")
    expect(page.locator(INPUT)).to_have_value("제습기 물통이 가득 차면?")
    page.keyboard.press("Enter")
    answered(page)
    page.wait_for_timeout(700)
    expect(page.get_by_text("제습기 물통이 가득 차면?")).to_have_count(1)
    expect(page.locator(".answer")).to_have_count(1)


def test_a_phone_shows_everything_without_scrolling_sideways(new_page: NewPage, app: str) -> None:
    page = new_page(app, width=390, height=844)
    ask(page, QUESTION)
    answered(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator(".answer .chip").first.click()
    page.wait_for_selector(".frame[data-ready]")
    page.wait_for_function(  # it slides in
        "() => { const box = document.querySelector('[role=dialog]').getBoundingClientRect();"
        " return box.left >= 0 && box.right <= 390 }"
    )
    expect(page.locator(".frame.large")).to_be_visible()
    page.wait_for_function("!!document.activeElement?.closest('[role=dialog]')")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.get_by_test_id("stExpandSidebarButton").click()
    expect(page.get_by_role("checkbox", name="Larkmoor")).to_be_attached()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
