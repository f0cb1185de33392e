"""What all tests share: where data lies, what may be skipped, one built library."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from platformdirs import user_cache_path

if TYPE_CHECKING:
    from manualchat import Library
    from manualchat.embedding.onnx_model import OnnxEmbedder

ROOT = Path(__file__).parents[1]
MANUALS = ROOT / "examples" / "manuals"
SHARED = Path(os.environ.get("MANUALCHAT_SHARED", ROOT.parent / "shared"))
NEEDS_SHARED = "needs the measuring data in ../shared"

# A developer's own settings and library must not change what a test sees.
for variable in [name for name in os.environ if name.startswith("MANUALCHAT_")]:
    if variable not in {"MANUALCHAT_SHARED", "MANUALCHAT_FORBID_SKIPS", "MANUALCHAT_CACHE"}:
        del os.environ[variable]
os.environ["MANUALCHAT_LANGUAGE"] = "en"


def _forbid_skip(report: Any) -> None:
    """Turn a skip into a failure, but for absent data of ../shared."""
    if not os.environ.get("MANUALCHAT_FORBID_SKIPS") or not report.skipped:
        return
    if hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    if "../shared" in reason and not (SHARED / "data").is_dir():
        return
    report.outcome = "failed"
    report.longrepr = f"skipping is forbidden here, and this test was skipped: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Iterator[None]:
    report = yield
    _forbid_skip(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Iterator[None]:
    report = yield
    _forbid_skip(report)
    return report


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of measuring data beside the repository; skips where it is absent."""
    if not (SHARED / "data").is_dir():
        pytest.skip(NEEDS_SHARED)
    return SHARED


@pytest.fixture(scope="session")
def example_manuals(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the three example manuals' PDFs, built from their source."""
    folder = tmp_path_factory.mktemp("manuals")
    sys.path.insert(0, str(MANUALS))
    try:
        import build
    finally:
        sys.path.remove(str(MANUALS))
    for source in sorted(build.SOURCE.glob("*.txt")):
        name, data = build.typeset(source.read_text(encoding="utf-8"))
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture(scope="session", autouse=True)
def no_library_of_the_user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A test that names no library must not write into the developer's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MANUALCHAT_LIBRARY", str(tmp_path_factory.mktemp("library")))
        yield


@pytest.fixture(scope="session")
def embedder() -> OnnxEmbedder:
    """multilingual-e5-small, the real one. Converted once into the platform's cache."""
    from manualchat.config import Settings
    from manualchat.embedding import open_embedder

    settings = Settings.load()
    cache = settings.cache or user_cache_path("manualchat", appauthor=False)
    return open_embedder(settings, cache)


@pytest.fixture(scope="session")
def example_library(
    example_manuals: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Library]:
    """A library of the three example manuals, built once. To be read, not changed."""
    from manualchat import Library

    with Library(tmp_path_factory.mktemp("examples")) as library:
        added = library.add(example_manuals)
        assert [a.outcome for a in added] == ["added"] * 3, added
        yield library
