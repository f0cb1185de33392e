"""Step 2: the two roles, what they hold, and that the functions use them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from manualchat.aws.account import Account
from manualchat.aws.deployed import Deployed
from manualchat.aws.findings import Finding, ok, wrong

EMBEDDING = frozenset(
    {
        "s3:GetObject",
        "bedrock:InvokeModel",
        "aoss:APIAccessAll",
        "dynamodb:PutItem",
        "sqs:ReceiveMessage",
        "logs:PutLogEvents",
    }
)
QUERY = frozenset(
    {
        "bedrock:InvokeModel",
        "bedrock:InvokeModelWithResponseStream",
        "aoss:APIAccessAll",
        "dynamodb:GetItem",
        "logs:PutLogEvents",
    }
)
VPC_ACCESS = "AWSLambdaVPCAccessExecutionRole"


def roles(account: Account, stack: Deployed) -> Iterator[Finding]:
    """Both roles: their actions, and in prod the VPC's managed policy."""
    for output, wanted in (("EmbeddingFunction", EMBEDDING), ("QueryFunction", QUERY)):
        function = stack.outputs[output]
        arn = account.client("lambda").get_function_configuration(FunctionName=function)["Role"]
        name = arn.rsplit("/", 1)[-1]
        missing = sorted(wanted - actions(account, name))
        if stack.scenario == "prod" and VPC_ACCESS not in _attached(account, name):
            missing.append(VPC_ACCESS)
        if missing:
            yield wrong(
                2,
                (f"{name}: 권한 없음 {', '.join(missing)}", f"{name} lacks {', '.join(missing)}"),
                (
                    f"역할을 손으로 바꿨다면 `manualchat aws deploy {stack.scenario}`로 되돌리세요.",
                    f"If the role was changed by hand, `manualchat aws deploy {stack.scenario}` restores it.",
                ),
            )
        else:
            yield ok(2, (f"{name} → {function}", f"{name} → {function}"))


def actions(account: Account, role: str) -> set[str]:
    """Actions that the role's inline policies allow."""
    iam = account.client("iam")
    found: set[str] = set()
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        document: Any = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        if isinstance(document, str):
            document = json.loads(document)
        for statement in document["Statement"]:
            if statement["Effect"] == "Allow":
                given = statement["Action"]
                found |= {given} if isinstance(given, str) else set(given)
    return found


def _attached(account: Account, role: str) -> set[str]:
    policies = account.client("iam").list_attached_role_policies(RoleName=role)["AttachedPolicies"]
    return {policy["PolicyName"] for policy in policies}
