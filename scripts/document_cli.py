"""Writes the commands' help into the READMEs, from the commands themselves.

    python scripts/document_cli.py [--check]

The text goes between `<!-- commands -->` and `<!-- /commands -->`. With
--check nothing is written, and a text that is not current ends with 1.
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from manualchat import cli

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", ROOT / "README.ko.md")
BLOCK = re.compile(r"(<!-- commands -->\n).*?(<!-- /commands -->)", re.DOTALL)
WIDTH, COLUMN = 100, 26


def commands(command: Any, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that does something, with the words that call it, in order."""
    inner = getattr(command, "commands", {})
    if not inner:
        yield words, command
    for name, each in inner.items():
        if not each.hidden:
            yield from commands(each, (*words, name))


def entry(name: str, text: str) -> Iterator[str]:
    """One line of help, wrapped into a column."""
    lines = textwrap.wrap(" ".join(text.split()), WIDTH - COLUMN) or [""]
    head = f"  {name}"
    if len(head) >= COLUMN:
        yield head
        head = ""
    for line in lines:
        yield f"{head:<{COLUMN}}{line}".rstrip()
        head = ""


def summary(command: Any) -> str:
    """What a command does, in its help's first sentence or two."""
    return " ".join((command.help or "").split("\n\n")[0].split())


def usage(words: tuple[str, ...], command: Any) -> Iterator[str]:
    """How a command is called, what it does, and each argument and option."""
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = [p for p in command.params if p.param_type_name == "option" and not p.hidden]
    shown = []
    for argument in arguments:
        name = (argument.metavar or argument.name).strip("{}[]<>").upper()
        name += "…" if argument.nargs != 1 else ""
        shown.append(name if argument.required else f"[{name}]")
    yield " ".join((*words, *shown, *(["[OPTIONS]"] if options else [])))
    yield from textwrap.wrap(summary(command), WIDTH)
    for name, argument in zip(shown, arguments, strict=True):
        yield from entry(name, argument.help or "")
    for option in options:
        if option.name != "help":
            yield from entry(", ".join((*option.opts, *option.secondary_opts)), option.help or "")


def help_text() -> str:
    """A table of all commands, and their full help to unfold, as Markdown."""
    cli._load([])  # the commands with heavy imports register only when named
    root = typer.main.get_command(cli.app)
    found = list(commands(root, ("manualchat",)))
    rows = [f"| `{' '.join(words)}` | {summary(command)} |" for words, command in found]
    parts = ["\n".join(usage(words, command)) for words, command in found]
    general = [line for p in root.params if p.name != "help" for line in entry(p.opts[0], p.help)]
    parts.append("\n".join(["All commands:", *general]))
    parts.append(textwrap.fill(" ".join((root.epilog or "").split()), WIDTH))
    table = "\n".join(["| command | |", "|---|---|", *rows])
    full = "```text\n" + "\n\n".join(parts) + "\n```"
    return f"{table}\n\n<details><summary>--help</summary>\n\n{full}\n\n</details>\n"


def main() -> int:
    """0 when the pages are current or were written; 1 when --check finds one that is not."""
    text = help_text()
    stale = []
    for page in PAGES:
        old = page.read_text(encoding="utf-8")
        new = BLOCK.sub(lambda match: match[1] + text + match[2], old)
        if new != old:
            stale.append(page)
    if "--check" in sys.argv:
        for page in stale:
            print(f"{page.name}: the commands' help is not current. Run `make docs`.")
        return 1 if stale else 0
    for page in stale:
        page.write_text(BLOCK.sub(lambda m: m[1] + text + m[2], page.read_text("utf-8")), "utf-8")
        print(f"wrote {page.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
