"""How the `aws` commands show things: rich tables for people, JSON for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from manualchat.aws.cost import Load, estimate, price_list, totals
from manualchat.aws.words import pick, say

if TYPE_CHECKING:
    from manualchat.aws.deploy import Progress as Done
    from manualchat.aws.destroy import Plan
    from manualchat.aws.e2e import Step
    from manualchat.aws.findings import Finding
    from manualchat.aws.logs import Line
    from manualchat.model import Document
    from manualchat_infra.config import DeploymentConfig

# 1: nothing was done, or a check found something wrong; 2: some of it failed.
CODES = {"wrong": 1, "declined": 1, "some": 2}
_COLOURS = {"ok": "green", "wrong": "red", "unknown": "yellow", "off": "dim"}
_MARKS = {"ok": "✓", "wrong": "✗", "unknown": "?", "off": "-"}

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def print_json(value: Any) -> None:
    """One JSON document on standard output, Korean readable."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def say_line(text: str) -> None:
    """A line about what goes on."""
    err.print(text, markup=False)


def findings(found: Iterable[Finding], *, quiet: bool = False) -> int:
    """Each finding as it comes; returns how many are wrong."""
    bad = 0
    for one in found:
        bad += one.state == "wrong"
        if quiet and one.state != "wrong":
            continue
        colour, where = _COLOURS[one.state], err if quiet else out
        step = f"{one.step:>2}" if one.step else " ·"
        where.print(
            f"[{colour}]{_MARKS[one.state]} {say(one.state)}[/] {step}  {escape(pick(one.detail))}",
            soft_wrap=True,
        )
        if pick(one.remedy):
            where.print(f"        → {escape(pick(one.remedy))}", style=colour, soft_wrap=True)
    return bad


def warnings(config: DeploymentConfig) -> None:
    """What a person should know before saying yes."""
    from manualchat_infra.config import PLACEHOLDER_CIDR

    if config.public:
        err.print(
            say("public_warning", secret=f"{config.stack_name}-…"), style="bold red", markup=False
        )
    if config.ui and set(config.allowed_cidrs) <= {PLACEHOLDER_CIDR}:
        err.print(say("closed_ui"), style="yellow", markup=False)
    if config.ui and config.scenario == "prod" and not config.certificate_arn:
        err.print(say("ui_over_http"), style="yellow", markup=False)


def cost(config: DeploymentConfig, load: Load | None) -> None:
    """The table of `manualchat aws cost`."""
    load = load or Load()
    parts = estimate(config, load)
    as_of = price_list()["as_of"]
    title = f"{config.stack_name}: {say('per_month')} ({as_of}, {price_list()['region']})"
    table = Table(title=title, show_footer=True, title_justify="left")
    idle, used, once = totals(parts)
    load_text = f"{say('loaded')}: {load.questions_per_day:,}/d, {load.pages:,} p"
    table.add_column(say("part"), footer=say("total"))
    table.add_column(say("idle"), justify="right", footer=f"{idle:,.2f}")
    table.add_column(load_text, justify="right", footer=f"{used:,.2f}")
    table.add_column(say("once"), justify="right", footer=f"{once:,.2f}")
    table.add_column(say("why"), overflow="fold")
    for part in parts:
        table.add_row(
            pick(part.name),
            f"{part.idle:,.2f}",
            f"{part.used:,.2f}",
            f"{part.once:,.2f}",
            pick(part.why),
        )
    out.print(table)


def cost_json(config: DeploymentConfig, load: Load) -> dict[str, Any]:
    """The same for programs."""
    parts = estimate(config, load)
    idle, used, once = totals(parts)
    return {
        "as_of": price_list()["as_of"],
        "currency": "USD",
        "load": asdict(load),
        "parts": [
            {
                "name": {"ko": p.name[0], "en": p.name[1]},
                "idle": round(p.idle, 4),
                "used": round(p.used, 4),
                "once": round(p.once, 4),
                "why": {"ko": p.why[0], "en": p.why[1]},
            }
            for p in parts
        ],
        "total": {"idle": round(idle, 2), "used": round(used, 2), "once": round(once, 2)},
    }


@contextmanager
def deploying() -> Iterator[Callable[[Done], None]]:
    """A bar that counts resources, above it what happens."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.completed:.0f}/{task.total:.0f}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=err, transient=True) as progress:
        task = progress.add_task("", total=1)

        def tell(done: Done) -> None:
            what = done.what[:70]
            if done.total:
                progress.update(task, description=what, completed=done.done, total=done.total)
            elif not done.by_cdk:
                progress.update(task, description=what)
                if not err.is_terminal:
                    err.print(what, markup=False)

        yield tell


def outputs(values: Mapping[str, str]) -> None:
    """The stack's outputs."""
    table = Table(title=say("deployed"), show_header=False, title_justify="left")
    table.add_column()
    table.add_column(overflow="fold")
    for name in sorted(values):
        table.add_row(name, escape(values[name]))
    out.print(table)


def plan(planned: Plan) -> None:
    """What goes and what stays."""
    for title, lines in ((say("goes"), planned.goes), (say("stays"), planned.stays)):
        out.print(f"{title} ({len(lines)})", style="bold", markup=False)
        for line in sorted(lines):
            out.print(f"  {line}", markup=False, soft_wrap=True)


def step(done: Step) -> None:
    """One step of the end-to-end test."""
    out.print(
        f"[green]✓[/] {escape(done.name)} — {escape(done.detail)} ({done.seconds:.1f} s)",
        soft_wrap=True,
    )


def document(found: Document) -> None:
    """A manual on its way."""
    pages = f", {found.pages} p" if found.pages else ""
    reason = f": {found.reason}" if found.reason else ""
    err.print(f"  {found.name} {found.status}{pages}{reason}", markup=False)


def log_line(line: Line) -> None:
    """One log line."""
    colour = "red" if line.alarming else ""
    stamp = line.at.astimezone().strftime("%H:%M:%S")
    out.print(f"{stamp} {line.part} {line.text}", style=colour, markup=False, soft_wrap=True)
