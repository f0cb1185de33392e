"""The same chat in front of the AWS deployment's query function, on its doubles."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.aws.answers import fill
from tests.aws.http_double import serving
from tests.aws.in_process import InProcess
from tests.aws.runtime_emulator import function_url
from tests.aws.test_query_pipeline import parts_of
from tests.aws.world import World
from tests.ui.conftest import NewPage, answered, app_at, ask


@pytest.fixture
def aws_app(tmp_path: Path) -> Iterator[str]:
    world = World(dimensions=256)
    fill(world)
    environment = InProcess(parts_of(world, token="a token"))
    with (
        serving(function_url(environment)) as url,  # type: ignore[arg-type]
        app_at(tmp_path / "aws.log", MANUALCHAT_BACKEND=url, MANUALCHAT_TOKEN="a token") as address,
    ):
        yield address


def test_a_question_is_answered_with_its_page_and_quote(new_page: NewPage, aws_app: str) -> None:
    page = new_page(aws_app)
    expect(page.get_by_role("heading", name="설명서", exact=True)).to_have_count(0)
    ask(page, "필터는 며칠마다 청소하나요?")
    answered(page)
    expect(page.locator(".answer")).to_contain_text("2주마다")
    expect(page.locator(".answer .card .name").first).to_have_text("공기청정기.pdf")
    page.locator(".answer .chip").first.click()
    drawer = page.get_by_role("dialog")
    expect(drawer).to_contain_text("2주마다")
    expect(drawer).to_contain_text("PDF 1쪽")
    expect(drawer).to_contain_text("쪽 그림을 볼 수 없습니다")
