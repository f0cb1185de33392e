"""Steps 5 to 7: the bucket, the collection and the index."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from manualchat.aws.account import Account
from manualchat.aws.deployed import Deployed
from manualchat.aws.findings import Finding, ok, wrong
from manualchat.aws.words import Both


def bucket(account: Account, stack: Deployed) -> Iterator[Finding]:
    """Encrypted, versioned, TLS only, not public, and wired to the queue."""
    name, s3 = stack.outputs["ManualsBucket"], account.client("s3")
    missing: list[Both] = []
    if not _has(lambda: s3.get_bucket_encryption(Bucket=name)):
        missing.append(("암호화", "encryption"))
    if s3.get_bucket_versioning(Bucket=name).get("Status") != "Enabled":
        missing.append(("버전 관리", "versioning"))
    block = _try(lambda: s3.get_public_access_block(Bucket=name)) or {}
    if not all(block.get("PublicAccessBlockConfiguration", {"": False}).values()):
        missing.append(("퍼블릭 액세스 차단", "the block of public access"))
    policy = _try(lambda: s3.get_bucket_policy(Bucket=name)) or {"Policy": "{}"}
    if "aws:SecureTransport" not in policy["Policy"]:
        missing.append(("TLS 강제 정책", "the TLS-only policy"))
    queues = s3.get_bucket_notification_configuration(Bucket=name).get("QueueConfigurations", [])
    if not queues:
        missing.append(("대기열로 가는 이벤트 알림", "event notifications to the queue"))
    if missing:
        ko, en = ", ".join(m[0] for m in missing), ", ".join(m[1] for m in missing)
        yield wrong(
            5,
            (f"{name}에 없음: {ko}", f"{name} lacks {en}"),
            (
                f"`manualchat aws deploy {stack.scenario}`로 되돌리세요.",
                f"`manualchat aws deploy {stack.scenario}` restores it.",
            ),
        )
    else:
        yield ok(
            5,
            (
                f"{name}: 암호화, 버전 관리, TLS 전용, 비공개",
                f"{name}: encrypted, versioned, TLS only, not public",
            ),
        )


def collection(account: Account, stack: Deployed) -> Iterator[Finding]:
    """Active, reachable from where it should be, and open to the two roles."""
    aoss = account.client("opensearchserverless")
    name = stack.name
    details = aoss.batch_get_collection(names=[name])["collectionDetails"]
    if not details:
        yield wrong(
            6,
            (f"컬렉션 {name}이(가) 없습니다", f"there is no collection {name}"),
            _redeploy(stack),
        )
        return
    status = details[0]["status"]
    if status != "ACTIVE":
        yield wrong(
            6,
            (f"컬렉션 {name} 상태 {status}", f"the collection {name} is {status}"),
            (
                "CREATING이면 몇 분 기다리세요. FAILED면 다시 배포하세요.",
                "CREATING: wait some minutes. FAILED: deploy again.",
            ),
        )
        return
    public = _allows_public(aoss, name)
    if public != (stack.scenario == "dev"):
        yield wrong(
            6,
            (
                "네트워크 정책이 시나리오와 다릅니다",
                "the network policy is not that of this scenario",
            ),
            _redeploy(stack),
        )
        return
    lacking = [role for role in _roles(account, stack) if role not in _principals(aoss, name)]
    if lacking:
        yield wrong(
            6,
            (
                f"데이터 액세스 정책에 역할이 없습니다: {', '.join(lacking)}",
                f"the data access policy does not name {', '.join(lacking)}",
            ),
            _redeploy(stack),
        )
        return
    where = ("퍼블릭 네트워크", "public network") if public else ("VPC 전용", "VPC only")
    yield ok(
        6,
        (
            f"{name} ACTIVE, {where[0]}, 두 역할 허용",
            f"{name} ACTIVE, {where[1]}, open to both roles",
        ),
    )


def index(account: Account, stack: Deployed) -> Iterator[Finding]:
    """Made by the custom resource; nobody but the roles may look inside."""
    made = stack.of_type("Custom::SearchIndex")
    if made and made[0]:
        yield ok(7, (f"인덱스 {made[0]}", f"index {made[0]}"))
    else:
        yield wrong(
            7,
            ("인덱스가 만들어지지 않았습니다", "the index was not made"),
            (
                f"`manualchat aws logs {stack.scenario}`에서 create_index를 확인하세요.",
                f"Look at create_index in `manualchat aws logs {stack.scenario}`.",
            ),
        )


def _allows_public(aoss: Any, name: str) -> bool:
    detail = aoss.get_security_policy(name=name, type="network")["securityPolicyDetail"]
    rules = detail["policy"]
    rules = json.loads(rules) if isinstance(rules, str) else rules
    return any(rule.get("AllowFromPublic") for rule in rules)


def _principals(aoss: Any, name: str) -> set[str]:
    rules = aoss.get_access_policy(name=name, type="data")["accessPolicyDetail"]["policy"]
    rules = json.loads(rules) if isinstance(rules, str) else rules
    return {str(p).rsplit("/", 1)[-1] for rule in rules for p in rule["Principal"]}


def _roles(account: Account, stack: Deployed) -> list[str]:
    functions = account.client("lambda")
    names = (stack.outputs["EmbeddingFunction"], stack.outputs["QueryFunction"])
    found = [functions.get_function_configuration(FunctionName=name)["Role"] for name in names]
    return [arn.rsplit("/", 1)[-1] for arn in found]


def _redeploy(stack: Deployed) -> Both:
    return (
        f"`manualchat aws deploy {stack.scenario}`를 다시 실행하세요.",
        f"Run `manualchat aws deploy {stack.scenario}` again.",
    )


def _try(call: Any) -> Any:
    """What it returns; None when AWS says that there is no such setting."""
    from botocore.exceptions import ClientError

    try:
        return call()
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code.startswith("NoSuch") or code.endswith("NotFoundError"):
            return None
        raise


def _has(call: Any) -> bool:
    return _try(call) is not None
