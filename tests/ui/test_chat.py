"""The chat on a laptop: the library in the app's own process."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pymupdf
import pytest
from playwright.sync_api import Page, expect

from manualchat import Library
from manualchat.journal import Journal
from manualchat.model import Done
from tests.ui.conftest import NewPage, answered, ask

QUESTION = "제습기 물통이 가득 차면 어떻게 되나요?"


@pytest.fixture
def page(new_page: NewPage, app: str) -> Page:
    return new_page(app)


def test_a_stranger_finds_the_answer_its_page_and_its_sentence(
    page: Page, example_library: Library
) -> None:
    ask(page, QUESTION)
    answered(page)
    done = list(example_library.ask(QUESTION))[-1]
    assert isinstance(done, Done) and not done.refused
    first = done.citations[0]

    chip = page.locator(".answer .chip").first
    expect(chip).to_have_accessible_name(
        f"출처 1: {first.name}, {first.label}쪽 (PDF {first.page}쪽)"
    )
    chip.click()
    page.wait_for_selector(".frame[data-ready]")
    drawer = page.get_by_role("dialog")
    expect(drawer).to_contain_text(first.name)
    expect(drawer).to_contain_text(f"{first.label}쪽 (PDF {first.page}쪽)")
    expect(drawer).to_contain_text(" ".join(first.quote.split()))

    shown = _picture(page)
    yellow = (shown[..., 2] < 90) & (shown[..., 0] > 200) & (shown[..., 1] > 150)
    rows, columns = np.nonzero(yellow)
    with pymupdf.open(example_library.document(first.document).key) as pdf:
        width, height = pdf[first.page - 1].rect.br
    marked = np.array([columns.min(), rows.min(), columns.max(), rows.max()]) / (
        np.array([shown.shape[1], shown.shape[0]] * 2)
    )
    boxes = np.array(first.boxes)
    size = np.array([width, height, width, height])
    wanted = np.array([*boxes[:, :2].min(0), *boxes[:, 2:].max(0)]) / size
    assert np.abs(marked - wanted).max() < 0.015

    # It stands where one looks: inside the frame, without scrolling.
    top = wanted[1] * page.locator(".frame img").bounding_box()["height"]
    scrolled = page.locator(".frame").evaluate("frame => [frame.scrollTop, frame.clientHeight]")
    assert scrolled[0] <= top <= scrolled[0] + scrolled[1]


def _picture(page: Page) -> np.ndarray:
    source = page.locator(".frame img").get_attribute("src") or ""
    picture = pymupdf.Pixmap(base64.b64decode(source.partition(",")[2]))
    pixels = np.frombuffer(picture.samples, dtype=np.uint8)
    return pixels.reshape(picture.height, picture.width, picture.n)[..., :3]


def test_pages_are_turned_and_the_mark_is_found_again(page: Page) -> None:
    ask(page, QUESTION)
    answered(page)
    page.locator(".answer .card .quote").first.click()
    page.wait_for_selector(".frame[data-ready]")
    before = page.locator(".frame").get_attribute("data-ready")
    page.get_by_role("button", name="다음 쪽").click()
    page.wait_for_function(
        "before => [...document.querySelectorAll('*')].some(e => e.shadowRoot?.querySelector("
        "'.frame[data-ready]')?.dataset.ready !== before && e.shadowRoot?.querySelector('.frame'))",
        arg=before,
    )
    back = page.get_by_role("button", name="표시한 쪽으로")
    back.click()
    page.wait_for_selector(f'.frame[data-ready="{before}"]')
    # The button that was pressed goes: the keys must still reach the drawer.
    expect(back).to_have_count(0)
    page.wait_for_function("!!document.activeElement?.closest('[role=dialog]')")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_question_that_the_manuals_do_not_answer_is_refused_with_the_nearest_pages(
    page: Page,
) -> None:
    ask(page, "양자 컴퓨터 QX-77의 큐비트 냉각 온도는 몇 도인가요?")
    answered(page)
    expect(page.locator(".answer .badge")).to_have_text("설명서에서 답을 찾지 못했습니다")
    expect(page.locator(".answer .cards-title")).to_have_text("가장 가까운 쪽")
    page.locator(".answer .card .quote").first.click()
    page.wait_for_selector(".frame[data-ready]")


def test_a_follow_up_knows_what_was_said_before(page: Page) -> None:
    ask(page, "DH-120 제습기의 정격 전압은 얼마인가요?")
    answered(page)
    ask(page, "물통 용량은?")
    answered(page, 2)
    expect(page.locator(".answer").nth(1)).to_contain_text("DH-120")


def test_only_the_chosen_manuals_are_searched(page: Page) -> None:
    page.get_by_role("checkbox", name="Larkmoor").check(force=True)
    expect(page.get_by_text("1개 설명서에서만 찾는 중")).to_be_visible()
    ask(page, "What does E-04 mean?")
    answered(page)
    names = page.locator(".answer .card .name").all_inner_texts()
    assert names and all("Larkmoor" in name for name in names)


def test_suggested_questions_are_answered(page: Page) -> None:
    page.locator("[class*=st-key-suggested] button").first.click()
    answered(page)
    expect(page.locator(".answer .badge")).to_have_count(0)
    expect(page.locator(".answer .chip").first).to_be_visible()


def test_the_language_is_switched_and_the_conversation_stays(page: Page) -> None:
    ask(page, QUESTION)
    answered(page)
    page.get_by_text("English", exact=True).click()
    expect(page.get_by_placeholder("Ask about your manuals")).to_be_visible()
    expect(page.locator(".answer .cards-title")).to_have_text("Sources")
    assert page.evaluate("document.documentElement.lang") == "en"
    page.get_by_text("한국어", exact=True).click()
    expect(page.locator(".answer .cards-title")).to_have_text("출처")
    assert page.evaluate("document.documentElement.lang") == "ko"


def test_a_browser_that_speaks_english_is_met_in_english(new_page: NewPage, app: str) -> None:
    page = new_page(app, locale="en-GB")
    expect(page.get_by_role("heading", name="Ask the manuals")).to_be_visible()


def test_the_conversation_is_exported_with_its_sources(page: Page) -> None:
    ask(page, QUESTION)
    answered(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="내보내기").click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert f"## {QUESTION}" in text
    assert "제습기 사용설명서.pdf, " in text and "PDF " in text
    page.get_by_role("button", name="새 대화").click()
    expect(page.locator(".answer")).to_have_count(0)


def test_a_verdict_and_its_comment_are_kept(page: Page, library_folder: Path) -> None:
    ask(page, QUESTION)
    answered(page)
    page.get_by_role("radio", name="아쉬워요").click()
    page.get_by_label("의견 (선택)").fill("물통 사진이 있으면 좋겠어요")
    # In the form: the button that sends a question has the same name.
    page.get_by_test_id("stForm").get_by_role("button", name="보내기", exact=True).click()
    expect(page.get_by_text("의견을 저장했습니다")).to_be_visible()
    kept = Journal(library_folder / "journal.db").feedback()[0]
    assert (kept.rating, kept.question) == (-1, QUESTION)
    assert kept.comment == "물통 사진이 있으면 좋겠어요"
    assert kept.citations


def test_manuals_are_uploaded_with_progress_asked_and_removed(
    page: Page, library_folder: Path, tmp_path: Path
) -> None:
    good = tmp_path / "토스터 설명서.pdf"
    good.write_bytes(_manual(["토스터 TX-9 사용 설명서", "부스러기 받침은 매주 한 번 비우세요."]))
    bad = tmp_path / "그림.pdf"
    bad.write_bytes(b"\x89PNG\r\n\x1a\n no manual")
    page.get_by_text("설명서 추가").click()
    page.set_input_files("input[type=file]", [good, bad])
    page.get_by_role("button", name="추가하기").click()
    expect(page.get_by_role("progressbar").first).to_be_visible()
    expect(page.get_by_text("토스터 설명서.pdf: 추가했습니다 (2쪽)")).to_be_visible()
    expect(page.get_by_text("그림.pdf: PDF가 아닙니다").first).to_be_visible()
    stored = library_folder / "uploads" / "토스터 설명서.pdf"
    assert stored.read_bytes() == good.read_bytes()

    ask(page, "토스터 TX-9의 부스러기 받침은 얼마나 자주 비우나요?")
    answered(page)
    expect(page.locator(".answer")).to_contain_text("매주 한 번")

    for name in ("토스터 설명서.pdf", "그림.pdf"):
        page.get_by_role("button", name=f"{name} 삭제").click()
        page.get_by_role("dialog").get_by_role("button", name="삭제").click()
        expect(page.get_by_role("button", name=f"{name} 삭제")).to_have_count(0)
    assert not stored.exists()


def test_removing_is_not_done_without_a_yes(page: Page) -> None:
    remove = page.get_by_role("button", name="Larkmoor CM-45 Espresso Machine.pdf 삭제")
    remove.click()
    page.get_by_role("dialog").get_by_role("button", name="취소").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(remove).to_be_visible()


def _manual(pages: list[str]) -> bytes:
    document = pymupdf.open()
    for text in pages:
        document.new_page().insert_text((72, 100), text, fontname="korea", fontsize=14)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()
