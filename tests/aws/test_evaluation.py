"""`manualchat eval` on OpenSearch: as good as at home, with the same vectors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from manualchat import Library
from manualchat.cli import main
from manualchat.config import Settings
from manualchat.evaluation import evaluate
from tests.aws.aws_double import AwsDouble
from tests.aws.http_double import serving
from tests.aws.opensearch_emulator import OpenSearchEmulator
from tests.aws.world import INDEX, TABLE

QUESTIONS = Path(__file__).parents[2] / "examples" / "manuals" / "qa.jsonl"


@pytest.fixture(scope="module")
def variables() -> Iterator[dict[str, str]]:
    aws, opensearch = AwsDouble(), OpenSearchEmulator("opensearch")
    with serving(aws.handle) as dynamodb, serving(opensearch.handle) as search:
        yield {
            "MANUALCHAT_STORE": "aws",
            "OPENSEARCH_HOST": search,
            "OPENSEARCH_INDEX": INDEX,
            "OPENSEARCH_DIALECT": "opensearch",
            "LEDGER_TABLE": TABLE,
            "AWS_ENDPOINT_URL_DYNAMODB": dynamodb,
        }


@pytest.fixture
def on_aws(
    variables: dict[str, str], example_manuals: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Library]:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with Library(settings=Settings.load()) as library:
        outcomes = {added.outcome for added in library.add(example_manuals)}
        assert outcomes <= {"added", "unchanged"}
        yield library


def test_its_figures_are_within_the_interval_of_those_at_home(
    on_aws: Library,
    example_library: Library,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`--baseline` compares question by question, and ends with 1 on a significant loss."""
    home = tmp_path / "home.json"
    home.write_text(json.dumps(evaluate(example_library, QUESTIONS).to_json()))
    with pytest.raises(SystemExit) as ended:
        main(["eval", str(QUESTIONS), "--json", "--baseline", str(home)])
    figures = json.loads(capsys.readouterr().out)
    assert not ended.value.code, figures
    assert figures["page-hit@5"]["value"] > 0.9


def test_another_model_needs_another_index(on_aws: Library) -> None:
    from manualchat.errors import ConfigurationError

    with pytest.raises(ConfigurationError, match="OPENSEARCH_INDEX"):
        on_aws.store.change_model("other", 8, {})
    assert "e5" in (on_aws.store.model() or "")
