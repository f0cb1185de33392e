"""The OpenSearch index: its fields, its analysis and its vectors, for each dialect.

Dialects: `nextgen` and `classic` are the two generations of OpenSearch
Serverless, `opensearch` is the plain server (2.13 or later, with analysis-nori
and k-NN).

A text is searched three ways: morphemes (`nori`, the dictionary that the
embedded store's mecab-ko uses), syllable bigrams (spacing variants find each
other) and codes without their hyphens (`E-04` and `E04`).
"""

from __future__ import annotations

from typing import Any, Literal

Dialect = Literal["nextgen", "classic", "opensearch"]
Json = dict[str, Any]

# Endings, particles, punctuation: what mecab-ko tags and nobody searches for.
_STOP_TAGS = (
    "E IC J MAJ SP SSC SSO SC SE XPN XSA XSN XSV UNA NA VSV VCP VCN VX".split()  # noqa: SIM905
)

_ANALYSIS: Json = {
    "char_filter": {
        # A particle sticks to a code ("E-04가"): part the scripts first.
        "without_hangul": {
            "type": "pattern_replace",
            "pattern": "[\\u1100-\\u11ff\\u3130-\\u318f\\uac00-\\ud7a3]+",
            "replacement": " ",
        },
    },
    "tokenizer": {
        "korean": {"type": "nori_tokenizer", "decompound_mode": "mixed"},
        "codes": {"type": "pattern", "pattern": "[A-Za-z0-9]+(?:[-._/][A-Za-z0-9]+)*", "group": 0},
    },
    "filter": {
        "content_words": {"type": "nori_part_of_speech", "stoptags": _STOP_TAGS},
        "joined": {"type": "pattern_replace", "pattern": "[-._/]", "replacement": ""},
        "english": {"type": "stemmer", "language": "light_english"},
    },
    "analyzer": {
        "korean": {
            "type": "custom",
            "tokenizer": "korean",
            "filter": ["content_words", "lowercase", "english"],
        },
        "bigram": {
            "type": "custom",
            "tokenizer": "standard",
            "filter": ["cjk_width", "lowercase", "cjk_bigram"],
        },
        "code": {
            "type": "custom",
            "char_filter": ["without_hangul"],
            "tokenizer": "codes",
            "filter": ["joined", "lowercase"],
        },
    },
}


def index_body(dialect: Dialect, dimensions: int, identity: str) -> Json:
    """The body that creates the index. `identity` is the embedder's, kept in `_meta`."""
    settings: Json = {"index": {"knn": True}, "analysis": _ANALYSIS}
    if dialect == "opensearch":
        settings["index"] |= {"number_of_shards": 1, "number_of_replicas": 0}
    return {
        "settings": settings,
        "mappings": {
            "dynamic": "strict",
            "_meta": {"embedder": identity, "dimensions": dimensions, "format": 1},
            "properties": {
                "uid": {"type": "keyword"},
                "chunk": {"type": "keyword"},
                "document": {"type": "keyword"},
                "ingest": {"type": "keyword"},
                "ordinal": {"type": "integer"},
                "page": {"type": "integer"},
                "text": _searched(),
                # Context and other readings of the page: searched, not quoted.
                "around": _searched(),
                "heading": _searched(),
                "title": _searched(),
                # The chunk's other fields, as the store packed them.
                "rest": {"type": "binary"},
                "embedding": _vectors(dialect, dimensions),
            },
        },
    }


def _searched() -> Json:
    return {
        "type": "text",
        "analyzer": "korean",
        "fields": {
            "bigram": {"type": "text", "analyzer": "bigram"},
            "code": {"type": "text", "analyzer": "code"},
        },
    }


def _vectors(dialect: Dialect, dimensions: int) -> Json:
    field: Json = {"type": "knn_vector", "dimension": dimensions}
    if dialect == "nextgen":  # chooses engine and method itself, and rejects a choice
        return field | {"space_type": "cosinesimil"}
    # faiss has no cosine of its own on every version: unit vectors make the
    # inner product one. Classic would otherwise take nmslib, which cannot filter.
    return field | {
        "method": {
            "name": "hnsw",
            "engine": "faiss",
            "space_type": "innerproduct",
            "parameters": {"m": 16, "ef_construction": 256},
        }
    }


def cosine(dialect: Dialect, score: float) -> float:
    """The cosine behind a k-NN score.

    Formulas: https://docs.opensearch.org/latest/mappings/supported-field-types/knn-spaces/
    """
    if dialect == "nextgen":
        return 2 * score - 1  # (1 + cos) / 2
    return score - 1 if score >= 1 else 1 - 1 / score  # 1 + ip, or 1 / (1 - ip) below 0
