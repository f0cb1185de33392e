"""From nothing to a cited answer and back to nothing, on a local AWS, by the commands themselves.

What the local AWS cannot show stands in docs/aws-checklist.md as "needs an account".
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.local_aws.server import LocalAws

COMMAND = Path(sys.executable).parent / "manualchat"


def run(environment: dict[str, str], *words: str, code: int = 0) -> str:
    """`manualchat aws …` as a process; its standard output."""
    done = subprocess.run(
        [COMMAND, "aws", *words], env=environment, capture_output=True, text=True, timeout=400
    )
    assert done.returncode == code, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def states(environment: dict[str, str], scenario: str) -> dict[int, set[str]]:
    found: list[dict[str, Any]] = json.loads(run(environment, "doctor", scenario, "--json"))
    steps: dict[int, set[str]] = {}
    for finding in found:
        assert finding["detail"]["ko"] and finding["detail"]["en"]
        steps.setdefault(finding["step"], set()).add(finding["state"])
    return steps


@pytest.mark.parametrize("scenario", ["dev", "prod"])
def test_a_scenario_is_deployed_examined_asked_and_removed_without_a_trace(
    scenario: str, aws: LocalAws, environment: dict[str, str], example_manuals: Path
) -> None:
    opened = ["--allow-from", "198.51.100.9/32"]
    made = json.loads(run(environment, "deploy", scenario, "--yes", "--json", *opened))
    assert made["status"] == "CREATE_COMPLETE"
    outputs = made["outputs"]
    assert outputs["EmbeddingFunction"] == "embedding_pipeline"
    assert outputs["UiUrl"].startswith("http")

    steps = states(environment, scenario)
    assert set(steps) == set(range(14))
    assert not [step for step, found in steps.items() if "wrong" in found]
    off = {3, 4} if scenario == "dev" else set()
    assert {step for step, found in steps.items() if found == {"off"}} == off
    # EC2 hosts do not run here; everything else is seen.
    assert {step for step, found in steps.items() if "unknown" in found} == {12}

    done = json.loads(run(environment, "e2e", scenario, "--json", "--patience", "120"))
    asked = [step["detail"] for step in done if "37" in step["detail"]]
    ways = {"InvokeWithResponseStream", "function URL" if scenario == "dev" else "HTTP API"}
    assert {text.partition(":")[0] for text in asked} == ways
    assert all("page 2" in text for text in asked)

    if scenario == "dev":
        manual = sorted(example_manuals.glob("*.pdf"))[0]
        (uploaded,) = json.loads(run(environment, "upload", scenario, str(manual), "--json"))
        assert uploaded["status"] == "ready"
        assert "embedding_pipeline" in run(environment, "logs", scenario)
        again = json.loads(run(environment, "deploy", scenario, "--yes", "--json"))
        assert again["status"] == "CREATE_COMPLETE", "nothing changed, so nothing was updated"
        assert again["outputs"]["AllowedFrom"] == "198.51.100.9/32"

    shown = run(environment, "destroy", scenario, "--yes", "--bootstrap")
    kept = [line for line in shown.splitlines() if "AWS::S3::Bucket" in line]
    assert kept
    assert aws.stubs() == {}
    run(environment, "doctor", scenario, code=1)
    if scenario == "dev":
        assert "What stays (0)" in shown
    else:
        assert "AWS::DynamoDB::Table" in shown.split("What stays")[1]
