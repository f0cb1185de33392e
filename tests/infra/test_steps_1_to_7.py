"""Steps 1 to 7 of the checklist, read from the two templates."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.infra.conftest import Synthesised

ROLES = {"embedding_pipeline": "embedding-lambda-role", "query_pipeline": "query-lambda-role"}


def statements(stack: Synthesised, role_name: str) -> list[dict[str, Any]]:
    """Inline statements of the role with this name."""
    (role,) = [
        i
        for i, r in stack.of_type("AWS::IAM::Role").items()
        if r["Properties"].get("RoleName") == role_name
    ]
    return [
        s
        for policy in stack.of_type("AWS::IAM::Policy").values()
        if {"Ref": role} in policy["Properties"]["Roles"]
        for s in policy["Properties"]["PolicyDocument"]["Statement"]
    ]


def actions(stack: Synthesised, role_name: str) -> set[str]:
    found: set[str] = set()
    for statement in statements(stack, role_name):
        given = statement["Action"]
        found |= {given} if isinstance(given, str) else set(given)
    return found


def policy_text(policy: Any) -> str:
    """A policy that is a string, or a Fn::Join of strings and references."""
    if isinstance(policy, str):
        return policy
    parts = policy["Fn::Join"][1]
    return "".join(p if isinstance(p, str) else json.dumps(p) for p in parts)


# 1 and 2: models and roles


def test_both_roles_have_the_names_of_the_guide_and_belong_to_their_function(
    stack: Synthesised,
) -> None:
    roles = stack.of_type("AWS::IAM::Role")
    for function, name in ROLES.items():
        (reference,) = stack.function(function)["Role"]["Fn::GetAtt"][:1]
        assert roles[reference]["Properties"]["RoleName"] == name


def test_the_embedding_role_reads_pdfs_embeds_writes_the_index_and_the_ledger(
    stack: Synthesised,
) -> None:
    found = actions(stack, "embedding-lambda-role")
    assert {"s3:GetObject", "bedrock:InvokeModel", "aoss:APIAccessAll"} <= found
    assert {"dynamodb:PutItem", "logs:PutLogEvents", "sqs:SendMessage"} <= found
    assert not {"s3:PutObject", "s3:DeleteObject", "logs:CreateLogGroup"} & found


def test_the_query_role_can_read_and_ask_and_write_nothing(stack: Synthesised) -> None:
    found = actions(stack, "query-lambda-role")
    assert {"bedrock:InvokeModelWithResponseStream", "aoss:APIAccessAll"} <= found
    assert {"dynamodb:GetItem", "dynamodb:Query", "logs:PutLogEvents"} <= found
    assert not any(
        a.startswith(("s3:", "sqs:")) or "Put" in a or "Delete" in a or "Update" in a
        for a in found - {"logs:PutLogEvents"}
    )


def test_prod_roles_have_the_vpc_policy_and_dev_roles_do_not(
    dev: Synthesised, prod: Synthesised
) -> None:
    def managed(stack: Synthesised) -> list[str]:
        return [
            json.dumps(r["Properties"].get("ManagedPolicyArns", ""))
            for r in stack.of_type("AWS::IAM::Role").values()
            if r["Properties"].get("RoleName") in ROLES.values()
        ]

    assert all("AWSLambdaVPCAccessExecutionRole" in text for text in managed(prod))
    assert not any("VPCAccess" in text for text in managed(dev))


# 3 and 4: network


def test_prod_has_public_and_private_subnets_in_two_zones(prod: Synthesised) -> None:
    subnets = [r["Properties"] for r in prod.of_type("AWS::EC2::Subnet").values()]
    for public in (True, False):
        zones = {
            json.dumps(s["AvailabilityZone"])
            for s in subnets
            if bool(s.get("MapPublicIpOnLaunch")) is public
        }
        assert len(zones) == 2


def test_prod_has_a_nat_gateway_in_a_public_subnet(prod: Synthesised) -> None:
    nat = prod.only("AWS::EC2::NatGateway")
    subnet = prod.template["Resources"][nat["SubnetId"]["Ref"]]
    assert subnet["Properties"]["MapPublicIpOnLaunch"] is True


def test_prod_reaches_aws_through_endpoints_with_policies(prod: Synthesised) -> None:
    found = {}
    for resource in prod.of_type("AWS::EC2::VPCEndpoint").values():
        properties = resource["Properties"]
        name = properties["ServiceName"]
        text = (
            name
            if isinstance(name, str)
            else "".join(p for p in name["Fn::Join"][1] if isinstance(p, str))
        )
        found[text.rsplit(".", 1)[-1]] = properties
    assert set(found) == {"s3", "dynamodb", "aoss-data", "bedrock-runtime", "lambda", "logs"}
    for name in ("s3", "dynamodb"):
        assert found[name].get("VpcEndpointType", "Gateway") == "Gateway"
    for name in ("aoss-data", "bedrock-runtime", "lambda", "logs"):
        assert found[name]["VpcEndpointType"] == "Interface"
        assert found[name]["PrivateDnsEnabled"] is True
        assert len(found[name]["SubnetIds"]) == 2
    assert all("PolicyDocument" in found[n] for n in found if n != "aoss-data")


def test_the_s3_endpoint_lets_hosts_install_linux_packages_and_the_index_answer(
    prod: Synthesised,
) -> None:
    (policy,) = [
        json.dumps(r["Properties"]["PolicyDocument"])
        for r in prod.of_type("AWS::EC2::VPCEndpoint").values()
        if "s3" in json.dumps(r["Properties"]["ServiceName"])
    ]
    assert "al2023-repos-ap-northeast-2-de612dc2" in policy
    assert "cloudformation-custom-resource-response-apnortheast2" in policy


def test_dev_has_no_network_that_costs_money(dev: Synthesised) -> None:
    assert not dev.of_type("AWS::EC2::NatGateway")
    assert not dev.of_type("AWS::EC2::VPCEndpoint")


# 5: bucket


def test_the_bucket_is_encrypted_versioned_tls_only_and_not_public(stack: Synthesised) -> None:
    (bucket,) = [
        r["Properties"]
        for i, r in stack.of_type("AWS::S3::Bucket").items()
        if i.startswith("ManualsBucket")
    ]
    assert bucket["BucketEncryption"]
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
    assert all(bucket["PublicAccessBlockConfiguration"].values())
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    policies = json.dumps(
        [r["Properties"] for r in stack.of_type("AWS::S3::BucketPolicy").values()]
    )
    assert '"aws:SecureTransport": "false"' in policies


def test_data_outlives_the_stack_in_prod_and_goes_with_it_in_dev(
    dev: Synthesised, prod: Synthesised
) -> None:
    for kind in ("AWS::S3::Bucket", "AWS::DynamoDB::Table"):
        assert {r["DeletionPolicy"] for r in prod.of_type(kind).values()} == {"Retain"}
        assert {r["DeletionPolicy"] for r in dev.of_type(kind).values()} == {"Delete"}
    recovery = "PointInTimeRecoverySpecification"
    assert prod.only("AWS::DynamoDB::Table")[recovery]["PointInTimeRecoveryEnabled"] is True


def test_the_bucket_tells_the_queue_and_the_queue_lets_only_this_accounts_bucket(
    stack: Synthesised,
) -> None:
    (bucket,) = [
        r for i, r in stack.of_type("AWS::S3::Bucket").items() if i.startswith("ManualsBucket")
    ]
    queues = bucket["Properties"]["NotificationConfiguration"]["QueueConfigurations"]
    assert {q["Event"] for q in queues} == {
        "s3:ObjectCreated:*",
        "s3:ObjectRemoved:*",
        "s3:LifecycleExpiration:*",
    }
    suffixes = {q["Filter"]["S3Key"]["Rules"][0]["Value"] for q in queues}
    assert suffixes == {".pdf", ".PDF"}
    (allowed,) = [
        s
        for r in stack.of_type("AWS::SQS::QueuePolicy").values()
        for s in r["Properties"]["PolicyDocument"]["Statement"]
        if s.get("Sid") == "BucketEvents"
    ]
    assert allowed["Principal"] == {"Service": "s3.amazonaws.com"}
    assert allowed["Condition"]["StringEquals"]["aws:SourceAccount"] == {"Ref": "AWS::AccountId"}
    assert f":s3:::{stack.config.stack_name}-*" in json.dumps(allowed["Condition"]["ArnLike"])
    # S3 tests the destination when the bucket is made: the policy must be there before.
    assert any(i.startswith("ManualsQueuePolicy") for i in bucket["DependsOn"])


# 6 and 7: search


def test_the_collection_is_a_vector_collection_of_the_next_generation(stack: Synthesised) -> None:
    collection = stack.only("AWS::OpenSearchServerless::Collection")
    group = stack.only("AWS::OpenSearchServerless::CollectionGroup")
    assert collection["Type"] == "VECTORSEARCH"
    assert collection["CollectionGroupName"] == group["Name"]
    assert group["Generation"] == "NEXTGEN"
    assert group["CapacityLimits"]["MinSearchCapacityInOcu"] == 0


def test_the_collection_is_encrypted_and_dev_is_public_and_prod_is_vpc_only(
    stack: Synthesised,
) -> None:
    policies = {
        r["Properties"]["Type"]: policy_text(r["Properties"]["Policy"])
        for r in stack.of_type("AWS::OpenSearchServerless::SecurityPolicy").values()
    }
    assert '"AWSOwnedKey": true' in policies["encryption"]
    network = policies["network"]
    if stack.config.scenario == "dev":
        assert '"AllowFromPublic": true' in network
    else:
        assert re.search(r'"AllowFromPublic":\s*false', network)
        assert "SourceVPCEs" in network


def test_the_data_policy_names_the_two_roles_with_what_each_needs(stack: Synthesised) -> None:
    text = policy_text(stack.only("AWS::OpenSearchServerless::AccessPolicy")["Policy"])
    writes, reads, makes = text.split('"Description"')[1:]
    assert "RolesEmbedding" in writes and "aoss:WriteDocument" in writes
    assert "RolesQuery" in reads and "aoss:ReadDocument" in reads
    assert "aoss:WriteDocument" not in reads
    assert "RolesIndex" in makes and "aoss:CreateIndex" in makes
    assert "aoss:*" not in text


def test_the_index_is_made_by_the_stack_after_the_data_policy(stack: Synthesised) -> None:
    (index,) = stack.of_type("Custom::SearchIndex").values()
    assert any(i.startswith("SearchDataAccess") for i in index["DependsOn"])
    assert index["Properties"]["Index"] == "manuals"
