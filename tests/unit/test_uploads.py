"""Names of uploads: whatever a browser sends, the file lands in the folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manualchat.uploads import Uploads, safe_name


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("설명서.pdf", "설명서.pdf"),
        ("설명서.PDF", "설명서.PDF"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\manuals\\a.pdf", "a.pdf"),
        ("a\0b.pdf", "ab.pdf"),
        ("", "manual.pdf"),
        (".pdf", "manual.pdf"),
        ("...", "manual.pdf"),
        ("x.exe", "x.exe.pdf"),
        ("\u202efdp.exe.pdf", "fdp.exe.pdf"),
    ],
)
def test_a_name_is_made_safe(sent: str, kept: str) -> None:
    assert safe_name(sent) == kept


@given(st.text(max_size=300))
def test_any_name_stays_in_its_folder(name: str) -> None:
    safe = safe_name(name)
    assert Path(safe).name == safe and safe not in (".", "..")
    assert safe.lower().endswith(".pdf")
    assert len(safe.encode()) <= 200


def test_decomposed_hangul_names_the_same_file() -> None:
    assert safe_name("\u1109\u1165.pdf") == safe_name("서.pdf")


def test_what_is_not_kept_is_put_back(tmp_path: Path) -> None:
    uploads = Uploads(tmp_path / "uploads")
    first, second = tmp_path / "1", tmp_path / "2"
    first.write_bytes(b"first")
    second.write_bytes(b"second")
    with uploads.placed("a.pdf", first) as placed:
        placed.keep = True
    with uploads.placed("a.pdf", second) as placed:
        assert placed.path.read_bytes() == b"second"
    assert placed.path.read_bytes() == b"first"
    assert [path.name for path in uploads.folder.iterdir()] == ["a.pdf"]
