"""Runs ministack with the CloudFormation types that it lacks (in ministack's own venv).

    python ministack_plugin.py       settings come as environment variables:

LOCAL_AWS_PYTHON       the Python that runs `python3.x` functions, with their libraries
LOCAL_AWS_SEARCH       URL of an OpenSearch Serverless double; collections point to it
LOCAL_AWS_MODELS       `refused`: nobody agreed to Anthropic's terms yet
LOCAL_AWS_REGISTER     a file that lists what the stubs below still hold, as JSON

A stub has an id and its attributes and does nothing. It stands in for a resource
whose only part in the tests is to exist, to be referred to, and to be deleted.
"""

from __future__ import annotations

import json
import os
import secrets
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lambda_runner
from ministack.services import bedrock, ec2, lambda_svc, ssm
from ministack.services import opensearchserverless as aoss
from ministack.services.cloudformation import provisioners

Attributes = dict[str, Any]
HANDLERS: dict[str, dict[str, Callable[..., Any]]] = provisioners._RESOURCE_HANDLERS
AMI = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-6.1-x86_64"
_held: dict[str, str] = {}  # physical id -> type
_lock = threading.Lock()


def _note(kind: str, physical: str, *, gone: bool = False) -> None:
    with _lock:
        if gone:
            _held.pop(physical, None)
        else:
            _held[physical] = kind
        register = os.environ.get("LOCAL_AWS_REGISTER")
        if register:
            Path(register).write_text(json.dumps(_held))


def _stub(kind: str, prefix: str, attributes: Callable[[str, Attributes], Attributes]) -> None:
    def create(_logical: str, properties: Attributes, _stack: str) -> tuple[str, Attributes]:
        physical = f"{prefix}{secrets.token_hex(8)}0"
        _note(kind, physical)
        return physical, attributes(physical, properties)

    def delete(physical: str, _properties: Attributes) -> None:
        _note(kind, physical, gone=True)

    HANDLERS[kind] = {"create": create, "delete": delete}


def _nothing(_physical: str, _properties: Attributes) -> Attributes:
    return {}


def _own_id(physical: str, _properties: Attributes) -> Attributes:
    return {"Id": physical}


def _instance(physical: str, _properties: Attributes) -> Attributes:
    return {
        "InstanceId": physical,
        "PrivateIp": "10.42.0.9",
        "PublicIp": "198.51.100.8",
        "PublicDnsName": "host.invalid",
        "PrivateDnsName": "host.internal",
        "AvailabilityZone": "ap-northeast-2a",
    }


def _address(physical: str, _properties: Attributes) -> Attributes:
    return {"AllocationId": f"eipalloc-{physical[4:]}", "PublicIp": "198.51.100.7"}


def _register_stubs() -> None:
    _stub("AWS::EC2::EIP", "eip-", _address)
    _stub("AWS::EC2::EIPAssociation", "eipassoc-", _own_id)
    _stub("AWS::EC2::SecurityGroupIngress", "sgr-", _own_id)
    _stub("AWS::EC2::SecurityGroupEgress", "sgr-", _own_id)
    _stub("AWS::EC2::Instance", "i-", _instance)
    _stub("AWS::EC2::FlowLog", "fl-", _own_id)
    _stub("AWS::Budgets::Budget", "budget-", _nothing)
    _stub("AWS::WAFv2::WebACLAssociation", "waf-", _nothing)


def _checked(call: Callable[..., Any], data: Attributes) -> Attributes:
    """ministack's own validation, turned into what CloudFormation reports."""
    try:
        answer = call(data)
    except aoss._Invalid as error:
        raise ValueError(f"{error.code}: {error.message}") from None
    status, body = answer[0], json.loads(answer[2] or b"{}")
    if status >= 400:
        raise ValueError(f"{body.get('__type', 'Error')}: {body.get('message', body)}")
    return body  # type: ignore[no-any-return]


def _policy(
    create: Callable[..., Any], delete: Callable[..., Any]
) -> dict[str, Callable[..., Any]]:
    def make(_logical: str, properties: Attributes, _stack: str) -> tuple[str, Attributes]:
        document = properties["Policy"]
        text = document if isinstance(document, str) else json.dumps(document)
        data = {"type": properties["Type"], "name": properties["Name"], "policy": text}
        _checked(create, data)
        return properties["Name"], {}

    def drop(physical: str, properties: Attributes) -> None:
        _checked(delete, {"type": properties["Type"], "name": physical})

    return {"create": make, "delete": drop}


def _collection(_logical: str, properties: Attributes, _stack: str) -> tuple[str, Attributes]:
    data = {
        key[0].lower() + key[1:]: value
        for key, value in properties.items()
        if key in {"Name", "Type", "Description", "StandbyReplicas"}
    }
    made = _checked(aoss._create_collection, data)["createCollectionDetail"]
    for _ in range(100):
        record = aoss._collections.get(made["id"])
        if record and record["status"] != "CREATING":
            break
        time.sleep(0.05)
    endpoint = os.environ.get("LOCAL_AWS_SEARCH") or aoss._collection_endpoint(made["id"])
    return made["id"], {
        "Arn": made["arn"],
        "Id": made["id"],
        "CollectionEndpoint": endpoint,
        "DashboardEndpoint": f"{endpoint}/_dashboards",
    }


def _register_search() -> None:
    kind = "AWS::OpenSearchServerless::"
    HANDLERS[f"{kind}SecurityPolicy"] = _policy(
        aoss._create_security_policy, aoss._delete_security_policy
    )
    HANDLERS[f"{kind}AccessPolicy"] = _policy(
        aoss._create_access_policy, aoss._delete_access_policy
    )
    HANDLERS[f"{kind}Collection"] = {
        "create": _collection,
        "delete": lambda physical, _: _checked(aoss._delete_collection, {"id": physical}),
    }
    _stub(f"{kind}CollectionGroup", "group", lambda i, _: {"Id": i, "Arn": f"arn:aws:aoss:::{i}"})
    _stub(f"{kind}VpcEndpoint", "vpce-", _own_id)


def _complete_vpc() -> None:
    """Attributes of a VPC that CDK reads and ministack does not give."""
    create = HANDLERS["AWS::EC2::VPC"]["create"]

    def make(logical: str, properties: Attributes, stack: str) -> tuple[str, Attributes]:
        physical, given = create(logical, properties, stack)
        more = {"CidrBlock": properties.get("CidrBlock", ""), "CidrBlockAssociations": []}
        return physical, {**given, **more, "Ipv6CidrBlocks": []}

    HANDLERS["AWS::EC2::VPC"]["create"] = make


def _complete_functions() -> None:
    """Where a function's network interfaces are: ministack forgets what the template says."""
    create = HANDLERS["AWS::Lambda::Function"]["create"]

    def make(logical: str, properties: Attributes, stack: str) -> tuple[str, Attributes]:
        name, given = create(logical, properties, stack)
        if "VpcConfig" in properties:
            lambda_svc._functions[name]["config"]["VpcConfig"] = properties["VpcConfig"]
        return name, given

    HANDLERS["AWS::Lambda::Function"]["create"] = make


def _register_nat() -> None:
    """ministack's EC2 knows NAT gateways; its CloudFormation does not."""

    def make(_logical: str, properties: Attributes, _stack: str) -> tuple[str, Attributes]:
        before = set(ec2._nat_gateways)
        ec2._create_nat_gateway(
            {key: [value] for key, value in properties.items() if key != "Tags"}
        )
        (made,) = set(ec2._nat_gateways) - before
        return made, {"NatGatewayId": made}

    def drop(physical: str, _properties: Attributes) -> None:
        ec2._delete_nat_gateway({"NatGatewayId": [physical]})

    HANDLERS["AWS::EC2::NatGateway"] = {"create": make, "delete": drop}


def _publish_machine_image() -> None:
    """The public parameter that names Amazon Linux' image, which templates refer to."""
    ssm._parameters[AMI] = {
        "Name": AMI,
        "Type": "String",
        "Value": "ami-0123456789abcdef0",
        "Version": 1,
        "DataType": "text",
    }


def _offer_models() -> None:
    """The models of today, agreed to unless LOCAL_AWS_MODELS says `refused`."""
    agreed = os.environ.get("LOCAL_AWS_MODELS", "") != "refused"
    for model_id, name, provider in (
        ("amazon.titan-embed-text-v1", "Titan Embeddings G1 - Text", "Amazon"),
        ("anthropic.claude-sonnet-5-5", "Claude Sonnet 5.5", "Anthropic"),
    ):
        bedrock._CATALOG.append((model_id, name, provider, ["TEXT"], ["TEXT"], True))
    bedrock._INFERENCE_PROFILE_PREFIXES = (*bedrock._INFERENCE_PROFILE_PREFIXES, "global")

    def availability(model_id: str) -> tuple[Any, ...]:
        entry = bedrock._find_model(model_id)
        if entry is None:
            return bedrock._not_found(f"Could not find model {model_id}.")  # type: ignore[no-any-return]
        status = "AVAILABLE" if agreed or entry[2] == "Amazon" else "NOT_AVAILABLE"
        return bedrock._json(  # type: ignore[no-any-return]
            {
                "modelId": model_id,
                "agreementAvailability": {"status": status},
                "authorizationStatus": "AUTHORIZED",
                "entitlementAvailability": "AVAILABLE",
                "regionAvailability": "AVAILABLE",
            }
        )

    bedrock._get_foundation_model_availability = availability


def main() -> None:
    """Register everything, then serve as ministack does."""
    _register_stubs()
    _register_search()
    _complete_vpc()
    _complete_functions()
    _register_nat()
    _publish_machine_image()
    _offer_models()
    lambda_runner.install()
    from ministack.app import main as serve

    serve()


if __name__ == "__main__":
    main()
