"""Trains the encoder of questions: a question's vector, nearer to the passages that answer it.

    pip install torch==2.13.0
    python benchmarks/train_question_encoder.py [--steps 450] [--write]

Learns from the passages and questions of benchmarks/data/answered/ (see train_cross_encoder.py).
The passages keep the vectors that multilingual-e5-small gives them, so that a library need not
be embedded anew; only the question's side learns (LoRA, as `e5_torch` has it), to pick its own
passage out of all: softmax over cosines. A passage comes alone and between its neighbours, as
chunks do. What is lost of the nearness to the vector of before is part of the loss, so that what
the model knows and these questions do not teach stays.
"""

from __future__ import annotations

import argparse
import random
from dataclasses import dataclass

import numpy as np
import torch
from platformdirs import user_cache_path
from torch import Tensor, nn
from torch.nn import functional

from answered import files, is_held_out
from e5_torch import Encoder, mean
from manualchat.embedding.e5 import QUESTION_ENCODER, E5Embedder
from manualchat.embedding.e5_weights import Weights, find_weights

RATE, WARM_UP, QUESTIONS, TEMPERATURE, KEEP = 1e-3, 40, 32, 0.02, 0.5
BESIDE = 0.7  # how often a neighbour stands on a side of the passage
MOST = 64  # tokens of a question


class Model(Encoder):
    """Token ids to unit vectors, shape (questions, hidden)."""

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        return functional.normalize(mean(self.encode(ids, mask), mask), dim=1)


@dataclass(frozen=True, slots=True)
class Question:
    """Its text, the rows of the passages that hold its answer, and its vector of before."""

    ids: list[int]
    answers: list[int]
    before: Tensor


def main() -> None:
    """Learn; print; store with --write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=450)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    torch.manual_seed(1)
    source = random.Random(3)
    embedder = E5Embedder(user_cache_path("manualchat", appauthor=False))
    model = Model(Weights(find_weights()))
    passages, learnt, held_out = examples(embedder, model, source)
    report(model, passages, held_out, 0)
    optimiser = torch.optim.AdamW(model.groups(), lr=RATE, weight_decay=0.01)
    some: list[Question] = []
    for step in range(1, arguments.steps + 1):
        if len(some) < QUESTIONS:
            some = source.sample(learnt, len(learnt))
        taken, some = some[:QUESTIONS], some[QUESTIONS:]
        factor = min(1.0, step / WARM_UP) * max(0.03, 1 - step / arguments.steps)
        for group in optimiser.param_groups:
            group["lr"] = RATE * group["share"] * factor
        model.train()
        vectors = model(*padded([q.ids for q in taken]))
        likeness = vectors @ passages.T / TEMPERATURE
        wanted = [source.choice(q.answers) for q in taken]
        for row, question in enumerate(taken):  # its other answers are no mistakes
            others = [at for at in question.answers if at != wanted[row]]
            likeness[row, others] = -torch.inf
        kept = (vectors * torch.stack([q.before for q in taken])).sum(1)
        loss = functional.cross_entropy(likeness, torch.tensor(wanted)) + KEEP * (1 - kept).mean()
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        if step % 50 == 0:
            print(f"step {step}: loss {loss.item():.3f}", flush=True)
    report(model, passages, held_out, arguments.steps)
    if arguments.write:
        np.savez_compressed(QUESTION_ENCODER, **model.adapter())
        print(f"{QUESTION_ENCODER}: {QUESTION_ENCODER.stat().st_size:,} bytes")


def examples(
    embedder: E5Embedder, model: Model, source: random.Random
) -> tuple[Tensor, list[Question], list[Question]]:
    """The passages' vectors, the questions to learn from, and those held out."""
    texts: list[str] = []
    asked: list[tuple[str, list[int], bool]] = []
    for records in files():
        first = len(texts)  # two rows a record: alone, and between its neighbours
        answers: list[list[int]] = [[] for _ in records]
        for at, record in enumerate(records):
            head = " > ".join(part for part in (record["title"], record["heading"]) if part)
            near = [at, *(n for n in (at - 1, at + 1) if source.random() < BESIDE)]
            near = sorted(n for n in near if 0 <= n < len(records))
            beside = [
                records[n]["passage"]
                if n == at
                else f"{records[n]['heading']}\n{records[n]['passage']}"
                for n in near
            ]
            texts += [f"{head}\n{record['passage']}", f"{head}\n" + "\n".join(beside)]
            answers[at].append(first + 2 * at)
            for n in near:
                answers[n].append(first + 2 * at + 1)
        for record, rows in zip(records, answers, strict=True):
            asked += [(question, rows, is_held_out(record)) for question in record["yes"]]
    print(f"{len(texts)} passages, {len(asked)} questions: embedding …", flush=True)
    passages = torch.tensor(embedder.passages(texts))
    ids = embedder.tokenizer.ids([f"query: {question}" for question, _, _ in asked])
    ids = [[0, *some[:MOST], 2] for some in ids]
    before = vectors_of(model, ids)
    made = [Question(i, rows, b) for i, (_, rows, _), b in zip(ids, asked, before, strict=True)]
    return (
        passages,
        [q for q, (_, _, held_out) in zip(made, asked, strict=True) if not held_out],
        [q for q, (_, _, held_out) in zip(made, asked, strict=True) if held_out],
    )


def padded(some: list[list[int]]) -> tuple[Tensor, Tensor]:
    """Ids, and which of them are no padding; each of shape (questions, tokens)."""
    ids = torch.ones((len(some), max(map(len, some))), dtype=torch.long)
    mask = torch.zeros_like(ids, dtype=torch.bool)
    for row, one in enumerate(some):
        ids[row, : len(one)] = torch.tensor(one)
        mask[row, : len(one)] = True
    return ids, mask


@torch.no_grad()
def vectors_of(model: Model, ids: list[list[int]]) -> Tensor:
    """The unit vectors of questions."""
    model.eval()
    return torch.cat([model(*padded(ids[at : at + 64])) for at in range(0, len(ids), 64)])


def report(model: Model, passages: Tensor, held_out: list[Question], step: int) -> None:
    """Print the mean reciprocal rank of the passages that answer, among all."""
    ranks = []
    for vector, question in zip(
        vectors_of(model, [q.ids for q in held_out]), held_out, strict=True
    ):
        likeness = passages @ vector
        ranks.append(1 + int((likeness > likeness[question.answers].max()).sum()))
    print(
        f"step {step}: MRR {np.mean(1 / np.array(ranks)):.3f} of {len(ranks)} held out", flush=True
    )


if __name__ == "__main__":
    main()
