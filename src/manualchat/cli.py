"""The command line. Each command is a few lines over `Library`."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from manualchat import __version__
from manualchat.commands import asking, documents, evaluating
from manualchat.commands.base import Choice, screen
from manualchat.commands.words import word
from manualchat.errors import ManualchatError

USAGE_ERROR = 64  # EX_USAGE of sysexits.h; 2 means that some files failed
INTERRUPTED = 130

# typer carries a click of its own in newer versions; both are this class's base there.
_UsageError: Any = typer.BadParameter.__mro__[1]

app = typer.Typer(
    name="manualchat",
    help="Ask your manuals, get an answer with the page that proves it.",
    epilog="Exit codes: 0 all is well; 1 nothing could be done, or an evaluation got worse; "
    "2 some files failed and the others are in; 64 wrong usage; 130 interrupted.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _options(
    context: typer.Context,
    library: Annotated[
        Path | None,
        typer.Option(
            envvar="MANUALCHAT_LIBRARY",
            help="The library's folder. May stand before or after the command.",
            show_default="the platform's data folder",
        ),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    context.obj = Choice(library)


app.command("add")(documents.add)
app.command("ask")(asking.ask)
app.command("chat")(asking.chat)
app.command("search")(asking.search)
app.command("list")(documents.list_documents)
app.command("show")(documents.show)
app.command("remove")(documents.remove)
app.command("status")(documents.status)
app.command("reindex")(documents.reindex)
app.command("eval")(evaluating.evaluate)

# Parts with heavy imports: each is loaded only when its command is named.
_LATER = {
    "serve": "manualchat.web_commands",
    "ui": "manualchat.web_commands",
    "mcp": "manualchat.web_commands",
    "report": "manualchat.web_commands",
    "aws": "manualchat.aws.cli",
}


def _load(arguments: list[str]) -> None:
    """Register the commands of `_LATER` that this command line may need."""
    named = next((a for a in arguments if a in _LATER), None)
    plain = {c.name for c in app.registered_commands}
    if named is None and any(a in plain for a in arguments):
        return
    for name, module in _LATER.items():
        if named in (None, name) and importlib.util.find_spec(module):
            importlib.import_module(module).register(app, name)


def _library_first(arguments: list[str]) -> list[str]:
    """`--library DIR` may stand after the command too: move it to the front."""
    front, rest = [], list(arguments)
    for at, argument in enumerate(rest):
        if argument == "--":
            break
        if argument == "--library" and at + 1 < len(rest):
            front = rest[at : at + 2]
            del rest[at : at + 2]
            break
        if argument.startswith("--library="):
            front = [rest.pop(at)]
            break
    return front + rest


def main(arguments: list[str] | None = None) -> None:
    """Run the command line. Errors are one sentence, never a stack trace."""
    words = _library_first(sys.argv[1:] if arguments is None else arguments)
    try:
        _load(words)
        code = app(args=words, standalone_mode=False)
    except (typer.Abort, KeyboardInterrupt):
        code = INTERRUPTED
    except _UsageError as error:
        error.show()
        code = USAGE_ERROR
    except ManualchatError as error:
        screen.err.print(str(error), style="red", markup=False)
        code = 1
    except BrokenPipeError:
        # the reader of our output has gone: nothing to say, and nobody to say it to
        sys.stderr.close()
        code = 0
    if code == INTERRUPTED:  # some versions of typer return it instead of raising
        screen.err.print(word("stopped"), style="yellow", markup=False)
    sys.exit(code if isinstance(code, int) else 0)
