"""Builds multilingual-e5-small as an ONNX graph with 8-bit weights.

The graph is written directly in its quantised form: every weight matrix is
int8 with one scale a column, and onnxruntime's DynamicQuantizeMatMul quantises
the activations as they come. Weights use 7 bits (-64..64), because processors
with AVX2 and no VNNI saturate the sum of two 8-bit products; so a vector does
not depend on the machine. Going through a float graph and the library's
quantiser gave the same vectors after 23 s and a 470 MB file on the way; this
takes about 2 s.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from onnx import NodeProto, TensorProto, helper, numpy_helper, save_model

from manualchat.embedding.e5_weights import Floats, Weights

_LEVELS = 64


def _quantise(matrix: Floats, axis: int) -> tuple[npt.NDArray[np.int8], Floats]:
    """Int8 values and the scale of each row (axis=1) or column (axis=0)."""
    scale = np.abs(matrix).max(axis=axis) / _LEVELS
    scale[scale == 0] = 1
    return (
        np.rint(matrix / np.expand_dims(scale, axis)).astype(np.int8),
        scale.astype(np.float32),
    )


class _Graph:
    """Collects nodes and constants; every method gives the name of its output."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def constant(self, name: str, value: Any) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def node(self, kind: str, inputs: list[str], output: str, domain: str = "", **a: Any) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], domain=domain, **a))
        return output

    def linear(self, x: str, name: str, matrix: Floats, bias: Floats) -> str:
        """x @ matrix.T + bias, with the matrix in 8 bits."""
        values, scale = _quantise(np.ascontiguousarray(matrix.T), axis=0)
        inputs = [x, self.constant(f"{name}.w", values), self.constant(f"{name}.s", scale)]
        inputs += ["", self.constant(f"{name}.b", bias)]
        return self.node("DynamicQuantizeMatMul", inputs, name, domain="com.microsoft")

    def norm(self, x: str, name: str, weight: Floats, bias: Floats, epsilon: float) -> str:
        inputs = [x, self.constant(f"{name}.w", weight), self.constant(f"{name}.b", bias)]
        return self.node("LayerNormalization", inputs, name, axis=-1, epsilon=epsilon)


def build_graph(weights: Weights, path: Path) -> None:
    """Write the model: `ids`, `mask` (batch, tokens) int64 -> `vector` (batch, hidden).

    The vector is the mean over unmasked tokens, scaled to length 1.
    """
    g, shape = _Graph(), weights.shape
    hidden, heads = shape.hidden, shape.heads
    words, scales = _quantise(weights.matrix("emb.word", shape.vocabulary, hidden), axis=1)
    positions = weights.tensor("emb.pos").reshape(-1, hidden)
    positions = positions + weights.tensor("emb.type").reshape(-1, hidden)[:1]
    for name, value in {
        "one": np.float32(1),
        "far": np.float32(-1e4),
        "axis1": np.array([1]),
        "axis2": np.array([2]),
        "axis12": np.array([1, 2]),
        "zero": np.array([0]),
        "split": np.array([0, 0, heads, hidden // heads]),
        "join": np.array([0, 0, hidden]),
        "root": np.float32(1 / np.sqrt(hidden // heads)),
    }.items():
        g.constant(name, value)

    g.node("Gather", [g.constant("words", words), "ids"], "word8")
    g.node("Cast", ["word8"], "wordf", to=TensorProto.FLOAT)
    g.node("Gather", [g.constant("word_scale", scales[:, None]), "ids"], "scale")
    g.node("Mul", ["wordf", "scale"], "word")
    g.node("Shape", ["ids"], "length", start=1)
    g.node("Slice", [g.constant("positions", positions), "zero", "length", "zero"], "position")
    g.node("Add", ["word", "position"], "summed")
    x = g.norm(
        "summed", "ln", weights.tensor("emb.ln.w"), weights.tensor("emb.ln.b"), shape.epsilon
    )
    g.node("Cast", ["mask"], "maskf", to=TensorProto.FLOAT)
    g.node("Sub", ["one", "maskf"], "hole")
    g.node("Mul", ["hole", "far"], "low")
    g.node("Unsqueeze", ["low", "axis12"], "bias")
    for layer in range(shape.layers):
        x = _layer(g, weights, layer, x)
    g.node("Unsqueeze", ["maskf", "axis2"], "mask3")
    g.node("Mul", [x, "mask3"], "kept")
    g.node("ReduceSum", ["kept", "axis1"], "total", keepdims=0)
    g.node("LpNormalization", ["total"], "vector", axis=-1, p=2)

    tokens = ["batch", "tokens"]
    graph = helper.make_graph(
        g.nodes,
        "multilingual-e5-small",
        [helper.make_tensor_value_info(n, TensorProto.INT64, tokens) for n in ("ids", "mask")],
        [helper.make_tensor_value_info("vector", TensorProto.FLOAT, ["batch", hidden])],
        g.constants,
    )
    opsets = [helper.make_opsetid("", 20), helper.make_opsetid("com.microsoft", 1)]
    save_model(helper.make_model(graph, opset_imports=opsets, ir_version=10), str(path))


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

    for part, order in (("q", [0, 2, 1, 3]), ("k", [0, 2, 3, 1]), ("v", [0, 2, 1, 3])):
        g.node("Reshape", [linear(x, part, hidden, hidden), "split"], name(f"{part}.split"))
        g.node("Transpose", [name(f"{part}.split")], name(f"{part}.turned"), perm=order)
    g.node("MatMul", [name("q.turned"), name("k.turned")], name("score"))
    g.node("Mul", [name("score"), "root"], name("scaled"))
    g.node("Add", [name("scaled"), "bias"], name("biased"))
    g.node("Softmax", [name("biased")], name("attention"), axis=-1)
    g.node("MatMul", [name("attention"), name("v.turned")], name("mixed"))
    g.node("Transpose", [name("mixed")], name("turned"), perm=[0, 2, 1, 3])
    g.node("Reshape", [name("turned"), "join"], name("joined"))
    g.node("Add", [x, linear(name("joined"), "ao", hidden, hidden)], name("residual"))
    x = norm(name("residual"), "aln")
    g.node("Gelu", [linear(x, "fi", shape.feed_forward, hidden)], name("gelu"))
    g.node("Add", [x, linear(name("gelu"), "fo", hidden, shape.feed_forward)], name("out"))
    return norm(name("out"), "oln")
