"""What a machine that lacks something is told, and what a skipped test costs in CI."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder with the set-up script, and a PATH with next to nothing on it."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "setup.sh", tmp_path / "scripts")
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "dirname", "rm"):
        (tools / name).symlink_to(str(shutil.which(name)))
    return tmp_path


def python_that(folder: Path, script: str) -> None:
    """Put a `python3` on that PATH which stands in for an interpreter of another machine."""
    path = folder / "bin" / "python3"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def set_up(folder: Path) -> subprocess.CompletedProcess[str]:
    env = {"PATH": str(folder / "bin"), "HOME": str(folder)}
    script = [str(folder / "scripts" / "setup.sh"), "demo"]
    return subprocess.run(script, env=env, capture_output=True, text=True)


def test_without_python_it_says_which_one_is_needed(bare: Path) -> None:
    done = set_up(bare)
    assert done.returncode == 1
    assert "Python 3.11, 3.12 or 3.13 is needed; found: no python3" in done.stderr


def test_with_an_old_python_it_names_what_it_found(bare: Path) -> None:
    python_that(bare, 'if [ "$1" = --version ]; then echo Python 3.9.2; else exit 1; fi')
    assert "found: Python 3.9.2" in set_up(bare).stderr


def test_without_venv_and_pip_it_names_the_package_to_install(bare: Path) -> None:
    answer = 'case "$1$2" in -mvenv|-mpip) exit 1;; *sys.executable*) echo python3;; esac'
    python_that(bare, answer)
    done = set_up(bare)
    assert done.returncode == 1
    assert "apt-get install python3-venv" in done.stderr
    assert not (bare / ".uv").exists()


@pytest.mark.parametrize(
    ("reason", "forbidden", "passes"),
    [
        ("needs a thing", "", True),
        ("needs a thing", "1", False),
        ("needs the measuring data in ../shared", "1", True),  # it is absent there
    ],
)
def test_a_skip_fails_where_skipping_is_forbidden(
    tmp_path: Path, reason: str, forbidden: str, passes: bool
) -> None:
    (tmp_path / "tests").mkdir()
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path / "tests")
    test = f"import pytest\n\n@pytest.mark.skip({reason!r})\ndef test_it() -> None: ...\n"
    (tmp_path / "tests" / "test_one.py").write_text(test)
    env = os.environ | {"MANUALCHAT_FORBID_SKIPS": forbidden}
    env["MANUALCHAT_SHARED"] = str(tmp_path / "nowhere")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert (done.returncode == 0) is passes, done.stdout
