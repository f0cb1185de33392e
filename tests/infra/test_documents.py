"""The AWS documents say what the code says."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from manualchat.aws.checklist import ROWS
from manualchat.aws.cost import estimate, totals
from manualchat.aws.doctor import CHECKS
from manualchat_infra.config import DeploymentConfig, load_config
from tests.infra.conftest import Synthesised

ROOT = Path(__file__).parents[2]
GUIDES = [ROOT / "docs" / name for name in ("deploy.md", "deploy.ko.md")]


@pytest.fixture(scope="module")
def writer() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "document_aws", ROOT / "scripts" / "document_aws.py"
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_documents_are_current(writer: ModuleType, stacks: dict[str, Synthesised]) -> None:
    templates = {scenario: stack.template for scenario, stack in stacks.items()}
    for path, text in writer.documents(templates).items():
        assert path.read_text("utf-8") == text, "run scripts/document_aws.py"


def test_the_checklist_has_the_thirteen_steps_and_each_has_a_check() -> None:
    assert [row.step for row in ROWS] == list(range(1, 14)) == sorted(CHECKS)


def test_every_file_and_test_that_the_checklist_names_exists() -> None:
    for row in ROWS:
        for path in row.built:
            assert (ROOT / path).exists(), path
        for test in row.tests:
            path, _, name = test.partition("::")
            assert f"def {name}(" in (ROOT / path).read_text("utf-8"), test


@pytest.mark.parametrize("guide", GUIDES, ids=lambda p: p.name)
def test_the_guides_show_the_costs_that_the_command_counts(guide: Path) -> None:
    text = guide.read_text("utf-8")
    for scenario in ("dev", "prod"):
        idle, used, _ = totals(estimate(load_config(scenario)))  # type: ignore[arg-type]
        for amount in (idle, used):
            assert f"{amount:,.0f}" in text, f"{scenario}: {amount:,.0f}"


@pytest.mark.parametrize("guide", GUIDES, ids=lambda p: p.name)
def test_the_guides_describe_every_setting(guide: Path) -> None:
    text = guide.read_text("utf-8")
    missing = [n for n in DeploymentConfig.model_fields if n != "scenario" and f"`{n}`" not in text]
    assert not missing


@pytest.mark.parametrize("guide", GUIDES, ids=lambda p: p.name)
def test_every_link_of_the_guides_leads_somewhere(guide: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", guide.read_text("utf-8")):
        assert (guide.parent / target).exists(), target
