"""A deployment as CloudFormation knows it: its state, outputs and resources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from manualchat.aws.account import Account, in_our_words
from manualchat.aws.failures import DeploymentBroken, DeploymentBusy, NotDeployed

if TYPE_CHECKING:
    from manualchat_infra.config import DeploymentConfig, Scenario

HEALTHY = frozenset(
    {
        "CREATE_COMPLETE",
        "UPDATE_COMPLETE",
        "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "UPDATE_ROLLBACK_COMPLETE",
        "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
        "IMPORT_COMPLETE",
        "IMPORT_ROLLBACK_COMPLETE",
    }
)
# A stack whose first deployment failed: it holds nothing, and blocks its own name.
EMPTY = frozenset({"ROLLBACK_COMPLETE", "REVIEW_IN_PROGRESS"})
_BEGINNINGS = frozenset({"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS"})


@dataclass(frozen=True)
class Deployed:
    """One stack."""

    scenario: Scenario
    name: str
    status: str
    reason: str
    outputs: Mapping[str, str]
    resources: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # id → type, physical
    unfinished: tuple[str, ...] = ()  # ids of resources that are not complete

    def of_type(self, kind: str) -> list[str]:
        """Physical ids of this CloudFormation type."""
        return [physical for found, physical in self.resources.values() if found == kind]


def find(account: Account, scenario: Scenario, name: str) -> Deployed | None:
    """The stack `name`, or None."""
    client = account.client("cloudformation")
    with in_our_words("CloudFormation", account):
        stack = _describe(client, name)
        if stack is None:
            return None
        resources: dict[str, tuple[str, str]] = {}
        unfinished = []
        for page in client.get_paginator("list_stack_resources").paginate(StackName=name):
            for item in page["StackResourceSummaries"]:
                resources[item["LogicalResourceId"]] = (
                    item["ResourceType"],
                    item.get("PhysicalResourceId", ""),
                )
                if not str(item.get("ResourceStatus", "")).endswith("_COMPLETE"):
                    unfinished.append(item["LogicalResourceId"])
    return Deployed(
        scenario=scenario,
        name=name,
        status=stack["StackStatus"],
        reason=stack.get("StackStatusReason", ""),
        outputs={o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])},
        resources=resources,
        unfinished=tuple(unfinished),
    )


def require(account: Account, scenario: Scenario, name: str) -> Deployed:
    """The stack, deployed whole.

    Raises NotDeployed, DeploymentBusy or DeploymentBroken.
    """
    found = find(account, scenario, name)
    if found is None:
        raise NotDeployed(stack=name, region=account.region, scenario=scenario)
    refuse_unfit(found)
    return found


def refuse_unfit(found: Deployed) -> None:
    """Raises DeploymentBusy or DeploymentBroken unless the stack is whole."""
    from manualchat.aws.words import say

    if found.status in HEALTHY:
        return
    if found.status.endswith("_IN_PROGRESS") and found.status not in EMPTY:
        raise DeploymentBusy(stack=found.name, status=found.status)
    remedy = "half_empty" if found.status in EMPTY else "half_failed"
    raise DeploymentBroken(
        stack=found.name,
        status=found.status,
        reason=found.reason or "-",
        remedy=say(remedy, scenario=found.scenario),
    )


def as_open_as_before(account: Account, config: DeploymentConfig) -> DeploymentConfig:
    """The networks that the UI is open to already, where none are given now.

    An update without --allow-from must not shut out who could come in before.
    """
    from manualchat_infra.config import PLACEHOLDER_CIDR

    if config.allowed_cidrs and set(config.allowed_cidrs) != {PLACEHOLDER_CIDR}:
        return config
    stack = find(account, config.scenario, config.stack_name)
    before = [
        c for c in (stack.outputs.get("AllowedFrom", "") if stack else "").split(",") if "/" in c
    ]
    return config.model_copy(update={"allowed_cidrs": tuple(before)}) if before else config


def failures(account: Account, name: str, limit: int = 5) -> list[str]:
    """Why the last change failed: `Resource: reason`, the first cause first."""
    client = account.client("cloudformation")
    lines: list[str] = []
    with in_our_words("CloudFormation", account):
        for event in client.describe_stack_events(StackName=name)["StackEvents"]:
            status = str(event.get("ResourceStatus", ""))
            reason = str(event.get("ResourceStatusReason", ""))
            if status.endswith("_FAILED") and reason and "cancelled" not in reason.lower():
                lines.append(f"{event['LogicalResourceId']}: {reason}")
            of_stack = event.get("ResourceType") == "AWS::CloudFormation::Stack"
            if lines and of_stack and status in _BEGINNINGS:
                break
    return lines[::-1][:limit]


def _describe(client: Any, name: str) -> dict[str, Any] | None:
    from botocore.exceptions import ClientError

    try:
        stacks: list[dict[str, Any]] = client.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return stacks[0] if stacks and stacks[0]["StackStatus"] != "DELETE_COMPLETE" else None
