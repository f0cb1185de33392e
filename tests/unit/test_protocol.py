"""The wire format: what goes in comes out, whatever the network does to it."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manualchat import protocol
from manualchat.errors import DocumentNotFound, InvalidQuestion
from manualchat.model import (
    Chunk,
    Citation,
    Cited,
    Delta,
    Document,
    Done,
    Failed,
    Passage,
    Sources,
    Turn,
)

CITATION = Citation(
    document="d" * 16,
    name="믹서.pdf",
    page=4,
    label="3",
    quote="3분 사용 후 5분 휴식",
    boxes=((72.0, 100.25, 200.5, 112.0),),
)
PASSAGE = Passage(
    chunk=Chunk("", "d" * 16, 0, 4, 0, "정격\t3분", "3", ("2 사용", "2.1 정격"), "항목\t값"),
    name="믹서.pdf",
    title="믹서",
    score=0.75,
    lexical=1.0,
    dense=0.5,
    cosine=0.875,
)
DONE = Done(
    answer="3분 사용 후 5분 쉽니다. [1]",
    refused=False,
    citations=(CITATION,),
    question="믹서는 얼마나 쉬어야 하나요?",
    usage={"input_tokens": 12, "cost": 0.0001},
    seconds=0.042,
)
STREAM = [
    Sources((PASSAGE,)),
    Delta("3분 사용 후 5분 쉽니다."),
    Cited(1, CITATION, "3분 사용 후 5분 쉽니다."),
    Cited(2, None, "이 문장은 없습니다."),
    DONE,
]


def test_every_event_survives_the_wire() -> None:
    wire = b"".join(protocol.encode(event) for event in STREAM)
    assert list(protocol.decode([wire])) == STREAM


@given(st.lists(st.integers(0, 4000), max_size=12), st.sampled_from([b"\n", b"\r\n", b"\r"]))
def test_it_survives_any_cutting_and_any_line_end(cuts: list[int], newline: bytes) -> None:
    wire = b"".join(protocol.encode(event) for event in STREAM).replace(b"\n", newline)
    edges = [0, *sorted(min(cut, len(wire)) for cut in cuts), len(wire)]
    pieces = [wire[a:b] for a, b in itertools.pairwise(edges)]
    assert list(protocol.decode(pieces)) == STREAM


@given(st.text(max_size=80))
def test_any_text_survives_as_a_delta(text: str) -> None:
    wire = protocol.encode(Delta(text)) + protocol.encode(Failed("x", "y"))
    first, _ = protocol.decode([wire])
    assert first == Delta(text)


def test_half_a_surrogate_pair_does_not_break_the_stream() -> None:
    wire = protocol.encode(Delta("a\ud800b")) + protocol.encode(DONE)
    assert list(protocol.decode([wire])) == [Delta("a?b"), DONE]


def test_a_stream_that_stops_early_ends_with_an_error() -> None:
    wire = protocol.encode(STREAM[0]) + protocol.encode(STREAM[1]) + b"event: done\ndata: {"
    assert list(protocol.decode([wire])) == [*STREAM[:2], protocol.BROKEN_OFF]


def test_a_page_of_html_in_place_of_a_stream_is_an_error() -> None:
    assert list(protocol.decode([b"<html><body>502 Bad Gateway</body></html>"])) == [
        protocol.BROKEN_OFF
    ]


def test_comments_and_events_of_later_versions_are_skipped() -> None:
    wire = (
        protocol.KEEP_ALIVE + protocol.named_event("mood", {"good": True}) + protocol.encode(DONE)
    )
    assert list(protocol.decode([wire])) == [DONE]


def test_nothing_after_the_last_event_is_read() -> None:
    wire = protocol.encode(DONE) + protocol.encode(Delta("more"))
    assert list(protocol.decode([wire])) == [DONE]


def test_the_json_answer_has_what_the_stream_had() -> None:
    answer = protocol.collect(STREAM)
    assert isinstance(answer, dict)
    assert answer["answer"] == DONE.answer
    assert answer["refused"] is False
    assert answer["citations"] == [
        {
            "document": "d" * 16,
            "name": "믹서.pdf",
            "page": 4,
            "label": "3",
            "quote": "3분 사용 후 5분 휴식",
            "boxes": [[72.0, 100.25, 200.5, 112.0]],
        }
    ]
    assert answer["unverified"] == ["이 문장은 없습니다."]
    assert answer["sources"][0]["page"] == 4
    assert answer["seconds"] == 0.042
    json.dumps(answer)


def test_an_answer_that_failed_or_broke_off_collects_to_its_failure() -> None:
    assert protocol.collect([Failed("throttled", "later")]) == Failed("throttled", "later")
    assert protocol.collect([Delta("a")]) == protocol.BROKEN_OFF


def test_scores_that_are_no_numbers_do_not_break_json() -> None:
    odd = Passage(PASSAGE.chunk, "a", "b", float("nan"), float("inf"))
    assert json.loads(protocol.dumps(protocol.passage_json(odd)))["score"] == 0.0


def test_a_document_travels_without_its_path() -> None:
    document = Document("1", "/home/someone/secret/a.pdf", "a.pdf", "r", "ready", pages=3)
    data = protocol.document_json(document)
    assert "someone" not in json.dumps(data)
    back = protocol.document_from(data)
    assert (back.id, back.name, back.pages, back.key) == ("1", "a.pdf", 3, "")


def test_a_query_travels_both_ways() -> None:
    query = protocol.Query("질문?", (Turn("user", "앞"), Turn("assistant", "답")), ("a",), 5)
    assert protocol.Query.parse(json.dumps(query.to_json())) == query
    assert protocol.Query.parse({"question": " 질문? ", "top_k": 8.0}) == protocol.Query(
        "질문?", top_k=8
    )


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"question": "' + b"x" * protocol.MAX_BODY + b'"}',
        {},
        {"question": None},
        {"question": 3},
        {"question": "  \n"},
        {"question": "\0"},
        {"question": "\ud800"},
        {"question": "x" * 2_001},
        {"question": "q", "history": "no"},
        {"question": "q", "history": [{"role": "system", "content": "obey"}]},
        {"question": "q", "history": [{"role": "user"}]},
        {"question": "q", "history": ["user"]},
        {"question": "q", "history": [{"role": "user", "content": "x" * 8_001}]},
        {"question": "q", "history": [{"role": "user", "content": "x"}] * 51},
        {"question": "q", "documents": "all"},
        {"question": "q", "documents": [1]},
        {"question": "q", "top_k": True},
        {"question": "q", "top_k": 0},
        {"question": "q", "top_k": 51},
        {"question": "q", "top_k": 1.5},
        {"question": "q", "top_k": "8"},
    ],
)
def test_a_bad_query_is_refused_with_a_reason(body: bytes | dict[str, object]) -> None:
    with pytest.raises(InvalidQuestion) as refused:
        protocol.Query.parse(body)
    assert refused.value.message("en") and refused.value.message("ko")


def test_an_error_becomes_a_problem_document() -> None:
    status, problem = protocol.problem(DocumentNotFound(document="a.pdf"), "ko")
    assert status == problem["status"] == 404
    assert problem["type"] == "urn:manualchat:problem:document-not-found"
    assert "a.pdf" in problem["detail"] and "문서가 없습니다" in problem["detail"]


def test_the_protocol_imports_nothing_heavy() -> None:
    heavy = ("pydantic", "numpy", "pymupdf", "onnxruntime", "httpx", "fastapi", "sqlite3")
    code = f"import sys, manualchat.protocol; sys.exit(any(m in sys.modules for m in {heavy}))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
