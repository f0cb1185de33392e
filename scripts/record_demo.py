"""Records a real run of `scripts/demo.py` as docs/demo.svg and docs/demo.ko.svg.

Run it after `make demo`, when the answers changed. The picture is what the
commands printed: nothing is edited but the width and the moving progress bar.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

ROOT = Path(__file__).parents[1]
COLUMNS = 104


def record(language: str, target: Path) -> None:
    """Run the demo in one language, on a new library, and save what it printed."""
    shutil.rmtree(ROOT / ".demo", ignore_errors=True)
    env = os.environ | {
        "MANUALCHAT_LANGUAGE": language,
        "COLUMNS": str(COLUMNS),
        "FORCE_COLOR": "1",  # colours, though nobody looks
        "TTY_INTERACTIVE": "0",  # but no bar that moves
    }
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "demo.py"],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        check=True,
    )
    console = Console(record=True, width=COLUMNS, file=open(os.devnull, "w"))  # noqa: SIM115, PTH123
    console.print(Text.from_ansi(f"$ make demo\n{done.stdout}"), soft_wrap=False)
    console.save_svg(str(target), title="manualchat", unique_id=f"manualchat-{language}")
    print(f"wrote {target.relative_to(ROOT)}")


def main() -> None:
    """Both languages."""
    record("en", ROOT / "docs" / "demo.svg")
    record("ko", ROOT / "docs" / "demo.ko.svg")


if __name__ == "__main__":
    main()
