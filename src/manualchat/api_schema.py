"""The API's shapes as OpenAPI has them, with examples, and the parsing of JSON bodies.

Written by hand, since `Query.parse` is the one judge of a question at home and
on AWS: two validators would drift apart. Its limits are the schema's limits.
"""

from __future__ import annotations

import json
from typing import Any

from manualchat.errors import InvalidQuestion
from manualchat.protocol import (
    MAX_DOCUMENTS,
    MAX_QUESTION,
    MAX_TOP_K,
    MAX_TURN,
    MAX_TURNS,
    PROBLEM,
)

Schema = dict[str, Any]

_STRING: Schema = {"type": "string"}
_NUMBER: Schema = {"type": "number"}
_INTEGER: Schema = {"type": "integer"}


def _object(required: dict[str, Schema], **optional: Schema) -> Schema:
    return {
        "type": "object",
        "properties": {**required, **optional},
        "required": list(required),
    }


def _list(items: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": items, **more}


QUERY: Schema = {
    **_object(
        {
            "question": {
                "type": "string",
                "maxLength": MAX_QUESTION,
                "pattern": "[\\p{L}\\p{N}]",
                "description": "In Korean or English; the answer comes in its language.",
            }
        },
        history=_list(
            _object(
                {
                    "role": {"enum": ["user", "assistant"]},
                    "content": {"type": "string", "maxLength": MAX_TURN},
                }
            ),
            maxItems=MAX_TURNS,
            description="Earlier turns, oldest first.",
        ),
        documents=_list(
            {"type": "string", "maxLength": 256},
            maxItems=MAX_DOCUMENTS,
            description="Ids of the only documents to look in.",
        ),
        top_k={"type": "integer", "minimum": 1, "maximum": MAX_TOP_K},
    ),
    "example": {"question": "제습기 물통은 얼마나 자주 비워야 하나요?"},
}
for _name in ("history", "documents", "top_k"):
    _type = QUERY["properties"][_name]["type"]
    QUERY["properties"][_name]["type"] = [_type, "null"]

CITATION = _object(
    {
        "document": _STRING,
        "name": _STRING,
        "page": {"type": "integer", "description": "Physical page, from 1."},
        "label": {"type": "string", "description": "Printed page label."},
        "quote": {"type": "string", "description": "An exact substring of the page's text."},
        "boxes": _list(
            _list(_NUMBER, minItems=4, maxItems=4),
            description="Where the quote stands: x0, y0, x1, y1 in points from the top left.",
        ),
    }
)
ANSWER: Schema = {
    **_object(
        {
            "answer": _STRING,
            "refused": {
                "type": "boolean",
                "description": "The manuals do not say. Citations are then only what comes nearest.",
            },
            "citations": _list(CITATION),
            "unverified": _list(_STRING, description="Sentences that no source holds."),
            "sources": _list(
                _object(
                    {
                        "document": _STRING,
                        "name": _STRING,
                        "page": _INTEGER,
                        "label": _STRING,
                        "score": _NUMBER,
                    }
                )
            ),
            "question": {"type": "string", "description": "The standalone question."},
            "usage": {"type": "object", "additionalProperties": _NUMBER},
            "seconds": _NUMBER,
        }
    ),
    "example": {
        "answer": "물통은 하루에 한 번 비우세요. [1]",
        "refused": False,
        "citations": [
            {
                "document": "0f3a9c2b7d1e4f60",
                "name": "제습기.pdf",
                "page": 6,
                "label": "4",
                "quote": "물통은 하루에 한 번 비우세요.",
                "boxes": [[72.0, 120.5, 268.4, 133.1]],
            }
        ],
        "unverified": [],
        "sources": [
            {
                "document": "0f3a9c2b7d1e4f60",
                "name": "제습기.pdf",
                "page": 6,
                "label": "4",
                "score": 0.91,
            }
        ],
        "question": "제습기 물통은 얼마나 자주 비워야 하나요?",
        "usage": {},
        "seconds": 0.04,
    },
}
PASSAGES = _object(
    {
        "passages": _list(
            _object(
                {
                    "document": _STRING,
                    "name": _STRING,
                    "title": _STRING,
                    "page": _INTEGER,
                    "label": _STRING,
                    "heading": _list(_STRING),
                    "text": _STRING,
                    "score": _NUMBER,
                    "lexical": _NUMBER,
                    "dense": _NUMBER,
                }
            )
        )
    }
)
DOCUMENT = _object(
    {
        "id": _STRING,
        "name": _STRING,
        "title": _STRING,
        "status": {"enum": ["received", "reading", "ready", "failed"]},
        "reason": {"type": "string", "description": "Why it failed, and what to do."},
        "pages": _INTEGER,
        "chunks": _INTEGER,
        "revision": _STRING,
        "added": _STRING,
    }
)
DOCUMENTS = _object({"documents": _list(DOCUMENT)})
RECEIVED = _object(
    {
        "name": _STRING,
        "outcome": {"enum": ["added", "replaced", "unchanged", "failed"]},
        "document": {"anyOf": [DOCUMENT, {"type": "null"}]},
        "reason": _STRING,
        "seconds": _NUMBER,
    }
)
FEEDBACK: Schema = {
    **_object(
        {"rating": {"enum": [1, -1]}},
        question={"type": "string", "maxLength": 20_000},
        answer={"type": "string", "maxLength": 20_000},
        comment={"type": "string", "maxLength": 20_000},
        citations=_list({"type": "string", "maxLength": 500}, maxItems=100),
    ),
    "example": {"rating": 1, "question": "…", "answer": "…", "comment": "정확해요"},
}
PROBLEM_DOCUMENT: Schema = {
    **_object(
        {
            "type": _STRING,
            "title": _STRING,
            "status": _INTEGER,
            "detail": {"type": "string", "description": "What is wrong, and what to do."},
            "code": {"type": "string", "description": "Stable; match on this."},
        }
    ),
    "example": {
        "type": "urn:manualchat:problem:document-not-found",
        "title": "Document not found",
        "status": 404,
        "detail": "No document “abc”. `manualchat list` shows what is there.",
        "code": "document-not-found",
    },
}
_MEANINGS = {
    400: "The request cannot be used",
    401: "The token is missing or wrong",
    403: "Not from here",
    404: "No such document or page",
    405: "No such method here",
    413: "Too large",
    415: "Not a PDF",
    422: "The file cannot be read",
    500: "An error of the server's own",
    501: "This backend does not do that",
    502: "A remote part failed",
    503: "Too busy: try again later",
}


def body(schema: Schema) -> dict[str, Any]:
    """`openapi_extra` for a JSON body."""
    content = {"application/json": {"schema": schema}}
    return {"requestBody": {"required": True, "content": content}}


def answers(
    schema: Schema | None, *statuses: int, stream: str = "", success: int = 200
) -> dict[int | str, dict[str, Any]]:
    """`responses` of a route: what success carries, and which problems may come."""
    content: dict[str, Any] = {}
    if schema is not None:
        content["application/json"] = {"schema": schema}
    if stream:
        content["text/event-stream"] = {"schema": {"type": "object", "description": stream}}
    good: dict[str, Any] = {"description": "Success"}
    if content:
        good["content"] = content
    problem = {PROBLEM: {"schema": PROBLEM_DOCUMENT}}
    return {
        success: good,
        **{
            status: {"description": _MEANINGS[status], "content": problem}
            for status in sorted({*statuses, 400, 401, 403, 413, 500, 503})
        },
    }


def json_object(text: bytes) -> dict[str, Any]:
    """The object in a JSON body. Raises InvalidQuestion."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise InvalidQuestion(detail="the request is not JSON") from None
    if not isinstance(data, dict):
        raise InvalidQuestion(detail="the request is not a JSON object")
    return data
