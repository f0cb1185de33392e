from __future__ import annotations

from collections.abc import Iterator

import pytest

from manualchat.config import Settings
from manualchat.reading import PdfReader


@pytest.fixture(scope="session")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PdfReader]:
    """One reader for all tests: its workers stay warm."""
    made = PdfReader(Settings.load(cache=tmp_path_factory.mktemp("cache")))
    yield made
    made.close()
