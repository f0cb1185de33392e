"""Steps 3 and 4: the VPC of prod, its NAT gateway and its endpoints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from manualchat.aws.account import Account
from manualchat.aws.deployed import Deployed
from manualchat.aws.findings import Finding, off, ok, unknown, wrong

ENDPOINTS = ("s3", "dynamodb", "bedrock-runtime", "lambda", "logs")
_NOT_DEV = ("개발용에는 없음", "not part of dev")


def subnets(account: Account, stack: Deployed) -> Iterator[Finding]:
    """Public and private subnets, each kind in two zones."""
    if stack.scenario == "dev":
        yield off(3, _NOT_DEV)
        return
    vpc = stack.outputs["VpcId"]
    found = account.client("ec2").describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc]}])
    zones: dict[bool, set[str]] = {True: set(), False: set()}
    for subnet in found["Subnets"]:
        zones[bool(subnet.get("MapPublicIpOnLaunch"))].add(subnet["AvailabilityZone"])
    public, private = len(zones[True]), len(zones[False])
    text = (
        f"{vpc}: 퍼블릭 서브넷 {public}개 영역, 프라이빗 서브넷 {private}개 영역",
        f"{vpc}: public subnets in {public} zones, private ones in {private}",
    )
    if public >= 2 and private >= 2:
        yield ok(3, text)
    else:
        yield wrong(
            3,
            text,
            (
                "ALB에는 영역이 둘 필요합니다. `manualchat aws deploy prod`로 다시 만드세요.",
                "The load balancer needs two zones. Make them again: `manualchat aws deploy prod`.",
            ),
        )


def ways_out(account: Account, stack: Deployed) -> Iterator[Finding]:
    """NAT gateways and endpoints are there and available."""
    if stack.scenario == "dev":
        yield off(4, _NOT_DEV)
        return
    ec2 = account.client("ec2")
    vpc = stack.outputs["VpcId"]
    gateways = stack.of_type("AWS::EC2::NatGateway")
    seen = ec2.describe_nat_gateways(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["NatGateways"]
    alive = [g["NatGatewayId"] for g in seen if g["State"] == "available"]
    if alive:
        yield ok(4, (f"NAT 게이트웨이 {', '.join(alive)}", f"NAT gateway {', '.join(alive)}"))
    elif account.endpoint and gateways:
        yield unknown(
            4,
            (
                "NAT 게이트웨이: 로컬 AWS에서는 볼 수 없음",
                "NAT gateway: not to be seen on a local AWS",
            ),
        )
    else:
        yield wrong(
            4,
            ("사용할 수 있는 NAT 게이트웨이가 없습니다", "no NAT gateway is available"),
            (
                "`manualchat aws deploy prod`를 다시 실행하세요. 탄력적 IP 할당량도 확인하세요.",
                "Run `manualchat aws deploy prod` again; look at the quota of Elastic IPs too.",
            ),
        )
    yield _endpoints(
        stack,
        ec2.describe_vpc_endpoints(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["VpcEndpoints"],
    )


def _endpoints(stack: Deployed, found: list[dict[str, Any]]) -> Finding:
    """Those with policies of ours, and one for OpenSearch of either kind."""
    alive = {
        e["ServiceName"].rsplit(".", 1)[-1]
        for e in found
        if str(e.get("State", "available")).lower() == "available"
    }
    missing = [name for name in ENDPOINTS if name not in alive]
    if "aoss-data" not in alive and not stack.of_type("AWS::OpenSearchServerless::VpcEndpoint"):
        missing.append("aoss")
    if missing:
        names = ", ".join(missing)
        return wrong(
            4,
            (f"사용할 수 없는 VPC 엔드포인트: {names}", f"VPC endpoints not available: {names}"),
            (
                "엔드포인트가 아직 만들어지는 중이면 몇 분 뒤 다시, 아니면 `manualchat aws deploy prod`를 실행하세요.",
                "If they are still being made, look again in minutes; else run `manualchat aws deploy prod`.",
            ),
        )
    return ok(4, (f"VPC 엔드포인트 {len(alive)}개", f"{len(alive)} VPC endpoints"))
