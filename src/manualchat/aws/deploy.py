"""From nothing to a working chatbot: synthesise, bootstrap once, deploy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from manualchat.aws import bundle, cdk, deployed
from manualchat.aws.account import Account, in_our_words
from manualchat.aws.deployed import Deployed
from manualchat.aws.failures import CdkFailed
from manualchat.aws.places import cache_folder
from manualchat.aws.words import say

if TYPE_CHECKING:
    from manualchat_infra.assets import Assets
    from manualchat_infra.config import DeploymentConfig

# The bootstrap version that our synthesised stacks ask for.
BOOTSTRAP_VERSION = 6


@dataclass(frozen=True)
class Progress:
    """`done` of `total` resources; `what` is the line that said so."""

    what: str
    done: int = 0
    total: int = 0
    by_cdk: bool = False


Tell = Callable[[Progress], None]


def deploy(
    account: Account,
    config: DeploymentConfig,
    *,
    tell: Tell = lambda _: None,
    cache: Path | None = None,
    assets: Assets | None = None,
) -> Deployed:
    """Deploy, or update; returns the stack with its outputs.

    Functions on a local endpoint have the libraries, so no layers are built for it.
    Raises NodeMissing, CdkUnavailable, CdkFailed, …
    """
    from manualchat_infra.app import synthesise

    def step(text: str) -> None:
        tell(Progress(text))

    if assets is None:
        assets = bundle.build(config, cache=cache, on_step=step, layers=not account.endpoint)
    step(say("synthesising"))
    folder = assembly_folder(config, cache)
    synthesise(config, assets, folder)
    step(say("installing_cdk"))
    cdk.install(cache)
    if not bootstrapped(account):
        step(say("bootstrapping"))
        cdk.run(account, ["bootstrap", f"aws://{account.id}/{account.region}"], cache=cache)
    minutes = 25 if config.scenario == "prod" else 8
    step(say("deploying", stack=config.stack_name, minutes=minutes))
    try:
        cdk.run(
            account,
            [
                "deploy",
                *cdk.arguments_for(folder, config.stack_name),
                *("--require-approval", "never", "--progress", "events"),
            ],
            on_line=lambda line: tell(_progress(line)),
            cache=cache,
        )
    except CdkFailed as error:
        raise _explained(account, config, error) from None
    return deployed.require(account, config.scenario, config.stack_name)


def assembly_folder(config: DeploymentConfig, cache: Path | None = None) -> Path:
    """Where the assembly that was last deployed lies."""
    return cache_folder(cache) / "aws" / "cdk.out" / config.stack_name


def bootstrapped(account: Account) -> bool:
    """Whether CDK's bootstrap is here, and recent enough."""
    from botocore.exceptions import ClientError

    client = account.client("cloudformation")
    with in_our_words("CloudFormation", account):
        try:
            stack = client.describe_stacks(StackName=cdk.BOOTSTRAP_STACK)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in str(error):
                return False
            raise
    version = next(
        (
            o["OutputValue"]
            for o in stack.get("Outputs", [])
            if o["OutputKey"] == "BootstrapVersion"
        ),
        "0",
    )
    return stack["StackStatus"] in deployed.HEALTHY and int(version) >= BOOTSTRAP_VERSION


def _explained(account: Account, config: DeploymentConfig, error: CdkFailed) -> CdkFailed:
    """The first causes from CloudFormation's events, and what to do next."""
    causes = deployed.failures(account, config.stack_name)
    found = deployed.find(account, config.scenario, config.stack_name)
    detail = "; ".join(cause.rstrip(". ") for cause in causes) or str(
        error.details.get("detail", "")
    )
    status = found.status if found else ""
    key = "half_empty" if status in deployed.EMPTY else "half_failed"
    return CdkFailed(detail=detail, remedy=say(key, scenario=config.scenario))


def _progress(line: str) -> Progress:
    """cdk's event lines read `stack | 12/56 | time | STATUS | type | name`."""
    columns = [column.strip() for column in line.split("|")]
    if len(columns) >= 6 and "/" in columns[1]:
        done, _, total = columns[1].partition("/")
        if done.strip().isdigit() and total.strip().isdigit():
            return Progress(f"{columns[3]} {columns[5]}", int(done), int(total), by_cdk=True)
    return Progress(line, by_cdk=True)
