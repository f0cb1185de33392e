"""The list of resources, so that a change of a template is seen in a review.

`python -m tests.infra.test_resources` writes the lists anew.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from manualchat_infra.config import SCENARIOS
from tests.infra.conftest import Synthesised, synthesised

LISTS = Path(__file__).parent / "__snapshots__"


def resource_list(stack: Synthesised) -> str:
    """One line a resource, without CDK's hashes of content."""
    lines = sorted(
        f"{resource['Type']} {logical[:-8]}"
        for logical, resource in stack.template["Resources"].items()
        if resource["Type"] != "AWS::CDK::Metadata"
    )
    return "\n".join(lines) + "\n"


def test_the_resources_are_those_of_the_list(stack: Synthesised) -> None:
    path = LISTS / f"{stack.config.scenario}.txt"
    assert resource_list(stack) == path.read_text("utf-8"), f"see {Path(__file__).name}"


def main() -> None:
    """Write both lists."""
    LISTS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for scenario in SCENARIOS:
            made = synthesised(Path(folder), scenario)
            (LISTS / f"{scenario}.txt").write_text(resource_list(made), "utf-8")


if __name__ == "__main__":
    main()
