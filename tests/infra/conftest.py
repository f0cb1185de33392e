"""Both scenarios synthesised once, with placeholders for the code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from manualchat_infra.app import synthesise
from manualchat_infra.assets import placeholders
from manualchat_infra.config import SCENARIOS, DeploymentConfig, Scenario, load_config


@dataclass(frozen=True)
class Synthesised:
    """A template as CloudFormation gets it."""

    config: DeploymentConfig
    path: Path
    template: dict[str, Any]

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """Logical id → resource."""
        return {i: r for i, r in self.template["Resources"].items() if r["Type"] == kind}

    def only(self, kind: str) -> dict[str, Any]:
        """The properties of the one resource of this type."""
        (found,) = self.of_type(kind).values()
        return found["Properties"]

    def function(self, name: str) -> dict[str, Any]:
        """The properties of the function of this name."""
        for resource in self.of_type("AWS::Lambda::Function").values():
            if resource["Properties"]["FunctionName"] == name:
                return resource["Properties"]
        raise AssertionError(f"no function {name}")

    def text(self) -> str:
        """The whole as text."""
        return json.dumps(self.template, ensure_ascii=False)


def synthesised(folder: Path, scenario: Scenario, values: Mapping[str, object] = {}) -> Synthesised:
    """Synthesise one scenario with these settings."""
    config = load_config(scenario, None, values)
    path = synthesise(config, placeholders(folder / "placeholders"), folder / scenario)
    return Synthesised(config, path, json.loads(path.read_text("utf-8")))


@pytest.fixture(scope="session")
def stacks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Synthesised]:
    """Both scenarios as they come."""
    folder = tmp_path_factory.mktemp("cdk")
    return {scenario: synthesised(folder, scenario) for scenario in SCENARIOS}


@pytest.fixture
def dev(stacks: dict[str, Synthesised]) -> Synthesised:
    """Scenario A."""
    return stacks["dev"]


@pytest.fixture
def prod(stacks: dict[str, Synthesised]) -> Synthesised:
    """Scenario B."""
    return stacks["prod"]


@pytest.fixture(params=SCENARIOS)
def stack(request: pytest.FixtureRequest, stacks: dict[str, Synthesised]) -> Synthesised:
    """Each in turn."""
    return stacks[request.param]


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory) -> Synthesised:
    """Scenario B with everything that can be turned on."""
    return synthesised(
        tmp_path_factory.mktemp("full"),
        "prod",
        {
            "certificate_arn": "arn:aws:acm:ap-northeast-2:111122223333:certificate/a1b2c3d4",
            "domain_name": "manuals.example.com",
            "hosted_zone_id": "Z0123456789ABCDEFGHIJ",
            "sign_in": True,
            "cognito_domain_prefix": "my-manuals",
            "allowed_cidrs": ["0.0.0.0/0"],
            "waf": True,
            "monthly_budget_usd": 300,
            "alarm_email": "owner@example.com",
            "generation": "classic",
            "nat_gateways": 2,
            "suffix": "-two",
        },
    )
