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


def test_the_right_page_is_among_the_first_as_often_as_at_home(
    on_aws: Library, example_library: Library, capsys: pytest.CaptureFixture[str]
) -> None:
    """Compared question by question. First place is lost more often: docs/opensearch.md."""
    home = evaluate(example_library, QUESTIONS)
    with pytest.raises(SystemExit):
        main(["eval", str(QUESTIONS), "--json"])
    figures = json.loads(capsys.readouterr().out)
    for name in ("page-hit@3", "page-hit@5", "page-hit@10"):
        value, at_home = figures[name], home.table()[name]
        assert value["high"] >= at_home["low"], f"{name}: {value}, at home {at_home}"
        assert value["value"] >= 0.9 or name == "page-hit@3"


def test_another_model_needs_another_index(on_aws: Library) -> None:
    from manualchat.errors import ConfigurationError

    with pytest.raises(ConfigurationError, match="OPENSEARCH_INDEX"):
        on_aws.store.change_model("other", 8, {})
    assert "e5" in (on_aws.store.model() or "")
