"""What a deployment costs a month: idle, and under a given load. Arithmetic, no account.

Every number is a price from prices.json times a quantity, and the quantity's
assumption stands beside it in `Part.why`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from manualchat.answering.prices import cost as answer_cost
from manualchat.aws.words import Both

if TYPE_CHECKING:
    from manualchat_infra.config import DeploymentConfig

HOURS = 730.0  # a month
DAYS = HOURS / 24


@dataclass(frozen=True, slots=True)
class Load:
    """What is asked of it. Everything below is an assumption to change."""

    pages: int = 10_000
    questions_per_day: int = 1_000
    # Questions come within these hours; NextGen sleeps in the others.
    active_hours_per_day: float = 10.0
    tokens_per_page: int = 1_200  # a Korean manual page of about 1,500 characters
    chunks_per_page: int = 3
    input_tokens: int = 6_000  # eight passages of 600, the prompt, some history
    output_tokens: int = 350
    answer_seconds: float = 8.0
    page_seconds: float = 1.0  # of the embedding function, reading and embedding
    megabytes_per_page: float = 0.15


@dataclass(frozen=True, slots=True)
class Part:
    """One line: US$ a month when idle and in use, and US$ once for bringing the pages in."""

    name: Both
    idle: float
    used: float
    once: float
    why: Both


@cache
def price_list() -> dict[str, Any]:
    """prices.json."""
    text = (files("manualchat.aws") / "prices.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


def price(key: str) -> float:
    """US$ of one unit."""
    return float(price_list()["prices"][key]["usd"])


def estimate(config: DeploymentConfig, load: Load | None = None) -> list[Part]:
    """A line a part of this deployment."""
    load = load or Load()
    parts: list[Callable[[DeploymentConfig, Load], Iterator[Part]]] = [
        _search,
        _answers,
        _embeddings,
        _functions,
        _storage,
        _watching,
        _ui,
    ]
    if config.scenario == "prod":
        parts += [_network, _doors]
    return [part for each in parts for part in each(config, load)]


def totals(parts: list[Part]) -> tuple[float, float, float]:
    """Idle and in use a month, and once."""
    return sum(p.idle for p in parts), sum(p.used for p in parts), sum(p.once for p in parts)


def _search(config: DeploymentConfig, load: Load) -> Iterator[Part]:
    ocu = price("aoss_ocu_hour")
    gigabytes = load.pages * load.chunks_per_page * _chunk_bytes(config) / 1e9
    stored = gigabytes * price("aoss_storage_gb_month")
    loading = load.pages * load.page_seconds / 3_600 / config.embedding_concurrency + 0.2
    if config.generation == "classic":
        floor = 2.0 if config.standby_replicas else 1.0
        month = floor * HOURS * ocu + stored
        why = (
            f"Classic: 항상 {floor:g} OCU × {HOURS:g}시간 × ${ocu}",
            f"Classic: {floor:g} OCU always on × {HOURS:g} h × ${ocu}",
        )
        yield Part(("OpenSearch Serverless", "OpenSearch Serverless"), month, month, 0.0, why)
        return
    floor = config.min_ocu * 2  # of indexing and of search
    idle = floor * HOURS * ocu + stored
    # Two search workers wake with the first question and sleep ten minutes after the last.
    awake = min(24.0, load.active_hours_per_day + 1 / 6) * DAYS if load.questions_per_day else 0.0
    used = max(2.0, config.min_ocu) * awake * ocu + config.min_ocu * (2 * HOURS - awake) * ocu
    why = (
        f"NextGen: 검색 OCU 2 × 하루 {load.active_hours_per_day:g}시간 × ${ocu}; 쉬면 0 (worker 1개 = 1 OCU로 가정)",
        f"NextGen: 2 search OCU × {load.active_hours_per_day:g} h a day × ${ocu}; asleep 0 (one worker taken as one OCU)",
    )
    yield Part(
        ("OpenSearch Serverless", "OpenSearch Serverless"), idle, used + stored, loading * ocu, why
    )


def _chunk_bytes(config: DeploymentConfig) -> float:
    """A vector, its graph (a tenth more), and the text with its layout and word index."""
    return config.embedding_dimensions * 4 * 1.1 + 6_000


def _answers(config: DeploymentConfig, load: Load) -> Iterator[Part]:
    one = answer_cost(config.answer_model_id, load.input_tokens, load.output_tokens)
    month = (one or 0.0) * load.questions_per_day * DAYS
    why = (
        f"질문당 입력 {load.input_tokens:,} + 출력 {load.output_tokens:,} 토큰 = ${one or 0:.4f}",
        f"{load.input_tokens:,} tokens in + {load.output_tokens:,} out a question = ${one or 0:.4f}",
    )
    if one is None:
        why = (
            f"{config.answer_model_id}의 가격을 모릅니다: 0으로 셈했습니다",
            f"the price of {config.answer_model_id} is not known: counted as 0",
        )
    yield Part(("Bedrock 답변(Claude)", "Bedrock answers (Claude)"), 0.0, month, 0.0, why)


def _embeddings(config: DeploymentConfig, load: Load) -> Iterator[Part]:
    kind = next(
        (
            key
            for mark, key in (
                ("titan-embed-text-v1", "titan_v1_million_tokens"),
                ("titan", "titan_v2_million_tokens"),
            )
            if mark in config.embedding_model_id
        ),
        "cohere_million_tokens",
    )
    each = price(kind) / 1e6
    once = load.pages * load.tokens_per_page * each
    month = load.questions_per_day * DAYS * 60 * each
    why = (
        f"{load.pages:,}쪽 × {load.tokens_per_page:,} 토큰 × ${price(kind)}/100만; 질문당 60 토큰",
        f"{load.pages:,} pages × {load.tokens_per_page:,} tokens × ${price(kind)} a million; 60 tokens a question",
    )
    yield Part(("Bedrock 임베딩", "Bedrock embeddings"), 0.0, month, once, why)


def _functions(config: DeploymentConfig, load: Load) -> Iterator[Part]:
    second = price("lambda_gb_second")
    request = price("lambda_million_requests") / 1e6
    answers = load.questions_per_day * DAYS
    used = answers * (load.answer_seconds * config.query_memory_mb / 1_024 * second + request)
    once = load.pages * load.page_seconds * config.embedding_memory_mb / 1_024 * second
    why = (
        f"질문당 {load.answer_seconds:g}초 × {config.query_memory_mb} MB; 쪽당 {load.page_seconds:g}초 × {config.embedding_memory_mb} MB",
        f"{load.answer_seconds:g} s × {config.query_memory_mb} MB a question; {load.page_seconds:g} s × {config.embedding_memory_mb} MB a page",
    )
    yield Part(("Lambda", "Lambda"), 0.0, used, once, why)


def _storage(config: DeploymentConfig, load: Load) -> Iterator[Part]:
    gigabytes = load.pages * load.megabytes_per_page / 1_024
    pdfs = gigabytes * price("s3_gb_month")
    reads = load.questions_per_day * DAYS * 12 * price("dynamodb_million_reads") / 1e6
    writes = load.pages * 0.2 * price("dynamodb_million_writes") / 1e6
    messages = load.pages * 0.5 * price("sqs_million_requests") / 1e6
    # The event source polls the empty queue with five long polls of 20 s.
    polls = 5 * HOURS * 3_600 / 20 * price("sqs_million_requests") / 1e6
    why = (
        f"PDF {gigabytes:.1f} GB; 원장 읽기·쓰기; 대기열 폴링",
        f"{gigabytes:.1f} GB of PDFs; the ledger's reads and writes; the queue's polls",
    )
    yield Part(
        ("S3, DynamoDB, SQS", "S3, DynamoDB, SQS"),
        pdfs + polls,
        pdfs + polls + reads,
        writes + messages,
        why,
    )


def _watching(config: DeploymentConfig, load: Load) -> Iterator[Part]:
    alarms = 8 if config.scenario == "dev" else 11
    metrics = 15
    idle = alarms * price("alarm_month")
    logs = load.questions_per_day * DAYS * 4_000 / 1e9 * price("logs_gb")
    secret = price("secret_month") if config.public else 0.0
    why = (
        f"알람 {alarms}개, 자체 지표 {metrics}개(기록이 있는 달만), 질문당 로그 4 KB",
        f"{alarms} alarms, {metrics} own metrics (in months that have data), 4 KB of logs a question",
    )
    used = idle + logs + (metrics * price("metric_month") if load.questions_per_day else 0.0)
    yield Part(("CloudWatch", "CloudWatch"), idle + secret, used + secret, 0.0, why)


def _ui(config: DeploymentConfig, load: Load) -> Iterator[Part]:
    if not config.ui:
        return
    hosts = config.ui_min_instances if config.scenario == "prod" else 1
    host = price("t3_small_hour") * HOURS + 12 * price("gp3_gb_month")
    address = price("public_ipv4_hour") * HOURS if config.scenario == "dev" else 0.0
    month = hosts * host + address
    assumed = "" if config.ui_instance_type == "t3.small" else " (t3.small)"
    why = (
        f"{config.ui_instance_type}{assumed} {hosts}대 × {HOURS:g}시간, 12 GB 디스크"
        + (", 탄력적 IP 1개" if address else ""),
        f"{hosts} × {config.ui_instance_type}{assumed} × {HOURS:g} h, 12 GB of disk"
        + (", 1 Elastic IP" if address else ""),
    )
    yield Part(("웹 UI (EC2)", "Web UI (EC2)"), month, month, 0.0, why)


def _network(config: DeploymentConfig, load: Load) -> Iterator[Part]:
    gigabytes = 5.0 + load.questions_per_day * DAYS * 60_000 / 1e9
    nat = config.nat_gateways * (price("nat_hour") + price("public_ipv4_hour")) * HOURS
    yield Part(
        ("NAT 게이트웨이", "NAT gateway"),
        nat,
        nat + 5.0 * price("nat_gb"),
        0.0,
        (
            f"{config.nat_gateways}개 × {HOURS:g}시간 × ${price('nat_hour')} + 공인 IP",
            f"{config.nat_gateways} × {HOURS:g} h × ${price('nat_hour')} + a public address",
        ),
    )
    interfaces = 4 * 2
    endpoints = interfaces * price("endpoint_hour") * HOURS
    yield Part(
        ("VPC 엔드포인트", "VPC endpoints"),
        endpoints,
        endpoints + gigabytes * price("endpoint_gb"),
        0.0,
        (
            f"인터페이스 4개(aoss, bedrock, lambda, logs) × 2개 영역 × ${price('endpoint_hour')}; S3·DynamoDB는 무료",
            f"4 interfaces (aoss, bedrock, lambda, logs) × 2 zones × ${price('endpoint_hour')}; S3 and DynamoDB free",
        ),
    )


def _doors(config: DeploymentConfig, load: Load) -> Iterator[Part]:
    requests = load.questions_per_day * DAYS
    if config.ui:
        balancer = (price("alb_hour") + 2 * price("public_ipv4_hour")) * HOURS
        yield Part(
            ("로드 밸런서 (ALB)", "Load balancer (ALB)"),
            balancer,
            balancer + price("alb_lcu_hour") * HOURS,
            0.0,
            (
                f"${price('alb_hour')}/시간 + 공인 IP 2개 + 1 LCU",
                f"${price('alb_hour')} an hour + 2 public addresses + 1 LCU",
            ),
        )
        if config.waf:
            month = price("waf_month")
            used = month + requests * 20 * price("waf_million_requests") / 1e6
            why = ("웹 ACL 1개, 규칙 2개", "1 web ACL, 2 rules")
            yield Part(("WAF", "WAF"), month, used, 0.0, why)
    yield Part(
        ("HTTP API", "HTTP API"),
        0.0,
        requests * price("http_api_million") / 1e6,
        0.0,
        ("모든 질문이 HTTP API로 온다고 가정", "as if every question came through it"),
    )
