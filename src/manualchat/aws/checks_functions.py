"""Steps 8 to 10: layers, the embedding pipeline and its queue, the query pipeline and its doors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from manualchat.aws.account import Account
from manualchat.aws.deployed import Deployed
from manualchat.aws.findings import Finding, ok, wrong
from manualchat.aws.words import Both

NEEDED = ("OPENSEARCH_HOST", "OPENSEARCH_INDEX", "LEDGER_TABLE", "EMBEDDING_MODEL_ID")
LIMIT = 262_144_000  # bytes unzipped, of code and layers together


def layers(account: Account, stack: Deployed) -> Iterator[Finding]:
    """Each pipeline has its layer."""
    for output in ("EmbeddingFunction", "QueryFunction"):
        name = stack.outputs[output]
        found = _configuration(account, name).get("Layers", [])
        if found:
            sizes = sum(int(layer.get("CodeSize", 0)) for layer in found) / 1e6
            arn = found[0]["Arn"].rsplit(":layer:", 1)[-1]
            yield ok(8, (f"{name}: {arn} ({sizes:.1f} MB)", f"{name}: {arn} ({sizes:.1f} MB)"))
        else:
            yield wrong(
                8, (f"{name}에 레이어가 없습니다", f"{name} has no layer"), _redeploy(stack)
            )


def embedding(account: Account, stack: Deployed) -> Iterator[Finding]:
    """Active, configured, fed by the queue, and nothing in the dead-letter queue."""
    name = stack.outputs["EmbeddingFunction"]
    yield from _function(account, stack, 9, name)
    mappings = account.client("lambda").list_event_source_mappings(FunctionName=name)
    live = [
        m
        for m in mappings["EventSourceMappings"]
        if m["State"] in {"Enabled", "Enabling", "Updating", "Creating"}
    ]
    if not live:
        yield wrong(
            9,
            (
                "S3 이벤트 대기열이 함수에 연결되지 않았습니다",
                "the queue of S3's events does not feed the function",
            ),
            _redeploy(stack),
        )
    lost = _messages(account, stack.outputs["DeadLettersUrl"])
    if lost:
        yield wrong(
            9,
            (
                f"처리하지 못한 이벤트 {lost}건이 DLQ에 있습니다",
                f"{lost} events ended in the dead-letter queue",
            ),
            (
                f"`manualchat aws logs {stack.scenario} --errors`로 원인을 본 뒤, SQS 콘솔의 ‘DLQ 리드라이브’로 다시 처리하세요.",
                f"See why in `manualchat aws logs {stack.scenario} --errors`, then run them again with SQS' ‘DLQ redrive’.",
            ),
        )
    if live and not lost:
        waiting = _messages(account, stack.outputs["QueueUrl"])
        yield ok(
            9,
            (
                f"S3 → SQS → {name}, 대기 {waiting}건, DLQ 0건",
                f"S3 → SQS → {name}, {waiting} waiting, 0 in the DLQ",
            ),
        )


def query(account: Account, stack: Deployed) -> Iterator[Finding]:
    """Active, configured, and reachable the way of its scenario."""
    name = stack.outputs["QueryFunction"]
    yield from _function(account, stack, 10, name)
    if stack.scenario == "dev":
        yield _url(account, stack, name)
    else:
        yield from _function(account, stack, 10, stack.outputs["QueryHttpFunction"])
        yield _api(account, stack)


def _function(account: Account, stack: Deployed, step: int, name: str) -> Iterator[Finding]:
    found = _configuration(account, name)
    state = found.get("State", "Active")
    if state not in {"Active", "Inactive"}:  # inactive: idle for weeks, wakes by itself
        yield wrong(
            step,
            (
                f"{name} 상태 {state}: {found.get('StateReason', '')}",
                f"{name} is {state}: {found.get('StateReason', '')}",
            ),
            _redeploy(stack),
        )
        return
    values = found.get("Environment", {}).get("Variables", {})
    missing = [variable for variable in NEEDED if not values.get(variable)]
    if missing:
        names = ", ".join(missing)
        yield wrong(
            step,
            (f"{name}: 환경 변수 없음 {names}", f"{name}: environment variables missing: {names}"),
            _redeploy(stack),
        )
        return
    if stack.scenario == "prod" and not found.get("VpcConfig", {}).get("SubnetIds"):
        yield wrong(
            step, (f"{name}이(가) VPC 안에 없습니다", f"{name} is not in the VPC"), _redeploy(stack)
        )
        return
    where = (" (VPC)", " (in the VPC)") if stack.scenario == "prod" else ("", "")
    yield ok(step, (f"{name} {state}{where[0]}", f"{name} {state}{where[1]}"))


def _url(account: Account, stack: Deployed, name: str) -> Finding:
    found = account.client("lambda").get_function_url_config(FunctionName=name)
    mode, auth = found.get("InvokeMode"), found["AuthType"]
    if mode != "RESPONSE_STREAM":
        return wrong(
            10,
            (f"함수 URL의 모드가 {mode}입니다", f"the function URL's mode is {mode}"),
            _redeploy(stack),
        )
    if auth == "NONE" and "TokenSecret" not in stack.outputs:
        return wrong(
            10,
            (
                "함수 URL이 토큰 없이 인터넷에 열려 있습니다",
                "the function URL is open to the internet without a token",
            ),
            _redeploy(stack),
        )
    url = stack.outputs["QueryUrl"]
    return ok(10, (f"{url} RESPONSE_STREAM, 인증 {auth}", f"{url} RESPONSE_STREAM, auth {auth}"))


def _api(account: Account, stack: Deployed) -> Finding:
    api = stack.of_type("AWS::ApiGatewayV2::Api")[0]
    routes = account.client("apigatewayv2").get_routes(ApiId=api)["Items"]
    for route in routes:
        if route["RouteKey"] == "POST /query":
            auth = route.get("AuthorizationType", "NONE")
            if auth == "NONE":
                return wrong(
                    10,
                    ("POST /query에 권한 부여자가 없습니다", "POST /query has no authoriser"),
                    _redeploy(stack),
                )
            url = stack.outputs["QueryUrl"]
            return ok(10, (f"POST {url}, 인증 {auth}", f"POST {url}, auth {auth}"))
    return wrong(
        10,
        ("HTTP API에 POST /query가 없습니다", "the HTTP API has no POST /query"),
        _redeploy(stack),
    )


def _configuration(account: Account, name: str) -> dict[str, Any]:
    found: dict[str, Any] = account.client("lambda").get_function_configuration(FunctionName=name)
    return found


def _messages(account: Account, url: str) -> int:
    answer = account.client("sqs").get_queue_attributes(
        QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"]
    )
    return int(answer.get("Attributes", {}).get("ApproximateNumberOfMessages", 0))


def _redeploy(stack: Deployed) -> Both:
    return (
        f"`manualchat aws deploy {stack.scenario}`를 다시 실행하세요.",
        f"Run `manualchat aws deploy {stack.scenario}` again.",
    )
