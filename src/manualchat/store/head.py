"""One document's state, and every change that it can make: pure functions.

    active    the version that readers see
    pending   the version that is being brought in
    failed    the latest version that could not be brought in
    removed   the revision of the latest removal (a tombstone)

Revisions compare as strings. A change is refused by returning None in place
of a new head; whoever stores heads writes a new one only over the version it
was made from, so that changes never mix.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import Any

from manualchat.model import Document

NEWER_FAILED = (
    "이전 버전을 계속 사용합니다. 새 버전 처리 실패: {reason} "
    "/ The version before stays in use; the new one failed."
)
TOO_LATE = (
    "Not finished before its deadline; upload the file again. "
    "/ 제한 시간 안에 끝나지 않았습니다. 파일을 다시 올리세요."
)


@dataclass(frozen=True, slots=True)
class Version:
    """One ingest of one revision. `deadline` in Unix seconds, 0 for none.

    `source` names the bytes that were read: an S3 object's version id.
    """

    ingest: str
    document: Document
    deadline: float = 0.0
    source: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of one document. `version` counts the changes."""

    document: str
    active: Version | None = None
    pending: Version | None = None
    failed: Document | None = None
    removed: str = ""
    version: int = 0

    def known(self) -> str:
        """The newest revision that was seen in any way."""
        return max(
            self.removed,
            self.active.document.revision if self.active else "",
            self.pending.document.revision if self.pending else "",
            self.failed.revision if self.failed else "",
        )

    def seen(self, now: float) -> Document | None:
        """The document as a list shows it; None when nothing of it is left.

        A version that was ready stays `ready` while, and after, a newer one
        fails; a pending one past its deadline counts as failed.
        """
        late = bool(self.pending and 0 < self.pending.deadline < now)
        if self.active:
            reason = self.failed.reason if self.failed else TOO_LATE if late else ""
            reason = NEWER_FAILED.format(reason=reason) if reason else ""
            return replace(self.active.document, reason=reason)
        if self.pending and not late:
            return self.pending.document
        if self.pending:
            # What stopped an earlier try of it says more than that the time is over.
            same = self.failed and self.failed.revision == self.pending.document.revision
            reason = self.failed.reason if self.failed and same else TOO_LATE
            return replace(self.pending.document, status="failed", reason=reason)
        return self.failed

    def empty(self) -> bool:
        """Whether nothing is left, but for a tombstone perhaps."""
        return not (self.active or self.pending or self.failed)

    def live(self) -> tuple[str, ...]:
        """Ingests whose chunks must be kept."""
        return tuple(v.ingest for v in (self.active, self.pending) if v)


def begun(
    head: Head, ingest: str, document: Document, deadline: float, source: str = ""
) -> Head | None:
    """`document.revision` is being brought in, unless it or a newer one is known.

    The same revision may begin again after it failed or stopped half way.
    """
    revision = document.revision
    if head.pending and head.pending.ingest == ingest:
        return head  # an earlier write of ours arrived although its answer did not
    if revision <= head.removed or (head.active and revision <= head.active.document.revision):
        return None
    if revision < head.known():
        return None
    document = replace(document, status="reading", reason="")
    return replace(head, pending=Version(ingest, document, deadline, source))


def described(head: Head, ingest: str, document: Document) -> Head | None:
    """More is known of the version that is being brought in: its title, its pages."""
    if not head.pending or head.pending.ingest != ingest:
        return None
    document = replace(document, status="reading", reason="")
    return replace(head, pending=replace(head.pending, document=document))


def finished(head: Head, ingest: str, document: Document) -> Head | None:
    """Readers see this ingest from now on; None when another one came first."""
    if head.active and head.active.ingest == ingest:
        return head
    if not head.pending or head.pending.ingest != ingest:
        return None
    document = replace(document, status="ready", reason="")
    active = Version(ingest, document, source=head.pending.source)
    return replace(head, active=active, pending=None, failed=None)


def failed(head: Head, ingest: str, document: Document) -> Head | None:
    """This ingest came to nothing; `document.reason` says why."""
    if not head.pending or head.pending.ingest != ingest:
        return None
    return replace(head, pending=None, failed=replace(document, status="failed"))


def removed(head: Head, revision: str | None) -> tuple[Head, bool]:
    """Without this document, and whether it was there. Newer versions stay."""
    limit = revision if revision is not None else head.known()
    active, pending, lost = head.active, head.pending, head.failed
    there = False
    if active and active.document.revision <= limit:
        active, there = None, True
    if pending and pending.document.revision <= limit:
        pending, there = None, True
    if lost and lost.revision <= limit:
        lost, there = None, True
    tombstone = max(head.removed, revision) if revision is not None else head.removed
    return replace(head, active=active, pending=pending, failed=lost, removed=tombstone), there


def to_json(head: Head) -> str:
    """The head as JSON, without its version."""
    data = asdict(head)
    del data["version"]
    return json.dumps({k: v for k, v in data.items() if v}, ensure_ascii=False)


def from_json(text: str, version: int) -> Head:
    """The head that `to_json` wrote."""
    data: dict[str, Any] = json.loads(text)

    def part(name: str) -> Version | None:
        value = data.get(name)
        if not value:
            return None
        return Version(**{**value, "document": Document(**value["document"])})

    lost = data.get("failed")
    return Head(
        document=data["document"],
        active=part("active"),
        pending=part("pending"),
        failed=Document(**lost) if lost else None,
        removed=data.get("removed", ""),
        version=version,
    )
