"""The example manuals and their questions: what everything else builds on."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pymupdf
import pytest

from manualchat import Library
from tests.conftest import MANUALS

LABELS = Path(__file__).parents[2] / "benchmarks" / "data"


def questions(name: str) -> list[dict]:
    return [json.loads(line) for line in (MANUALS / name).read_text("utf-8").splitlines()]


def squeezed(text: str) -> str:
    return "".join(text.split()).lower()


def test_the_same_source_gives_the_same_bytes(example_manuals: Path) -> None:
    build = sys.modules["build"]
    for source in build.SOURCE.glob("*.txt"):
        name, data = build.typeset(source.read_text("utf-8"))
        assert (example_manuals / name).read_bytes() == data
        assert len(data) < 400_000


def test_every_printed_label_differs_from_its_physical_page(example_manuals: Path) -> None:
    for path in example_manuals.glob("*.pdf"):
        with pymupdf.open(path) as document:
            labels = [page.get_label() for page in document]
            assert 10 <= len(labels) <= 16
            assert all(label != str(n) for n, label in enumerate(labels, 1))
            for page, label in zip(document, labels, strict=True):
                printed = page.get_text(clip=(0, 560, page.rect.width, page.rect.height))
                assert printed.strip() in {label, ""}  # "" on the cover


@pytest.mark.parametrize("row", questions("qa.jsonl"), ids=lambda row: row["id"])
def test_every_answer_stands_on_its_page_as_read(row: dict, example_library: Library) -> None:
    text = squeezed(example_library.page_text(row["file"], row["page"]))
    assert squeezed(row["answer"]) in text
    assert row["label"]


def test_the_pages_that_answer_are_found(example_library: Library) -> None:
    rows = questions("qa.jsonl")
    found = 0
    for row in rows:
        pages = {(row["file"], page) for page in (row["page"], *row["alt_pages"])}
        hits = example_library.search(row["question"], top_k=5)
        found += any((hit.name, hit.page) in pages for hit in hits)
    assert found / len(rows) >= 0.95


def test_there_are_questions_in_both_languages_and_near_misses() -> None:
    assert len(questions("qa.jsonl")) >= 40
    assert len(questions("qa-unanswerable.jsonl")) >= 15
    assert all(row["answer"] is None for row in questions("qa-unanswerable.jsonl"))


def test_the_questions_in_other_words_have_their_answers_on_their_pages(
    example_manuals: Path,
) -> None:
    """Of the manuals that docs/answering.md measures and nothing is learnt from."""
    build = sys.modules["build"]
    texts: dict[str, list[str]] = {}
    for source in sorted((LABELS / "other-words").glob("*.txt")):
        name, data = build.typeset(source.read_text("utf-8"))
        with pymupdf.open(stream=data) as document:
            texts[name] = [squeezed(page.get_text()) for page in document]
    lines = (LABELS / "other-words.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    assert {row["file"] for row in rows} == set(texts)
    for row in rows:
        for page in (row["page"], *row["alt_pages"]) if row["answer"] else ():
            assert squeezed(row["answer"]) in texts[row["file"]][page - 1], row["question"]
