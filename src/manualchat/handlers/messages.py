"""What reaches the embedding pipeline: S3's notifications and its own messages.

S3's format: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar
from urllib.parse import unquote_plus

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Source:
    """The bytes of one object: `version` where the bucket keeps versions, `etag` else."""

    bucket: str
    key: str  # as S3 spells it: macOS uploads are decomposed (NFD)
    version: str = ""
    etag: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class Created:
    """An object was put. `revision` orders the events of one key."""

    kind: ClassVar[str] = "created"
    source: Source
    revision: str
    time: str = ""


@dataclass(frozen=True, slots=True)
class Removed:
    """An object is gone. `version` names one that was deleted for good, if one was."""

    kind: ClassVar[str] = "removed"
    source: Source
    revision: str


@dataclass(frozen=True, slots=True)
class Part:
    """Read pages `first` to `last` of an ingest that was planned."""

    kind: ClassVar[str] = "part"
    document: str
    ingest: str
    revision: str
    source: Source
    first: int
    last: int
    total: int


@dataclass(frozen=True, slots=True)
class Finish:
    """All pages are in; make them visible once a search finds them."""

    kind: ClassVar[str] = "finish"
    document: str
    ingest: str
    revision: str
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Sweep:
    """Delete what no reader can see any more."""

    kind: ClassVar[str] = "sweep"
    document: str


Message = Created | Removed | Part | Finish | Sweep
_OWN: dict[str, type[Part] | type[Finish] | type[Sweep]] = {
    "part": Part,
    "finish": Finish,
    "sweep": Sweep,
}


class NotUnderstood(ValueError):
    """A message that nobody here sent."""


def encode(message: Part | Finish | Sweep) -> str:
    """A message of our own, as the queue carries it."""
    return json.dumps({"manualchat": message.kind, **asdict(message)}, ensure_ascii=False)


def parse(body: str | Json) -> list[Message]:
    """The messages in one event or queue body. Raises NotUnderstood."""
    try:
        data = json.loads(body) if isinstance(body, str) else body
        if data.get("Event") == "s3:TestEvent":  # sent once, when notifications are set up
            return []
        if "manualchat" in data:
            return [_own(data)]
        return list(_s3(data["Records"]))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise NotUnderstood(f"not an S3 notification: {error!r}") from None


def _own(data: Json) -> Message:
    values = {k: v for k, v in data.items() if k != "manualchat"}
    if "source" in values:
        values["source"] = Source(**values["source"])
    return _OWN[data["manualchat"]](**values)


def _s3(records: list[Json]) -> Iterator[Message]:
    for record in records:
        name: str = record["eventName"].removeprefix("s3:")
        s3 = record["s3"]
        item = s3["object"]
        source = Source(
            bucket=s3["bucket"]["name"],
            key=unquote_plus(item["key"]),
            version=item.get("versionId") or "",
            etag=item.get("eTag") or "",
            size=int(item.get("size") or 0),
        )
        if not source.key.lower().endswith(".pdf"):
            continue
        revision = revision_of(item.get("sequencer") or "")
        if name.startswith("ObjectCreated:"):
            yield Created(source, revision, record.get("eventTime", ""))
        elif name.startswith(("ObjectRemoved:", "LifecycleExpiration:")):
            if name.endswith("DeleteMarkerCreated"):
                source = Source(source.bucket, source.key)  # the marker's id names no content
            yield Removed(source, revision)


def revision_of(sequencer: str) -> str:
    """A string that orders events of one key as their sequencers do.

    S3: "right pad the shorter value with zeros, and then do a lexicographical
    comparison": its sequencers start with the time at a fixed width ("00" and
    eight digits). Emulators count from a small number: those are right-aligned.
    """
    digits = sequencer.upper()
    if not (digits.startswith("00") and len(digits) >= 10):
        digits = digits.rjust(18, "0")
    return digits.ljust(32, "0")
