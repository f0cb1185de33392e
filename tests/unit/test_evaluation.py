"""Figures, intervals and comparisons of an evaluation."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from manualchat.evaluation import (
    Asked,
    BadLabels,
    Run,
    compare,
    contains,
    evaluate,
    figures_of_ranking,
)
from manualchat.library import Library


def test_figures_of_a_ranking_are_the_textbook_ones() -> None:
    figures = figures_of_ranking(["x", "a", "y", "b"], {"a": 1.0, "b": 1.0})
    assert figures["page-hit@1"] == 0
    assert figures["page-hit@3"] == 1
    assert figures["mrr@10"] == 0.5
    assert figures["recall@5"] == 1
    gain, ideal = 1 / math.log2(3) + 1 / math.log2(5), 1 + 1 / math.log2(3)
    assert figures["ndcg@10"] == pytest.approx(gain / ideal)


def test_a_ranking_without_the_right_item_scores_nothing() -> None:
    assert set(figures_of_ranking(["x"] * 20, {"a": 1.0}).values()) == {0.0}
    assert figures_of_ranking(["x"] * 10 + ["a"], {"a": 1.0})["mrr@10"] == 0


def test_an_answer_contains_words_whatever_their_spacing_and_width() -> None:
    assert contains("최대 500 mL 이하로 넣습니다.", "500mL이하")
    assert contains("ＣＲ２０２５ 건전지", "CR2025")
    assert not contains("5분 사용", "3분 사용")


def run_of(values: list[float]) -> Run:
    return Run([Asked(str(i), {"mrr@10": value, "ms": 5.0}) for i, value in enumerate(values)])


def test_an_interval_holds_its_value_and_is_the_same_each_time() -> None:
    run = run_of([0.0, 1.0] * 20)
    row = run.table()["mrr@10"]
    assert row == run.table()["mrr@10"]
    assert row["value"] == 0.5
    assert row["low"] is not None
    assert row["high"] is not None
    assert 0.3 < row["low"] < 0.5 < row["high"] < 0.7
    assert run.table()["p50_ms"]["value"] == 5.0
    assert run.table()["answer-contained"]["value"] is None


def test_a_clear_loss_is_found_and_noise_is_not() -> None:
    before = run_of([1.0] * 40).to_json()
    assert compare(run_of([1.0] * 20 + [0.0] * 20), before, Path("b"))["mrr@10"]["lost"] is True
    assert compare(run_of([1.0] * 39 + [0.0]), before, Path("b"))["mrr@10"]["lost"] is False
    assert compare(run_of([1.0] * 40), before, Path("b"))["mrr@10"]["lost"] is False


def test_a_baseline_without_questions_is_refused() -> None:
    with pytest.raises(BadLabels, match="eval --json"):
        compare(run_of([1.0]), {"mrr@10": {"value": 1}}, Path("old.json"))


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "line 1 is not JSON"), ("[]", "line 1 is not an object"), ("{}", "has no question")],
)
def test_bad_labels_are_named_by_their_line(text: str, said: str, tmp_path: Path) -> None:
    labels = tmp_path / "qa.jsonl"
    labels.write_text(text)
    with Library(tmp_path / "library") as library, pytest.raises(BadLabels, match=said):
        evaluate(library, labels)


def test_a_folder_that_is_no_beir_set_says_what_is_missing(tmp_path: Path) -> None:
    with (
        Library(tmp_path / "library") as library,
        pytest.raises(BadLabels, match=r"corpus\.jsonl is missing"),
    ):
        evaluate(library, tmp_path)


def test_a_small_beir_set_is_indexed_and_searched(tmp_path: Path) -> None:
    texts = {"a": "배수 필터는 한 달에 한 번 청소합니다.", "b": "냉장고 온도는 3도로 맞춥니다."}
    rows = [{"_id": key, "title": "", "text": text} for key, text in texts.items()]
    (tmp_path / "corpus.jsonl").write_text("\n".join(map(json.dumps, rows)))
    queries = [{"_id": "q", "text": "필터 청소는 얼마나 자주 하나요?"}]
    (tmp_path / "queries.jsonl").write_text("\n".join(map(json.dumps, queries)))
    (tmp_path / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq\ta\t1\n")
    with Library(tmp_path / "library") as library:
        table = evaluate(library, tmp_path).table()
        assert library.documents() == []
    assert table["mrr@10"]["value"] == table["recall@5"]["value"] == 1.0
