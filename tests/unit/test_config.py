"""Settings: from keywords and variables, in their types, within their bounds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from manualchat.config import Secret, Settings
from manualchat.errors import ConfigurationError


def test_defaults_need_no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "TESSDATA_PREFIX", "MANUALCHAT_LIBRARY"):
        monkeypatch.delenv(name, raising=False)
    settings = Settings.load()
    assert (settings.library, settings.embedder, settings.region) == (None, "e5", "")
    assert settings == Settings()


def test_values_come_before_variables_and_variables_before_defaults(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MANUALCHAT_TOP_K", "3")
    assert Settings.load().top_k == 3
    assert Settings.load(top_k=5).top_k == 5
    assert Settings.load(top_k=None).top_k == 3


@pytest.mark.parametrize(
    ("variable", "text", "name", "value"),
    [
        ("MANUALCHAT_LIBRARY", "/설명서", "library", Path("/설명서")),
        ("MANUALCHAT_OCR", "Off", "ocr", False),
        ("MANUALCHAT_OCR", "1", "ocr", True),
        ("MANUALCHAT_THREADS", "4", "threads", 4),
        ("MANUALCHAT_PAGE_SECONDS", "2.5", "page_seconds", 2.5),
        ("MANUALCHAT_TOKEN", "열쇠", "token", Secret("열쇠")),
        ("OPENSEARCH_DIALECT", "classic", "opensearch_dialect", "classic"),
        ("MANUALCHAT_OPENSEARCH_HOST", "h", "opensearch_host", "h"),
        ("TESSDATA_PREFIX", "/t", "tessdata", Path("/t")),
        ("EMBEDDING_DIMENSIONS", "256", "embedding_dimensions", 256),
        ("EMBEDDING_DIMENSIONS", "", "embedding_dimensions", None),
        ("AWS_DEFAULT_REGION", "us-east-1", "region", "us-east-1"),
    ],
)
def test_a_variable_is_read_in_its_type(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str, name: str, value: object
) -> None:
    monkeypatch.delenv("AWS_REGION", raising=False)
    monkeypatch.setenv(variable, text)
    assert getattr(Settings.load(), name) == value


@pytest.mark.parametrize(
    ("variable", "text", "said"),
    [
        ("MANUALCHAT_TOP_K", "many", "a whole number"),
        ("MANUALCHAT_TOP_K", "3.5", "a whole number"),
        ("MANUALCHAT_PAGE_SECONDS", "soon", "a number"),
        ("MANUALCHAT_OCR", "perhaps", "true nor false"),
        ("MANUALCHAT_ANSWERER", "oracle", "extractive"),
        ("EMBEDDING_CONCURRENCY", "65", "at most 64"),
        ("EMBEDDING_RPM", "0", "more than 0"),
        ("MANUALCHAT_PART_PAGES", "0", "at least 1"),
    ],
)
def test_a_wrong_variable_is_named_with_what_it_should_be(
    monkeypatch: pytest.MonkeyPatch, variable: str, text: str, said: str
) -> None:
    monkeypatch.setenv(variable, text)
    with pytest.raises(ConfigurationError, match=variable) as wrong:
        Settings.load()
    assert said in str(wrong.value)


def test_a_misspelt_keyword_is_a_mistake_in_the_program() -> None:
    with pytest.raises(TypeError, match="tpo_k"):
        Settings.load(tpo_k=3)


def test_a_secret_does_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MANUALCHAT_TOKEN", "s3cret")
    settings = Settings.load()
    assert "s3cret" not in repr(settings)
    assert settings.token.get_secret_value() == "s3cret"
    assert settings.token != Secret("other")


def test_reading_settings_loads_no_library() -> None:
    code = "import sys, manualchat.config; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"pydantic", "numpy", "pymupdf"} & set(done.stdout.split())
