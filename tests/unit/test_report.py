"""Unanswered questions in groups."""

from __future__ import annotations

from pathlib import Path

from manualchat.journal import Asked, Feedback, Journal
from manualchat.report import group


def _asked(question: str, at: str, *nearest: str) -> Asked:
    return Asked(question, True, 0.1, (), nearest, at)


def test_one_question_in_several_spellings_is_one_group() -> None:
    groups = group(
        [
            _asked("가격은?", "2026-01-03", "a p.1"),
            _asked("가격은", "2026-01-02", "a p.1"),
            _asked("색상은?", "2026-01-01", "b p.2"),
        ]
    )
    assert [(g.times, g.questions[0]) for g in groups] == [(2, "가격은?"), (1, "색상은?")]
    assert groups[0].nearest == ("a p.1",)
    assert groups[0].last == "2026-01-03"


def test_paraphrases_are_one_group_and_other_subjects_are_not(embedder) -> None:  # type: ignore[no-untyped-def]
    groups = group(
        [
            _asked("제습기 가격이 얼마예요?", "1"),
            _asked("제습기의 가격은 얼마인가요?", "2"),
            _asked("세탁기 문이 안 열려요", "3"),
        ],
        embedder,
    )
    assert sorted(g.times for g in groups) == [1, 2]


def test_the_journal_keeps_what_was_asked_and_forgets_nothing_on_reopening(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "deep" / "journal.db")
    assert journal.questions() == [] and journal.feedback() == []
    journal.asked(Asked("가격은?", True, 0.2, ("d",), ("a p.1",)))
    journal.asked(Asked("색상은?", False, 0.1))
    journal.record(Feedback(1, "q", "a", citations=("a p.1",)))
    again = Journal(tmp_path / "deep" / "journal.db")
    assert [one.question for one in again.unanswered()] == ["가격은?"]
    assert len(again.questions()) == 2
    assert again.questions("9999") == []
    assert again.feedback()[0].citations == ("a p.1",)


def test_a_disk_that_cannot_be_written_costs_no_answer(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    Journal(tmp_path / "file" / "journal.db").asked(Asked("q", True, 0.1))
