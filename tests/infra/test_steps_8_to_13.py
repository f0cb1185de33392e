"""Steps 8 to 13 of the checklist, and what watches over them, read from the templates."""

from __future__ import annotations

import json

import pytest

from tests.infra.conftest import Synthesised

PIPELINES = ("embedding_pipeline", "query_pipeline")


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
    for name in PIPELINES:
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
