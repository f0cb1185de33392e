"""Writes what the AWS documents say from the code: the checklist, the pictures, the costs.

.venv/bin/python scripts/document_aws.py       tests/infra/test_documents.py compares
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from manualchat.aws.checklist import ROWS
from manualchat.aws.cost import Load, estimate, price_list, totals
from manualchat_infra.app import synthesise
from manualchat_infra.assets import placeholders
from manualchat_infra.config import SCENARIOS, load_config

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
_MADE = "<!-- Written by scripts/document_aws.py; change that, not this. -->\n\n"
Template = Mapping[str, Any]


def checklist() -> str:
    """docs/aws-checklist.md."""
    lines = [
        "# AWS 체크리스트 / The AWS checklist\n",
        _MADE,
        "The thirteen steps of the deployment guide as they are built. `manualchat aws doctor dev|prod`\n",
        "looks at each of them in your account and says how to mend it, in Korean and English.\n",
        "배포 가이드의 13단계가 어디서 만들어지고 무엇으로 확인되는지입니다.\n",
    ]
    for row in ROWS:
        korean, english = row.title
        title = korean if korean == english else f"{korean} / {english}"
        lines.append(f"\n## {row.step}. {title}\n\n")
        lines.append("| | |\n|---|---|\n")
        lines.append(f"| dev | {row.dev} |\n| prod | {row.prod} |\n")
        lines.append(f"| built in | {'<br>'.join(f'`{p}`' for p in row.built)} |\n")
        lines.append(f"| checked by | `manualchat aws doctor`, step {row.step} |\n")
        lines.append(f"| tests | {'<br>'.join(f'`{t}`' for t in row.tests)} |\n")
        if row.account:
            lines.append(f"| needs an account | {row.account} |\n")
    lines.append(_STAND_INS)
    return "".join(lines)


_STAND_INS = """
## What the tests stand in for

`tests/e2e` deploys both scenarios with the real `cdk` to ministack, an emulator, with a plugin for the
resource types that it lacks. The functions run under AWS' own runtime client. Stand-ins, and what they
cannot show:

| stand-in | cannot show |
|---|---|
| ministack: CloudFormation, S3, SQS, DynamoDB, IAM, Lambda's API | AWS' own validation, quotas, timing; permissions are checked on the templates |
| OpenSearch double (`tests/aws`) | enforcement of data and network policies, latency, scaling from zero |
| Bedrock double (`tests/aws`) | what Claude writes, Titan's Korean, throttling |
| EC2, NAT, EIP, flow log: empty resources | that a host starts, that packets flow |
| function URL and InvokeWithResponseStream of ministack | that a stream arrives piece by piece (`tests/runtime` shows it under a Runtime API emulator) |
| layers: placeholders on a local endpoint | the built layers (`tests/runtime` imports from them) |
"""


_WAYS = {  # (from, to, words): drawn when both ends are in the template
    "dev": (
        ("user", "AWS::EC2::EIP", "HTTP 8501"),
        ("AWS::EC2::EIP", "AWS::EC2::Instance", ""),
        ("AWS::EC2::Instance", "AWS::Lambda::Url", "SigV4, stream"),
        ("AWS::Lambda::Url", "query_pipeline", ""),
    ),
    "prod": (
        ("user", "AWS::ElasticLoadBalancingV2::LoadBalancer", "HTTP(S)"),
        ("AWS::ElasticLoadBalancingV2::LoadBalancer", "AWS::AutoScaling::AutoScalingGroup", "8501"),
        ("AWS::AutoScaling::AutoScalingGroup", "query_pipeline", "InvokeWithResponseStream"),
        ("program", "AWS::ApiGatewayV2::Api", "POST /query"),
        ("AWS::ApiGatewayV2::Api", "query_pipeline_http", ""),
        ("query_pipeline_http", "AWS::OpenSearchServerless::Collection", ""),
        ("query_pipeline_http", "claude", ""),
    ),
}
_ALWAYS = (
    ("owner", "AWS::S3::Bucket", "PDF"),
    ("AWS::S3::Bucket", "AWS::SQS::Queue", "events"),
    ("AWS::SQS::Queue", "embedding_pipeline", ""),
    ("embedding_pipeline", "titan", "vectors"),
    ("embedding_pipeline", "AWS::OpenSearchServerless::Collection", "writes"),
    ("embedding_pipeline", "AWS::DynamoDB::Table", "ledger"),
    ("query_pipeline", "titan", ""),
    ("query_pipeline", "AWS::OpenSearchServerless::Collection", "searches"),
    ("query_pipeline", "AWS::DynamoDB::Table", "reads"),
    ("query_pipeline", "claude", "streams"),
)
_NAMES = {
    "user": "사용자 / user",
    "program": "다른 프로그램 / a program",
    "owner": "관리자 / owner",
    "titan": "Bedrock Titan",
    "claude": "Bedrock Claude",
    "AWS::EC2::EIP": "Elastic IP",
    "AWS::EC2::Instance": "EC2: Streamlit",
    "AWS::Lambda::Url": "Function URL",
    "AWS::ElasticLoadBalancingV2::LoadBalancer": "ALB",
    "AWS::AutoScaling::AutoScalingGroup": "Auto Scaling: Streamlit",
    "AWS::ApiGatewayV2::Api": "HTTP API",
    "AWS::S3::Bucket": "S3",
    "AWS::SQS::Queue": "SQS + DLQ",
    "AWS::OpenSearchServerless::Collection": "OpenSearch Serverless",
    "AWS::DynamoDB::Table": "DynamoDB",
    "AWS::EC2::NatGateway": "NAT gateway",
}
_OUTSIDE = {"user", "program", "owner", "titan", "claude"}


def picture(scenario: str, template: Template) -> str:
    """A Mermaid flow chart of what the template holds."""
    resources = template["Resources"].values()
    kinds = {resource["Type"] for resource in resources}
    functions = {
        r["Properties"]["FunctionName"]: r["Properties"]
        for r in resources
        if r["Type"] == "AWS::Lambda::Function"
    }

    def there(end: str) -> bool:
        return end in kinds or end in functions or end in _OUTSIDE

    ways = [w for w in (*_WAYS[scenario], *_ALWAYS) if there(w[0]) and there(w[1])]
    ends = list(dict.fromkeys(end for way in ways for end in way[:2]))
    private = [e for e in ends if functions.get(e, {}).get("VpcConfig")]
    if "AWS::AutoScaling::AutoScalingGroup" in ends:
        private.append("AWS::AutoScaling::AutoScalingGroup")
    lines = ["```mermaid", "flowchart LR"]
    lines += [f'  {_id(e)}["{_NAMES.get(e, e)}"]' for e in ends if e not in private]
    if private:
        lines.append("  subgraph vpc [VPC]")
        if "AWS::EC2::NatGateway" in kinds:
            lines.append("    subgraph public [퍼블릭 서브넷 / public subnets]")
            lines.append(f'      nat["{_NAMES["AWS::EC2::NatGateway"]}"]')
            lines.append("    end")
        lines.append("    subgraph private [프라이빗 서브넷 / private subnets]")
        lines += [f'      {_id(e)}["{_NAMES.get(e, e)}"]' for e in private]
        lines.append(f'      endpoints["VPC endpoints: {", ".join(_endpoints(template))}"]')
        lines += ["    end", "  end"]
    lines += [f"  {_id(start)} -->{_label(words)} {_id(end)}" for start, end, words in ways]
    return "\n".join([*lines, "```", ""])


def _endpoints(template: Template) -> list[str]:
    found = []
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::EC2::VPCEndpoint":
            name = resource["Properties"]["ServiceName"]
            text = name if isinstance(name, str) else json.dumps(name["Fn::Join"][1][-1])
            found.append(text.strip('"').rsplit(".", 1)[-1])
    return sorted(found)


def _label(words: str) -> str:
    return f'|"{words}"|' if words else ""


def _id(end: str) -> str:
    return end.rsplit(":", 1)[-1].lower()


def architecture(templates: Mapping[str, Template]) -> str:
    """docs/aws-architecture.md."""
    titles = {
        "dev": "(A) 간단한 개발용 / dev: small and quick",
        "prod": "(B) 프로덕션용 / prod: isolated",
    }
    text = f"# AWS 구조 / The architecture on AWS\n\n{_MADE}Drawn from the templates.\n"
    for scenario in SCENARIOS:
        kinds: dict[str, int] = {}
        for resource in templates[scenario]["Resources"].values():
            service = resource["Type"].removeprefix("AWS::").partition("::")[0]
            kinds[service] = kinds.get(service, 0) + 1
        counts = ", ".join(f"{name} {count}" for name, count in sorted(kinds.items()))
        text += f"\n## {titles[scenario]}\n\n{picture(scenario, templates[scenario])}\n{counts}\n"
    return text


def costs() -> str:
    """docs/aws-cost.md."""
    prices = price_list()
    text = f"# AWS 비용 / What it costs on AWS\n\n{_MADE}"
    text += f"{prices['as_of']}, {prices['region']}, {prices['currency']}. {prices['note']}\n\n"
    text += (
        "`manualchat aws cost dev|prod --questions-per-day N --pages N` counts for your own load.\n"
    )
    load = Load()
    for scenario in SCENARIOS:
        for generation in ("nextgen", "classic"):
            config = load_config(scenario, None, {"generation": generation})
            parts = estimate(config, load)
            idle, used, once = totals(parts)
            text += f"\n## {scenario}, {generation}\n\n"
            text += f"| | 유휴 / idle | {load.questions_per_day:,}/day, {load.pages:,} p | once | how |\n"
            text += "|---|---:|---:|---:|---|\n"
            for part in parts:
                text += (
                    f"| {part.name[1]} | {part.idle:,.2f} | {part.used:,.2f} | {part.once:,.2f} "
                    f"| {part.why[1]} |\n"
                )
            text += (
                f"| **합계 / total** | **{idle:,.2f}** | **{used:,.2f}** | **{once:,.2f}** | |\n"
            )
    haiku = load_config("dev", None, {"answer_model_id": "global.anthropic.claude-haiku-5-5"})
    answers = next(p for p in estimate(haiku, load) if "answers" in p.name[1])
    text += (
        "\nThe answers are most of it. With a Haiku model in place of Sonnet they are "
        f"{answers.used:,.2f} a month instead.\n"
    )
    return text


def documents(templates: Mapping[str, Template]) -> dict[Path, str]:
    """Path → text of every document that is written here."""
    return {
        DOCS / "aws-checklist.md": checklist(),
        DOCS / "aws-architecture.md": architecture(templates),
        DOCS / "aws-cost.md": costs(),
    }


def main() -> None:
    """Write them."""
    templates = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for scenario in SCENARIOS:
            path = synthesise(load_config(scenario), placeholders(folder / "p"), folder / scenario)
            templates[scenario] = json.loads(path.read_text("utf-8"))
    for path, text in documents(templates).items():
        path.write_text(text, "utf-8")
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
