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

# Tokens in one run. Every run has one core, and there are as many runs as cores: as fast as
# all cores on one run, with less memory, and no thread that spins while others have work.
_BATCH_TOKENS = 512
_OVERLAP = 64


def cores() -> int:
    """Processors that this process may use: a container's share, not the machine's."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


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
        return self._session()

    @cached_property
    def _words(self) -> Tokenizer:
        return self._tokenizer()

    def load(self) -> None:
        """Load the model now, rather than at the first text."""
        with self._lock:
            _ = self._model

    def _session(self) -> InferenceSession:
        # Official wheels of 2026 report to Microsoft, on Linux and macOS too
        # (github.com/microsoft/onnxruntime/pull/27379). What is asked at home stays at home.
        os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
        from onnxruntime import InferenceSession, SessionOptions

        options = SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        try:
            return InferenceSession(
                str(self._folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime raises classes of its own, many
            raise ModelUnavailable(
                detail=f"{self._folder}/model.onnx cannot be loaded ({error})"[:300],
                remedy="Delete that folder and start again.",
            ) from None

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
        """Run in batches of windows of like length, so that little is padding."""
        order = sorted(range(len(windows)), key=lambda i: len(windows[i]))
        batches: list[list[int]] = []
        while order:
            room = max(1, _BATCH_TOKENS // max(1, len(windows[order[-1]])))
            batches.append(order[-room:])
            del order[-room:]

        def run(batch: list[int]) -> Vectors:
            return self._forward(session, [windows[i] for i in batch])

        # one question is not worth another thread
        outputs = list(map(run, batches) if len(batches) < 2 else self._runs.map(run, batches))
        width = outputs[0].shape[1] if outputs else self._dimensions
        vectors = np.zeros((len(windows), width), np.float32)
        for batch, output in zip(batches, outputs, strict=True):
            vectors[batch] = output
        return vectors

    def _forward(self, session: InferenceSession, windows: list[list[int]]) -> Vectors:
        """Feed the model under the input names that it declares; mean-pool if it does not."""
        longest = len(windows[-1])
        ids = np.full((len(windows), longest), int(self._card.get("pad", 0)), np.int64)
        mask = np.zeros((len(windows), longest), np.int64)
        for row, window in enumerate(windows):
            ids[row, : len(window)] = window
            mask[row, : len(window)] = 1
        feeds: dict[str, npt.NDArray[np.int64]] = {}
        for wanted in session.get_inputs():
            if re.search("mask", wanted.name):
                feeds[wanted.name] = mask
            elif re.search("type", wanted.name):
                feeds[wanted.name] = np.zeros_like(ids)
            else:
                feeds[wanted.name] = ids
        output = np.asarray(session.run(None, feeds)[0], np.float32)
        if output.ndim == 3:  # token vectors: the model leaves pooling to its user
            weights = mask[:, :, None].astype(np.float32)
            output = (output * weights).sum(axis=1) / weights.sum(axis=1)
        vectors: Vectors = output / np.maximum(np.linalg.norm(output, axis=1, keepdims=True), 1e-12)
        return vectors
