"""What a check found: a step of the checklist, a state, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from manualchat.aws.words import Both, pick

# "off": this deployment does not use the thing. "unknown": it could not be seen.
State = Literal["ok", "wrong", "unknown", "off"]


@dataclass(frozen=True, slots=True)
class Finding:
    """`step` counts as the checklist does, 1 to 13; 0 is what comes before it."""

    step: int
    state: State
    detail: Both
    remedy: Both = ("", "")

    def as_json(self) -> dict[str, Any]:
        """Both languages, for programs."""
        return {
            "step": self.step,
            "state": self.state,
            "detail": {"ko": self.detail[0], "en": self.detail[1]},
            "remedy": {"ko": self.remedy[0], "en": self.remedy[1]},
        }

    def __str__(self) -> str:
        return f"{self.state} {self.step}: {pick(self.detail)}"


def ok(step: int, detail: Both) -> Finding:
    """It is as it should be."""
    return Finding(step, "ok", detail)


def wrong(step: int, detail: Both, remedy: Both) -> Finding:
    """It is not, and this mends it."""
    return Finding(step, "wrong", detail, remedy)


def unknown(step: int, detail: Both, remedy: Both = ("", "")) -> Finding:
    """It could not be looked at."""
    return Finding(step, "unknown", detail, remedy)


def off(step: int, detail: Both) -> Finding:
    """This deployment has no such part."""
    return Finding(step, "off", detail)
