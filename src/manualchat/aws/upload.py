"""Putting manuals into the bucket, and waiting until they can be asked."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from manualchat.aws.account import Account, in_our_words
from manualchat.aws.deployed import Deployed
from manualchat.errors import FileUnreadable, NothingToAdd
from manualchat.model import Document, document_id
from manualchat.store.ledger import Ledger

PATIENCE = 900.0


@dataclass(frozen=True)
class Uploaded:
    """A file and where it went."""

    path: Path
    key: str
    size: int


def find_pdfs(paths: Sequence[Path]) -> list[tuple[Path, str]]:
    """Files and their keys: a folder's PDFs keep their place below it.

    Raises NothingToAdd, FileUnreadable.
    """
    found: list[tuple[Path, str]] = []
    for path in paths:
        if path.is_dir():
            found += [
                (file, file.relative_to(path).as_posix())
                for file in sorted(path.rglob("*"))
                if file.is_file() and file.suffix.lower() == ".pdf"
            ]
        elif path.is_file():
            found.append((path, path.name))
        else:
            raise FileUnreadable(path=path, detail="not found")
    if not found:
        raise NothingToAdd(paths=", ".join(map(str, paths)))
    return [(path, unicodedata.normalize("NFC", key)) for path, key in found]


def upload(
    account: Account, stack: Deployed, files: Sequence[tuple[Path, str]]
) -> Iterator[Uploaded]:
    """Put each file; large ones in parts, as boto3 does it."""
    from boto3.exceptions import Boto3Error

    from manualchat.errors import BackendError

    bucket = stack.outputs["ManualsBucket"]
    for path, key in files:
        with in_our_words("S3", account):
            try:
                account.client("s3").upload_file(
                    str(path), bucket, key, ExtraArgs={"ContentType": "application/pdf"}
                )
            except Boto3Error as error:
                raise BackendError(service="S3", detail=str(error)) from None
        yield Uploaded(path, key, path.stat().st_size)


def wait_ready(
    account: Account,
    stack: Deployed,
    keys: Sequence[str],
    *,
    patience: float = PATIENCE,
    on_change: Callable[[Document], None] = lambda _: None,
) -> dict[str, Document]:
    """Follow the ledger until each key is `ready` or `failed`, or time is up."""
    ledger = Ledger(account.client("dynamodb"), stack.outputs["LedgerTable"])
    until = time.monotonic() + patience
    seen: dict[str, Document] = {}
    while time.monotonic() < until:
        for key in keys:
            with in_our_words("DynamoDB", account):
                document = ledger.head(document_id(key)).seen(time.time())
            if document is not None and document != seen.get(key):
                seen[key] = document
                on_change(document)
        if all(key in seen and seen[key].status in {"ready", "failed"} for key in keys):
            break
        time.sleep(0.3 if account.endpoint else 2.0)
    return seen


def remove(account: Account, stack: Deployed, key: str) -> None:
    """Take a manual out: every version of it."""
    client, bucket = account.client("s3"), stack.outputs["ManualsBucket"]
    with in_our_words("S3", account):
        client.delete_object(Bucket=bucket, Key=key)
        versions = client.list_object_versions(Bucket=bucket, Prefix=key)
        for item in (*versions.get("Versions", []), *versions.get("DeleteMarkers", [])):
            if item["Key"] == key:
                client.delete_object(Bucket=bucket, Key=key, VersionId=item["VersionId"])
