"""`ask`, `chat`, `search`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from manualchat.commands.base import AsJson, Choice, Only, print_json, screen
from manualchat.commands.words import word
from manualchat.errors import ManualchatError
from manualchat.library import Library
from manualchat.model import Citation, Cited, Delta, Done, Failed, Turn
from manualchat.nouns_json import done_json, passage_json


class _AnswerFailed(ManualchatError):
    """The answer broke off after it had begun."""

    code = "answer-failed"


def ask(
    context: typer.Context,
    question: Annotated[str, typer.Argument(help="In Korean or English.")],
    only: Only = None,
    as_json: AsJson = False,
) -> None:
    """Ask a question; the answer streams, each sentence with the page that proves it."""
    with context.find_object(Choice).open() as library:  # type: ignore[union-attr]
        done = _stream(library, question, [], only, quiet=as_json)
    if as_json:
        print_json(done_json(done))


def chat(context: typer.Context, only: Only = None) -> None:
    """Hold a conversation: follow-up questions know what was said before."""
    history: list[Turn] = []
    with context.find_object(Choice).open() as library:  # type: ignore[union-attr]
        screen.out.print(word("chat"), style="dim")
        while True:
            try:
                question = screen.out.input(f"[bold cyan]{word('you')}>[/] ").strip()
            except EOFError:
                return
            if not question:
                continue
            try:
                done = _stream(library, question, history, only, quiet=False)
            except ManualchatError as error:
                screen.err.print(str(error), style="red", markup=False)
                continue
            history += [Turn("user", question), Turn("assistant", done.answer)]


def _stream(
    library: Library, question: str, history: list[Turn], only: list[str] | None, *, quiet: bool
) -> Done:
    """Print the answer as it comes; its last event."""
    for event in library.ask(question, history=history, documents=only):
        match event:
            case Delta(text) if not quiet:
                screen.out.print(text, end="", markup=False)
            case Cited(_, None, _) if not quiet:
                screen.out.print(f" ({word('unverified')})", end="", style="yellow")
            case Failed(_, message):
                raise _AnswerFailed(detail=message)
            case Done():
                if not quiet:
                    screen.out.print()
                    _print_citations(event.citations)
                _hint_if_empty(library, event.refused)
                return event
    raise _AnswerFailed(detail="the answer ended early")


def _hint_if_empty(library: Library, nothing: bool) -> None:
    """Who finds nothing in a library without a manual is told how to begin."""
    if nothing and not any(document.status == "ready" for document in library.documents()):
        screen.err.print(word("nothing"), style="yellow", markup=False)


def _print_citations(citations: tuple[Citation, ...]) -> None:
    for number, citation in enumerate(citations, 1):
        key = "citation"
        if citation.label and citation.label != str(citation.page):
            key = "citation_label"
        place = word(key, name=citation.name, page=citation.page, label=citation.label)
        quote = " ".join(citation.quote.split())
        screen.out.print(f"  [{number}] {place}", style="green", markup=False)
        screen.out.print(f"      “{quote}”", style="dim", markup=False)


def search(
    context: typer.Context,
    query: Annotated[str, typer.Argument(help="Words, a code, or a question.")],
    top_k: Annotated[int, typer.Option("--top", "-k", min=1, max=100, help="How many.")] = 8,
    only: Only = None,
    as_json: AsJson = False,
) -> None:
    """Find passages: one a page, with the scores of both searches."""
    with context.find_object(Choice).open() as library:  # type: ignore[union-attr]
        passages = library.search(query, top_k=top_k, documents=only)
        _hint_if_empty(library, not passages)
    if as_json:
        print_json([passage_json(passage) for passage in passages])
        return
    if not passages:
        screen.out.print(word("no_hits"))
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for key in ("score", "lexical", "dense"):
        table.add_column(word(key), justify="right")
    table.add_column(word("name"), overflow="fold", ratio=1)
    table.add_column(word("page"), justify="right")
    table.add_column(word("passage"), ratio=3)
    for passage in passages:
        table.add_row(*_row(passage))
    screen.out.print(table)


def _row(passage: Any) -> tuple[str, ...]:
    from rich.markup import escape

    text = " ".join(passage.text.split())
    return (
        *(f"{score:.2f}" for score in (passage.score, passage.lexical, passage.dense)),
        escape(passage.name),
        str(passage.page),
        escape(text[:160] + ("…" if len(text) > 160 else "")),
    )
