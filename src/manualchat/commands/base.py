"""What every command shares: the library that was chosen, and how results are printed."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from manualchat.library import Library

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Only = Annotated[
    list[str] | None,
    typer.Option("--document", "-d", help="Only in this document (id or name); repeatable."),
]


@dataclass
class Choice:
    """What the options before the command chose."""

    path: Path | None = None

    def open(self) -> Library:
        """Open the library."""
        from manualchat.library import Library

        return Library(self.path, notice=lambda text: screen.err.print(text, style="dim"))


class Screen:
    """Standard output and error, by rich. Made at first use: `--json` needs neither."""

    @cached_property
    def out(self) -> Console:
        """For results."""
        from rich.console import Console

        return Console(highlight=False, soft_wrap=False)

    @cached_property
    def err(self) -> Console:
        """For what goes on meanwhile."""
        from rich.console import Console

        return Console(stderr=True, highlight=False)


screen = Screen()


def print_json(value: Any) -> None:
    """One JSON document on standard output, Korean readable."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1) + "\n")
    sys.stdout.flush()
