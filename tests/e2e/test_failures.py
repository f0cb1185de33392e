"""What goes wrong on purpose, and what the user is told to do, in both languages."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from manualchat.aws import deployed, destroy, preflight
from manualchat.aws.account import Account
from manualchat.aws.failures import (
    CredentialsMissing,
    DeploymentBroken,
    EndpointUnreachable,
    NotDeployed,
    RegionUnsupported,
)
from manualchat.aws.findings import Finding
from manualchat_infra.config import load_config
from tests.e2e.local_aws.server import LocalAws, LocalAwsError, local_aws

COMMAND = Path(sys.executable).parent / "manualchat"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


@pytest.fixture(scope="module")
def untouched() -> Iterator[LocalAws]:
    """An account in which nobody agreed to Anthropic's terms."""
    with local_aws(environment={"LOCAL_AWS_MODELS": "refused"}) as running:
        yield running


@pytest.fixture
def account(untouched: LocalAws, monkeypatch: pytest.MonkeyPatch) -> Account:
    for name in [n for n in os.environ if n.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name, value in untouched.environment().items():
        if name != "AWS_ENDPOINT_URL":
            monkeypatch.setenv(name, value)
    return Account(endpoint=untouched.endpoint)


def found(findings: Iterator[Finding], step: int) -> list[Finding]:
    return [finding for finding in findings if finding.step == step]


def test_without_credentials_it_says_how_to_sign_in(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in [n for n in os.environ if n.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(CredentialsMissing) as error:
        _ = Account().id
    assert "aws configure" in error.value.message("ko")
    (wrong,) = [f for f in preflight.check(Account(), load_config("dev")) if f.state == "wrong"]
    assert "aws configure" in wrong.detail[0] and "--profile" in wrong.detail[1]


@pytest.mark.parametrize(
    ("language", "told"), [("ko", "자격 증명이 없습니다"), ("en", "No AWS credentials")]
)
def test_the_command_ends_with_a_sentence_and_no_stack_trace(
    language: str, told: str, tmp_path: Path
) -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "AWS_EC2_METADATA_DISABLED": "true",
        "MANUALCHAT_LANGUAGE": language,
    }
    done = subprocess.run(
        [COMMAND, "aws", "deploy", "dev", "--yes"], env=environment, capture_output=True, text=True
    )
    shown = " ".join((done.stdout + done.stderr).split())
    assert done.returncode == 1
    assert told in shown
    assert "Traceback" not in shown


def test_a_region_without_the_services_names_those_that_have_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    with pytest.raises(RegionUnsupported) as error:
        Account(region="me-central-1").require("opensearchserverless")
    assert "ap-northeast-2" in error.value.message("ko")
    assert "--region" in error.value.message("en")


def test_a_model_that_is_not_enabled_is_explained_form_first_then_agreement(
    account: Account,
) -> None:
    config = load_config("dev")
    titan, claude = found(preflight.check(account, config), 1)
    assert titan.state == "ok"
    assert claude.state == "wrong"
    assert "사용 사례 양식" in claude.remedy[0] and "use-case form" in claude.remedy[1]

    account.client("bedrock").put_use_case_for_model_access(
        formData=json.dumps({"a": "b"}).encode()
    )
    _, claude = found(preflight.check(account, config), 1)
    assert claude.state == "wrong"
    assert "create-foundation-model-agreement" in claude.remedy[1]


def test_a_model_that_is_not_there_names_what_is(account: Account) -> None:
    config = load_config("dev", None, {"answer_model_id": "apac.anthropic.claude-none"})
    _, claude = found(preflight.check(account, config), 1)
    assert claude.state == "wrong"
    assert "anthropic.claude-3-5-sonnet" in claude.remedy[0]


def test_a_role_that_exists_already_cannot_be_missed(account: Account) -> None:
    iam = account.client("iam")
    iam.create_role(RoleName="embedding-lambda-role", AssumeRolePolicyDocument=json.dumps(TRUST))
    try:
        (clash,) = found(preflight.check(account, load_config("dev")), 2)
        assert clash.state == "wrong"
        assert "--set suffix=-dev" in clash.detail[0] and "embedding-lambda-role" in clash.detail[1]
        other = load_config("dev", None, {"suffix": "-dev"})
        (fine,) = found(preflight.check(account, other), 2)
        assert fine.state == "ok"
    finally:
        iam.delete_role(RoleName="embedding-lambda-role")


def test_a_port_that_is_taken_is_said_so() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(LocalAwsError, match="--port"), local_aws(port=port):
            pass


def test_an_endpoint_where_nothing_listens_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    with pytest.raises(EndpointUnreachable) as error:
        _ = Account(endpoint=f"http://127.0.0.1:{free}").id
    assert str(free) in error.value.message("ko")


def test_what_is_not_deployed_says_how_to_deploy_it(account: Account) -> None:
    with pytest.raises(NotDeployed) as error:
        deployed.require(account, "dev", "manualchat-dev")
    assert "manualchat aws deploy dev" in error.value.message("ko")
    assert "ap-northeast-2" in error.value.message("en")


def test_a_half_deployed_stack_says_to_remove_it_and_can_be_removed(account: Account) -> None:
    template = {
        "Resources": {
            "Queue": {"Type": "AWS::SQS::Queue"},
            "Layer": {
                "Type": "AWS::Lambda::Function",
                "DependsOn": "Queue",
                "Properties": {"Layers": ["arn:aws:lambda:us-east-1:1:layer:none:1"]},
            },
        }
    }
    cloudformation = account.client("cloudformation")
    cloudformation.create_stack(StackName="manualchat-dev", TemplateBody=json.dumps(template))
    config = load_config("dev")
    for _ in range(100):
        stack = deployed.find(account, "dev", "manualchat-dev")
        if stack is not None and not stack.status.endswith("_IN_PROGRESS"):
            break
    assert stack is not None and stack.status == "ROLLBACK_COMPLETE"
    with pytest.raises(DeploymentBroken) as error:
        deployed.require(account, "dev", "manualchat-dev")
    assert "manualchat aws destroy dev" in error.value.message("ko")
    blocked = [f for f in preflight.check(account, config) if f.state == "wrong" and f.step == 0]
    assert "destroy dev" in blocked[0].detail[1]

    assert destroy.destroy(account, config) == []
    assert deployed.find(account, "dev", "manualchat-dev") is None


def test_removing_what_was_never_there_changes_nothing(account: Account) -> None:
    assert destroy.destroy(account, load_config("prod")) == []
