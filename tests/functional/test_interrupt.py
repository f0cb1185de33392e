"""Ctrl-C in the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from manualchat import Library
from manualchat.cli import INTERRUPTED, main


def test_ctrl_c_says_what_stays_and_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(library: Library) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Library, "status", interrupted)
    monkeypatch.setenv("MANUALCHAT_LANGUAGE", "en")
    with pytest.raises(SystemExit) as ended:
        main(["--library", str(tmp_path), "status"])
    assert ended.value.code == INTERRUPTED
    assert "run the same command to go on" in " ".join(capsys.readouterr().err.split())
