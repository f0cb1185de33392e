"""Builds multilingual-e5-small as ONNX graphs with 8-bit weights.

Three of them: the embedder of passages, and what was trained from it: the encoder
of questions and the cross-encoder. A graph is written directly in its quantised
form: every weight matrix is int8 with one scale a column, and onnxruntime's
DynamicQuantizeMatMul quantises the activations as they come. Weights use 7 bits
(-64..64), because processors with AVX2 and no VNNI saturate the sum of two 8-bit
products; so a vector does not depend on the machine. Going through a float graph
and the library's quantiser gave the same vectors after 23 s and a 470 MB file on
the way; this takes about 5 s with all that stands beside it.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper, save_model

from manualchat.embedding.e5_weights import Adapted, Adapter, Floats, Weights

_MICROSOFT = "com.microsoft"  # the domain of onnxruntime's own operators
_LEVELS = 64
_LARGE, _ALIGNMENT = 1_024, 4_096  # bytes
_ROWS = 16_384  # taken from 4 bits to 8 at once

_Words = tuple[npt.NDArray[np.int8], Floats]  # vectors in 8 bits, and the scale of each


def _quantise(matrix: Floats, axis: int) -> tuple[npt.NDArray[np.int8], Floats]:
    """Int8 values and the scale of each row (axis=1) or column (axis=0)."""
    scale = np.abs(matrix).max(axis=axis) / _LEVELS
    scale[scale == 0] = 1
    return (
        np.rint(matrix / np.expand_dims(scale, axis)).astype(np.int8),
        scale.astype(np.float32),
    )


class _File:
    """Large constants in a file of their own, each once, whatever graphs have it.

    onnxruntime maps that file instead of copying it: a model loads in 0.1 s instead
    of 0.4, and of the 96 MB of word vectors only those in use take memory.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._places: dict[bytes, int] = {}

    def tensor(self, name: str, value: npt.NDArray[Any]) -> TensorProto:
        content = hashlib.sha256(value.data).digest()
        if content not in self._places:
            self._file.seek(-self._file.tell() % _ALIGNMENT, os.SEEK_CUR)
            self._places[content] = self._file.tell()
            self._file.write(value.data)
        tensor = TensorProto(
            name=name,
            dims=value.shape,
            data_type=helper.np_dtype_to_tensor_dtype(value.dtype),
            data_location=TensorProto.EXTERNAL,
        )
        place = (Path(self._file.name).name, self._places[content], value.nbytes)
        for key, fact in zip(("location", "offset", "length"), place, strict=True):
            tensor.external_data.add(key=key, value=str(fact))
        return tensor


class _Graph:
    """Collects nodes and constants; every method gives the name of its output."""

    def __init__(self, file: _File) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []
        self._file = file

    def constant(self, name: str, value: Any) -> str:
        value = np.asarray(value, order="C")
        small = value.nbytes < _LARGE
        self.constants.append(
            numpy_helper.from_array(value, name) if small else self._file.tensor(name, value)
        )
        return name

    def node(self, kind: str, inputs: list[str], output: str, domain: str = "", **a: Any) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], domain=domain, **a))
        return output

    def linear(self, x: str, name: str, matrix: Floats, bias: Floats) -> str:
        """x @ matrix.T + bias, with the matrix in 8 bits."""
        values, scale = _quantise(np.ascontiguousarray(matrix.T), axis=0)
        inputs = [x, self.constant(f"{name}.w", values), self.constant(f"{name}.s", scale)]
        inputs += ["", self.constant(f"{name}.b", bias)]
        return self.node("DynamicQuantizeMatMul", inputs, name, _MICROSOFT)

    def norm(self, x: str, name: str, weight: Floats, bias: Floats, epsilon: float) -> str:
        inputs = [x, self.constant(f"{name}.w", weight), self.constant(f"{name}.b", bias)]
        return self.node("LayerNormalization", inputs, name, axis=-1, epsilon=epsilon)


def build_graphs(weights: Weights, reader: Adapter, questions: Adapter, folder: Path) -> None:
    """Write the three graphs, and the weights of all in model.onnx.data."""
    words = _word_vectors(weights)
    with (folder / "model.onnx.data").open("wb") as file:
        shared = _File(file)
        for name, model in (
            ("model", _embedder(weights, _Graph(shared), words)),
            ("question_encoder", _embedder(Adapted(weights, questions), _Graph(shared), words)),
            ("cross_encoder", _cross_encoder(Adapted(weights, reader), _Graph(shared), words)),
        ):
            save_model(model, str(folder / f"{name}.onnx"))


def _embedder(weights: Weights, g: _Graph, words: _Words) -> ModelProto:
    """`ids` (texts, tokens) int64 -> `vector` (texts, hidden).

    The texts of one run have the same length: there is no padding, hence no mask.
    The vector is the mean over tokens, scaled to length 1.
    """
    mean = _mean(g, _encoder(g, weights, _embedded(g, weights, words)))
    g.node("LpNormalization", [mean], "vector", axis=-1, p=2)
    return _model(g, ("ids",), "vector", weights.shape.hidden)


def _cross_encoder(weights: Adapted, g: _Graph, words: _Words) -> ModelProto:
    """`ids`, `part` (pairs, tokens) int64 -> `score` (pairs, 1): log odds of an answer.

    `part` is 0 for the question's tokens and 1 for the passage's.
    """
    embedded = _embedded(g, weights, words)
    part = g.node("Gather", [g.constant("parts", weights.learnt("part")), "part"], "part_vector")
    x = _encoder(g, weights, g.node("Add", [embedded, part], "with_part"))
    g.node("Gather", [x, g.constant("opening", np.int64(0))], "first", axis=1)
    g.node("Concat", ["first", _mean(g, x)], "pooled", axis=-1)
    for layer, source in enumerate(("pooled", "bent")):
        matrix = g.constant(f"head{layer}.w", weights.learnt(f"head.{layer}.w").T)
        bias = g.constant(f"head{layer}.b", weights.learnt(f"head.{layer}.b"))
        product = g.node("MatMul", [source, matrix], f"head{layer}.product")
        g.node("Add", [product, bias], "score" if layer else "straight")
        if not layer:
            g.node("Tanh", ["straight"], "bent")
    return _model(g, ("ids", "part"), "score", 1)


def _model(g: _Graph, inputs: Sequence[str], output: str, width: int) -> ModelProto:
    tokens = ["texts", "tokens"]
    graph = helper.make_graph(
        g.nodes,
        "multilingual-e5-small",
        [helper.make_tensor_value_info(name, TensorProto.INT64, tokens) for name in inputs],
        [helper.make_tensor_value_info(output, TensorProto.FLOAT, ["texts", width])],
        g.constants,
    )
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid(_MICROSOFT, 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


def _embedded(g: _Graph, weights: Weights, words: _Words) -> str:
    """Word and position vectors of the ids, summed."""
    hidden = weights.shape.hidden
    positions = weights.tensor("emb.pos").reshape(-1, hidden)
    positions = positions + weights.tensor("emb.type").reshape(-1, hidden)[:1]
    zero = g.constant("zero", np.array([0]))
    g.node("Gather", [g.constant("words", words[0]), "ids"], "word8")
    g.node("Cast", ["word8"], "wordf", to=TensorProto.FLOAT)
    g.node("Gather", [g.constant("word_scale", words[1][:, None]), "ids"], "scale")
    g.node("Mul", ["wordf", "scale"], "word")
    g.node("Shape", ["ids"], "length", start=1)
    g.node("Slice", [g.constant("positions", positions), zero, "length", zero], "position")
    return g.node("Add", ["word", "position"], "summed")


def _encoder(g: _Graph, weights: Weights, summed: str) -> str:
    """All layers, on top of the embedded tokens."""
    weight, bias = weights.tensor("emb.ln.w"), weights.tensor("emb.ln.b")
    x = g.norm(summed, "ln", weight, bias, weights.shape.epsilon)
    for layer in range(weights.shape.layers):
        x = _layer(g, weights, layer, x)
    return x


def _mean(g: _Graph, x: str) -> str:
    return g.node("ReduceMean", [x, g.constant("axis1", np.array([1]))], "mean", keepdims=0)


def _word_vectors(weights: Weights) -> _Words:
    """The table of word vectors in 8 bits, and each row's scale. As floats it is 384 MB."""
    count, hidden = weights.shape.vocabulary, weights.shape.hidden
    values = np.empty((count, hidden), np.int8)
    scales = np.empty(count, np.float32)
    for first in range(0, count, _ROWS):
        rows = slice(first, min(first + _ROWS, count))
        part = weights.matrix("emb.word", rows.stop - first, hidden, first)
        values[rows], scales[rows] = _quantise(part, axis=1)
    return values, scales


def _layer(g: _Graph, weights: Weights, layer: int, x: str) -> str:
    """One transformer layer: attention and feed-forward, each with its residual norm."""
    shape, hidden = weights.shape, weights.shape.hidden

    def name(part: str) -> str:
        return f"l{layer}.{part}"

    def linear(source: str, part: str, rows: int, columns: int) -> str:
        matrix = weights.matrix(name(f"{part}.w"), rows, columns)
        return g.linear(source, name(part), matrix, weights.tensor(name(f"{part}.b")))

    def norm(source: str, part: str) -> str:
        weight, bias = weights.tensor(name(f"{part}.w")), weights.tensor(name(f"{part}.b"))
        return g.norm(source, name(part), weight, bias, shape.epsilon)

    # One product for all three: x is taken to 8 bits once, and wide products run faster.
    joint = g.linear(
        x,
        name("qkv"),
        np.concatenate([weights.matrix(name(f"{part}.w"), hidden, hidden) for part in "qkv"]),
        np.concatenate([weights.tensor(name(f"{part}.b")) for part in "qkv"]),
    )
    parts = [name(part) for part in "qkv"]
    g.nodes.append(helper.make_node("Split", [joint], parts, axis=-1, num_outputs=3))
    g.node("MultiHeadAttention", parts, name("mixed"), _MICROSOFT, num_heads=shape.heads)
    g.node("Add", [x, linear(name("mixed"), "ao", hidden, hidden)], name("residual"))
    x = norm(name("residual"), "aln")
    g.node("FastGelu", [linear(x, "fi", shape.feed_forward, hidden)], name("gelu"), _MICROSOFT)
    g.node("Add", [x, linear(name("gelu"), "fo", hidden, shape.feed_forward)], name("out"))
    return norm(name("out"), "oln")
