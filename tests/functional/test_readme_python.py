"""The Python of the READMEs does what stands beside it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from platformdirs import user_cache_path

from manualchat.embedding.onnx_model import OnnxEmbedder

ROOT = Path(__file__).parents[2]


def python_of(page: str) -> str:
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / page).read_text("utf-8"), re.DOTALL)
    return code


def test_both_readmes_show_the_same_python() -> None:
    assert python_of("README.md") == python_of("README.ko.md")


def test_the_python_of_the_readme_adds_a_folder_and_answers(
    example_manuals: Path, embedder: OnnxEmbedder, tmp_path: Path
) -> None:
    folder = tmp_path / "Documents" / "manuals"
    folder.mkdir(parents=True)
    shutil.copy(next(example_manuals.glob("한빛*.pdf")), folder)
    cache = os.environ.get("MANUALCHAT_CACHE", str(user_cache_path("manualchat", appauthor=False)))
    env = os.environ | {"HOME": str(tmp_path), "MANUALCHAT_CACHE": cache}
    done = subprocess.run(
        [sys.executable, "-c", python_of("README.md")],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    assert "부유물이 움직이는지" in done.stdout
    assert (tmp_path / "manuals.library").is_dir()
    assert embedder.dimensions == 384
