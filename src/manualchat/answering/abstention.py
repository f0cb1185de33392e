"""Honest silence: whether the passages hold the answer, and what to say when not."""

from __future__ import annotations

from manualchat.answering.selection import Selection


def should_refuse(selection: Selection) -> bool:
    """Whether the manuals do not say. (Calibration follows.)"""
    best = selection.best
    return best is None or best.score < 0.6
