"""The embedding pipeline with the real reader and real boto3 clients, on the doubles."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pymupdf
import pytest

from manualchat.config import Settings
from manualchat.embedding.bedrock import BedrockEmbedder
from manualchat.handlers import embedding_pipeline
from manualchat.handlers.embedding_pipeline import Pipeline
from manualchat.handlers.ingestion import Ingestion
from manualchat.handlers.messages import NotUnderstood, parse, revision_of
from manualchat.handlers.objects import Objects
from manualchat.handlers.observed import logger
from manualchat.handlers.queue import Queue
from manualchat.model import document_id
from manualchat.reading import PdfReader
from tests.aws.aws_double import AwsDouble
from tests.aws.world import World

BUCKET = "rag-manuals-bucket"
READER = PdfReader(Settings.load(ocr=False))  # its worker process is kept between tests
AWS = AwsDouble()
NFC, NFD = "설명서/세탁기 사용 설명서.pdf", "\u1109\u1166\u1110\u1161\u11a8\u1100\u1175.pdf"


def pdf(*pages: str, **options: Any) -> bytes:
    """A PDF of Korean text; an empty string is a page with nothing on it."""
    made = pymupdf.open()
    for text in pages:
        page = made.new_page()
        if text:
            page.insert_textbox((50, 50, 500, 800), text, fontname="korea", fontsize=12)
    data: bytes = made.tobytes(**options)
    return data


class Site:
    """A bucket, its queue and the function, put together by hand."""

    def __init__(self, world: World, *, queue: bool = True, **settings: Any) -> None:
        self.world, self.aws = world, world.aws
        self.store = world.store()
        self.settings = Settings.load(ocr=False, **settings)
        self.embedder = BedrockEmbedder(
            "amazon.titan-embed-text-v2:0",
            dimensions=256,
            client=self.aws.client("bedrock-runtime", attempts=1),
            requests_per_minute=1e9,
            clock=world.clock,
            sleep=world.clock.sleep,
        )
        self.queue = Queue(self.aws.client("sqs"), "https://sqs.ap-northeast-2.amazonaws.com/1/q")
        self.reader = READER
        ingestion = Ingestion(
            self.store,
            self.embedder,
            self.reader,
            Objects(self.aws.client("s3")),
            self.settings,
            send=self.queue.send if queue else None,
            clock=world.clock,
        )
        self.pipeline = Pipeline(self.settings, ingestion, self.queue if queue else None)
        self.sequence = 0

    def event(self, name: str, key: str, version: str = "", **item: Any) -> dict[str, Any]:
        self.sequence += 1
        return {
            "Records": [
                {
                    "eventSource": "aws:s3",
                    "eventName": name,
                    "eventTime": "2026-11-22T10:00:00.000Z",
                    "s3": {
                        "bucket": {"name": BUCKET},
                        "object": {
                            "key": quote_plus(key, safe="/"),
                            "versionId": version,
                            "sequencer": f"0065000000{self.sequence:08X}",
                            **item,
                        },
                    },
                }
            ]
        }

    def put(self, key: str, data: bytes) -> dict[str, Any]:
        version = self.aws.put(BUCKET, key, data)
        return self.event("ObjectCreated:Put", key, version, size=len(data))

    def deliver(
        self, *bodies: Any, receives: int = 1, seconds: float = 100.0
    ) -> list[dict[str, str]]:
        """Hand a batch to the function; its own messages follow. What must come again."""
        records = [
            {
                "messageId": f"m{i}",
                "receiptHandle": f"r{i}",
                "eventSource": "aws:sqs",
                "body": body if isinstance(body, str) else json.dumps(body),
                "attributes": {"ApproximateReceiveCount": str(receives)},
            }
            for i, body in enumerate(bodies)
        ]
        failures = self.pipeline.sqs(records, lambda: seconds)["batchItemFailures"]
        while self.aws.sent:
            message = self.aws.sent.pop(0)
            self.world.clock.sleep(message["delay"])
            failures += self.deliver(message["body"], receives=receives, seconds=seconds)
        return failures

    def found(self, words: str) -> list[str]:
        return [hit.chunk.text for hit in self.store.lexical(words, 5)]

    def status(self, key: str) -> tuple[str, str] | None:
        document = self.store.document(document_id(key))
        return (document.status, document.reason) if document else None


@pytest.fixture
def site() -> Site:
    return Site(World(dimensions=256, lag=5, aws=AWS))


def test_a_korean_named_pdf_is_searchable_after_its_event(site: Site) -> None:
    assert site.deliver(site.put(NFC, pdf("배수 필터를 청소합니다.", "전원을 켭니다."))) == []
    assert "배수 필터" in site.found("배수 필터")[0]
    document = site.store.document(document_id(NFC))
    assert document
    assert (document.status, document.name, document.pages) == (
        "ready", "세탁기 사용 설명서.pdf", 2,
    )  # fmt: skip
    assert document.language == "ko"
    assert document.added.startswith("2026-11-22")


def test_every_page_is_found_by_what_the_cover_calls_the_product(site: Site) -> None:
    cover, *others = "초음파 가습기 사용 설명서", "전원을 켭니다.", "필터를 씻습니다."
    site.deliver(site.put(NFC, pdf(cover, *others)))
    document = site.store.document(document_id(NFC))
    assert document
    assert document.title == cover
    assert set(site.found("가습기")) == {cover, *others}


def test_a_key_in_decomposed_hangul_is_fetched_as_it_is_and_shown_composed(site: Site) -> None:
    assert site.deliver(site.put(NFD, pdf("필터"))) == []
    (document,) = site.store.documents()
    assert document.name == "세탁기.pdf"
    assert document.id == document_id("세탁기.pdf")


def test_overwritten_only_the_new_text_answers_and_removed_nothing_does(site: Site) -> None:
    site.deliver(site.put(NFC, pdf("낡은 필터")))
    site.deliver(site.put(NFC, pdf("새로운 필터")))
    assert site.found("필터") == ["새로운 필터"]
    site.aws.delete(BUCKET, NFC)
    site.deliver(site.event("ObjectRemoved:DeleteMarkerCreated", NFC, "marker"))
    assert site.found("필터") == []
    assert site.store.documents() == []
    assert site.world.opensearch.indices["manuals"].live == {}


def test_duplicate_and_late_events_do_nothing(site: Site) -> None:
    first, second = site.put(NFC, pdf("낡은 필터")), site.put(NFC, pdf("새로운 필터"))
    site.deliver(second)
    asked = len(site.aws.bedrock.requests)
    assert site.deliver(first, second, first) == []
    assert len(site.aws.bedrock.requests) == asked
    assert site.found("필터") == ["새로운 필터"]


@pytest.mark.parametrize(
    "name",
    ["ObjectRemoved:Delete", "LifecycleExpiration:Delete", "s3:ObjectRemoved:DeleteMarkerCreated"],
)
def test_every_kind_of_removal_removes(site: Site, name: str) -> None:
    site.deliver(site.put(NFC, pdf("필터")))
    site.aws.delete(BUCKET, NFC)
    site.deliver(site.event(name, NFC))
    assert site.status(NFC) is None


def test_the_end_of_an_old_version_does_not_remove_the_document(site: Site) -> None:
    """Lifecycle rules delete noncurrent versions; those events name a version."""
    site.deliver(site.put(NFC, pdf("낡은 필터")))
    old = site.aws.objects[BUCKET, NFC][0]["version"]
    site.deliver(site.put(NFC, pdf("새로운 필터")))
    asked = len(site.aws.bedrock.requests)
    site.deliver(site.event("LifecycleExpiration:Delete", NFC, old))
    assert site.found("필터") == ["새로운 필터"]
    assert len(site.aws.bedrock.requests) == asked


def test_the_version_before_comes_back_when_the_newest_is_deleted_for_good(site: Site) -> None:
    site.deliver(site.put(NFC, pdf("낡은 필터")))
    site.deliver(site.put(NFC, pdf("새로운 필터")))
    newest = site.aws.objects[BUCKET, NFC].pop()["version"]
    site.deliver(site.event("ObjectRemoved:Delete", NFC, newest))
    assert site.found("필터") == ["낡은 필터"]


def test_an_upload_that_was_deleted_before_it_was_read_is_no_failure(site: Site) -> None:
    event = site.put(NFC, pdf("필터"))
    site.aws.objects.clear()
    assert site.deliver(event) == []
    status = site.status(NFC)
    assert status
    assert status[0] == "failed"
    site.deliver(site.event("ObjectRemoved:Delete", NFC))
    assert site.status(NFC) is None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "0"),
        (b"PK\x03\x04 a spreadsheet", "PDF"),
        (b"%PDF-1.7\nnothing else", "PDF"),
        (pdf("필터", encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="x"), "암호"),
        (pdf("", ""), "2"),
    ],
    ids=["empty", "not a PDF", "damaged", "locked", "blank"],
)
def test_a_file_that_cannot_be_read_says_why_and_stops_nobody(
    site: Site, data: bytes, words: str
) -> None:
    bad, good = site.put("나쁜.pdf", data), site.put(NFC, pdf("필터"))
    assert site.deliver(bad, good) == [{"itemIdentifier": "m0"}]
    status = site.status("나쁜.pdf")
    assert status
    assert status[0] == "failed"
    assert words in status[1]
    assert site.found("필터") == ["필터"]
    assert site.aws.visibility["r0"] < 60, "it is tried again soon, then goes to the DLQ"


def test_a_bad_replacement_leaves_the_old_version(site: Site) -> None:
    site.deliver(site.put(NFC, pdf("필터")))
    site.deliver(site.put(NFC, b"not a pdf"))
    assert site.found("필터") == ["필터"]
    status = site.status(NFC)
    assert status
    assert status[0] == "ready"
    assert "PDF" in status[1]


def test_after_the_last_try_the_document_says_what_stopped_it(site: Site) -> None:
    site.aws.bedrock.faults = lambda point: "denied"
    event = site.put(NFC, pdf("필터"))
    assert site.deliver(event, receives=4)
    assert site.status(NFC) == ("reading", "")
    assert site.deliver(event, receives=5)
    status = site.status(NFC)
    assert status
    assert status[0] == "failed"
    assert "Bedrock" in status[1]


def test_a_large_document_is_read_in_parts_and_a_failing_part_is_repeated(site: Site) -> None:
    site.settings.part_pages = 3
    site.aws.bedrock.faults = lambda point: None
    event = site.put(NFC, pdf(*[f"{n}번째 필터 설명" for n in range(1, 11)]))
    site.pipeline.sqs(
        [{"messageId": "m", "body": json.dumps(event), "attributes": {}}], lambda: 100.0
    )
    parts = [message["body"] for message in site.aws.sent]
    assert [json.loads(part)["first"] for part in parts] == [1, 4, 7, 10]
    site.aws.sent.clear()
    site.aws.bedrock.faults = lambda point: "denied"
    assert site.deliver(parts[2]) == [{"itemIdentifier": "m0"}]
    site.aws.bedrock.faults = lambda point: None
    assert site.deliver(parts[3], parts[0], parts[0], parts[1]) == []
    assert site.found("필터") == []
    assert site.deliver(parts[2], parts[2]) == []
    document = site.store.document(document_id(NFC))
    assert document
    assert (document.status, document.pages, document.chunks) == ("ready", 10, 10)
    assert [c.page for c in site.store.chunks(document.id)] == list(range(1, 11))
    assert len(site.world.opensearch.indices["manuals"].live) == 10


def test_when_the_time_runs_short_the_rest_goes_back_to_the_queue(site: Site) -> None:
    site.settings.part_pages = 100
    text = "필터를 청소하는 방법을 설명합니다. " * 30
    event = site.put(NFC, pdf(*[f"{n}. {text}" for n in range(1, 41)]))
    assert site.deliver(event, seconds=0.0) == []
    document = site.store.document(document_id(NFC))
    assert document
    assert (document.status, document.pages) == ("ready", 40)
    assert {c.page for c in site.store.chunks(document.id)} == set(range(1, 41))


def test_without_a_queue_one_invocation_does_all(site: Site) -> None:
    alone = Site(site.world, queue=False, part_pages=2, index_wait=60)
    event = alone.put(NFC, pdf("하나", "둘", "셋", "필터"))
    alone.pipeline.s3(event, lambda: 100.0)
    assert alone.found("필터") == ["필터"]
    with pytest.raises(RuntimeError, match="again"):
        alone.pipeline.s3(alone.put("b.pdf", b"bad"), lambda: 100.0)


def test_headings_reach_into_the_parts_after_them(site: Site) -> None:
    """A part reads a little before its first page, for the headings that it starts under."""
    site.settings.part_pages = 1
    made = pymupdf.open()
    for body in ("첫째 쪽의 본문입니다.", "둘째 쪽의 본문입니다."):
        page = made.new_page()
        if body.startswith("첫째"):
            page.insert_text((50, 60), "청소와 관리", fontname="korea", fontsize=24)
        for line in range(12):
            page.insert_text((50, 120 + 20 * line), body, fontname="korea", fontsize=10)
    site.deliver(site.put(NFC, made.tobytes()))
    chunks = site.store.chunks(document_id(NFC))
    assert chunks[-1].page == 2
    assert chunks[-1].heading == chunks[0].heading


class TestMessages:
    def test_a_test_event_and_other_files_are_nothing(self, site: Site) -> None:
        test = {"Service": "Amazon S3", "Event": "s3:TestEvent", "Bucket": BUCKET}
        assert parse(json.dumps(test)) == []
        assert parse(site.event("ObjectCreated:Put", "그림.png")) == []
        assert parse(site.event("ObjectRestore:Post", NFC)) == []
        assert len(parse(site.event("ObjectCreated:CompleteMultipartUpload", "A.PDF"))) == 1

    def test_keys_are_decoded(self, site: Site) -> None:
        (message,) = parse(site.event("ObjectCreated:Put", "a b+c/설명서 (1).pdf"))
        assert message.source.key == "a b+c/설명서 (1).pdf"  # type: ignore[union-attr]

    @pytest.mark.parametrize(
        "body", ["", "[]", "null", "{}", '{"Records": 7}', '{"manualchat": "stranger"}']
    )
    def test_what_nobody_sent_is_refused_and_tried_again(self, site: Site, body: str) -> None:
        with pytest.raises(NotUnderstood):
            parse(body)
        assert site.deliver(body) == [{"itemIdentifier": "m0"}]

    def test_sequencers_are_ordered_as_s3_orders_them(self) -> None:
        """Right-padded: the time stands first, at a fixed width."""
        in_order = [
            "0055AED6DCD90281E5",
            "0055AED6DCD90281E6",
            "0055AED6DD",
            "0055aed6dd01",
            "0055AED6DD02",
        ]
        assert sorted(in_order, key=revision_of) == in_order
        counters = ["9", "A", "10", "FF", "100"]
        assert sorted(counters, key=revision_of) == counters


def test_an_index_for_another_model_is_told_and_nothing_is_written(site: Site) -> None:
    site.embedder._dimensions = 512
    event = site.put(NFC, pdf("필터"))
    assert site.deliver(event, receives=5)
    status = site.status(NFC)
    assert status
    assert status[0] == "failed"
    assert "titan-embed-text-v2" in status[1]
    assert site.world.opensearch.indices["manuals"].live == {}


def test_logs_and_metrics_say_what_was_done(
    site: Site, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The function's own logger kept the output that it found when it was made.
    monkeypatch.setattr(embedding_pipeline, "_LOG", logger("embedding_pipeline_in_a_test"))
    site.pipeline._tokens = lambda: site.embedder.tokens
    site.deliver(site.put(NFC, pdf("필터", "호스")))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line[:1] == "{"]
    log = next(line for line in lines if line.get("message") == "ready")
    assert (log["document"], log["pages"], log["chunks"]) == (document_id(NFC), 2, 2)
    assert log["revision"]
    assert log["seconds"] >= 0
    assert log["tokens"] > 0
    emf = [line for line in lines if "_aws" in line and line.get("DocumentsReady")]
    assert emf[0]["PagesRead"] == [2.0]
    assert emf[0]["service"] == "embedding_pipeline"


def test_nothing_is_left_in_tmp(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    site.deliver(site.put(NFC, pdf("필터")), site.put("b.pdf", b"bad"))
    assert list(tmp_path.glob("manualchat-*")) == []
