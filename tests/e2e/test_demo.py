"""The first thing anyone runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_demo_answers_with_pages_and_says_what_the_manuals_do_not(tmp_path: Path) -> None:
    command = [sys.executable, ROOT / "scripts" / "demo.py", str(tmp_path / "library")]
    env = os.environ | {"COLUMNS": "200", "MANUALCHAT_LANGUAGE": "en"}
    env.pop("MANUALCHAT_LIBRARY", None)
    done = subprocess.run(command, env=env, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stdout + done.stderr
    _, dehumidifier, dishwasher, descaling, wifi = done.stdout.split(" ask ")
    assert "물통을 비우고 본체 바닥의 물을 닦은 뒤" in dehumidifier
    assert "page 14 (printed 10)" in dehumidifier
    assert "40 cm에서 100 cm" in dishwasher
    assert "page 5 (printed K-2)" in dishwasher
    assert "35 minutes" in descaling
    assert "page 11 (printed 8)" in descaling
    assert "do not say" in wifi
