"""Every row of the checklist, read from the two templates."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

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


# 8 to 10: functions


def test_each_function_has_its_layer_and_there_are_two(stack: Synthesised) -> None:
    layers = stack.of_type("AWS::Lambda::LayerVersion")
    assert len(layers) == 2
    documents = stack.function("embedding_pipeline")["Layers"][0]["Ref"]
    query = stack.function("query_pipeline")["Layers"][0]["Ref"]
    assert documents != query
    assert {documents, query} == set(layers)


def test_the_embedding_pipeline_is_fed_by_the_queue_one_by_one(stack: Synthesised) -> None:
    mapping = stack.only("AWS::Lambda::EventSourceMapping")
    assert mapping["BatchSize"] == 1
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["ScalingConfig"]["MaximumConcurrency"] >= 2
    queues = stack.of_type("AWS::SQS::Queue")
    (queue,) = [r["Properties"] for r in queues.values() if "RedrivePolicy" in r["Properties"]]
    timeout = stack.function("embedding_pipeline")["Timeout"]
    assert queue["VisibilityTimeout"] == 6 * timeout
    assert queue["RedrivePolicy"]["maxReceiveCount"] == 5


def test_both_pipelines_know_their_host_index_and_ledger(stack: Synthesised) -> None:
    for name in ROLES:
        variables = stack.function(name)["Environment"]["Variables"]
        assert {"OPENSEARCH_HOST", "OPENSEARCH_INDEX", "LEDGER_TABLE"} <= set(variables)
        assert variables["EMBEDDING_MODEL_ID"] == "amazon.titan-embed-text-v1"
    assert "QUEUE_URL" in stack.function("embedding_pipeline")["Environment"]["Variables"]
    assert "ANSWER_MODEL_ID" in stack.function("query_pipeline")["Environment"]["Variables"]


def test_prod_functions_run_in_the_private_subnets(prod: Synthesised) -> None:
    subnets = prod.of_type("AWS::EC2::Subnet")
    for resource in prod.of_type("AWS::Lambda::Function").values():
        for subnet in resource["Properties"]["VpcConfig"]["SubnetIds"]:
            assert not subnets[subnet["Ref"]]["Properties"].get("MapPublicIpOnLaunch")


def test_dev_streams_through_a_signed_function_url_with_cors(dev: Synthesised) -> None:
    url = dev.only("AWS::Lambda::Url")
    assert url["InvokeMode"] == "RESPONSE_STREAM"
    assert url["AuthType"] == "AWS_IAM"
    assert url["Cors"]["AllowOrigins"]
    assert not dev.of_type("AWS::Lambda::Permission"), "nobody outside the account may invoke it"


def test_prod_has_no_function_url_and_an_http_api_with_authorizer_cors_and_throttling(
    prod: Synthesised,
) -> None:
    assert not prod.of_type("AWS::Lambda::Url")
    route = prod.only("AWS::ApiGatewayV2::Route")
    assert (route["RouteKey"], route["AuthorizationType"]) == ("POST /query", "AWS_IAM")
    api = prod.only("AWS::ApiGatewayV2::Api")
    assert api["CorsConfiguration"]["AllowOrigins"]
    stage = prod.only("AWS::ApiGatewayV2::Stage")
    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] > 0
    assert stage["AccessLogSettings"]
    integration = prod.only("AWS::ApiGatewayV2::Integration")
    function = prod.template["Resources"][integration["IntegrationUri"]["Fn::GetAtt"][0]]
    assert function["Properties"]["FunctionName"] == "query_pipeline_http"
    assert function["Properties"]["Timeout"] <= 29


# 11 and 12: the web UI


def test_the_uis_hosts_know_their_backend_and_install_the_bundle_from_s3(
    stack: Synthesised,
) -> None:
    kind = "AWS::EC2::Instance" if stack.config.scenario == "dev" else "AWS::EC2::LaunchTemplate"
    text = json.dumps([r["Properties"] for r in stack.of_type(kind).values()])
    backend = "lambda:" if stack.config.scenario == "prod" else "FunctionUrl"
    assert "MANUALCHAT_BACKEND=" in text
    assert backend in text
    assert "aws s3 cp" in text and "constraints.txt" in text
    assert "git clone" not in text
    assert "manualchat-ui.service" in text and "systemctl enable --now" in text
    assert "manualchat ui --host 0.0.0.0 --port 8501" in text


def test_dev_ui_has_a_fixed_address_and_its_port_is_open_to_the_given_network_only(
    dev: Synthesised,
) -> None:
    assert dev.of_type("AWS::EC2::EIP") and dev.of_type("AWS::EC2::EIPAssociation")
    group = dev.only("AWS::EC2::SecurityGroup")
    (rule,) = group["SecurityGroupIngress"]
    assert (rule["FromPort"], rule["ToPort"]) == (8501, 8501)
    assert rule["CidrIp"] == "203.0.113.0/24"


def test_every_host_demands_imdsv2_and_no_host_opens_ssh(stack: Synthesised) -> None:
    template = stack.only("AWS::EC2::LaunchTemplate")["LaunchTemplateData"]
    assert template["MetadataOptions"]["HttpTokens"] == "required"
    text = stack.text()
    assert '"FromPort": 22' not in text
    assert "KeyName" not in text
    assert "ssmmessages:OpenDataChannel" in text


def test_prod_ui_runs_in_an_auto_scaling_group_in_private_subnets(prod: Synthesised) -> None:
    group = prod.only("AWS::AutoScaling::AutoScalingGroup")
    subnets = prod.of_type("AWS::EC2::Subnet")
    for subnet in group["VPCZoneIdentifier"]:
        assert not subnets[subnet["Ref"]]["Properties"].get("MapPublicIpOnLaunch")
    assert group["HealthCheckType"] == "EC2,ELB" or "ELB" in group["HealthCheckType"]


def test_prod_load_balancer_keeps_sessions_and_checks_streamlits_health(prod: Synthesised) -> None:
    target = prod.only("AWS::ElasticLoadBalancingV2::TargetGroup")
    assert target["HealthCheckPath"] == "/_stcore/health"
    assert target["Port"] == 8501
    attributes = {a["Key"]: a["Value"] for a in target["TargetGroupAttributes"]}
    assert attributes["stickiness.enabled"] == "true"
    balancer = prod.only("AWS::ElasticLoadBalancingV2::LoadBalancer")
    assert balancer["Scheme"] == "internet-facing"
    options = {a["Key"]: a["Value"] for a in balancer["LoadBalancerAttributes"]}
    assert int(options["idle_timeout.timeout_seconds"]) >= 300
    listener = prod.only("AWS::ElasticLoadBalancingV2::Listener")
    assert listener["Port"] == 80


def test_only_the_load_balancer_reaches_prods_hosts(prod: Synthesised) -> None:
    groups = prod.of_type("AWS::EC2::SecurityGroup")
    (ui,) = [i for i in groups if i.startswith("NetworkUi")]
    assert "SecurityGroupIngress" not in groups[ui]["Properties"]
    rules = [
        r["Properties"]
        for r in prod.of_type("AWS::EC2::SecurityGroupIngress").values()
        if r["Properties"]["GroupId"]["Fn::GetAtt"][0] == ui
    ]
    assert [r["FromPort"] for r in rules] == [8501]
    assert "SourceSecurityGroupId" in rules[0]


# what can be turned on


def test_a_certificate_brings_https_and_redirects_http(full: Synthesised) -> None:
    listeners = {
        r["Properties"]["Port"]: r["Properties"]
        for r in full.of_type("AWS::ElasticLoadBalancingV2::Listener").values()
    }
    assert listeners[80]["DefaultActions"][0]["Type"] == "redirect"
    assert listeners[443]["Certificates"]
    assert listeners[443]["DefaultActions"][0]["Type"] == "authenticate-cognito"


def test_domain_firewall_sign_in_and_budget_can_be_turned_on(full: Synthesised) -> None:
    assert full.only("AWS::Route53::RecordSet")["Name"] == "manuals.example.com."
    assert full.of_type("AWS::WAFv2::WebACLAssociation")
    pool = full.only("AWS::Cognito::UserPool")
    assert pool["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True
    budget = full.only("AWS::Budgets::Budget")
    assert budget["Budget"]["BudgetLimit"]["Amount"] == 300


def test_classic_uses_the_managed_endpoint_and_no_group(full: Synthesised) -> None:
    assert full.of_type("AWS::OpenSearchServerless::VpcEndpoint")
    assert not full.of_type("AWS::OpenSearchServerless::CollectionGroup")
    assert "aoss-data" not in full.text()


def test_a_suffix_keeps_two_deployments_apart(full: Synthesised) -> None:
    names = {r["Properties"].get("RoleName") for r in full.of_type("AWS::IAM::Role").values()}
    assert {"embedding-lambda-role-two", "query-lambda-role-two"} <= names
    assert full.function("query_pipeline_two")


# watching


def test_what_goes_wrong_raises_an_alarm(stack: Synthesised) -> None:
    alarms = {
        (r["Properties"].get("Namespace"), r["Properties"].get("MetricName"))
        for r in stack.of_type("AWS::CloudWatch::Alarm").values()
    }
    assert ("AWS/SQS", "ApproximateNumberOfMessagesVisible") in alarms
    assert ("manualchat", "DocumentsFailed") in alarms
    assert ("AWS/Lambda", "Throttles") in alarms
    assert ("AWS/Lambda", "Duration") in alarms
    slow = [
        r["Properties"]
        for r in stack.of_type("AWS::CloudWatch::Alarm").values()
        if r["Properties"].get("MetricName") == "Duration"
    ]
    assert {a["ExtendedStatistic"] for a in slow} == {"p95"}
    assert stack.of_type("AWS::CloudWatch::Dashboard")


@pytest.mark.parametrize("kind", ["AWS::S3::Bucket", "AWS::Lambda::Function", "AWS::SQS::Queue"])
def test_everything_carries_the_deployments_tag(stack: Synthesised, kind: str) -> None:
    for resource in stack.of_type(kind).values():
        tags = {t["Key"]: t["Value"] for t in resource["Properties"]["Tags"]}
        assert tags["manualchat:deployment"] == stack.config.stack_name
