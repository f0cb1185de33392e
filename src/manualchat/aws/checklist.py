"""The thirteen steps of the deployment guide: what builds each, what checks it, what tests it.

`docs/aws-checklist.md` is written from this list, and a test sees to it that every
file and every test that is named exists.
"""

from __future__ import annotations

from dataclasses import dataclass

from manualchat.aws.words import Both


@dataclass(frozen=True, slots=True)
class Row:
    """One step. `account` says what only a real account can show, and the command for it."""

    step: int
    title: Both
    dev: str
    prod: str
    built: tuple[str, ...]
    tests: tuple[str, ...]
    account: str = ""


_INFRA = "infra/manualchat_infra"
_FIRST = "tests/infra/test_steps_1_to_7.py"
_REST = "tests/infra/test_steps_8_to_13.py"

ROWS = (
    Row(
        1,
        ("Bedrock 모델 액세스", "Bedrock model access"),
        "Titan Embeddings G1 – Text and Claude, checked before deploying: offered in the region, "
        "agreed to in Marketplace, Anthropic's use-case form handed in",
        "the same",
        (f"{_INFRA}/models.py", f"{_INFRA}/profiles.py", "src/manualchat/aws/models.py"),
        (
            "tests/e2e/test_failures.py::test_a_model_that_is_not_enabled_is_explained_form_first_then_agreement",
            "tests/infra/test_security.py::test_the_answer_model_is_allowed_through_its_profile_only",
        ),
        "which profiles your region offers: `manualchat aws doctor dev`",
    ),
    Row(
        2,
        ("IAM 역할 두 개", "two IAM roles"),
        "`embedding-lambda-role` and `query-lambda-role` with inline policies, each action of them called",
        "and AWSLambdaVPCAccessExecutionRole",
        (f"{_INFRA}/roles.py",),
        (
            f"{_FIRST}::test_the_query_role_can_read_and_ask_and_write_nothing",
            f"{_FIRST}::test_prod_roles_have_the_vpc_policy_and_dev_roles_do_not",
            "tests/infra/test_security.py::test_every_resource_of_star_carries_its_reason",
        ),
        "that AWS' own evaluation agrees: `aws iam simulate-principal-policy`",
    ),
    Row(
        3,
        ("VPC와 서브넷", "VPC and subnets"),
        "one public subnet for the UI's host",
        "public and private subnets in two zones, flow log of refused traffic",
        (f"{_INFRA}/network.py",),
        (f"{_FIRST}::test_prod_has_public_and_private_subnets_in_two_zones",),
        "that packets flow: `manualchat aws e2e prod`",
    ),
    Row(
        4,
        ("NAT 게이트웨이와 VPC 엔드포인트", "NAT gateway and VPC endpoints"),
        "–",
        "NAT in a public subnet; S3 and DynamoDB (gateway), aoss-data, bedrock-runtime, lambda, logs "
        "(interface), with policies (aoss-data: security group and data policy instead)",
        (f"{_INFRA}/network.py", f"{_INFRA}/endpoints.py"),
        (
            f"{_FIRST}::test_prod_reaches_aws_through_endpoints_with_policies",
            f"{_FIRST}::test_the_s3_endpoint_lets_hosts_install_linux_packages_and_the_index_answer",
        ),
        "that both zones of your account offer every endpoint service: `manualchat aws deploy prod`",
    ),
    Row(
        5,
        ("S3 버킷", "S3 bucket"),
        "encrypted, versioned, TLS 1.2 only, public access blocked; removed with the stack",
        "and access logs; kept on destroy",
        (f"{_INFRA}/manuals.py",),
        (
            f"{_FIRST}::test_the_bucket_is_encrypted_versioned_tls_only_and_not_public",
            f"{_FIRST}::test_data_outlives_the_stack_in_prod_and_goes_with_it_in_dev",
        ),
    ),
    Row(
        6,
        ("OpenSearch Serverless 컬렉션", "OpenSearch Serverless collection"),
        'VECTORSEARCH, NextGen (`generation = "classic"` for the old one), network public, '
        "data policy for the roles only",
        "network: VPC only",
        (f"{_INFRA}/search.py",),
        (
            f"{_FIRST}::test_the_collection_is_encrypted_and_dev_is_public_and_prod_is_vpc_only",
            f"{_FIRST}::test_the_data_policy_names_the_two_roles_with_what_each_needs",
        ),
        "that the policies are enforced, waking from zero, latency: `manualchat aws e2e dev`",
    ),
    Row(
        7,
        ("k-NN 인덱스", "k-NN index"),
        "made once by the `create_index` function as a custom resource",
        "the same, from inside the VPC",
        (f"{_INFRA}/functions.py", "src/manualchat/handlers/create_index.py"),
        (f"{_FIRST}::test_the_index_is_made_by_the_stack_after_the_data_policy",),
        "NextGen's own mapping rules: `manualchat aws deploy dev`",
    ),
    Row(
        8,
        ("Lambda 레이어", "Lambda layers"),
        "`documents` and `query`, built without Docker",
        "the same",
        ("src/manualchat/aws/layer.py", "src/manualchat/aws/bundle.py"),
        (
            f"{_REST}::test_each_function_has_its_layer_and_there_are_two",
            "tests/infra/test_config.py::test_functions_run_on_the_python_that_the_layers_are_built_for",
        ),
    ),
    Row(
        9,
        ("embedding_pipeline", "embedding_pipeline"),
        "S3 → SQS (DLQ after five tries) → function; role, environment, layer",
        "and in the private subnets",
        (f"{_INFRA}/functions.py", f"{_INFRA}/manuals.py"),
        (
            f"{_REST}::test_the_embedding_pipeline_is_fed_by_the_queue_one_by_one",
            f"{_FIRST}::test_the_bucket_tells_the_queue_and_the_queue_lets_only_this_accounts_bucket",
            f"{_REST}::test_prod_functions_run_in_the_private_subnets",
        ),
        "memory and time on Lambda's own processors: `manualchat aws logs dev`",
    ),
    Row(
        10,
        ("query_pipeline", "query_pipeline"),
        "function URL, RESPONSE_STREAM, CORS, IAM auth (`--public`: a token)",
        "HTTP API `POST /query` (CORS, throttling, IAM or JWT authoriser) to the buffered twin; "
        "the UI streams through InvokeWithResponseStream",
        (f"{_INFRA}/functions.py", f"{_INFRA}/http_api.py"),
        (
            f"{_REST}::test_dev_streams_through_a_signed_function_url_with_cors",
            f"{_REST}::test_prod_has_no_function_url_and_an_http_api_with_authorizer_cors_and_throttling",
            "tests/infra/test_config.py::test_a_public_url_makes_a_token_and_a_deployment_can_leave_the_ui_out",
        ),
        "that the first words arrive before the last (the local AWS delivers a stream whole), and the "
        "HTTP API's 30 seconds: `manualchat aws e2e dev`, which prints both times",
    ),
    Row(
        11,
        ("streamlit_app 설정", "the UI's backend"),
        "`MANUALCHAT_BACKEND` = the function URL, written by the stack",
        "`MANUALCHAT_BACKEND=lambda:query_pipeline`",
        (f"{_INFRA}/user_data.py", f"{_INFRA}/stacks.py"),
        (
            f"{_REST}::test_the_uis_hosts_know_their_backend_and_install_the_bundle_from_s3",
            "tests/infra/test_commands.py::test_the_wheel_installs_and_its_command_is_there",
        ),
    ),
    Row(
        12,
        ("Streamlit 배포", "Streamlit"),
        "EC2 with an Elastic IP, port 8501 open to the given networks, IMDSv2, Session Manager, systemd",
        "auto scaling group in private subnets behind an ALB (websockets, stickiness, health check); "
        "certificate, domain, WAF and Cognito by setting",
        (f"{_INFRA}/ui_host.py", f"{_INFRA}/front_door.py"),
        (
            f"{_REST}::test_dev_ui_has_a_fixed_address_and_its_port_is_open_to_the_given_network_only",
            f"{_REST}::test_prod_load_balancer_keeps_sessions_and_checks_streamlits_health",
            f"{_REST}::test_every_host_demands_imdsv2_and_no_host_opens_ssh",
            f"{_REST}::test_a_certificate_brings_https_and_redirects_http",
        ),
        "that a host starts from its user data: `manualchat aws doctor dev`, five minutes later",
    ),
    Row(
        13,
        ("종단간 테스트", "end-to-end test"),
        "`manualchat aws e2e dev`",
        "`manualchat aws e2e prod`",
        ("src/manualchat/aws/e2e.py",),
        (
            "tests/e2e/test_deployment.py::test_a_scenario_is_deployed_examined_asked_and_removed_without_a_trace",
        ),
        "the real models' answers: `manualchat aws e2e dev`",
    ),
)
