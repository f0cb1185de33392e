"""`manualchat aws …`: deploy, doctor, e2e, cost, upload, logs, destroy. A few lines each."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from manualchat.aws import display
from manualchat.aws.display import CODES
from manualchat.aws.words import say
from manualchat.errors import MissingExtra

if TYPE_CHECKING:
    from manualchat.aws.account import Account
    from manualchat_infra.config import DeploymentConfig, Scenario

app = typer.Typer(
    help="Deploy to AWS, check it, price it, remove it.",
    no_args_is_help=True,
    epilog="The guide: docs/deploy.md, docs/deploy.ko.md.",
)


def _scenario(value: str) -> str:
    if value not in {"dev", "prod"}:
        raise typer.BadParameter("dev | prod")
    return value


Which = Annotated[
    str,
    typer.Argument(
        metavar="dev|prod",
        callback=_scenario,
        help="dev: small, public network. prod: in a VPC.",
    ),
]
Region = Annotated[str, typer.Option("--region", help="AWS region.", show_default="yours")]
Profile = Annotated[str, typer.Option("--profile", help="Profile of ~/.aws/config.")]
Endpoint = Annotated[
    str,
    typer.Option("--endpoint", envvar="AWS_ENDPOINT_URL", help="A local AWS, for trying things."),
]
File = Annotated[
    Path | None, typer.Option("--config", exists=True, dir_okay=False, help="Settings, in TOML.")
]
Sets = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="One setting; repeatable.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(parent: typer.Typer, name: str) -> None:
    """Mount the commands under `name`. Called when the command line names them."""
    parent.add_typer(app, name=name)


@app.command()
def deploy(
    scenario: Which,
    config: File = None,
    sets: Sets = None,
    allow_from: Annotated[
        list[str] | None,
        typer.Option("--allow-from", metavar="CIDR", help="Who may open the web UI; repeatable."),
    ] = None,
    public: Annotated[
        bool,
        typer.Option("--public", help="dev: open the function URL to the internet, with a token."),
    ] = False,
    region: Region = "",
    profile: Profile = "",
    endpoint: Endpoint = "",
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Check, build, show the cost, ask, deploy, and print the addresses."""
    more: dict[str, object] = {"allowed_cidrs": allow_from or None, "public": public or None}
    account, chosen = _open(scenario, config, sets, region, profile, endpoint, more)
    from manualchat.aws import deploy as deploying
    from manualchat.aws.deployed import as_open_as_before
    from manualchat.aws.failures import ChecksFailed
    from manualchat.aws.preflight import check

    display.say_line(say("checking"))
    bad = display.findings(check(account, chosen), quiet=as_json)
    if bad:
        raise ChecksFailed(count=bad)
    chosen = as_open_as_before(account, chosen)
    display.warnings(chosen)
    if not as_json:
        display.cost(chosen, None)
    if chosen.public and not yes:
        _confirm(say("ask_public"))
    if not yes:
        _confirm(
            say("ask_deploy", stack=chosen.stack_name, account=account.id, region=account.region)
        )
    with display.deploying() as tell:
        stack = deploying.deploy(account, chosen, tell=tell)
    if as_json:
        display.print_json(
            {"stack": stack.name, "status": stack.status, "outputs": dict(stack.outputs)}
        )
        return
    display.outputs(stack.outputs)
    display.say_line(say("next", scenario=scenario))


@app.command()
def doctor(
    scenario: Which,
    config: File = None,
    sets: Sets = None,
    region: Region = "",
    profile: Profile = "",
    endpoint: Endpoint = "",
    as_json: AsJson = False,
) -> None:
    """Look at the thirteen steps of the guide: ok, wrong, and how to mend it."""
    account, chosen = _open(scenario, config, sets, region, profile, endpoint)
    from manualchat.aws import deployed
    from manualchat.aws.doctor import examine

    stack = deployed.require(account, chosen.scenario, chosen.stack_name)
    if as_json:
        found = list(examine(account, stack))
        display.print_json([finding.as_json() for finding in found])
        bad = sum(finding.state == "wrong" for finding in found)
    else:
        bad = display.findings(examine(account, stack))
    raise typer.Exit(CODES["wrong"] if bad else 0)


@app.command()
def e2e(
    scenario: Which,
    config: File = None,
    sets: Sets = None,
    keep: Annotated[bool, typer.Option("--keep", help="Leave the sample PDF in.")] = False,
    patience: Annotated[float, typer.Option(help="Seconds to wait for the sample.")] = 600.0,
    region: Region = "",
    profile: Profile = "",
    endpoint: Endpoint = "",
    as_json: AsJson = False,
) -> None:
    """Upload a sample PDF, wait, read the logs, ask, check stream and citation, clean up."""
    account, chosen = _open(scenario, config, sets, region, profile, endpoint)
    from manualchat.aws import deployed
    from manualchat.aws import e2e as whole_way

    stack = deployed.require(account, chosen.scenario, chosen.stack_name)
    tell = (lambda _: None) if as_json else display.step
    steps = whole_way.run(account, stack, patience=patience, keep=keep, tell=tell)
    if as_json:
        display.print_json([asdict(step) for step in steps])
    else:
        display.say_line(say("e2e_fine"))


@app.command()
def cost(
    scenario: Which,
    config: File = None,
    sets: Sets = None,
    questions_per_day: Annotated[int, typer.Option(min=0, help="Questions a day.")] = 1_000,
    pages: Annotated[int, typer.Option(min=0, help="Pages of all manuals.")] = 10_000,
    active_hours: Annotated[
        float, typer.Option(min=0, max=24, help="Hours a day in which questions come.")
    ] = 10.0,
    as_json: AsJson = False,
) -> None:
    """What it costs a month, idle and in use, part by part. Needs no account."""
    from manualchat.aws.cost import Load

    chosen = _config(scenario, config, sets, {})
    load = Load(pages=pages, questions_per_day=questions_per_day, active_hours_per_day=active_hours)
    if as_json:
        display.print_json(display.cost_json(chosen, load))
    else:
        display.cost(chosen, load)


@app.command()
def upload(
    scenario: Which,
    paths: Annotated[list[Path], typer.Argument(help="PDF files, or folders of them.")],
    wait: Annotated[bool, typer.Option(help="Wait until they can be asked.")] = True,
    config: File = None,
    sets: Sets = None,
    region: Region = "",
    profile: Profile = "",
    endpoint: Endpoint = "",
    as_json: AsJson = False,
) -> None:
    """Put manuals into the bucket and follow them until they are ready."""
    account, chosen = _open(scenario, config, sets, region, profile, endpoint)
    from manualchat.aws import deployed
    from manualchat.aws import upload as uploading

    files = uploading.find_pdfs(paths)
    stack = deployed.require(account, chosen.scenario, chosen.stack_name)
    keys = []
    for one in uploading.upload(account, stack, files):
        keys.append(one.key)
        if not as_json:
            display.say_line(f"{say('uploaded')} {one.key} ({one.size / 1e6:.1f} MB)")
    seen = (
        uploading.wait_ready(
            account, stack, keys, on_change=lambda d: None if as_json else display.document(d)
        )
        if wait
        else {}
    )
    if as_json:
        display.print_json(
            [
                {
                    "key": key,
                    "status": seen[key].status if key in seen else "received",
                    "reason": seen[key].reason if key in seen else "",
                }
                for key in keys
            ]
        )
    if wait and any(key not in seen or seen[key].status != "ready" for key in keys):
        raise typer.Exit(CODES["some"])


@app.command()
def logs(
    scenario: Which,
    errors: Annotated[
        bool, typer.Option("--errors", help="Only lines that tell of errors.")
    ] = False,
    minutes: Annotated[float, typer.Option(help="How far back.")] = 15.0,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on until Ctrl-C.")] = False,
    config: File = None,
    sets: Sets = None,
    region: Region = "",
    profile: Profile = "",
    endpoint: Endpoint = "",
) -> None:
    """What the functions wrote."""
    account, chosen = _open(scenario, config, sets, region, profile, endpoint)
    from manualchat.aws import deployed
    from manualchat.aws import logs as reading

    stack = deployed.find(account, chosen.scenario, chosen.stack_name)
    if stack is None:
        stack = deployed.require(account, chosen.scenario, chosen.stack_name)
    lines: Any = reading.read(account, stack, seconds=minutes * 60)
    if follow:
        lines = reading.follow(account, stack, seconds=minutes * 60)
    for line in lines:
        if line.alarming or not errors:
            display.log_line(line)


@app.command()
def destroy(
    scenario: Which,
    bootstrap: Annotated[
        bool, typer.Option("--bootstrap", help="Remove CDK's own bootstrap too.")
    ] = False,
    config: File = None,
    sets: Sets = None,
    region: Region = "",
    profile: Profile = "",
    endpoint: Endpoint = "",
    yes: Yes = False,
) -> None:
    """List what goes and what stays, ask, remove, and look whether anything is left."""
    account, chosen = _open(scenario, config, sets, region, profile, endpoint)
    from manualchat.aws import cdk, deployed
    from manualchat.aws import destroy as removing

    stack = deployed.find(account, chosen.scenario, chosen.stack_name)
    if stack is None:
        display.say_line(say("never_was", stack=chosen.stack_name, region=account.region))
    else:
        display.plan(removing.plan(account, stack))
        if not yes:
            _confirm(say("ask_destroy", stack=stack.name, account=account.id))
    left = removing.destroy(account, chosen, tell=display.say_line, bootstrap=bootstrap)
    if not bootstrap:
        display.say_line(say("kept_bootstrap", stack=cdk.BOOTSTRAP_STACK))
    if left:
        display.say_line(say("left"))
        for line in left:
            display.say_line(f"  {line}")
        raise typer.Exit(CODES["some"])
    display.say_line(say("all_gone"))


def _open(
    scenario: str,
    file: Path | None,
    sets: list[str] | None,
    region: str,
    profile: str,
    endpoint: str,
    more: dict[str, object] | None = None,
) -> tuple[Account, DeploymentConfig]:
    """The account and the configuration, of one region.

    `--region` wins, then the configuration's own, then the profile's.
    """
    from manualchat.aws.account import Account

    chosen = _config(scenario, file, sets, more or {})
    if not region and "region" in chosen.model_fields_set:
        region = chosen.region
    account = Account(region=region, profile=profile, endpoint=endpoint.rstrip("/"))
    return account, _config(scenario, file, sets, {**(more or {}), "region": account.region})


def _config(
    scenario: str, file: Path | None, sets: list[str] | None, more: dict[str, object]
) -> DeploymentConfig:
    try:
        from manualchat_infra.config import load_config, parse_override
    except ImportError:
        raise MissingExtra(feature="manualchat aws", extra="infra") from None
    kind: Scenario = "prod" if scenario == "prod" else "dev"
    return load_config(kind, file, {**dict(map(parse_override, sets or [])), **more})


def _confirm(question: str) -> None:
    if not typer.confirm(question):
        display.say_line(say("not_done"))
        raise typer.Exit(CODES["declined"])
