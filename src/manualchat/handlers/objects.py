"""Objects in S3, as the embedding pipeline needs them: one file at a time, in /tmp."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from manualchat.aws_calls import in_our_words
from manualchat.errors import ReadingError, ReadingLimit
from manualchat.handlers.messages import Source

_PIECE = 1024 * 1024


class ObjectGone(ReadingError):
    """The object was deleted or replaced since the event."""

    code = "object-gone"
    en = "The file was deleted or replaced before it was read. Upload it again if it is still wanted."
    ko = "파일을 읽기 전에 삭제되었거나 교체되었습니다. 필요하면 다시 업로드하세요."


class Objects:
    """The bucket's objects."""

    def __init__(self, client: Any, folder: Path | None = None) -> None:
        self._client = client
        self._folder = folder

    @contextmanager
    def file(self, source: Source) -> Iterator[Path]:
        """The object as a local file, removed afterwards.

        Exactly these bytes: the version that the event names, or else whatever
        still has its ETag. Raises ObjectGone, ReadingLimit or BackendError.
        """
        with tempfile.TemporaryDirectory(prefix="manualchat-", dir=self._folder) as folder:
            free = shutil.disk_usage(folder).free
            if source.size > free:
                raise _no_room(source.size)
            path = Path(folder) / "document.pdf"
            try:
                self._download(source, path)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise
                raise _no_room(source.size) from None
            yield path

    def _download(self, source: Source, path: Path) -> None:
        wanted = {"Bucket": source.bucket, "Key": source.key}
        if source.version:
            wanted["VersionId"] = source.version
        elif source.etag:
            wanted["IfMatch"] = source.etag
        with in_our_words("S3"):
            try:
                answer = self._client.get_object(**wanted)
            except self._client.exceptions.ClientError as error:
                if _status(error) in (404, 412):
                    raise ObjectGone() from error
                raise
            with path.open("wb") as file:
                for piece in answer["Body"].iter_chunks(_PIECE):
                    file.write(piece)

    def current(self, source: Source) -> Source | None:
        """The object that this key holds now; None when it holds none."""
        with in_our_words("S3"):
            try:
                answer = self._client.head_object(Bucket=source.bucket, Key=source.key)
            except self._client.exceptions.ClientError as error:
                if _status(error) == 404:
                    return None
                raise
        return Source(
            bucket=source.bucket,
            key=source.key,
            version=answer.get("VersionId") or "",
            etag=answer.get("ETag", "").strip('"'),
            size=answer.get("ContentLength", 0),
        )


def _status(error: Any) -> int:
    status: int = error.response["ResponseMetadata"]["HTTPStatusCode"]
    return status


def _no_room(size: int) -> ReadingLimit:
    megabytes = size / 1024**2
    return ReadingLimit(
        limit={
            "en": f"{megabytes:,.0f} MB do not fit into /tmp",
            "ko": f"{megabytes:,.0f} MB가 /tmp에 들어가지 않습니다",
        },
        setting="the function's ephemeral storage",
    )
