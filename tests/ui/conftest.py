"""A real browser before the real app: Debian's Chromium, driven by playwright."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from manualchat.ui import APP
from tests.ui.slow_model import SlowModel, slow_model

if TYPE_CHECKING:
    from manualchat import Library

INPUT = "[data-testid=stChatInputTextArea]"
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SECONDS = 60.0  # how long anything may take on a busy machine

NewPage = Callable[..., Page]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def process(command: list[str], alive: str, log: Path, **env: str) -> Iterator[subprocess.Popen]:
    """A server in a process of its own, ready when `alive` answers 200."""
    with log.open("ab") as out:
        running = subprocess.Popen(
            command, stdout=out, stderr=out, env={**os.environ, "MANUALCHAT_LANGUAGE": "ko", **env}
        )
    try:
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                if httpx.get(alive, timeout=1).is_success:
                    break
            except httpx.HTTPError:
                pass
            if running.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{command}: {log.read_text(errors='replace')}")
            time.sleep(0.1)
        yield running
    finally:
        running.terminate()
        try:
            running.wait(10)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


@contextmanager
def app_at(log: Path, **env: str) -> Iterator[str]:
    """The chat app's URL."""
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(APP)]
    command += [f"--server.port={port}", "--server.address=127.0.0.1"]
    url = f"http://127.0.0.1:{port}"
    with process(command, f"{url}/_stcore/health", log, **env):
        yield url


def serve(log: Path, port: int, **env: str):  # type: ignore[no-untyped-def]
    """`manualchat serve` on this port."""
    command = [sys.executable, "-c", "from manualchat.cli import main; main()", "serve"]
    return process([*command, "--port", str(port)], f"http://127.0.0.1:{port}/healthz", log, **env)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        pytest.skip("needs chromium (apt install chromium fonts-noto-cjk)")
    expect.set_options(timeout=SECONDS * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def library_folder(example_library: Library, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of the example manuals that these tests may change."""
    folder = tmp_path_factory.mktemp("ui") / "library"
    shutil.copytree(example_library.path, folder)
    return folder


@pytest.fixture(scope="package")
def app(library_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app with the library in its own process, as `manualchat ui` starts it."""
    log = tmp_path_factory.mktemp("log") / "app.log"
    with app_at(log, MANUALCHAT_LIBRARY=str(library_folder)) as url:
        yield url
    assert "Traceback" not in log.read_text(errors="replace"), log.read_text(errors="replace")


@pytest.fixture(scope="package")
def model() -> Iterator[SlowModel]:
    with slow_model() as model:
        yield model


@pytest.fixture(scope="package")
def server_port() -> int:
    return free_port()


@pytest.fixture(scope="package")
def server_environment(library_folder: Path, model: SlowModel) -> dict[str, str]:
    return {
        "MANUALCHAT_LIBRARY": str(library_folder),
        "MANUALCHAT_ANSWERER": "openai",
        "MANUALCHAT_OPENAI_BASE_URL": model.url,
        "MANUALCHAT_OPENAI_MODEL": "slow",
        "MANUALCHAT_TOKEN": "a token",
    }


@pytest.fixture(scope="package")
def remote_app(server_port: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The app in front of `manualchat serve`, over HTTP, with a token."""
    log = tmp_path_factory.mktemp("log") / "remote.log"
    url = f"http://127.0.0.1:{server_port}"
    with app_at(log, MANUALCHAT_BACKEND=url, MANUALCHAT_TOKEN="a token") as address:
        yield address


@pytest.fixture
def new_page(browser: Browser) -> Iterator[NewPage]:
    """Opens a page in a browser profile of its own; fails the test when a script fails."""
    contexts = []
    errors: list[str] = []
    foreign: list[str] = []

    def open_page(url: str, *, width: int = 1280, height: int = 860, locale: str = "ko-KR") -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height}, locale=locale, accept_downloads=True
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(SECONDS * 1000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((url, "data:", "blob:", url.replace("http", "ws")))
                else foreign.append(request.url)
            ),
        )
        page.goto(url)
        page.wait_for_selector(INPUT)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors == []
    assert foreign == [], "the app must fetch nothing from elsewhere"


def ask(page: Page, question: str) -> None:
    """Type a question and press Enter."""
    page.fill(INPUT, question)
    page.press(INPUT, "Enter")


def answered(page: Page, number: int = 1) -> None:
    """Wait for the whole of the answer with this number."""
    page.locator(".answer").nth(number - 1).wait_for()
