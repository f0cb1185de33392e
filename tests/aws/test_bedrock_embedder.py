"""The Bedrock embedder against the fake's exact wire."""

from __future__ import annotations

import math
import threading
import time
from operator import mul

import pytest

from manualchat.embedding.bedrock import BedrockEmbedder, Pace, cut
from manualchat.embedding.onnx_model import OnnxEmbedder
from manualchat.errors import AccessDenied, BackendError, ConfigurationError, Throttled
from tests.aws.aws_double import AwsDouble
from tests.aws.bedrock_fake import padded
from tests.aws.world import Clock

MODELS = [
    ("amazon.titan-embed-text-v1", None, 1536),
    ("amazon.titan-embed-text-v2:0", None, 1024),
    ("amazon.titan-embed-text-v2:0", 256, 256),
    ("global.cohere.embed-v4:0", None, 1536),
    ("arn:aws:bedrock:us-east-1::foundation-model/cohere.embed-multilingual-v3", None, 1024),
]


@pytest.fixture
def aws() -> AwsDouble:
    return AwsDouble()


@pytest.fixture
def embedder_e5(request: pytest.FixtureRequest) -> OnnxEmbedder:
    """The session's real model, under a name that is free here."""
    model: OnnxEmbedder = request.getfixturevalue("embedder")
    return model


def embedder(aws: AwsDouble, model: str = MODELS[0][0], **options) -> BedrockEmbedder:
    clock = Clock()
    options = {"requests_per_minute": 1e9, "clock": clock, "sleep": clock.sleep, **options}
    return BedrockEmbedder(model, client=aws.client("bedrock-runtime", attempts=1), **options)


@pytest.mark.parametrize(("model", "dimensions", "length"), MODELS)
class TestEveryModel:
    def test_it_gives_unit_vectors_in_order(
        self, aws: AwsDouble, model: str, dimensions: int | None, length: int
    ) -> None:
        made = embedder(aws, model, dimensions=dimensions)
        vectors = made.passages(["냉장고 문", "세탁기", "냉장고 문"])
        assert [len(vector) for vector in vectors] == [length] * 3 == [made.dimensions] * 3
        assert [math.hypot(*vector) for vector in vectors] == pytest.approx([1, 1, 1])
        assert list(vectors[0]) == list(vectors[2]) != list(vectors[1])
        assert made.tokens > 0

    def test_its_identity_names_model_and_length(
        self, aws: AwsDouble, model: str, dimensions: int | None, length: int
    ) -> None:
        assert embedder(aws, model, dimensions=dimensions).identity.endswith(f"/{length}")

    def test_text_of_any_length_is_embedded(
        self, aws: AwsDouble, model: str, dimensions: int | None, length: int
    ) -> None:
        made = embedder(aws, model, dimensions=dimensions)
        long, empty, spaces = made.passages(["가나다 " * 20_000, "", "  \n"])
        assert math.hypot(*long) == pytest.approx(1)
        assert list(empty) == list(spaces)

    def test_no_texts_are_no_requests(
        self, aws: AwsDouble, model: str, dimensions: int | None, length: int
    ) -> None:
        assert embedder(aws, model, dimensions=dimensions).passages([]) == []
        assert aws.bedrock.requests == []


def test_cohere_is_asked_in_batches_and_told_which_side_it_embeds(aws: AwsDouble) -> None:
    made = embedder(aws, "cohere.embed-v4:0")
    made.passages([f"글 {i}" for i in range(200)])
    made.query("질문")
    sizes = [(r["input_type"], len(r["texts"])) for _, _, r in aws.bedrock.requests]
    assert sorted(sizes) == [
        ("search_document", 8), ("search_document", 96), ("search_document", 96), ("search_query", 1),
    ]  # fmt: skip


def test_a_text_that_is_too_long_for_the_model_is_halved(aws: AwsDouble) -> None:
    from manualchat.embedding import bedrock_models

    aws.bedrock.requests.clear()
    made = embedder(aws)
    made._model = bedrock_models.Model("titan", "titan-embed-text-v1", (1536,), 1, 10**9)
    (vector,) = made.passages(["가나다라 " * 8_000])  # 20,000 tokens of the fake's
    assert math.hypot(*vector) == pytest.approx(1)


def test_throttling_is_waited_out_and_slows_the_pace(aws: AwsDouble) -> None:
    turns = iter(["throttle", "throttle", "error", "unavailable"])
    aws.bedrock.faults = lambda point: next(turns, None)
    assert len(embedder(aws).passages(["글"])) == 1
    assert len(aws.bedrock.requests) == 5


def test_throttling_without_end_is_an_error_that_says_so(aws: AwsDouble) -> None:
    aws.bedrock.faults = lambda point: "throttle"
    with pytest.raises(Throttled, match="too often"):
        embedder(aws).passages(["글"])


def test_a_missing_model_access_is_not_tried_again(aws: AwsDouble) -> None:
    aws.bedrock.faults = lambda point: "denied"
    with pytest.raises(AccessDenied, match="model access"):
        embedder(aws).passages(["글"])
    assert len(aws.bedrock.requests) == 1


def test_a_request_that_is_wrong_is_not_tried_again(aws: AwsDouble) -> None:
    made = embedder(aws)
    made._model_id = "amazon.titan-embed-nobody"
    with pytest.raises(BackendError, match="invalid"):
        made.passages(["글"])
    assert len(aws.bedrock.requests) == 1


def test_no_more_requests_are_in_flight_than_allowed(aws: AwsDouble) -> None:
    hold = threading.Semaphore(3)

    def slow(text: str, kind: str, dimensions: int) -> list[float]:
        assert hold.acquire(blocking=False), "more than three at once"
        time.sleep(0.002)
        hold.release()
        return [1.0] + [0.0] * (dimensions - 1)

    aws.bedrock.embed = slow
    embedder(aws, concurrency=3, sleep=time.sleep).passages([f"글 {i}" for i in range(20)])
    assert aws.bedrock.most_in_flight > 1


def test_the_pace_keeps_the_budget_of_requests_a_minute() -> None:
    clock = Clock()
    pace = Pace(600, clock=clock, sleep=clock.sleep)
    began = clock()
    for _ in range(300):
        pace.wait()
    assert clock() - began == pytest.approx(30, abs=1)


def test_the_pace_follows_throttling_and_recovers() -> None:
    clock = Clock()
    pace = Pace(600, clock=clock, sleep=clock.sleep)
    for _ in range(3):
        pace.slower()
    slow = seconds_of(pace, clock)
    for _ in range(200):
        pace.faster()
    assert seconds_of(pace, clock) < slow / 4


def seconds_of(pace: Pace, clock: Clock) -> float:
    began = clock()
    for _ in range(20):
        pace.wait()
    return clock() - began


@pytest.mark.parametrize(
    ("model", "dimensions", "variable"),
    [("titan-image", None, "EMBEDDING_MODEL_ID"), (MODELS[0][0], 512, "EMBEDDING_DIMENSIONS")],
)
def test_a_wrong_setting_is_named(
    aws: AwsDouble, model: str, dimensions: int | None, variable: str
) -> None:
    with pytest.raises(ConfigurationError, match=variable):
        embedder(aws, model, dimensions=dimensions)


def test_the_fake_can_be_backed_by_the_real_model(
    aws: AwsDouble, embedder_e5: OnnxEmbedder
) -> None:
    """Padded with zeros to Titan's length, which keeps every cosine."""

    def real(text: str, kind: str, dimensions: int) -> list[float]:
        vector = embedder_e5.query(text) if kind == "query" else embedder_e5.passages([text])[0]
        return padded(vector, dimensions)

    aws.bedrock.embed = real
    made = embedder(aws)
    filters, power = made.passages(["필터를 물로 씻어 말립니다.", "전원 코드를 콘센트에 꽂습니다."])
    question = made.query("먼지 거름망은 어떻게 청소하나요?")
    assert len(filters) == 1536
    assert sum(map(mul, question, filters)) > sum(map(mul, question, power))


def test_cutting_keeps_every_word_and_the_limit() -> None:
    text = "가나다 라마바 " * 500
    pieces = cut(text, 100)
    assert all(0 < len(piece) <= 100 for piece in pieces)
    assert " ".join(pieces).split() == text.split()
    assert cut("가" * 250, 100) == ["가" * 100, "가" * 100, "가" * 50]
