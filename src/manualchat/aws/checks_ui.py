"""Steps 11 to 13: the UI's backend, its hosts, and the whole way."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

from manualchat.aws import logs
from manualchat.aws.account import Account
from manualchat.aws.deployed import Deployed
from manualchat.aws.findings import Finding, off, ok, unknown, wrong
from manualchat.store.ledger import Ledger

_NO_UI = ("웹 UI 없이 배포됨(ui = false)", "deployed without the web UI (ui = false)")


def backend(account: Account, stack: Deployed) -> Iterator[Finding]:
    """The hosts' start script names the query function: nothing to paste by hand."""
    if "UiUrl" not in stack.outputs:
        yield off(11, _NO_UI)
        return
    body: Any = account.client("cloudformation").get_template(StackName=stack.name)["TemplateBody"]
    text = body if isinstance(body, str) else json.dumps(body)
    if "MANUALCHAT_BACKEND=" in text:
        target = (
            stack.outputs["QueryUrl"]
            if stack.scenario == "dev"
            else f"lambda:{stack.outputs['QueryFunction']}"
        )
        yield ok(11, (f"UI의 백엔드 {target}", f"the UI's backend is {target}"))
    else:
        yield wrong(
            11,
            ("UI에 백엔드가 설정되지 않았습니다", "the UI has no backend"),
            (
                f"`manualchat aws deploy {stack.scenario}`를 다시 실행하세요.",
                f"Run `manualchat aws deploy {stack.scenario}` again.",
            ),
        )


def hosts(account: Account, stack: Deployed) -> Iterator[Finding]:
    """The UI answers its health check."""
    if "UiUrl" not in stack.outputs:
        yield off(12, _NO_UI)
        return
    url = stack.outputs["UiUrl"]
    if account.endpoint:
        yield unknown(
            12, ("웹 UI: 로컬 AWS에는 EC2 호스트가 없음", "web UI: a local AWS has no EC2 hosts")
        )
        return
    if stack.scenario == "prod":
        yield _targets(account, stack)
    yield _health(stack, url)


def _targets(account: Account, stack: Deployed) -> Finding:
    group = stack.of_type("AWS::ElasticLoadBalancingV2::TargetGroup")[0]
    found = account.client("elbv2").describe_target_health(TargetGroupArn=group)
    states = Counter(t["TargetHealth"]["State"] for t in found["TargetHealthDescriptions"])
    text = ", ".join(f"{state} {count}" for state, count in states.items()) or "0"
    if states.get("healthy"):
        return ok(12, (f"대상 상태: {text}", f"targets: {text}"))
    return wrong(
        12,
        (f"정상 호스트가 없습니다({text})", f"no host is healthy ({text})"),
        (
            "처음 시작은 5분쯤 걸립니다. 그 뒤에도 같으면 Session Manager로 접속해 `journalctl -u manualchat-ui`와 /var/log/cloud-init-output.log를 보세요.",
            "The first start takes about five minutes. If it stays so, open a Session Manager session and look at "
            "`journalctl -u manualchat-ui` and /var/log/cloud-init-output.log.",
        ),
    )


def _health(stack: Deployed, url: str) -> Finding:
    import httpx

    try:
        answer = httpx.get(f"{url}/_stcore/health", timeout=6, follow_redirects=True)
    except httpx.HTTPError:
        return unknown(
            12,
            (f"여기서는 {url}에 닿지 않습니다", f"{url} cannot be reached from here"),
            (
                "허용한 주소(allowed_cidrs)에서 접속하는지 확인하세요. 방금 배포했다면 5분쯤 기다리세요. 허용하려면 --allow-from 내주소/32.",
                "Check that you come from an allowed address (allowed_cidrs); just deployed, wait five minutes. "
                "To allow yours: --allow-from MY.ADDRESS/32.",
            ),
        )
    if answer.status_code < 400:
        return ok(12, (f"{url} 응답 정상", f"{url} answers"))
    return wrong(
        12,
        (f"{url}: HTTP {answer.status_code}", f"{url}: HTTP {answer.status_code}"),
        (
            "호스트가 시작하는 중일 수 있습니다. 5분 뒤 다시 보세요.",
            "The host may be starting. Look again in five minutes.",
        ),
    )


def whole_way(account: Account, stack: Deployed) -> Iterator[Finding]:
    """Manuals in the ledger, and errors of the last hour in the logs."""
    ledger = Ledger(account.client("dynamodb"), stack.outputs["LedgerTable"])
    shown = [head.seen(time.time()) for head in ledger.all()]
    states = Counter(document.status for document in shown if document)
    failed = [document for document in shown if document and document.status == "failed"]
    recent = [line for line in logs.read(account, stack, seconds=3_600) if line.alarming]
    ready = states.get("ready", 0)
    if recent:
        yield wrong(
            13,
            (
                f"최근 1시간 로그에 오류 {len(recent)}건",
                f"{len(recent)} errors in the last hour's logs",
            ),
            (
                f"`manualchat aws logs {stack.scenario} --errors`를 보세요: {recent[-1].text[:160]}",
                f"See `manualchat aws logs {stack.scenario} --errors`: {recent[-1].text[:160]}",
            ),
        )
    for document in failed[:5]:
        yield wrong(
            13,
            (f"{document.name}: {document.reason}", f"{document.name}: {document.reason}"),
            ("파일을 고쳐 다시 올리세요.", "Mend the file and upload it again."),
        )
    if not recent and not failed:
        yield ok(
            13,
            (
                f"설명서 {ready}건 준비됨. 전체 점검: manualchat aws e2e {stack.scenario}",
                f"{ready} manuals ready. To try the whole way: manualchat aws e2e {stack.scenario}",
            ),
        )
