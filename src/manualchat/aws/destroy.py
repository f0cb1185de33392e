"""Removing a deployment: what goes, what stays, and whether anything is left."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from manualchat.aws import cdk, deployed
from manualchat.aws.account import Account, in_our_words
from manualchat.aws.deploy import assembly_folder
from manualchat.aws.deployed import Deployed
from manualchat.aws.failures import DeploymentBusy
from manualchat.aws.words import say

if TYPE_CHECKING:
    from manualchat_infra.config import DeploymentConfig

Tell = Callable[[str], None]
# What holds the users' data: kept in prod.
_DATA = ("AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::Cognito::UserPool")


@dataclass
class Plan:
    """What `destroy` will do. Each line reads `type: physical id`."""

    goes: list[str] = field(default_factory=list)
    stays: list[str] = field(default_factory=list)
    buckets: list[str] = field(default_factory=list)  # to be emptied first


def plan(account: Account, stack: Deployed) -> Plan:
    """Read the deployed template: RETAINed resources stay."""
    with in_our_words("CloudFormation", account):
        body = account.client("cloudformation").get_template(StackName=stack.name)["TemplateBody"]
    template: dict[str, Any] = body if isinstance(body, dict) else json.loads(body)
    made = Plan()
    for logical, (kind, physical) in stack.resources.items():
        policy = template["Resources"].get(logical, {}).get("DeletionPolicy", "Delete")
        line = f"{kind}: {physical}"
        if policy.startswith("Retain"):
            made.stays.append(line)
            continue
        made.goes.append(line)
        if kind == "AWS::S3::Bucket":
            made.buckets.append(physical)
    return made


def destroy(
    account: Account,
    config: DeploymentConfig,
    *,
    tell: Tell = lambda _: None,
    cache: Path | None = None,
    bootstrap: bool = False,
) -> list[str]:
    """Remove the stack and what deploying it left; returns what is still there.

    Raises DeploymentBusy, CdkFailed.
    """
    stack = deployed.find(account, config.scenario, config.stack_name)
    stays: list[str] = []
    if stack is not None:
        if stack.status.endswith("_IN_PROGRESS") and stack.status not in deployed.EMPTY:
            raise DeploymentBusy(stack=stack.name, status=stack.status)
        planned = plan(account, stack)
        stays = planned.stays
        for bucket in planned.buckets:
            tell(say("emptying", bucket=bucket))
            empty_bucket(account, bucket)
        _unprotect(account, stack.name)
        tell(say("destroying", stack=stack.name))
        _delete_stack(account, stack.name)
    tell(say("removing_uploads"))
    _remove_uploads(account, config, cache)
    if bootstrap:
        tell(say("removing_bootstrap"))
        _remove_bootstrap(account)
    return [line for line in left(account, config) if line not in stays]


def left(account: Account, config: DeploymentConfig) -> Iterator[str]:
    """What of this deployment still exists, looked up by name rather than by stack."""
    from manualchat_infra import naming

    yield from _named(
        account,
        "lambda",
        lambda c: [
            f["FunctionName"]
            for p in c.get_paginator("list_functions").paginate()
            for f in p["Functions"]
        ],
        set(naming.functions(config)),
    )
    yield from _named(
        account,
        "iam",
        lambda c: [
            r["RoleName"] for p in c.get_paginator("list_roles").paginate() for r in p["Roles"]
        ],
        set(naming.roles(config)),
        prefix=f"{config.stack_name}-",
    )
    yield from _named(
        account,
        "opensearchserverless",
        lambda c: [s["name"] for s in c.list_collections()["collectionSummaries"]],
        {config.collection_name},
    )
    yield from _named(
        account,
        "logs",
        lambda c: [
            g["logGroupName"]
            for g in c.describe_log_groups(logGroupNamePrefix=naming.log_group(config, ""))[
                "logGroups"
            ]
        ],
        prefix=naming.log_group(config, ""),
    )
    yield from _named(
        account,
        "s3",
        lambda c: [b["Name"] for b in c.list_buckets()["Buckets"]],
        prefix=f"{config.stack_name}-",
    )
    yield from _named(
        account,
        "dynamodb",
        lambda c: c.list_tables()["TableNames"],
        prefix=f"{config.stack_name}-",
    )
    yield from _named(
        account,
        "sqs",
        lambda c: [
            u.rsplit("/", 1)[-1]
            for u in c.list_queues(QueueNamePrefix=f"{config.stack_name}-").get("QueueUrls", [])
        ],
        prefix=f"{config.stack_name}-",
    )


_KINDS = {
    "lambda": "AWS::Lambda::Function",
    "iam": "AWS::IAM::Role",
    "opensearchserverless": "AWS::OpenSearchServerless::Collection",
    "logs": "AWS::Logs::LogGroup",
    "s3": "AWS::S3::Bucket",
    "dynamodb": "AWS::DynamoDB::Table",
    "sqs": "AWS::SQS::Queue",
}


def _named(
    account: Account,
    service: str,
    names: Callable[[Any], list[str]],
    exactly: set[str] | None = None,
    prefix: str = "",
) -> Iterator[str]:
    with in_our_words(service, account):
        found = names(account.client(service))
    for name in found:
        if name in (exactly or ()) or (prefix and name.startswith(prefix)):
            yield f"{_KINDS[service]}: {name}"


def empty_bucket(account: Account, bucket: str) -> None:
    """Every version of every object: a versioned bucket is not empty before."""
    client = account.client("s3")
    with in_our_words("S3", account):
        try:
            for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
                items = [
                    {"Key": item["Key"], "VersionId": item["VersionId"]}
                    for item in (*page.get("Versions", []), *page.get("DeleteMarkers", []))
                ]
                if items:
                    client.delete_objects(Bucket=bucket, Delete={"Objects": items, "Quiet": True})
        except client.exceptions.NoSuchBucket:
            return


def _unprotect(account: Account, name: str) -> None:
    with in_our_words("CloudFormation", account):
        account.client("cloudformation").update_termination_protection(
            EnableTerminationProtection=False, StackName=name
        )


def _delete_stack(account: Account, name: str) -> None:
    from botocore.exceptions import WaiterError

    from manualchat.aws.failures import CdkFailed

    client = account.client("cloudformation")
    pause = 1 if account.endpoint else 15
    with in_our_words("CloudFormation", account):
        client.delete_stack(StackName=name)
        try:
            # An hour: Lambda's network interfaces in a VPC take up to 40 minutes to go.
            client.get_waiter("stack_delete_complete").wait(
                StackName=name, WaiterConfig={"Delay": pause, "MaxAttempts": 3_600 // pause}
            )
        except WaiterError:
            causes = deployed.failures(account, name)
            scenario = name.rsplit("-", 1)[-1]
            raise CdkFailed(
                detail="; ".join(causes), remedy=say("half_failed", scenario=scenario)
            ) from None


def _remove_uploads(account: Account, config: DeploymentConfig, cache: Path | None) -> None:
    """What deploying uploaded to CDK's bucket, as the assembly lists it."""
    folder = assembly_folder(config, cache)
    manifest = folder / f"{config.stack_name}.assets.json"
    bucket = f"cdk-hnb659fds-assets-{account.id}-{account.region}"
    if not manifest.exists():
        return
    keys = cdk.assets_of(folder, config.stack_name)
    client = account.client("s3")
    with in_our_words("S3", account):
        try:
            for key in keys:
                versions = client.list_object_versions(Bucket=bucket, Prefix=key)
                for item in (*versions.get("Versions", []), *versions.get("DeleteMarkers", [])):
                    client.delete_object(Bucket=bucket, Key=key, VersionId=item["VersionId"])
        except client.exceptions.NoSuchBucket:
            return


def _remove_bootstrap(account: Account) -> None:
    bucket = f"cdk-hnb659fds-assets-{account.id}-{account.region}"
    empty_bucket(account, bucket)
    _unprotect(account, cdk.BOOTSTRAP_STACK)
    _delete_stack(account, cdk.BOOTSTRAP_STACK)
    with in_our_words("S3", account):
        client = account.client("s3")
        try:
            client.delete_bucket(Bucket=bucket)
        except client.exceptions.NoSuchBucket:
            return
