"""`add`, `list`, `show`, `remove`, `status`, `reindex`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from manualchat.commands.base import AsJson, Choice, print_json, screen
from manualchat.commands.words import word
from manualchat.nouns_json import document_json


def add(
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(help="PDF files, or folders with PDFs.")],
    password: Annotated[str | None, typer.Option(help="For PDFs that are locked.")] = None,
    as_json: AsJson = False,
) -> None:
    """Add manuals: PDF files, and folders with all the PDFs in them.

    Ends 0 when every file is ready, 2 when some failed (the others are in),
    1 when nothing could be done.
    """
    from manualchat.commands.progress import ProgressBar

    with context.find_object(Choice).open() as library:  # type: ignore[union-attr]
        with ProgressBar(shown=not as_json) as bar:
            results = library.add(paths, password=password, on_progress=bar.update)
        if as_json:
            print_json(
                [
                    {
                        "path": str(added.path),
                        "outcome": added.outcome,
                        "reason": added.reason,
                        "seconds": added.seconds,
                        "document": document_json(added.document),
                    }
                    for added in results
                ]
            )
        else:
            _table_of_results(results)
    failed = sum(added.outcome == "failed" for added in results)
    if failed:
        raise typer.Exit(1 if failed == len(results) else 2)


def _table_of_results(results: list) -> None:  # type: ignore[type-arg]
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(word("file"), overflow="fold")
    table.add_column(word("result"))
    table.add_column(word("pages"), justify="right")
    table.add_column(word("seconds"), justify="right")
    table.add_column(word("reason"), overflow="fold")
    style = {"failed": "red", "added": "green", "replaced": "green", "unchanged": "dim"}
    for added in results:
        document = added.document
        note = added.reason
        if document.pages_empty and added.outcome != "failed":
            note = word("unread", count=document.pages_empty)
        table.add_row(
            added.path.name,
            f"[{style[added.outcome]}]{word(added.outcome)}[/]",
            str(document.pages or ""),
            f"{added.seconds:.1f}",
            _plain(note),
        )
    screen.out.print(table)


def _plain(text: str) -> str:
    """Text of a file or an error: never read as rich's markup."""
    from rich.markup import escape

    return escape(text)


def list_documents(context: typer.Context, as_json: AsJson = False) -> None:
    """List the manuals, failed ones too."""
    with context.find_object(Choice).open() as library:  # type: ignore[union-attr]
        documents = library.documents()
    if as_json:
        print_json([document_json(document) for document in documents])
        return
    if not documents:
        screen.out.print(word("nothing"))
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("Id", style="dim")
    table.add_column(word("name"), overflow="fold")
    table.add_column(word("status"))
    table.add_column(word("pages"), justify="right")
    table.add_column(word("chunks"), justify="right")
    table.add_column(word("reason"), overflow="fold")
    for d in documents:
        style = {"ready": "green", "failed": "red"}.get(d.status, "yellow")
        table.add_row(
            *(d.id, _plain(d.name), f"[{style}]{word(d.status)}[/]"),
            *(str(d.pages), str(d.chunks), _plain(d.reason)),
        )
    screen.out.print(table)


def show(
    context: typer.Context,
    document: Annotated[str, typer.Argument(help="Id or name.")],
    page: Annotated[int | None, typer.Option(help="Print the text read from this page.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show one manual: its facts and headings, or the text of a page."""
    with context.find_object(Choice).open() as library:  # type: ignore[union-attr]
        found = library.document(document)
        facts = document_json(found)
        if page is not None:
            facts["text"] = library.page_text(found.id, page)
        else:
            chunks = library.store.chunks(found.id)
            headings = dict.fromkeys((c.page, " > ".join(c.heading)) for c in chunks if c.heading)
            facts["headings"] = [{"page": number, "heading": text} for number, text in headings]
    if as_json:
        print_json(facts)
    elif page is not None:
        screen.out.print(facts["text"], markup=False)
    else:
        for key, value in facts.items():
            if key != "headings" and value not in ("", 0):
                screen.out.print(f"[bold]{key:12}[/] {_plain(str(value))}")
        for item in facts["headings"]:
            screen.out.print(f"[dim]{item['page']:>6}[/] {_plain(item['heading'])}")


def remove(
    context: typer.Context,
    document: Annotated[str, typer.Argument(help="Id or name.")],
    as_json: AsJson = False,
) -> None:
    """Remove a manual, all of it."""
    with context.find_object(Choice).open() as library:  # type: ignore[union-attr]
        found = library.document(document)
        library.remove(found.id)
    if as_json:
        print_json({"removed": found.id, "name": found.name})
    else:
        screen.out.print(word("removed", name=found.name), markup=False)


def status(context: typer.Context, as_json: AsJson = False) -> None:
    """Say where the library is and what it holds."""
    with context.find_object(Choice).open() as library:  # type: ignore[union-attr]
        facts = library.status()
    if as_json:
        print_json(facts)
        return
    for key, value in facts.items():
        screen.out.print(f"[bold]{key:10}[/] {_plain(str(value))}")


def reindex(context: typer.Context, as_json: AsJson = False) -> None:
    """Embed everything anew, with the model that is set now."""
    from rich.progress import Progress

    with (
        context.find_object(Choice).open() as library,  # type: ignore[union-attr]
        Progress(console=screen.err, transient=True, disable=as_json) as progress,
    ):
        task = progress.add_task(word("reindexing"), total=None)
        count = library.reindex(
            lambda done, total: progress.update(task, completed=done, total=total)
        )
    if as_json:
        print_json({"chunks": count})
    else:
        screen.out.print(word("reindexed", count=count))
