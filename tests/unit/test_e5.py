"""The embedding model: its conversion, its tokenizer, its windows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manualchat.config import Settings
from manualchat.embedding import open_embedder
from manualchat.embedding.e5 import E5Embedder
from manualchat.embedding.onnx_model import OnnxEmbedder
from manualchat.embedding.unigram import UnigramTokenizer
from manualchat.errors import ModelUnavailable


def test_vectors_are_unit_and_near_for_like_meanings(embedder: OnnxEmbedder) -> None:
    vectors = embedder.passages(
        ["필터를 물로 씻어 말립니다.", "The invoice is due on Friday.", "필터 청소 방법"]
    )
    assert vectors.shape == (3, embedder.dimensions) == (3, 384)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1, 1], abs=1e-5)
    scores = vectors @ embedder.query("필터는 어떻게 청소하나요?")
    assert min(scores[0], scores[2]) > scores[1] + 0.03


def test_a_language_finds_the_other(embedder: OnnxEmbedder) -> None:
    vectors = embedder.passages(["전원 플러그를 뽑으세요.", "식기를 바구니에 넣으세요."])
    scores = vectors @ embedder.query("Unplug the power cord")
    assert scores[0] > scores[1]


def test_text_past_the_limit_is_embedded_whole(embedder: OnnxEmbedder) -> None:
    filler = "이 문장은 자리를 채웁니다. " * 80
    ending = "배수 펌프의 보증 기간은 십 년입니다. " * 20
    plain, ended = embedder.passages([filler, filler + ending])
    question = embedder.query("배수 펌프의 보증 기간은?")
    assert ended @ question > plain @ question + 0.01


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=120))
def test_one_question_is_tokenized_as_the_library_does(text: str) -> None:
    embedder = _shared_embedder()
    assert embedder.tokenizer._unigram.ids([_normal(text)]) == [
        [*_rust().encode(_normal(text)).ids]
    ]


def test_korean_questions_are_tokenized_as_the_library_does(embedder: OnnxEmbedder) -> None:
    for text in ("query: SMX-H400SI 믹서의 E-04 오류는?", "x" * 300, "  두  칸  ", "", "𠮷😀😀끝"):
        assert _shared_embedder().tokenizer._unigram.ids([_normal(text)]) == [
            [*_rust().encode(_normal(text)).ids]
        ]


def _shared_embedder() -> E5Embedder:
    if "embedder" not in _held:
        from platformdirs import user_cache_path

        cache = Settings.load().cache or user_cache_path("manualchat", appauthor=False)
        _held["embedder"] = E5Embedder(cache)
    return _held["embedder"]  # type: ignore[return-value]


def _rust():  # type: ignore[no-untyped-def]
    if "rust" not in _held:
        _held["rust"] = _shared_embedder()._tokenizer()
    return _held["rust"]


def _normal(text: str) -> str:
    import re

    return re.sub(" {2,}", " ", text.translate(_shared_embedder().tokenizer._rules))


_held: dict[str, object] = {}


def test_two_processes_convert_once(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from manualchat.embedding.e5 import prepare;"
        "prepare(Path(sys.argv[1]), lambda text: print(text))"
    )
    runs = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    said = [run.communicate(timeout=300)[0].decode() for run in runs]
    assert [run.returncode for run in runs] == [0, 0]
    assert sum("Preparing" in text for text in said) == 1
    (folder,) = [path for path in tmp_path.iterdir() if path.is_dir()]
    assert {f.name for f in folder.iterdir()} >= {"model.onnx", "tokenizer.json", "vocabulary.db"}


def test_a_killed_conversion_is_begun_anew(tmp_path: Path, embedder: OnnxEmbedder) -> None:
    partial = tmp_path / f"{embedder._folder.name}.partial"
    partial.mkdir()
    (partial / "model.onnx").write_bytes(b"half")
    again = E5Embedder(tmp_path)
    assert again.query("필터") @ embedder.query("필터") == pytest.approx(1, abs=1e-4)
    assert not partial.exists()


def test_a_conversion_that_was_not_used_for_a_month_goes(tmp_path: Path) -> None:
    for name, days in (("multilingual-e5-small-int8-1", 40), ("multilingual-e5-small-int8-0", 3)):
        (tmp_path / name).mkdir()
        card = tmp_path / name / "manualchat.json"
        card.write_text("{}")
        os.utime(card, (time.time() - days * 86_400,) * 2)
    E5Embedder(tmp_path)
    kept = {path.name for path in tmp_path.iterdir() if path.is_dir()}
    assert "multilingual-e5-small-int8-0" in kept
    assert "multilingual-e5-small-int8-1" not in kept and len(kept) == 2


def test_a_vector_is_the_same_in_any_company(embedder: OnnxEmbedder) -> None:
    texts = ["필터는 물로 씻으세요.", "Unplug it before cleaning. " * 40, "E-04"]
    alone = np.concatenate([embedder.passages([text]) for text in texts])
    assert np.array_equal(embedder.passages(texts), alone)


def test_any_folder_with_a_model_and_a_tokenizer_can_be_named(
    tmp_path: Path, embedder: OnnxEmbedder
) -> None:
    for name in ("model.onnx", "model.onnx.data", "tokenizer.json"):
        os.link(embedder._folder / name, tmp_path / name)
    settings = Settings.load(embedder=str(tmp_path))
    own = open_embedder(settings, tmp_path)
    assert own.dimensions == 384
    assert own.identity.startswith(f"onnx:{tmp_path.name}:")
    (tmp_path / "manualchat.json").write_text(json.dumps({"name": "mine", "max_tokens": 64}))
    assert open_embedder(settings, tmp_path).identity == "mine"


def test_a_folder_without_a_model_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailable, match=r"no model\.onnx"):
        OnnxEmbedder(tmp_path)


def test_a_broken_model_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"not a model")
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(ModelUnavailable, match="cannot be loaded"):
        OnnxEmbedder(tmp_path).load()


def test_an_empty_list_has_no_vectors(embedder: OnnxEmbedder) -> None:
    assert len(embedder.passages([])) == 0


def test_unknown_characters_side_by_side_are_one_token(tmp_path: Path) -> None:
    from manualchat.embedding.unigram import save_vocabulary

    pieces = [("<unk>", 0.0), ("▁", -2.0), ("▁ab", -1.0), ("a", -3.0), ("b", -3.0)]
    save_vocabulary(pieces, 0, tmp_path / "v.db")
    tokenizer = UnigramTokenizer(tmp_path / "v.db")
    assert tokenizer.ids(["ab", "zz", ""]) == [[2], [1, 0], []]
    assert tokenizer.ids(["zz ab"]) == [[1, 0, 2]]  # words seen before


def test_a_question_finds_what_it_is_about_before_what_is_in_its_language(
    embedder: OnnxEmbedder,
) -> None:
    korean, english = embedder.passages(
        ["물통에는 물이 4.8 L까지 들어갑니다.", "Descale the machine with citric acid."]
    )
    asked = embedder.query("How many litres does the water tank hold?")
    assert asked @ korean > asked @ english
    assert np.linalg.norm(asked) == pytest.approx(1, abs=1e-5)
