"""What every store does. Subclass `StoreContract` and give it a `store` fixture.

    class TestMyStore(StoreContract):
        @pytest.fixture
        def store(self): ...

        def settle(self, store): ...   # where writes become visible late

A store may be handed any texts and any unit vectors of `DIMENSIONS`.
"""

from __future__ import annotations

import math
import time
from dataclasses import replace

import pytest

from manualchat.layout import Layout
from manualchat.model import Chunk, Document, chunk_id, document_id
from manualchat.store.base import Ingest, Store

DIMENSIONS = 8


def vector(*parts: float) -> list[float]:
    """A unit vector that starts with these parts."""
    padded = [*parts, *[0.0] * (DIMENSIONS - len(parts))]
    length = math.sqrt(sum(part * part for part in padded))
    return [part / length for part in padded]


EAST, NORTH, BETWEEN = vector(1, 0), vector(0, 1), vector(1, 1)


def document(key: str = "manuals/세탁기.pdf", revision: str = "01", **facts: object) -> Document:
    """A document as `begin` is given it."""
    name = key.rsplit("/", 1)[-1]
    return replace(
        Document(document_id(key), key, name, revision, "reading", content=f"c{revision}"),
        **facts,  # type: ignore[arg-type]
    )


def chunk(
    owner: Document, ordinal: int, text: str, *, page: int = 1, start: int = 0, **facts: object
) -> Chunk:
    """A chunk with a layout of one word."""
    layout = Layout([(0, min(2, len(text)), (10.0, 20.0, 30.0, 40.0))])
    made = Chunk(
        chunk_id(owner.id, owner.revision, ordinal), owner.id, ordinal, page, start, text,
        label=str(page), layout=layout,
    )  # fmt: skip
    return replace(made, **facts)  # type: ignore[arg-type]


def begin(store: Store, owner: Document) -> Ingest:
    """Begin an ingest that must be let in."""
    ingest = store.begin(owner, deadline=time.time() + 600)
    assert ingest is not None
    return ingest


class StoreContract:
    """The behaviour, a sentence a test."""

    def settle(self, store: Store) -> None:
        """Wait until writes are visible to searches. Nothing to do by default."""

    def put(
        self, store: Store, owner: Document, *texts: str, vectors: list[list[float]] | None = None
    ) -> None:
        """Bring a document in, a page a text."""
        ingest = begin(store, owner)
        chunks = [chunk(owner, i, text, page=i + 1) for i, text in enumerate(texts)]
        store.write(ingest, chunks, vectors or [EAST] * len(texts))
        assert store.finish(ingest, replace(owner, pages=len(texts), status="ready"))
        self.settle(store)

    def words_of(self, store: Store, query: str, **limits: object) -> list[str]:
        return [hit.chunk.text for hit in store.lexical(query, 10, **limits)]  # type: ignore[arg-type]

    # -- what was written is found

    def test_a_finished_document_is_found_by_words_and_by_meaning(self, store: Store) -> None:
        self.put(
            store, document(), "배수 필터를 청소합니다.", "전원을 켭니다.", vectors=[EAST, NORTH]
        )
        assert self.words_of(store, "배수 필터")[0] == "배수 필터를 청소합니다."
        hits = store.dense(NORTH, 2)
        assert [hit.chunk.text for hit in hits] == ["전원을 켭니다.", "배수 필터를 청소합니다."]
        assert hits[0].score == pytest.approx(1, abs=0.01)
        assert hits[1].score == pytest.approx(0, abs=0.01)

    def test_a_chunk_comes_back_as_it_was_written(self, store: Store) -> None:
        owner = document()
        ingest = begin(store, owner)
        wanted = chunk(
            owner, 0, "표\t220 V\n둘째 줄", page=3, start=7, heading=("사용", "청소"),
            context="항목\t값", hidden="22O V", label="iii",
        )  # fmt: skip
        store.write(ingest, [wanted], [EAST])
        store.finish(ingest, replace(owner, pages=3, status="ready"))
        self.settle(store)
        assert store.chunks(owner.id) == [wanted]
        assert store.dense(EAST, 1)[0].chunk == wanted
        assert store.dense(EAST, 1)[0].chunk.layout.words == wanted.layout.words

    def test_headings_context_and_hidden_readings_are_searched(self, store: Store) -> None:
        owner = document()
        ingest = begin(store, owner)
        facts = {"heading": ("세척방법",), "context": "소비전력", "hidden": "냉매종류"}
        store.write(ingest, [chunk(owner, 0, "본문", **facts)], [EAST])
        store.finish(ingest, replace(owner, pages=1, status="ready"))
        self.settle(store)
        for query in ("세척방법", "소비전력", "냉매종류"):
            assert self.words_of(store, query) == ["본문"]

    def test_the_name_of_a_document_is_searched(self, store: Store) -> None:
        self.put(store, document("a/SMX-H400SI.pdf"), "믹서 설명")
        assert self.words_of(store, "h400si") == ["믹서 설명"]

    def test_a_page_that_repeats_the_manuals_name_does_not_outrank_the_one_that_answers(
        self, store: Store
    ) -> None:
        """Every page is about the humidifier, not only the plate that says so."""
        plate = "품명 가습기, 모델 YJ-480 가습기, 가습기 제조원"
        self.put(store, document("a/가습기.pdf"), plate, "진동자는 부드러운 솔로 닦습니다.")
        others = [f"{n}번 부품은 창고에 있습니다." for n in range(20)]
        self.put(store, document("a/온풍기.pdf"), "진동자 옆에 두지 마십시오.", *others)
        assert self.words_of(store, "가습기 진동자")[0] == "진동자는 부드러운 솔로 닦습니다."
        whole = {plate, "진동자는 부드러운 솔로 닦습니다."}
        assert set(self.words_of(store, "가습기")[:2]) == whole

    def test_codes_are_found_with_and_without_hyphen_in_any_case(self, store: Store) -> None:
        self.put(store, document(), "E-04 배수 오류", "LE1 모터 오류")
        for query in ("E-04", "e04", "E04", "ｅ０４"):
            assert self.words_of(store, query)[0] == "E-04 배수 오류"
        assert self.words_of(store, "le1")[0] == "LE1 모터 오류"

    def test_spacing_and_normal_forms_do_not_matter(self, store: Store) -> None:
        self.put(store, document(), "냉장고 문을 닫습니다.", "전기 밥솥")
        for query in ("냉장고 문", "냉장고문", "\u1102\u1162\u11bc\u110c\u1161\u11bc\u1100\u1169"):
            assert self.words_of(store, query)[0] == "냉장고 문을 닫습니다."

    def test_chunks_of_a_range_of_pages_come_in_order(self, store: Store) -> None:
        owner = document()
        self.put(store, owner, "하나", "둘", "셋", "넷")
        assert [c.text for c in store.chunks(owner.id, 2, 3)] == ["둘", "셋"]
        assert [c.text for c in store.chunks(owner.id)] == ["하나", "둘", "셋", "넷"]

    def test_a_search_that_nothing_fits_is_empty(self, store: Store) -> None:
        assert store.lexical("세탁기", 5) == []
        assert store.dense(EAST, 5) == []
        self.put(store, document(), "세탁기")
        assert store.lexical("", 5) == []
        assert store.lexical("자동차", 5) == []

    def test_queries_with_operators_and_quotes_are_plain_words(self, store: Store) -> None:
        self.put(store, document(), "필터 청소")
        for query in (
            '"필터',
            "필터 AND",
            "필터*",
            "NEAR(필터",
            "(필터",
            "필터:",
            "-필터",
            "필터'",
        ):
            assert self.words_of(store, query) == ["필터 청소"]

    def test_more_chunks_than_asked_for_are_cut_best_first(self, store: Store) -> None:
        vectors = [vector(1, i / 10) for i in range(8)]
        self.put(store, document(), *[f"필터 {i}번" for i in range(8)], vectors=vectors)
        assert [h.chunk.ordinal for h in store.dense(EAST, 3)] == [0, 1, 2]
        scores = [hit.score for hit in store.lexical("필터", 5)]
        assert len(scores) == 5
        assert scores == sorted(scores, reverse=True)

    # -- filters

    def test_a_filter_by_document_applies_inside_both_searches(self, store: Store) -> None:
        far, near = document("a/먼.pdf"), document("a/가까운.pdf")
        self.put(store, far, "필터", vectors=[NORTH])
        self.put(store, near, *["필터 필터"] * 12, vectors=[EAST] * 12)
        only = [far.id]
        assert [h.chunk.document for h in store.lexical("필터", 3, only)] == only
        assert [h.chunk.document for h in store.dense(EAST, 3, only)] == only
        assert store.lexical("필터", 3, []) == []
        assert store.dense(EAST, 3, []) == []
        assert store.dense(EAST, 3, ["0" * 16]) == []

    # -- ingestion happens once

    def test_an_unfinished_ingest_is_invisible(self, store: Store) -> None:
        owner = document()
        ingest = begin(store, owner)
        store.write(ingest, [chunk(owner, 0, "비밀 필터")], [EAST])
        self.settle(store)
        assert store.lexical("필터", 5) == []
        assert store.dense(EAST, 5) == []
        assert store.chunks(owner.id) == []
        found = store.document(owner.id)
        assert found is not None
        assert found.status in ("received", "reading")

    def test_the_same_revision_is_not_begun_twice_once_it_is_in(self, store: Store) -> None:
        self.put(store, document(), "필터")
        assert store.begin(document(), deadline=time.time() + 60) is None

    def test_an_older_revision_is_not_begun(self, store: Store) -> None:
        self.put(store, document(revision="02"), "새 필터")
        assert store.begin(document(revision="01"), deadline=time.time() + 60) is None
        assert self.words_of(store, "필터") == ["새 필터"]

    def test_an_older_revision_that_ends_late_changes_nothing(self, store: Store) -> None:
        old, new = document(revision="01"), document(revision="02")
        late = begin(store, old)
        store.write(late, [chunk(old, 0, "낡은 필터")], [EAST])
        self.put(store, new, "새 필터")
        assert store.finish(late, replace(old, pages=1, status="ready")) is False
        self.settle(store)
        assert self.words_of(store, "필터") == ["새 필터"]
        found = store.document(new.id)
        assert found is not None
        assert (found.revision, found.status) == ("02", "ready")

    def test_chunks_that_are_written_twice_are_there_once(self, store: Store) -> None:
        owner = document()
        ingest = begin(store, owner)
        for _ in range(2):
            store.write(ingest, [chunk(owner, 0, "필터"), chunk(owner, 1, "호스")], [EAST, NORTH])
        store.finish(ingest, replace(owner, pages=1, status="ready"))
        self.settle(store)
        assert len(store.chunks(owner.id)) == 2
        assert len(store.dense(EAST, 10)) == 2

    def test_an_attempt_that_was_left_may_begin_again(self, store: Store) -> None:
        owner = document()
        left = begin(store, owner)
        store.write(left, [chunk(owner, 0, "반쪽 필터")], [EAST])
        self.put(store, owner, "온전한 필터")
        assert self.words_of(store, "필터") == ["온전한 필터"]

    def test_two_attempts_at_one_revision_leave_one_version(self, store: Store) -> None:
        owner = document()
        first, second = begin(store, owner), begin(store, owner)
        for ingest in (first, second):
            store.write(ingest, [chunk(owner, 0, "필터")], [EAST])
        store.finish(first, replace(owner, pages=1, status="ready"))
        store.finish(second, replace(owner, pages=1, status="ready"))
        self.settle(store)
        assert self.words_of(store, "필터") == ["필터"]
        assert len(store.dense(EAST, 10)) == 1

    # -- replacing

    def test_a_new_version_replaces_the_old_one_whole(self, store: Store) -> None:
        self.put(store, document(revision="01"), "낡은 필터", "낡은 호스")
        self.put(store, document(revision="02"), "새 필터")
        assert self.words_of(store, "필터 호스") == ["새 필터"]
        assert len(store.dense(EAST, 10)) == 1
        assert [d.revision for d in store.documents()] == ["02"]

    def test_the_old_version_answers_until_the_new_one_is_finished(self, store: Store) -> None:
        self.put(store, document(revision="01"), "낡은 필터")
        new = document(revision="02")
        ingest = begin(store, new)
        store.write(ingest, [chunk(new, 0, "새 필터")], [EAST])
        self.settle(store)
        assert self.words_of(store, "필터") == ["낡은 필터"]
        found = store.document(new.id)
        assert found is not None
        assert found.status == "ready"

    def test_a_new_version_that_fails_leaves_the_old_one(self, store: Store) -> None:
        self.put(store, document(revision="01"), "낡은 필터")
        new = document(revision="02")
        ingest = begin(store, new)
        store.write(ingest, [chunk(new, 0, "새 필터")], [EAST])
        store.fail(ingest, replace(new, status="failed", reason="암호가 필요합니다"))
        self.settle(store)
        assert self.words_of(store, "필터") == ["낡은 필터"]
        found = store.document(new.id)
        assert found is not None
        assert (found.status, found.revision) == ("ready", "01")
        assert "암호가 필요합니다" in found.reason

    # -- failing

    def test_a_failed_document_says_why_and_may_try_again(self, store: Store) -> None:
        owner = document()
        ingest = begin(store, owner)
        store.fail(ingest, replace(owner, status="failed", reason="빈 파일입니다"))
        (found,) = store.documents()
        assert (found.status, found.reason, found.name) == ("failed", "빈 파일입니다", "세탁기.pdf")
        self.put(store, owner, "필터")
        (found,) = store.documents()
        assert (found.status, found.reason) == ("ready", "")

    def test_a_deadline_turns_reading_into_failed(self, store: Store) -> None:
        owner = document()
        store.begin(owner, deadline=time.time() - 1)
        found = store.document(owner.id)
        assert found is not None
        assert found.status == "failed"
        assert found.reason
        self.put(store, owner, "필터")
        assert self.words_of(store, "필터") == ["필터"]

    # -- removing

    def test_a_removed_document_leaves_nothing(self, store: Store) -> None:
        owner, other = document(), document("a/다른.pdf")
        self.put(store, owner, "필터")
        self.put(store, other, "필터 둘")
        assert store.remove(owner.id) is True
        self.settle(store)
        assert self.words_of(store, "필터") == ["필터 둘"]
        assert len(store.dense(EAST, 10)) == 1
        assert store.document(owner.id) is None
        assert store.chunks(owner.id) == []
        assert [d.id for d in store.documents()] == [other.id]

    def test_removing_what_is_not_there_says_so(self, store: Store) -> None:
        assert store.remove("0" * 16) is False

    def test_a_removal_with_a_revision_keeps_older_versions_out(self, store: Store) -> None:
        self.put(store, document(revision="01"), "필터")
        assert store.remove(document().id, "05") is True
        assert store.begin(document(revision="03"), deadline=time.time() + 60) is None
        self.put(store, document(revision="07"), "새 필터")
        assert self.words_of(store, "필터") == ["새 필터"]

    def test_a_removal_that_comes_late_does_not_touch_a_newer_version(self, store: Store) -> None:
        self.put(store, document(revision="07"), "새 필터")
        assert store.remove(document().id, "05") is False
        assert self.words_of(store, "필터") == ["새 필터"]

    def test_a_removal_wins_over_an_older_ingest_under_way(self, store: Store) -> None:
        owner = document(revision="03")
        ingest = begin(store, owner)
        store.write(ingest, [chunk(owner, 0, "필터")], [EAST])
        store.remove(owner.id, "05")
        assert store.finish(ingest, replace(owner, pages=1, status="ready")) is False
        self.settle(store)
        assert store.lexical("필터", 5) == []
        assert store.documents() == []

    # -- listing

    def test_documents_come_by_name_with_their_facts(self, store: Store) -> None:
        self.put(store, document("a/나.pdf", title="나 설명서", language="ko"), "하나", "둘")
        self.put(store, document("a/가.pdf"), "셋")
        first, second = store.documents()
        assert (first.name, second.name) == ("가.pdf", "나.pdf")
        assert (second.title, second.language, second.pages, second.chunks) == (
            "나 설명서", "ko", 2, 2,
        )  # fmt: skip
        assert [d.id for d in store.documents({first.id})] == [first.id]

    def test_a_document_without_chunks_is_ready_and_empty(self, store: Store) -> None:
        owner = document()
        ingest = begin(store, owner)
        store.finish(ingest, replace(owner, pages=4, pages_empty=4, status="ready"))
        self.settle(store)
        found = store.document(owner.id)
        assert found is not None
        assert (found.status, found.pages, found.chunks) == ("ready", 4, 0)
        assert store.dense(EAST, 3) == []
