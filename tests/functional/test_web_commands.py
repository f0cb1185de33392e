"""`serve`, `ui`, `mcp` and `report` as a shell starts them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from manualchat.journal import Asked, Feedback, Journal

MAIN = [sys.executable, "-c", "from manualchat.cli import main; main()"]


def _run(*arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*MAIN, *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, **env},
    )


def test_serving_the_network_without_a_token_is_refused_and_says_why(tmp_path: Path) -> None:
    done = _run("--library", str(tmp_path), "serve", "--host", "0.0.0.0", "--port", "0")
    assert done.returncode == 1
    assert "MANUALCHAT_TOKEN" in done.stderr and "--without-token" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_backend_that_is_none_is_told_in_one_sentence(tmp_path: Path) -> None:
    done = _run("--library", str(tmp_path), "serve", MANUALCHAT_BACKEND="ftp://x")
    assert done.returncode == 1
    assert "MANUALCHAT_BACKEND" in done.stderr and "Traceback" not in done.stderr


def test_the_report_of_an_empty_library_is_empty(tmp_path: Path) -> None:
    done = _run("--library", str(tmp_path), "report", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"asked": 0, "unanswered": 0, "groups": []}


def test_unanswered_questions_and_verdicts_are_reported(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db")
    journal.asked(Asked("가격은 얼마인가요?", True, 0.1, (), ("a.pdf p.3",)))
    journal.asked(Asked("가격은 얼마인가요", True, 0.1, (), ("a.pdf p.3",)))
    journal.asked(Asked("필터 청소는?", False, 0.1))
    journal.record(Feedback(-1, "필터 청소는?", "물로", "그림이 없어요"))
    report = json.loads(_run("--library", str(tmp_path), "report", "--json").stdout)
    assert (report["asked"], report["unanswered"]) == (3, 2)
    assert report["groups"][0]["times"] == 2
    assert report["groups"][0]["nearest"] == ["a.pdf p.3"]
    shown = _run("--library", str(tmp_path), "report", MANUALCHAT_LANGUAGE="ko").stdout
    assert "가격은 얼마인가요" in shown and "3건 가운데 2건" in shown
    verdicts = json.loads(_run("--library", str(tmp_path), "report", "--feedback", "--json").stdout)
    assert verdicts[0]["comment"] == "그림이 없어요"
