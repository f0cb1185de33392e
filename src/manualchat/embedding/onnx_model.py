"""Any sentence model as an ONNX file: a folder with `model.onnx` and `tokenizer.json`.

The folder may hold `manualchat.json` with {"name", "query_prefix", "passage_prefix",
"max_tokens"}; without it the prefixes are empty and 512 tokens are the limit. Text
past the limit is embedded in overlapping windows, whose vectors are averaged.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from manualchat.errors import ModelUnavailable

if TYPE_CHECKING:
    from onnxruntime import InferenceSession
    from tokenizers import Tokenizer

Vectors = npt.NDArray[np.float32]

_OVERLAP = 64  # tokens that two windows of one text share


def cores() -> int:
    """Processors that this process may use: a container's share, not the machine's."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def open_session(path: Path, threads: int = 1) -> InferenceSession:
    """A model file, ready to run. Raises ModelUnavailable."""
    # Official wheels of 2026 report to Microsoft, on Linux and macOS too
    # (github.com/microsoft/onnxruntime/pull/27379). What is asked at home stays at home.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    from onnxruntime import InferenceSession, SessionOptions

    options = SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises classes of its own, many
        raise ModelUnavailable(
            detail=f"{path} cannot be loaded ({error})"[:300],
            remedy="Delete its folder and start again.",
        ) from None


class OnnxEmbedder:
    """Embeds with onnxruntime. Loads at the first use; may be shared by threads."""

    def __init__(self, folder: Path, *, threads: int | None = None) -> None:
        for name in ("model.onnx", "tokenizer.json"):
            if not (folder / name).is_file():
                raise ModelUnavailable(
                    detail=f"{folder} has no {name}",
                    remedy="Name a folder that holds model.onnx and tokenizer.json.",
                )
        self._folder = folder
        card = folder / "manualchat.json"
        self._card: dict[str, Any] = json.loads(card.read_text()) if card.is_file() else {}
        self._threads = threads or cores()
        self._runs = ThreadPoolExecutor(self._threads, thread_name_prefix="embed")
        self._lock = threading.Lock()
        self._dimensions = int(self._card.get("dimensions", 0))
        self.tokens = 0

    @property
    def identity(self) -> str:
        """The card's name, else a hash of the files: whatever changes the vectors changes it."""
        if "name" not in self._card:
            digest = hashlib.sha256()
            for path in sorted(self._folder.glob("model.onnx*")):  # large weights stand beside it
                with path.open("rb") as file:
                    digest.update(hashlib.file_digest(file, "sha256").digest())
            self._card["name"] = f"onnx:{self._folder.name}:{digest.hexdigest()[:12]}"
        return str(self._card["name"])

    @property
    def dimensions(self) -> int:
        """Length of every vector."""
        if not self._dimensions:
            self._dimensions = len(self.query("a"))
        return self._dimensions

    @cached_property
    def _model(self) -> InferenceSession:
        return open_session(self._folder / "model.onnx")

    @cached_property
    def _words(self) -> Tokenizer:
        return self._tokenizer()

    def load(self) -> None:
        """Load the model now, rather than at the first text."""
        with self._lock:
            _ = self._model

    def _tokenizer(self) -> Tokenizer:
        from tokenizers import Tokenizer

        tokenizer = Tokenizer.from_file(str(self._folder / "tokenizer.json"))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer

    def passages(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors, shape (len(texts), dimensions), float32."""
        prefix = self._card.get("passage_prefix", "")
        return self._embed([prefix + text for text in texts])

    def query(self, text: str) -> Vectors:
        """The unit vector of a question, shape (dimensions,), float32."""
        vector: Vectors = self._embed([self._card.get("query_prefix", "") + text])[0]
        return vector

    def _embed(self, texts: Sequence[str]) -> Vectors:
        with self._lock:
            session = self._model
        windows: list[list[int]] = []
        owners: list[int] = []
        for owner, ids in enumerate(self._ids(texts)):
            self.tokens += len(ids)
            for window in self._windows(ids):
                windows.append(window)
                owners.append(owner)
        vectors = self._run(session, windows)
        if len(windows) == len(texts):
            return vectors
        lengths = np.array([len(window) for window in windows], np.float32)
        summed = np.zeros((len(texts), vectors.shape[1]), np.float32)
        np.add.at(summed, owners, vectors * lengths[:, None])
        normalised: Vectors = summed / np.linalg.norm(summed, axis=1, keepdims=True)
        return normalised

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        with self._lock:
            tokenizer = self._words
        encoded = tokenizer.encode_batch(list(texts), add_special_tokens=False)
        return [encoding.ids for encoding in encoded]

    def _windows(self, ids: list[int]) -> list[list[int]]:
        bos, eos = self._card.get("bos"), self._card.get("eos")
        room = int(self._card.get("max_tokens", 512)) - (bos is not None) - (eos is not None)
        starts = range(0, max(1, len(ids) - _OVERLAP), room - _OVERLAP)
        if len(ids) <= room:
            starts = range(1)
        head, tail = ([bos] if bos is not None else []), ([eos] if eos is not None else [])
        return [head + ids[start : start + room] + tail for start in starts]

    def _run(self, session: InferenceSession, windows: list[list[int]]) -> Vectors:
        """A vector a window, shape (len(windows), dimensions).

        Every run has one window and one core, and there are as many runs as cores:
        as fast as all cores on one run, with less memory, and no thread that spins
        while others have work. Alone, a window needs no padding, and 8-bit
        activations are scaled to it: its vector is the same in any company.
        """

        def run(window: list[int]) -> Vectors:
            return self._forward(session, window)

        # one question is not worth another thread
        made = map(run, windows) if len(windows) < 2 else self._runs.map(run, windows)
        return np.stack(list(made)) if windows else np.zeros((0, self._dimensions), np.float32)

    def _forward(self, session: InferenceSession, window: list[int]) -> Vectors:
        """Feed the model under the input names that it declares; mean-pool if it does not."""
        ids = np.array([window], np.int64)
        feeds: dict[str, npt.NDArray[np.int64]] = {}
        for wanted in session.get_inputs():
            if re.search("mask", wanted.name):
                feeds[wanted.name] = np.ones_like(ids)
            elif re.search("type", wanted.name):
                feeds[wanted.name] = np.zeros_like(ids)
            else:
                feeds[wanted.name] = ids
        output = np.asarray(session.run(None, feeds)[0][0], np.float32)
        if output.ndim == 2:  # token vectors: the model leaves pooling to its user
            output = output.mean(axis=0)
        vector: Vectors = output / max(float(np.linalg.norm(output)), 1e-12)
        return vector
