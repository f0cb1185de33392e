"""What must hold before anything is deployed: node, sign-in, region, models, names, quotas."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from manualchat.aws import deployed
from manualchat.aws.account import Account, in_our_words
from manualchat.aws.failures import AwsFailure, NameTaken
from manualchat.aws.findings import Finding, ok, unknown, wrong
from manualchat.aws.models import check_models
from manualchat.aws.words import Both
from manualchat.errors import ManualchatError

if TYPE_CHECKING:
    from manualchat_infra.config import DeploymentConfig

SERVICES = ("opensearchserverless", "bedrock-runtime", "lambda")
# Lambda starts new accounts at 10 concurrent executions.
ENOUGH_CONCURRENCY = 20


def check(account: Account, config: DeploymentConfig) -> Iterator[Finding]:
    """Each check as it is done. Without sign-in the later ones are left out."""
    yield from _caught(0, _node)
    try:
        who = account.id
    except ManualchatError as error:
        yield wrong(0, (error.message("ko"), error.message("en")), ("", ""))
        return
    yield ok(
        0, (f"AWS 계정 {who}, 리전 {account.region}", f"AWS account {who}, region {account.region}")
    )
    yield from _caught(0, lambda: _region(account))
    yield from check_models(account, config.embedding_model_id, config.answer_model_id)
    yield from _caught(0, lambda: _stack(account, config))
    yield from _caught(2, lambda: _names(account, config))
    yield from _quotas(account, config)


def _node() -> Finding:
    from manualchat_infra.node import find_node

    node = find_node()
    return ok(0, (f"node: {node}", f"node: {node}"))


def _region(account: Account) -> Finding:
    account.require(*SERVICES)
    return ok(0, ("리전에 필요한 서비스가 모두 있습니다", "the region offers every service"))


def _stack(account: Account, config: DeploymentConfig) -> Finding:
    """A stack of that name must be whole, or absent."""
    found = deployed.find(account, config.scenario, config.stack_name)
    if found is None:
        return ok(0, (f"{config.stack_name}: 새로 배포", f"{config.stack_name}: new"))
    if found.status in deployed.EMPTY or found.status.endswith("_IN_PROGRESS"):
        deployed.refuse_unfit(found)
    return ok(0, (f"{found.name}: 갱신({found.status})", f"{found.name}: update ({found.status})"))


def _names(account: Account, config: DeploymentConfig) -> Finding:
    """Roles and functions of these names must be ours, or not exist."""
    from botocore.exceptions import ClientError

    from manualchat_infra import naming

    found = deployed.find(account, config.scenario, config.stack_name)
    ours = {physical for _, physical in found.resources.values()} if found else set()
    taken = []
    with in_our_words("IAM", account):
        iam, functions = account.client("iam"), account.client("lambda")
        for name in naming.roles(config):
            with suppress(iam.exceptions.NoSuchEntityException):
                iam.get_role(RoleName=name)
                if name not in ours:
                    taken.append(name)
        for name in naming.functions(config):
            try:
                functions.get_function_configuration(FunctionName=name)
            except ClientError as error:
                if error.response["Error"]["Code"] != "ResourceNotFoundException":
                    raise
            else:
                if name not in ours:
                    taken.append(name)
    if taken:
        raise NameTaken(names=", ".join(taken), stack=config.stack_name, scenario=config.scenario)
    return ok(2, ("역할과 함수 이름을 쓸 수 있습니다", "the names of roles and functions are free"))


def _quotas(account: Account, config: DeploymentConfig) -> Iterator[Finding]:
    """Room for the functions' concurrency, and for an address and a VPC."""
    try:
        with in_our_words("Lambda", account):
            limits = account.client("lambda").get_account_settings()["AccountLimit"]
        room = int(limits.get("ConcurrentExecutions", 1_000))
    except ManualchatError as error:
        yield unknown(9, (error.message("ko"), error.message("en")))
    else:
        if room < ENOUGH_CONCURRENCY:
            yield wrong(
                9,
                (f"Lambda 동시 실행 한도 {room}", f"Lambda's concurrency quota is {room}"),
                (
                    f"Service Quotas에서 ‘Concurrent executions’를 {ENOUGH_CONCURRENCY} 이상으로 늘려 달라고 요청하세요.",
                    f"Ask for {ENOUGH_CONCURRENCY} or more ‘Concurrent executions’ in Service Quotas.",
                ),
            )
        else:
            yield ok(9, (f"Lambda 동시 실행 {room}", f"Lambda concurrency {room}"))
    if config.ui or config.scenario == "prod":
        yield from _rooms(account)


def _rooms(account: Account) -> Iterator[Finding]:
    from botocore.exceptions import BotoCoreError, ClientError

    rooms: tuple[tuple[str, Both, Callable[[Any], int]], ...] = (
        ("L-F678F1CE", ("VPC", "VPCs"), lambda c: len(c.describe_vpcs()["Vpcs"])),
        (
            "L-0263D0A3",
            ("탄력적 IP", "Elastic IPs"),
            lambda c: len(c.describe_addresses()["Addresses"]),
        ),
    )
    for code, (ko, en), count in rooms:
        try:
            service = "vpc" if code == "L-F678F1CE" else "ec2"
            quota = account.client("service-quotas").get_service_quota(
                ServiceCode=service, QuotaCode=code
            )["Quota"]["Value"]
            used = count(account.client("ec2"))
        except (BotoCoreError, ClientError, KeyError):
            yield unknown(3, (f"{ko} 할당량을 볼 수 없습니다", f"the quota of {en} cannot be seen"))
            continue
        text = (f"{ko} {used}/{quota:.0f}", f"{en} {used} of {quota:.0f}")
        if used >= quota:
            yield wrong(
                3,
                text,
                (
                    f"쓰지 않는 {ko}를 지우거나 Service Quotas({code})에서 늘리세요.",
                    f"Remove unused {en}, or ask for more in Service Quotas ({code}).",
                ),
            )
        else:
            yield ok(3, text)


def _caught(step: int, one: Callable[[], Finding]) -> Iterator[Finding]:
    try:
        yield one()
    except AwsFailure as error:
        yield wrong(step, (error.message("ko"), error.message("en")), ("", ""))
    except ManualchatError as error:
        yield wrong(step, (error.message("ko"), error.message("en")), ("", ""))
