"""What crosses the pipe between reader and worker: framed JSON, never pickles.

The worker reads hostile files and may have been taken over by one, so nothing
that it says is executed here. A frame is one byte of kind, four of length, and
the payload.
"""

from __future__ import annotations

import base64
import json
import struct
from typing import Any, BinaryIO

from manualchat import errors
from manualchat.layout import Layout
from manualchat.model import Block, Page

JSON, BINARY = b"J", b"B"
_HEAD = struct.Struct(">cI")
LARGEST = 256 * 1024 * 1024  # bytes; a page image is the largest thing sent


class Broken(Exception):
    """The other end is gone or talks nonsense."""


def send(stream: BinaryIO, message: Any, binary: bytes | None = None) -> None:
    """Write one frame: `binary` when given, else `message` as JSON."""
    payload = binary if binary is not None else json.dumps(message, ensure_ascii=True).encode()
    stream.write(_HEAD.pack(BINARY if binary is not None else JSON, len(payload)))
    stream.write(payload)
    stream.flush()


def receive(stream: BinaryIO) -> Any:
    """The next frame: what JSON said, or bytes. Raises Broken at the end."""
    kind, length = _HEAD.unpack(_exactly(stream, _HEAD.size))
    if kind not in (JSON, BINARY) or length > LARGEST:
        raise Broken("bad frame")
    payload = _exactly(stream, length)
    if kind == BINARY:
        return payload
    try:
        return json.loads(payload)
    except ValueError:
        raise Broken("bad JSON") from None


def _exactly(stream: BinaryIO, count: int) -> bytes:
    parts = []
    while count:
        part = stream.read(count)
        if not part:
            raise Broken("end of stream")
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def page_to_json(page: Page) -> dict[str, Any]:
    """A page as `page_from_json` reads it."""
    return {
        "n": page.number,
        "t": page.text,
        "l": page.label,
        "b": [[b.start, b.end, b.kind, b.level, b.header_rows] for b in page.blocks],
        "w": base64.b64encode(page.layout.pack()).decode(),
        "m": page.method,
        "h": page.hidden,
    }


def page_from_json(found: dict[str, Any]) -> Page:
    """The page that `page_to_json` wrote. Raises Broken when it is none."""
    try:
        return Page(
            number=int(found["n"]),
            text=str(found["t"]),
            label=str(found["l"]),
            blocks=tuple(Block(int(a), int(b), k, int(v), int(h)) for a, b, k, v, h in found["b"]),
            layout=Layout.unpack(base64.b64decode(found["w"])),
            method=found["m"],
            hidden=str(found["h"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Broken(f"bad page: {error}") from None


def error_to_json(error: errors.ReadingError) -> dict[str, Any]:
    """An error as `error_from_json` reads it."""
    return {"error": type(error).__name__, "details": error.details}


def error_from_json(found: dict[str, Any]) -> errors.ReadingError:
    """The reading error that `error_to_json` wrote."""
    kind = getattr(errors, str(found.get("error")), None)
    details = found.get("details")
    if (
        isinstance(kind, type)
        and issubclass(kind, errors.ReadingError)
        and isinstance(details, dict)
    ):
        return kind(**{str(k): v for k, v in details.items()})
    return errors.ReaderCrashed(detail="?")
