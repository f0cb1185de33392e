"""multilingual-e5-small in PyTorch, with what can be learnt beside its weights.

The weights stay as they are. Learnt are two thin matrices beside each of a layer's own (LoRA:
Hu et al., arXiv 2106.09685), biases and norms, in all layers from `FIRST_LAYER` on. What was
learnt is a dictionary of small arrays, which `embedding.e5_weights.Adapted` adds to the weights.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from manualchat.embedding.e5_weights import Weights

RANK, FIRST_LAYER, DROPOUT = 16, 3, 0.1


class Adapted(nn.Module):
    """A linear layer whose matrix stays as it is, and two thin ones that are learnt beside it."""

    def __init__(self, matrix: Any, bias: Any) -> None:
        super().__init__()
        self.fixed = torch.tensor(matrix)
        self.b = nn.Parameter(torch.tensor(bias))
        rows, columns = matrix.shape
        self.a = nn.Parameter(torch.randn(RANK, columns) / math.sqrt(columns))
        self.c = nn.Parameter(torch.zeros(rows, RANK))

    def forward(self, x: Tensor) -> Tensor:
        learnt: Tensor = functional.linear(functional.linear(x, self.a), self.c)
        return functional.linear(x, self.fixed, self.b) + learnt


class Norm(nn.Module):
    """Layer normalisation."""

    def __init__(self, weights: Weights, name: str) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.tensor(weights.tensor(f"{name}.w")))
        self.b = nn.Parameter(torch.tensor(weights.tensor(f"{name}.b")))
        self._epsilon = weights.shape.epsilon

    def forward(self, x: Tensor) -> Tensor:
        return functional.layer_norm(x, x.shape[-1:], self.w, self.b, self._epsilon)


class Layer(nn.Module):
    """Attention and feed-forward, each with its residual norm."""

    def __init__(self, weights: Weights, number: int) -> None:
        super().__init__()
        shape, name = weights.shape, f"l{number}"
        self._heads = shape.heads
        hidden, wide = shape.hidden, shape.feed_forward
        for part, rows, columns in (
            *((part, hidden, hidden) for part in ("q", "k", "v", "ao")),
            ("fi", wide, hidden),
            ("fo", hidden, wide),
        ):
            matrix = weights.matrix(f"{name}.{part}.w", rows, columns)
            setattr(self, part, Adapted(matrix, weights.tensor(f"{name}.{part}.b")))
        self.aln, self.oln = Norm(weights, f"{name}.aln"), Norm(weights, f"{name}.oln")

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        pairs, tokens, hidden = x.shape

        def split(y: Tensor) -> Tensor:
            return y.float().view(pairs, tokens, self._heads, -1).transpose(1, 2)

        query, key, value = split(self.q(x)), split(self.k(x)), split(self.v(x))
        with torch.autocast("cpu", enabled=False):  # its way back is slow in 16 bits
            mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=bias)
        mixed = self.ao(mixed.transpose(1, 2).reshape(pairs, tokens, hidden))
        x = self.aln(x + functional.dropout(mixed, DROPOUT, self.training))
        wide = self.fo(functional.gelu(self.fi(x)))
        normal: Tensor = self.oln(x + functional.dropout(wide, DROPOUT, self.training))
        return normal


class Encoder(nn.Module):
    """Token ids to a vector a token, shape (texts, tokens, hidden)."""

    def __init__(self, weights: Weights) -> None:
        super().__init__()
        shape = weights.shape
        self._words = torch.tensor(
            weights.matrix("emb.word", shape.vocabulary, shape.hidden)
        ).half()
        positions = weights.tensor("emb.pos").reshape(-1, shape.hidden)
        self._positions = torch.tensor(positions + weights.tensor("emb.type")[: shape.hidden])
        self._norm = Norm(weights, "emb.ln").requires_grad_(False)
        self.layers = nn.ModuleList(Layer(weights, number) for number in range(shape.layers))
        self.layers[:FIRST_LAYER].requires_grad_(False)

    def encode(self, ids: Tensor, mask: Tensor, added: Tensor | float = 0.0) -> Tensor:
        """`mask` tells tokens from padding; `added` joins the embedded tokens."""
        x = self._norm(self._words[ids].float() + self._positions[: ids.shape[1]] + added)
        bias = torch.where(mask, 0.0, -1e4)[:, None, None, :].expand(-1, 1, ids.shape[1], -1)
        for layer in self.layers:
            x = layer(x, bias)
        return x

    def groups(self) -> list[dict[str, Any]]:
        """The thin matrices, and at half their rate all else that is learnt."""
        named = [(n, p) for n, p in self.named_parameters() if p.requires_grad]
        thin = [p for n, p in named if n.endswith((".a", ".c"))]
        other = [p for n, p in named if not n.endswith((".a", ".c"))]
        return [{"params": thin, "share": 1.0}, {"params": other, "share": 0.5}]

    def adapter(self) -> dict[str, Any]:
        """What was learnt, under the names that `e5_weights.Adapted` asks for."""
        return {name: p.detach().numpy().astype("float16") for name, p in self._learnt().items()}

    def _learnt(self) -> dict[str, Tensor]:
        found: dict[str, Tensor] = {}
        for number, layer in enumerate(self.layers[FIRST_LAYER:], FIRST_LAYER):
            for part in ("q", "k", "v", "ao", "fi", "fo"):
                linear, name = getattr(layer, part), f"l{number}.{part}"
                found |= {f"{name}.w.a": linear.a, f"{name}.w.c": linear.c, f"{name}.b": linear.b}
            for part in ("aln", "oln"):
                norm, name = getattr(layer, part), f"l{number}.{part}"
                found |= {f"{name}.w": norm.w, f"{name}.b": norm.b}
        return found | self.own()

    def own(self) -> dict[str, Tensor]:
        """What is learnt beside the layers."""
        return {}

    @torch.no_grad()
    def take(self, adapter: Mapping[str, Any]) -> None:
        """Learn on from what was learnt: an adapter as `adapter` gives it."""
        for name, parameter in self._learnt().items():
            parameter.copy_(torch.tensor(adapter[name]).float())


def mean(x: Tensor, mask: Tensor) -> Tensor:
    """The mean over tokens, shape (texts, hidden)."""
    shown = mask[:, :, None].float()
    return (x * shown).sum(1) / shown.sum(1)
