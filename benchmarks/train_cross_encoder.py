"""Trains the cross-encoder that tells whether a passage answers a question.

    pip install torch==2.13.0
    python benchmarks/train_cross_encoder.py [--minutes 60] [--write]

Learns from benchmarks/data/answered/: passages of invented manuals, each with three
questions that it answers, mostly in other words, and four near misses. They were written
for this project (CC0); none is about a manual that anything is measured on. A question is also
put to the passages that a search would find for it, and passages come with and without
title, heading and a neighbour, as sentences of a page do.

multilingual-e5-small stays as it is; what is learnt are thin matrices beside its
own (LoRA: Hu et al., arXiv 2106.09685) in all layers but the first three, and a head. They are
printed with how well they tell the one from the other on passages held out, and stored with
--write. `calibrate_abstention.py` comes next: it learns how much the score counts.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from platformdirs import user_cache_path
from torch import Tensor, nn
from torch.nn import functional

from answered import Record, files, is_held_out
from e5_torch import Encoder, mean
from manualchat.answering.cross_encoder import pair
from manualchat.embedding.e5 import CROSS_ENCODER, E5Embedder, E5Tokenizer
from manualchat.embedding.e5_weights import Weights, find_weights

RATE, WARM_UP, PAIRS = 1.2e-3, 60, 24
# A question is also put to one of the passages most like it, but for its own: so often of one; out
# of so many; and what such a pair weighs, since now and then it does answer.
OTHER, NEAREST, OTHER_WEIGHT = 0.4, 6, 0.8
NO_TITLE, NO_HEADING, NEIGHBOUR = 0.15, 0.3, 0.45  # how often


@dataclass(frozen=True, slots=True)
class Example:
    """Token ids of a question and a passage; `part` is 0 for the question's, 1 for the others."""

    ids: list[int]
    part: list[int]
    answered: bool
    weight: float


def main() -> None:
    """Learn for so many minutes; print; store with --write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    torch.manual_seed(1)
    random_source = random.Random(1)
    embedder = E5Embedder(user_cache_path("manualchat", appauthor=False))
    tokenizer = embedder.tokenizer
    records = [record for file in files() for record in file]
    held_out = [r for r in records if is_held_out(r)]
    learnt = [r for r in records if not is_held_out(r)]
    like = nearest(learnt, embedder)
    model = Model(Weights(find_weights()))
    optimiser = torch.optim.AdamW(model.groups(), lr=RATE, weight_decay=0.01)
    began, steps, epoch, done = time.monotonic(), 0, 0, 0.0
    while done < 1:
        for some in batches(varied(learnt, like, tokenizer, random_source), random_source):
            done = (time.monotonic() - began) / (60 * arguments.minutes)
            steps += 1
            factor = min(1.0, steps / WARM_UP) * max(0.03, 1 - done)
            for group in optimiser.param_groups:
                group["lr"] = RATE * group["share"] * factor
            model.train()
            answered = torch.tensor([float(e.answered) for e in some])
            weight = torch.tensor([e.weight for e in some])
            loss = functional.binary_cross_entropy_with_logits(
                model(*padded(some)), answered, weight=weight
            )
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            if steps % 50 == 0:
                print(f"{done:.0%} of the time, {steps} steps: loss {loss.item():.3f}", flush=True)
            if done >= 1:
                break
        report(model, [e for r in held_out for e in examples(r, r, tokenizer)], epoch)
        epoch += 1
    if arguments.write:
        np.savez_compressed(CROSS_ENCODER, **model.adapter())
        print(f"{CROSS_ENCODER}: {CROSS_ENCODER.stat().st_size:,} bytes")


class Model(Encoder):
    """Token ids to log odds, shape (pairs,). The graph: `embedding.e5_graph._cross_encoder`."""

    def __init__(self, weights: Weights) -> None:
        super().__init__(weights)
        hidden = weights.shape.hidden
        self.head = nn.Sequential(nn.Linear(2 * hidden, 128), nn.Tanh(), nn.Linear(128, 1))
        self.part = nn.Parameter(torch.zeros(2, hidden))

    def forward(self, ids: Tensor, part: Tensor, mask: Tensor) -> Tensor:
        x = self.encode(ids, mask, self.part[part])
        score: Tensor = self.head(torch.cat([x[:, 0], mean(x, mask)], 1))[:, 0]
        return score

    def own(self) -> dict[str, Tensor]:
        """The head, and the vectors of both parts."""
        found: dict[str, Tensor] = {"part": self.part}
        for at, place in enumerate((0, 2)):
            linear = self.head[place]
            found |= {f"head.{at}.w": linear.weight, f"head.{at}.b": linear.bias}
        return found


def examples(record: Record, shown: Record, tokenizer: E5Tokenizer) -> list[Example]:
    """Every question of a record, put to its passage as `shown`."""
    asked = [(q, True) for q in record["yes"]] + [(q, False) for q in record["no"]]
    return [example(tokenizer, q, shown, answered=answered) for q, answered in asked]


def example(
    tokenizer: E5Tokenizer, question: str, shown: Record, *, answered: bool, weight: float = 1.0
) -> Example:
    ids, part = pair(tokenizer, question, shown["title"], shown["heading"], shown["passage"])
    return Example(ids, part, answered, weight)


def nearest(records: Sequence[Record], embedder: E5Embedder) -> list[list[list[int]]]:
    """For each question that a record answers, the records most like it but for its own."""
    texts = ["\n".join((r["title"], r["heading"], r["passage"])) for r in records]
    passages = embedder.passages(texts)
    found = []
    for own, record in enumerate(records):
        like = np.array([embedder.query(q) for q in record["yes"]]) @ passages.T
        like[:, own] = -1
        found.append(np.argsort(-like, axis=1)[:, :NEAREST].tolist())
    return found


def varied(
    records: Sequence[Record],
    like: list[list[list[int]]],
    tokenizer: E5Tokenizer,
    source: random.Random,
) -> list[Example]:
    """All questions, each passage shown in one of its ways, and passages that do not answer."""

    def shown(record: Record) -> Record:
        text, other = record["passage"], source.choice(records)["passage"]
        if source.random() < NEIGHBOUR and other != text:
            beside = other[: source.randrange(30, 160)]
            text = f"{text}\n{beside}" if source.random() < 0.5 else f"{beside}\n{text}"
        return {
            "title": "" if source.random() < NO_TITLE else record["title"],
            "heading": "" if source.random() < NO_HEADING else record["heading"],
            "passage": text,
        }

    made = []
    for at, record in enumerate(records):
        made += examples(record, shown(record), tokenizer)
        for number, question in enumerate(record["yes"]):
            if source.random() < OTHER:
                other = shown(records[source.choice(like[at][number])])
                made.append(
                    example(tokenizer, question, other, answered=False, weight=OTHER_WEIGHT)
                )
    return made


def batches(some: list[Example], random_source: random.Random) -> list[list[Example]]:
    """Examples of like length together, in random order."""
    some = sorted(some, key=lambda e: len(e.ids) + 12 * random_source.random())
    made = [some[at : at + PAIRS] for at in range(0, len(some), PAIRS)]
    random_source.shuffle(made)
    return made


def padded(some: Sequence[Example]) -> tuple[Tensor, Tensor, Tensor]:
    """Ids, parts and which of them are no padding; each of shape (pairs, tokens)."""
    longest = max(len(e.ids) for e in some)
    ids = torch.ones((len(some), longest), dtype=torch.long)
    part = torch.ones_like(ids)
    mask = torch.zeros_like(ids, dtype=torch.bool)
    for row, example in enumerate(some):
        count = len(example.ids)
        ids[row, :count] = torch.tensor(example.ids)
        part[row, :count] = torch.tensor(example.part)
        mask[row, :count] = True
    return ids, part, mask


@torch.no_grad()
def report(model: Model, held_out: list[Example], epoch: int) -> None:
    """Print how often a question that the passage answers scores above one that it does not."""
    model.eval()
    scores = np.array([model(*padded([e])).item() for e in held_out])
    answered = np.array([e.answered for e in held_out])
    yes, no = scores[answered], scores[~answered]
    area = float((yes[:, None] > no).mean())
    print(
        f"epoch {epoch}: {len(yes)} answered, {len(no)} near misses: ROC area {area:.3f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
