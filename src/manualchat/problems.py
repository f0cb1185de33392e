"""Errors on the wire: problem documents (RFC 9457) and the `error` event."""

from __future__ import annotations

from manualchat.errors import ManualchatError
from manualchat.model import Failed
from manualchat.nouns_json import Json

PROBLEM = "application/problem+json"

_STATUS = {
    "invalid-question": 400,
    "document-not-found": 404,
    "nothing-to-add": 400,
    "not-a-pdf": 415,
    "library-busy": 503,
    "library-full": 507,
    "throttled": 429,
    "access-denied": 502,
    "backend": 502,
    "model-unavailable": 503,
    "too-busy": 503,
    "unsupported": 501,
    "broken-off": 502,
}
_UNREADABLE = ("reading", "empty-file", "damaged", "encrypted", "no-text", "limit", "unreadable")


def status_of(code: str) -> int:
    """The HTTP status of an error's code."""
    return _STATUS.get(code, 422 if code in _UNREADABLE else 500)


def problem(error: ManualchatError | Failed, language: str = "en") -> tuple[int, Json]:
    """HTTP status and RFC 9457 problem document of an error; `language` is "ko" or "en"."""
    detail = error.message if isinstance(error, Failed) else error.message(language)
    return status_of(error.code), problem_json(status_of(error.code), error.code, detail)


def problem_json(status: int, code: str, detail: str) -> Json:
    """A problem document (RFC 9457, section 3). `code` is stable; `detail` is for people."""
    return {
        "type": f"urn:manualchat:problem:{code}",
        "title": code.replace("-", " ").capitalize(),
        "status": status,
        "detail": detail,
        "code": code,
    }


def failed_from(error: ManualchatError, language: str = "en") -> Failed:
    """The `error` event of an exception."""
    return Failed(code=error.code, message=error.message(language))
