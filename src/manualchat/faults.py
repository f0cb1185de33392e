"""Named points at which the crash tests kill the process. They do nothing else.

`MANUALCHAT_CRASH_AT=name` (or `name:n`, the n-th time it is passed) makes the
process end there as `kill -9` would: no handlers, no clean-up.
"""

from __future__ import annotations

import os
import signal

_AT, _, _COUNT = os.environ.get("MANUALCHAT_CRASH_AT", "").partition(":")
_left = int(_COUNT or 1)


def point(name: str) -> None:
    """Die here when the environment names this point."""
    global _left  # noqa: PLW0603 - one counter a process is the meaning
    if not _AT or name != _AT:
        return
    _left -= 1
    if _left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
