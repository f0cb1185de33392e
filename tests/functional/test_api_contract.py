"""schemathesis against the real server: whatever the schema allows, and what it forbids."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from manualchat import Library
from manualchat.api import create_app
from manualchat.client_local import LocalBackend
from manualchat.config import Settings
from tests.unit.serving import served


def test_schemathesis_finds_nothing(example_library: Library, tmp_path: Path) -> None:
    shutil.copytree(example_library.path, tmp_path / "library")
    backend = LocalBackend(Settings.load(library=tmp_path / "library"))
    with served(create_app(backend)) as url:
        run = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json"),
                *(
                    "--max-examples",
                    "6",
                    "--phases",
                    "examples,coverage,fuzzing",
                    "--seed",
                    "20261122",
                    "--workers",
                    "1",
                    "--no-color",
                ),
                # Removing is left to its own test: the manuals are needed to the end.
                *("--exclude-method", "DELETE", "--generation-database", "none"),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=500,
        )
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
