"""What is asked at home stays at home."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from manualchat.embedding.onnx_model import OnnxEmbedder

EMBED = """
import sys
from pathlib import Path
from manualchat.config import Settings
from manualchat.embedding import open_embedder
open_embedder(Settings.load(), Path(sys.argv[1])).query("필터 청소")
"""


def test_the_model_leaves_no_device_id_and_queues_no_report(
    embedder: OnnxEmbedder, tmp_path: Path
) -> None:
    # onnxruntime writes both under the home before it sends anything. That nothing
    # travels is not seen here, only that its reporting never starts.
    from platformdirs import user_cache_path

    from manualchat.config import Settings

    cache = Settings.load().cache or user_cache_path("manualchat", appauthor=False)
    quiet = {"ORT_DISABLE_TELEMETRY", "CI", "XDG_CACHE_HOME", "XDG_DATA_HOME"}
    env = {name: value for name, value in os.environ.items() if name not in quiet}
    env["HOME"] = str(tmp_path)
    subprocess.run([sys.executable, "-c", EMBED, str(cache)], env=env, check=True)
    left = [path for path in tmp_path.rglob("*") if "icrosoft" in str(path) or "onnx" in str(path)]
    assert not left
    assert embedder.identity
