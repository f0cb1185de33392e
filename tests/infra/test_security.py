"""Least privilege, cdk-nag and cfn-lint, for the scenarios as they come and with everything on."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import manualchat_infra
from manualchat_infra.app import build
from manualchat_infra.assets import placeholders
from manualchat_infra.config import SCENARIOS, DeploymentConfig
from manualchat_infra.models import answer_statements
from manualchat_infra.profiles import PROFILE_REGIONS, split_profile
from manualchat_infra.roles import UNSCOPABLE
from tests.infra.conftest import Synthesised


def identity_statements(stack: Synthesised) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement that gives somebody a right, with where it stands."""
    for logical, resource in stack.template["Resources"].items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::IAM::Policy":
            for statement in properties["PolicyDocument"]["Statement"]:
                yield logical, statement
        for inline in (
            properties.get("Policies", []) if resource["Type"] == "AWS::IAM::Role" else []
        ):
            for statement in inline["PolicyDocument"]["Statement"]:
                yield logical, statement


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.fixture(params=[*SCENARIOS, "full"])
def any_stack(request: pytest.FixtureRequest) -> Synthesised:
    """dev, prod, and prod with everything turned on."""
    if request.param == "full":
        return request.getfixturevalue("full")
    return request.getfixturevalue("stacks")[request.param]


def test_no_statement_allows_every_action(any_stack: Synthesised) -> None:
    wild = [
        (where, action)
        for where, statement in identity_statements(any_stack)
        for action in as_list(statement["Action"])
        if "*" in action
    ]
    assert not wild


def test_every_resource_of_star_carries_its_reason(any_stack: Synthesised) -> None:
    wild = {
        statement.get("Sid", where)
        for where, statement in identity_statements(any_stack)
        if "*" in as_list(statement["Resource"]) and statement["Effect"] == "Allow"
    }
    assert wild <= set(UNSCOPABLE), "say why in roles.UNSCOPABLE"


def test_every_statement_says_what_it_is_for(any_stack: Synthesised) -> None:
    unnamed = [where for where, s in identity_statements(any_stack) if not s.get("Sid")]
    # CDK's own: the flow log's role.
    assert all(where.startswith("NetworkVpcFlowLog") for where in unnamed)


def test_no_role_may_change_roles_or_policies(any_stack: Synthesised) -> None:
    text = json.dumps([s["Action"] for _, s in identity_statements(any_stack)])
    for action in ("iam:Put", "iam:Attach", "iam:Create", "lambda:Update", "s3:PutBucket", "sts:"):
        assert action not in text
    passed = [
        w for w, s in identity_statements(any_stack) if "iam:PassRole" in as_list(s["Action"])
    ]
    assert all(where.startswith("NetworkVpcFlowLog") for where in passed)


def test_the_answer_model_is_allowed_through_its_profile_only(any_stack: Synthesised) -> None:
    found = {
        s["Sid"]: s
        for _, s in identity_statements(any_stack)
        if s.get("Sid", "").startswith("AnswerModel")
    }
    profile = json.dumps(found["AnswerModelProfile"]["Resource"])
    assert ":inference-profile/global.anthropic.claude-sonnet-5-5" in profile
    through = found["AnswerModelThroughProfile"]
    models = json.dumps(through["Resource"])
    assert ":bedrock:::foundation-model/anthropic.claude-sonnet-5-5" in models
    assert ":bedrock:*:" not in models
    assert "bedrock:InferenceProfileArn" in through["Condition"]["StringEquals"]


@pytest.mark.parametrize("prefix", sorted(PROFILE_REGIONS))
def test_a_geographic_profile_names_the_model_in_each_of_its_regions(prefix: str) -> None:
    profile, through = answer_statements(f"{prefix}.anthropic.claude-haiku-5-5")
    assert len(profile.resources) == 1
    regions = [arn.split(":bedrock:")[1].split(":")[0] for arn in through.resources]
    assert regions == list(PROFILE_REGIONS[prefix])
    assert all(
        a.endswith("::foundation-model/anthropic.claude-haiku-5-5") for a in through.resources
    )


def test_a_bare_model_id_is_no_profile() -> None:
    assert split_profile("amazon.titan-embed-text-v1") == ("", "amazon.titan-embed-text-v1")
    assert split_profile("apac.anthropic.claude-x") == ("apac", "anthropic.claude-x")


def test_the_uis_hosts_may_ask_and_nothing_more(any_stack: Synthesised) -> None:
    found = {
        action
        for where, statement in identity_statements(any_stack)
        if where.startswith("UiPermissions")
        for action in as_list(statement["Action"])
    }
    allowed = {"s3:GetObject", "lambda:InvokeFunction", "lambda:InvokeFunctionUrl"}
    assert {a for a in found if not a.startswith(("ssm:", "ssmmessages:"))} <= allowed


def test_nothing_is_open_to_the_world_unless_it_was_asked_for(stack: Synthesised) -> None:
    text = json.dumps(
        [
            r["Properties"].get("SecurityGroupIngress", [])
            for r in stack.of_type("AWS::EC2::SecurityGroup").values()
        ]
    )
    assert "0.0.0.0/0" not in text and "::/0" not in text
    for resource in stack.of_type("AWS::Lambda::Url").values():
        assert resource["Properties"]["AuthType"] == "AWS_IAM"


def test_no_secret_stands_in_a_template(any_stack: Synthesised) -> None:
    for resource in any_stack.of_type("AWS::Lambda::Function").values():
        names = set(resource["Properties"]["Environment"]["Variables"])
        assert not {n for n in names if "SECRET" in n or "PASSWORD" in n or "KEY" in n}


def nag(config: DeploymentConfig, folder: Path) -> list[str]:
    """What cdk-nag's AwsSolutions rules find and nobody accepted."""
    app, _ = build(config, placeholders(folder / "placeholders"), folder / "out")
    from aws_cdk import Validations
    from cdk_nag import AwsSolutionsChecks

    Validations.of(app).add_plugins(AwsSolutionsChecks(app))
    try:
        app.synth()
    except RuntimeError as error:
        assert "Validation failed" in str(error) or "ValidationFailed" in str(error), error
    report = json.loads((folder / "out" / "validation-report.json").read_text("utf-8"))
    found = []
    for plugin in report["pluginReports"]:
        for violation in plugin["violations"]:
            where = [c.get("constructPath", "?") for c in violation["violatingConstructs"]]
            found.append(f"{violation['ruleName']} {', '.join(where)}")
    return found


def test_cdk_nag_finds_nothing_that_is_not_accepted_with_a_reason(
    any_stack: Synthesised, tmp_path: Path
) -> None:
    assert not nag(any_stack.config, tmp_path)


def test_every_accepted_finding_has_its_reason_beside_it() -> None:
    reasons = []
    for path in Path(manualchat_infra.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "accept":
                reasons.append((path.name, ast.literal_eval(node.args[2])))
    assert len(reasons) > 10
    assert not [where for where, reason in reasons if len(reason) < 25]


def test_cdk_nag_would_find_an_open_port(dev: Synthesised, tmp_path: Path) -> None:
    # The rule itself works: with one acceptance taken away it complains.
    values = dev.config.model_copy(update={"allowed_cidrs": ("0.0.0.0/0",)})
    assert any("EC23" in line for line in nag(values, tmp_path))


def test_cfn_lint_finds_nothing(any_stack: Synthesised) -> None:
    # W3005: CDK writes DependsOn for what a GetAtt orders already.
    done = subprocess.run(
        [
            Path(sys.executable).parent / "cfn-lint",
            *("--ignore-checks", "W3005", "--regions", "ap-northeast-2", "--"),
            any_stack.path,
        ],
        capture_output=True,
        text=True,
    )
    assert not done.stdout
    assert done.returncode == 0
