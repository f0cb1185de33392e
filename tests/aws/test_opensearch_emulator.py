"""What the OpenSearch emulator does, each line with the page that says so.

AOSS: https://docs.aws.amazon.com/opensearch-service/latest/developerguide/serverless-genref.html
(supported operations), …/serverless-vector-search.html, …/serverless-clients.html (signing).
k-NN: https://docs.opensearch.org/latest/mappings/supported-field-types/knn-spaces/
BM25: https://docs.opensearch.org/latest/im-plugin/similarity/
"""

from __future__ import annotations

import math

import pytest
from botocore.credentials import Credentials
from opensearchpy import OpenSearch, Urllib3AWSV4SignerAuth, Urllib3HttpConnection
from opensearchpy.exceptions import (
    AuthorizationException,
    NotFoundError,
    RequestError,
    TransportError,
)

from manualchat.store.index_mapping import cosine, index_body
from tests.aws.bedrock_fake import hashed
from tests.aws.http_double import serving
from tests.aws.opensearch_analysis import analyzer
from tests.aws.opensearch_emulator import OpenSearchEmulator
from tests.aws.world import Clock


def client_of(emulator: OpenSearchEmulator, key: str = "AKIDEXAMPLE", service: str = "aoss"):
    auth = Urllib3AWSV4SignerAuth(Credentials(key, "secret"), "ap-northeast-2", service)
    return OpenSearch(
        hosts=[{"host": "id.aoss.local", "port": 443}],
        connection_class=emulator.connection_class(),
        http_auth=auth if emulator.dialect != "opensearch" else None,
        max_retries=0,
    )


def doc(text: str, **more: object) -> dict[str, object]:
    return {
        "uid": text, "chunk": text, "document": "d", "ingest": "i", "ordinal": 0, "page": 1,
        "text": text, "embedding": hashed(text, 8), **more,
    }  # fmt: skip


def fill(client: OpenSearch, *sources: dict[str, object], ids: bool = True):
    lines: list[object] = []
    for source in sources:
        lines += [{"index": {"_index": "m", **({"_id": source["uid"]} if ids else {})}}, source]
    return client.bulk(body=lines)


@pytest.fixture
def emulator() -> OpenSearchEmulator:
    return OpenSearchEmulator("nextgen", clock=Clock())


@pytest.fixture
def client(emulator: OpenSearchEmulator) -> OpenSearch:
    client = client_of(emulator)
    client.indices.create(index="m", body=index_body("nextgen", 8, "test"))
    return client


def search(client: OpenSearch, query: object, **more: object) -> list[str]:
    hits = client.search(index="m", body={"query": query, **more})["hits"]["hits"]
    return [hit["_source"]["uid"] for hit in hits]


class TestSigning:
    """serverless-clients: SigV4 with the service name aoss and x-amz-content-sha256."""

    def test_an_unsigned_request_is_refused(self, emulator: OpenSearchEmulator) -> None:
        assert emulator.handle("GET", "/", {}, {}, b"").status == 403

    def test_a_signature_for_another_service_is_refused(self, emulator: OpenSearchEmulator) -> None:
        with pytest.raises(AuthorizationException):
            client_of(emulator, service="es").info()

    def test_a_body_that_does_not_match_its_hash_is_refused(
        self, emulator: OpenSearchEmulator
    ) -> None:
        headers = {
            "authorization": "AWS4-HMAC-SHA256 Credential=A/d/r/aoss/aws4_request",
            "x-amz-content-sha256": "0" * 64,
        }
        assert emulator.handle("GET", "/", {}, headers, b"").status == 403

    def test_a_principal_outside_the_data_policy_gets_403(self) -> None:
        """serverless-data-access."""
        emulator = OpenSearchEmulator(readers=frozenset({"READER"}), writers=frozenset({"WRITER"}))
        client_of(emulator, "WRITER").indices.create(index="m", body={})
        client_of(emulator, "READER").search(index="m", body={})
        for key in ("READER", "STRANGER"):
            with pytest.raises(AuthorizationException):
                fill(client_of(emulator, key), doc("a"))
        with pytest.raises(AuthorizationException):
            client_of(emulator, "STRANGER").search(index="m", body={})

    def test_a_plain_server_takes_unsigned_requests(self) -> None:
        assert client_of(OpenSearchEmulator("opensearch")).info()["version"]["number"]

    def test_opensearch_pys_own_connection_is_understood_over_http(
        self, emulator: OpenSearchEmulator
    ) -> None:
        auth = Urllib3AWSV4SignerAuth(Credentials("A", "s"), "ap-northeast-2", "aoss")
        with serving(emulator.handle) as url:
            real = OpenSearch(
                hosts=[url], http_auth=auth, connection_class=Urllib3HttpConnection, max_retries=0
            )
            real.indices.create(index="m", body=index_body("nextgen", 8, "test"))
            fill(real, doc("필터 청소"))
            assert search(real, {"match": {"text": "필터"}}) == ["필터 청소"]


class TestWhatServerlessLacks:
    """serverless-genref lists the supported operations; these are not among them."""

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("POST", "/m/_refresh"),
            ("POST", "/m/_delete_by_query"),
            ("POST", "/m/_update_by_query"),
            ("POST", "/_search/scroll"),
            ("POST", "/m/_forcemerge"),
            ("POST", "/m/_flush"),
        ],
    )
    @pytest.mark.parametrize("dialect", ["nextgen", "classic"])
    def test_it_is_404(self, dialect: str, method: str, path: str) -> None:
        client = client_of(OpenSearchEmulator(dialect))
        client.indices.create(index="m", body={})
        with pytest.raises(NotFoundError):
            client.transport.perform_request(method, path, body={})

    def test_a_plain_server_refreshes(self) -> None:
        emulator = OpenSearchEmulator("opensearch", lag=1, clock=Clock())
        client = client_of(emulator)
        client.indices.create(index="m", body=index_body("opensearch", 8, "test"))
        fill(client, doc("a"))
        assert search(client, {"match_all": {}}) == []
        client.indices.refresh(index="m")
        assert search(client, {"match_all": {}}) == ["a"]


class TestDialects:
    def test_classic_refuses_ids_of_ones_own_item_by_item(self) -> None:
        """serverless-vector-search: "custom document IDs … not supported"."""
        client = client_of(OpenSearchEmulator("classic"))
        client.indices.create(index="m", body=index_body("classic", 8, "test"))
        answer = fill(client, doc("a"))
        assert answer["errors"] is True
        assert answer["items"][0]["index"]["status"] == 400
        assert fill(client, doc("a"), ids=False)["errors"] is False

    def test_nextgen_takes_ids_and_writes_over(self, client: OpenSearch) -> None:
        first, second = fill(client, doc("a")), fill(client, doc("a"))
        assert [r["items"][0]["index"]["status"] for r in (first, second)] == [201, 200]
        assert search(client, {"match_all": {}}) == ["a"]

    def test_nextgen_refuses_an_engine(self, emulator: OpenSearchEmulator) -> None:
        with pytest.raises(RequestError):
            client_of(emulator).indices.create(index="n", body=index_body("classic", 8, "test"))

    def test_an_index_is_made_once(self, client: OpenSearch) -> None:
        with pytest.raises(RequestError, match="already_exists"):
            client.indices.create(index="m", body={})

    def test_an_unknown_engine_is_refused(self) -> None:
        body = index_body("classic", 8, "test")
        body["mappings"]["properties"]["embedding"]["method"]["engine"] = "bogus"
        with pytest.raises(RequestError):
            client_of(OpenSearchEmulator("classic")).indices.create(index="m", body=body)

    def test_an_unknown_analyzer_is_refused(self, emulator: OpenSearchEmulator) -> None:
        body = {"mappings": {"properties": {"t": {"type": "text", "analyzer": "nobody"}}}}
        with pytest.raises(RequestError):
            client_of(emulator).indices.create(index="n", body=body)


class TestLag:
    """serverless-vector-search: refresh of 60 s (classic), 10 s (nextgen)."""

    def test_writes_and_deletes_show_after_the_lag(self) -> None:
        clock = Clock()
        client = client_of(OpenSearchEmulator(lag=10, clock=clock))
        client.indices.create(index="m", body=index_body("nextgen", 8, "test"))
        fill(client, doc("a"))
        assert search(client, {"match_all": {}}) == []
        clock.sleep(10)
        assert search(client, {"match_all": {}}) == ["a"]
        client.bulk(body=[{"delete": {"_index": "m", "_id": "a"}}])
        assert search(client, {"match_all": {}}) == ["a"]
        clock.sleep(10)
        assert search(client, {"match_all": {}}) == []


class TestBulk:
    """docs.opensearch.org/latest/api-reference/document-apis/bulk/."""

    def test_items_fail_one_by_one(self, client: OpenSearch) -> None:
        answer = client.bulk(
            body=[
                {"index": {"_index": "m", "_id": "1"}}, doc("a", page="not a number"),
                {"index": {"_index": "m", "_id": "2"}}, doc("b", embedding=[1.0]),
                {"index": {"_index": "m", "_id": "3"}}, doc("c", stranger=1),
                {"index": {"_index": "m", "_id": "4"}}, doc("d"),
                {"create": {"_index": "m", "_id": "4"}}, doc("d"),
                {"delete": {"_index": "m", "_id": "nobody"}},
            ]
        )  # fmt: skip
        assert answer["errors"] is True
        statuses = [next(iter(item.values()))["status"] for item in answer["items"]]
        assert statuses == [400, 400, 400, 201, 409, 404]

    def test_a_body_without_its_last_line_end_is_refused(self, client: OpenSearch) -> None:
        with pytest.raises(RequestError):
            client.transport.perform_request("POST", "/_bulk", body='{"delete":{"_index":"m"}}')

    def test_a_broken_line_is_refused(self, client: OpenSearch) -> None:
        with pytest.raises(RequestError):
            client.transport.perform_request("POST", "/_bulk", body="not json\n")

    def test_too_large_a_request_is_refused(self, emulator: OpenSearchEmulator) -> None:
        """serverless limits: 10 MiB a request."""
        with pytest.raises(TransportError) as refused:
            client_of(emulator).transport.perform_request("POST", "/_bulk", body="x" * 11_000_000)
        assert refused.value.status_code == 413

    def test_429_comes_on_demand_for_a_request_and_for_an_item(
        self, client: OpenSearch, emulator: OpenSearchEmulator
    ) -> None:
        emulator.faults = lambda point: "429" if point == "opensearch.item" else None
        assert fill(client, doc("a"))["items"][0]["index"]["status"] == 429
        emulator.faults = lambda point: "429" if point == "opensearch._bulk" else None
        with pytest.raises(TransportError) as throttled:
            fill(client, doc("a"))
        assert throttled.value.status_code == 429


class TestVectors:
    def test_scores_follow_the_formulas_of_their_space(self) -> None:
        for dialect in ("nextgen", "classic"):
            client = client_of(OpenSearchEmulator(dialect))
            client.indices.create(index="m", body=index_body(dialect, 2, "test"))  # type: ignore[arg-type]
            for angle in (0, 60, 120):
                vector = [math.cos(math.radians(angle)), math.sin(math.radians(angle))]
                fill(client, doc(str(angle), embedding=vector), ids=False)
            body = {"query": {"knn": {"embedding": {"vector": [1.0, 0.0], "k": 3}}}}
            hits = client.search(index="m", body=body)["hits"]["hits"]
            scores = [hit["_score"] for hit in hits]
            wanted = [1, 0.75, 0.25] if dialect == "nextgen" else [2, 1.5, 1 / 1.5]
            assert scores == pytest.approx(wanted, abs=1e-6)
            cosines = [cosine(dialect, score) for score in scores]  # type: ignore[arg-type]
            assert cosines == pytest.approx([1, 0.5, -0.5], abs=1e-6)

    def test_a_filter_applies_inside_the_search(self, client: OpenSearch) -> None:
        fill(client, doc("a"), doc("b", document="e"), doc("c"))
        knn = {"vector": hashed("a", 8), "k": 1, "filter": {"term": {"document": "e"}}}
        assert search(client, {"knn": {"embedding": knn}}) == ["b"]

    def test_k_bounds_the_hits(self, client: OpenSearch) -> None:
        fill(client, *[doc(letter) for letter in "abcde"])
        knn = {"vector": hashed("a", 8), "k": 2}
        assert len(search(client, {"knn": {"embedding": knn}}, size=5)) == 2

    def test_a_vector_of_another_length_is_refused(self, client: OpenSearch) -> None:
        with pytest.raises(RequestError, match="search_phase"):
            search(client, {"knn": {"embedding": {"vector": [1.0], "k": 1}}})


class TestWords:
    def test_rare_words_weigh_more_and_short_texts_too(self, client: OpenSearch) -> None:
        fill(
            client, doc("필터 청소 방법"), doc("필터"), doc("전원"), doc("필터 전원 코드 연결 방법")
        )
        assert search(client, {"match": {"text": "필터"}})[0] == "필터"
        assert search(client, {"match": {"text": "필터 청소"}})[0] == "필터 청소 방법"

    def test_bm25_is_lucenes(self, client: OpenSearch) -> None:
        fill(client, doc("alpha beta"), doc("gamma delta epsilon"))
        hits = client.search(index="m", body={"query": {"match": {"text.bigram": "alpha"}}})
        idf = math.log(1 + (2 - 1 + 0.5) / (1 + 0.5))
        tf = 1 / (1 + 1.2 * (0.25 + 0.75 * 2 / 2.5))
        assert hits["hits"]["hits"][0]["_score"] == pytest.approx(idf * tf)

    def test_most_fields_adds_the_fields(self, client: OpenSearch) -> None:
        fill(
            client,
            doc("필터", title="다른"),
            doc("다른 글", title="필터"),
            doc("필터 둘", title="필터"),
        )
        match = {"query": "필터", "fields": ["text", "title^0.5"], "type": "most_fields"}
        assert search(client, {"multi_match": match})[0] == "필터 둘"

    def test_dis_max_takes_the_best_query_and_some_of_the_others(self, client: OpenSearch) -> None:
        """https://docs.opensearch.org/latest/query-dsl/compound/disjunction-max/"""
        fill(client, doc("필터 " * 9, title="필터"), doc("다른 글 셋", title="필터"))
        parts = [{"match": {name: "필터"}} for name in ("text", "title")]

        def scores(query: object) -> list[float]:
            found = client.search(index="m", body={"query": query})["hits"]["hits"]
            return [hit["_score"] for hit in found]

        (text,), titles = scores(parts[0]), scores(parts[1])
        best = scores({"dis_max": {"queries": parts, "tie_breaker": 0.25}})
        assert best == pytest.approx(
            [max(text, titles[0]) + 0.25 * min(text, titles[0]), titles[0]]
        )

    def test_of_optional_clauses_one_must_match_where_that_is_asked(
        self, client: OpenSearch
    ) -> None:
        """Beside a filter none has to: minimum_should_match is 0 then."""
        fill(client, doc("필터"), doc("다른 글"))
        body = {"should": [{"match": {"text": "필터"}}], "filter": [{"term": {"ingest": "i"}}]}
        assert len(search(client, {"bool": body})) == 2
        assert search(client, {"bool": body | {"minimum_should_match": 1}}) == ["필터"]

    def test_too_many_clauses_are_refused(self, client: OpenSearch) -> None:
        """indices.query.bool.max_clause_count is 1,024."""
        text = "".join(chr(0xAC00 + i) for i in range(1100))
        with pytest.raises(RequestError, match="search_phase"):
            search(client, {"multi_match": {"query": text, "fields": ["text.bigram"]}})
        half = {"match": {"text.bigram": text[:550]}}
        with pytest.raises(RequestError, match="search_phase"):  # the whole query counts
            search(client, {"bool": {"should": [half, half]}})

    @pytest.mark.parametrize(
        ("name", "text", "tokens"),
        [
            ("code", "E-04가 나오면 SMX-H400SI를", ["e04", "smxh400si"]),
            ("bigram", "냉장고문 E-04", ["냉장", "장고", "고문", "e", "04"]),
            ("korean", "필터를 교체하려면", ["필터", "교체"]),
        ],
    )
    def test_our_analyzers_give_these_tokens(self, name: str, text: str, tokens: list[str]) -> None:
        """nori's own: docs.opensearch.org/latest/analyzers/language-analyzers/korean/."""
        analysis = index_body("nextgen", 8, "test")["settings"]["analysis"]
        assert analyzer(analysis, name)(text) == tokens


class TestQueries:
    def test_bool_filters_and_excludes(self, client: OpenSearch) -> None:
        fill(client, doc("a"), doc("b", ingest="j"), doc("c", page=7))
        assert search(client, {"bool": {"filter": [{"term": {"ingest": "j"}}]}}) == ["b"]
        keep = {"bool": {"must_not": [{"terms": {"ingest": ["j"]}}]}}
        assert search(client, keep) == ["a", "c"]
        pages = {"bool": {"filter": [{"range": {"page": {"gte": 5, "lte": 9}}}]}}
        assert search(client, pages) == ["c"]

    def test_search_after_walks_in_order(self, client: OpenSearch) -> None:
        fill(client, *[doc(letter) for letter in "cab"])
        body = {"query": {"match_all": {}}, "size": 2, "sort": [{"uid": "asc"}]}
        hits = client.search(index="m", body=body)["hits"]["hits"]
        assert [hit["sort"] for hit in hits] == [["a"], ["b"]]
        assert search(client, {"match_all": {}}, sort=[{"uid": "asc"}], search_after=["b"]) == ["c"]

    def test_source_is_filtered(self, client: OpenSearch) -> None:
        fill(client, doc("a"))
        hits = client.search(index="m", body={"_source": {"excludes": ["embedding"]}})
        assert "embedding" not in hits["hits"]["hits"][0]["_source"]

    @pytest.mark.parametrize(
        "body",
        [
            {"query": {"foo": {}}},
            {"size": 10_001},
            {"unknown": 1},
            {"query": {"bool": {"perhaps": []}}},
        ],
    )
    def test_what_opensearch_refuses_is_refused(self, client: OpenSearch, body: object) -> None:
        with pytest.raises(RequestError):
            client.search(index="m", body=body)

    def test_a_missing_index_is_404(self, client: OpenSearch) -> None:
        with pytest.raises(NotFoundError):
            client.search(index="nobody", body={})

    def test_an_index_may_be_deleted(self, client: OpenSearch) -> None:
        client.indices.delete(index="m")
        with pytest.raises(NotFoundError):
            client.search(index="m", body={})
