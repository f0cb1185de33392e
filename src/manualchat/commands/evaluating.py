"""`eval`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from manualchat.commands.base import AsJson, Choice, print_json, screen


def evaluate(
    context: typer.Context,
    labels: Annotated[Path, typer.Argument(help="A qa.jsonl, or a BEIR folder.")],
    baseline: Annotated[
        Path | None, typer.Option(help="Output of an earlier `eval --json` to compare with.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Measure retrieval and answers on labelled questions, with 95 % intervals.

    With --baseline, ends 1 when a figure is significantly worse than it was.
    """
    from rich.progress import Progress

    from manualchat.evaluation import BadLabels, compare
    from manualchat.evaluation import evaluate as run_evaluation

    before = None
    if baseline:
        try:
            before = json.loads(baseline.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise BadLabels(path=baseline, detail=str(error)) from None
    with (
        context.find_object(Choice).open() as library,  # type: ignore[union-attr]
        Progress(console=screen.err, transient=True, disable=as_json) as progress,
    ):
        task = progress.add_task("eval", total=None)
        run = run_evaluation(
            library, labels, lambda done, total: progress.update(task, completed=done, total=total)
        )
    result = run.to_json()
    if before is not None:
        result["compared"] = compare(run, before, baseline or labels)
    if as_json:
        print_json(result)
    else:
        _print_table(result)
    if any(row["lost"] for row in result.get("compared", {}).values()):
        raise typer.Exit(1)


def _print_table(result: dict[str, Any]) -> None:
    from rich.table import Table

    compared = result.get("compared", {})
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("", "value", "95 %", *(("difference",) if compared else ())):
        table.add_column(column, justify="left" if not column else "right")
    for name, row in result.items():
        if name in ("per_question", "compared") or row["value"] is None:
            continue
        digits = 1 if name.endswith("_ms") else 0 if name == "questions" else 3
        between = ""
        if row["low"] is not None:
            between = f"{row['low']:.{digits}f} – {row['high']:.{digits}f}"
        cells = [name, f"{row['value']:.{digits}f}", between]
        if compared:
            change = compared.get(name)
            cells.append(
                f"{change['value']:+.3f}{' [red]lost[/]' if change['lost'] else ''}"
                if change
                else ""
            )
        table.add_row(*cells)
    screen.out.print(table)
