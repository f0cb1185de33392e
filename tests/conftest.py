"""What all tests share: where data lies, what may be skipped, one built library."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

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
