"""What the READMEs show is what the commands say."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from manualchat.config import Settings

ROOT = Path(__file__).parents[2]
PAGES = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "docs").rglob("*.md"))


def test_the_help_in_the_readmes_is_current() -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "document_cli.py", "--check"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("page", ["README.md", "README.ko.md", "CONTRIBUTING.md", *PAGES])
def test_every_link_to_a_file_leads_somewhere(page: str) -> None:
    text = (ROOT / page).read_text("utf-8")
    links = re.findall(r"\]\((?!https?:|#)([^)]+)\)", text)
    links = [link.partition("#")[0] for link in links]
    assert not [link for link in links if not ((ROOT / page).parent / link).exists()]


def test_every_make_target_that_the_readmes_name_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for page in ("README.md", "README.ko.md", "CONTRIBUTING.md"):
        named = set(re.findall(r"`make ([a-z]+)", (ROOT / page).read_text("utf-8")))
        assert named <= targets


def test_every_decision_is_in_the_index() -> None:
    folder = ROOT / "docs" / "decisions"
    index = (folder / "README.md").read_text("utf-8")
    pages = {page.name for page in folder.glob("*.md")} - {"README.md"}
    assert not {page for page in pages if f"]({page})" not in index}


def test_every_setting_is_documented() -> None:
    page = (ROOT / "docs" / "settings.md").read_text("utf-8")
    missing = []
    for setting in fields(Settings):
        names = setting.metadata.get("variables") or (f"MANUALCHAT_{setting.name.upper()}",)
        missing += [name for name in names if f"`{name}`" not in page]
    assert not missing
