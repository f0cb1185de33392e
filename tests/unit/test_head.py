"""A document's state on AWS: any events in any order leave what the newest one means."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from manualchat.model import Document
from manualchat.store import head as change
from manualchat.store.head import Head, from_json, to_json

REVISIONS = ["1", "2", "3", "4"]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["begin", "finish", "fail", "remove", "describe"]),
        st.sampled_from(REVISIONS),
        st.integers(0, 1),  # the attempt
    ),
    max_size=25,
)


def document(revision: str) -> Document:
    return Document("id", "a.pdf", "a.pdf", revision, "received", reason="why")


def step(head: Head, kind: str, revision: str, attempt: int) -> Head | None:
    ingest = f"{revision}/{attempt}"
    match kind:
        case "begin":
            return change.begun(head, ingest, document(revision), 10.0)
        case "finish":
            return change.finished(head, ingest, document(revision))
        case "fail":
            return change.failed(head, ingest, document(revision))
        case "describe":
            return change.described(head, ingest, document(revision))
    return change.removed(head, revision)[0]


@given(STEPS)
def test_what_is_shown_only_ever_gets_newer_and_is_never_older_than_a_removal(steps) -> None:
    head, shown = Head("id"), ""
    for kind, revision, attempt in steps:
        after = step(head, kind, revision, attempt)
        if after is None:
            continue
        head = after
        if head.active:
            assert head.active.document.revision >= shown
            shown = head.active.document.revision
            assert shown > head.removed
        if head.pending and head.active:
            assert head.pending.document.revision > head.active.document.revision
        if head.pending:
            assert head.pending.document.revision > head.removed


@given(STEPS)
def test_a_step_that_is_repeated_changes_nothing_more(steps) -> None:
    """A write whose answer was lost is made again, on what it has already changed."""
    head = Head("id")
    for kind, revision, attempt in steps:
        once = step(head, kind, revision, attempt)
        if once is not None:
            again = step(once, kind, revision, attempt)
            assert again in (once, None)
            head = once


@given(STEPS, st.integers(0, 9))
def test_a_head_survives_its_json(steps, version: int) -> None:
    head = Head("id")
    for kind, revision, attempt in steps:
        head = step(head, kind, revision, attempt) or head
    kept = from_json(to_json(head), version)
    assert (kept.active, kept.pending, kept.failed, kept.removed, kept.version) == (
        head.active, head.pending, head.failed, head.removed, version,
    )  # fmt: skip


@given(STEPS)
def test_a_pending_ingest_never_stays_reading_past_its_deadline(steps) -> None:
    head = Head("id")
    for kind, revision, attempt in steps:
        head = step(head, kind, revision, attempt) or head
    seen = head.seen(now=11.0)
    assert seen is None or seen.status in ("ready", "failed")
    assert head.empty() == (head.seen(now=0.0) is None)
