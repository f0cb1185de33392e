"""Passages with questions that they answer and near misses, to learn from (data/answered)."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data" / "answered"
HELD_OUT = 14  # one passage of so many is never learnt from

Record = dict[str, Any]  # title, heading, passage; yes and no: questions


def files() -> list[list[Record]]:
    """The records of each file, in order: a passage's neighbours are about like things."""
    return [
        [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
        for path in sorted(DATA.glob("*.jsonl"))
    ]


def is_held_out(record: Record) -> bool:
    """Whether a record only measures; the same for whatever is trained."""
    return zlib.crc32(record["passage"].encode()) % HELD_OUT == 0
