"""What the functions wrote: all of it, or the errors alone."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from manualchat.aws.account import Account, in_our_words
from manualchat.aws.deployed import Deployed

# Words of AWS' runtime and of our JSON log lines.
_ALARMING = (
    '"level":"ERROR"',
    '"level": "ERROR"',
    "[ERROR]",
    "Task timed out",
    "Runtime.",
    "Traceback",
)


@dataclass(frozen=True)
class Line:
    """One log line."""

    at: datetime
    part: str
    text: str

    @property
    def alarming(self) -> bool:
        """Whether it tells of an error."""
        return any(mark in self.text for mark in _ALARMING)


def groups(stack: Deployed) -> list[str]:
    """The log groups of the deployment's functions."""
    return [
        name
        for name in stack.of_type("AWS::Logs::LogGroup")
        if "pipeline" in name or "index" in name
    ]


def read(account: Account, stack: Deployed, *, seconds: float = 900.0) -> list[Line]:
    """The lines of the last `seconds`, oldest first."""
    since = int((time.time() - seconds) * 1000)
    lines: list[Line] = []
    client = account.client("logs")
    for group in groups(stack):
        with in_our_words("CloudWatch Logs", account):
            try:
                pages = list(
                    client.get_paginator("filter_log_events").paginate(
                        logGroupName=group, startTime=since
                    )
                )
            except client.exceptions.ResourceNotFoundException:
                continue
        lines += [
            Line(
                datetime.fromtimestamp(event["timestamp"] / 1000, UTC),
                group.rsplit("/", 1)[-1],
                event["message"].rstrip(),
            )
            for page in pages
            for event in page["events"]
        ]
    return sorted(lines, key=lambda line: line.at)


def follow(account: Account, stack: Deployed, *, seconds: float = 60.0) -> Iterator[Line]:
    """The last lines, then new ones as they come, until interrupted."""
    seen: set[tuple[datetime, str, str]] = set()
    while True:
        for line in read(account, stack, seconds=seconds):
            mark = (line.at, line.part, line.text)
            if mark not in seen:
                seen.add(mark)
                yield line
        time.sleep(2.0)
