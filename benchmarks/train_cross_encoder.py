"""Trains the cross-encoder that tells whether a passage answers a question.

    pip install torch==2.13.0
    python benchmarks/train_cross_encoder.py [--minutes 60] [--on] [--bfloat16] [--write]

Learns from two sets, both written for this project (CC0), none of it about a manual that
anything is measured on: benchmarks/data/answered/, passages of invented manuals, each with
three questions that it answers, mostly in other words, four near misses, and for each of
those what the manual would say if it answered it; and benchmarks/data/pages/, whole pages
as extraction from a PDF gives them, whose places the questions are put to as at home (pages.py).

Every question is put to a text that answers it and to texts that do not.
That matters: of questions alone, whether theirs was written as a near miss can be guessed
with a ROC area of .91 ("how much …" seldom is answered, "may I …" often), and a model that
sees each question with one text only learns just that. So what is printed for passages
held out is, beside the area, how often one and the same question scores higher with the
text that answers it.

multilingual-e5-small stays as it is; what is learnt are thin matrices beside its
own (LoRA: Hu et al., arXiv 2106.09685) in all layers but the first three, and a head;
with --on, further from those that ship. They are stored with --write. With --bfloat16 a
step takes .57 of the time, on processors that have it (avx512_bf16 or amx in /proc/cpuinfo).
`calibrate_abstention.py` comes next: it learns how much the score counts.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from platformdirs import user_cache_path
from torch import Tensor, nn
from torch.nn import functional

import pages
from answered import Record, files, is_held_out
from e5_torch import Encoder, mean
from manualchat.answering.cross_encoder import pair
from manualchat.embedding.e5 import CROSS_ENCODER, E5Embedder, E5Tokenizer
from manualchat.embedding.e5_weights import Weights, find_weights

Floats = npt.NDArray[np.float64]
RATE, WARM_UP, PAIRS = 1.2e-3, 60, 24
# A question is also put to one of the passages most like it, but for its own: so often of one; out
# of so many; and what such a pair weighs, since now and then it does answer.
OTHER, NEAREST, OTHER_WEIGHT = 0.3, 6, 0.8
# How often a title or a heading is missing, other text stands beside, and lines end as on a page.
NO_TITLE, NO_HEADING, NEIGHBOUR, LINES = 0.15, 0.3, 0.6, 0.5
PASSAGES = 0.35  # the share of the passages that an epoch has, beside all pages
RIGHT, WRONG = 2, {True: 3, False: 2}  # places of a page; wrong ones if it has the answer, if not
MISSED = 0.6  # how often a near miss is put to a text that does not answer it


@dataclass(frozen=True, slots=True)
class Example:
    """Token ids of a question and a text; `part` is 0 for the question's, 1 for the others."""

    ids: list[int]
    part: list[int]
    answered: bool
    weight: float = 1.0


def main() -> None:
    """Learn for so many minutes; print; store with --write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--on", action="store_true", help="learn on from what ships")
    parser.add_argument("--bfloat16", action="store_true", help="multiply in 16 bits")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    torch.manual_seed(1)
    source = random.Random(1)
    embedder = E5Embedder(user_cache_path("manualchat", appauthor=False))
    tokenizer = embedder.tokenizer
    records = [record for file in files() for record in file]
    held_out = [r for r in records if is_held_out(r)]
    learnt = [r for r in records if not is_held_out(r)]
    like = nearest(learnt, embedder)
    whole = pages.documents()
    read = [d for d in whole if not pages.is_held_out(d)]
    model = Model(Weights(find_weights()))
    if arguments.on:
        with np.load(CROSS_ENCODER) as adapter:
            model.take(adapter)
        model.part.requires_grad_(False)  # or every step goes back through the layers that stay
    report(model, held_out, tokenizer)
    report_pages(model, [d for d in whole if pages.is_held_out(d)], tokenizer)

    def epoch() -> Iterator[Example]:
        for at in source.sample(range(len(learnt)), int(PASSAGES * len(learnt))):
            yield from varied(learnt[at], learnt, like[at], tokenizer, source)
        for document in read:
            yield from placed(document, read, tokenizer, source)

    learn(model, epoch, arguments.minutes, source, bfloat16=arguments.bfloat16)
    report(model, held_out, tokenizer)
    report_pages(model, [d for d in whole if pages.is_held_out(d)], tokenizer)
    if arguments.write:
        np.savez_compressed(CROSS_ENCODER, **model.adapter())
        print(f"{CROSS_ENCODER}: {CROSS_ENCODER.stat().st_size:,} bytes")


def learn(
    model: Model,
    epoch: Callable[[], Iterator[Example]],
    minutes: float,
    source: random.Random,
    *,
    bfloat16: bool,
) -> None:
    """Learn for so many minutes from what `epoch` gives, which is asked for as often as it takes."""
    optimiser = torch.optim.AdamW(model.groups(), lr=RATE, weight_decay=0.01)
    began, steps, done = time.monotonic(), 0, 0.0
    while done < 1:
        for batch in batches([*epoch()], source):
            done = (time.monotonic() - began) / (60 * minutes)
            steps += 1
            factor = min(1.0, steps / WARM_UP) * max(0.03, 1 - done)
            for group in optimiser.param_groups:
                group["lr"] = RATE * group["share"] * factor
            model.train()
            answered = torch.tensor([float(e.answered) for e in batch])
            weight = torch.tensor([e.weight for e in batch])
            with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
                scores = model(*padded(batch)).float()
            loss = functional.binary_cross_entropy_with_logits(scores, answered, weight=weight)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimiser.step()
            if steps % 50 == 0:
                print(f"{done:.0%} of the time, {steps} steps: loss {loss.item():.3f}", flush=True)
            if done >= 1:
                break


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
    record: Record,
    records: Sequence[Record],
    like: list[list[int]],
    tokenizer: E5Tokenizer,
    source: random.Random,
) -> Iterator[Example]:
    """A record's questions, put to its passage, to what it does not say, and to another's passage."""

    def example(question: str, of: Record, text: str, answered: bool, weight: float = 1) -> Example:
        title = "" if source.random() < NO_TITLE else of["title"]
        heading = "" if source.random() < NO_HEADING else of["heading"]
        return Example(*pair(tokenizer, question, title, heading, text), answered, weight)

    def beside(text: str) -> str:
        """As a page has it: below and above what is about something else, and in lines."""
        for below in (True, False):
            if source.random() < NEIGHBOUR / 2:
                other = source.choice(records)["passage"]
                at = source.randrange(max(1, len(other) - 30))
                other = other[at : at + source.randrange(20, 120)]
                text = f"{text}\n{other}" if below else f"{other}\n{text}"
        return in_lines(text, source) if source.random() < LINES else text

    passage, told = record["passage"], record["told"]
    said = set(source.sample(range(len(told)), source.choice((0, 0, 1))))
    some = set(source.sample(range(len(told)), source.choice((1, 2, 2, 3))))
    shown = [(True, said, beside(joined([passage, *(told[at] for at in said)], source)))]
    shown += [(False, some, beside(joined([told[at] for at in some], source)))]
    for whole, which, text in shown:
        for question in record["yes"]:
            yield example(question, record, text, whole)
        for at, question in enumerate(record["no"]):
            if at in which or source.random() < MISSED:
                yield example(question, record, text, at in which)
    for number, question in enumerate(record["yes"]):
        if source.random() < OTHER:
            other = records[source.choice(like[number])]
            yield example(question, other, beside(other["passage"]), False, OTHER_WEIGHT)


def placed(
    document: pages.Document,
    documents: Sequence[pages.Document],
    tokenizer: E5Tokenizer,
    source: random.Random,
) -> Iterator[Example]:
    """A page's questions, put to places of it that answer, and to the best that do not."""
    for asked in document.asked:
        puts = [*pages.put(document, asked, source)]
        source.shuffle(puts)
        right = [p for p in puts if p.answered][:RIGHT]
        wrong = [p for p in puts if not p.answered][: WRONG[asked.answered]]
        for some in right and right + wrong:
            put = pages.named(some, source.choice(documents).title, source)
            yield Example(*pair(tokenizer, *missing(put, source)), put.answered)


def missing(put: pages.Put, source: random.Random) -> tuple[str, str, str, str]:
    """Question, title, heading and text; now and then without a title or a heading."""
    title = "" if source.random() < NO_TITLE else put.title
    heading = "" if source.random() < NO_HEADING else put.heading
    return put.question, title, heading, put.text


def in_lines(text: str, source: random.Random) -> str:
    """White space that is a line's end on a page of some width."""
    width, line, words = source.randrange(18, 60), 0, list[str]()
    for word in text.split(" "):
        line += len(word) + 1
        words.append("\n" if line > width else " ")
        line = len(word) if line > width else line
        words.append(word)
    return "".join(words[1:])


def joined(texts: list[str], source: random.Random) -> str:
    """Texts below each other in any order."""
    return "\n".join(source.sample(texts, len(texts)))


def batches(some: list[Example], source: random.Random) -> list[list[Example]]:
    """Examples of like length together, in random order."""
    some = sorted(some, key=lambda e: len(e.ids) + 12 * source.random())
    made = [some[at : at + PAIRS] for at in range(0, len(some), PAIRS)]
    source.shuffle(made)
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


def scored(model: Model, some: Sequence[Example]) -> Floats:
    """The log odds of each example."""
    model.eval()
    scores = np.zeros(len(some))
    by_length = np.argsort([len(e.ids) for e in some])
    for batch in np.array_split(by_length, len(some) // PAIRS + 1):
        with torch.no_grad():
            scores[batch] = model(*padded([some[at] for at in batch])).numpy()
    return scores


def report(model: Model, held_out: Sequence[Record], tokenizer: E5Tokenizer) -> None:
    """Print how each question scores with a text that answers it, and with one that does not."""
    put: list[Example] = []  # each question to both of its texts, one after the other
    for record in held_out:
        texts = (record["passage"], "\n".join(record["told"]))
        for question in (*record["yes"], *record["no"]):
            for text in texts if question in record["yes"] else texts[::-1]:
                ids, part = pair(tokenizer, question, record["title"], record["heading"], text)
                put.append(Example(ids, part, not len(put) % 2))
    scores = scored(model, put)
    tell("passages", scores[::2], scores[1::2])


def report_pages(model: Model, held_out: Sequence[pages.Document], tokenizer: E5Tokenizer) -> None:
    """Print each question's highest score on a page with the answer, and on the page without."""
    source = random.Random(1)
    put: list[Example] = []
    of: list[int] = []
    for document in held_out:
        for asked in document.asked:
            puts = [*pages.put(document, asked, source)]
            if {True, False} <= {p.answered for p in puts}:
                of += [len(set(of))] * len(puts)
                put += [
                    Example(*pair(tokenizer, p.question, p.title, p.heading, p.text), p.answered)
                    for p in puts
                ]
    scores, answered, of_question = (
        scored(model, put),
        np.array([e.answered for e in put]),
        np.array(of),
    )
    best = [
        [scores[(of_question == q) & (answered == a)].max() for a in (True, False)]
        for q in np.unique(of_question)
    ]
    tell("pages", *np.array(best).T)


def tell(what: str, yes: Floats, no: Floats) -> None:
    """Print how often a question scores higher where it is answered."""
    print(
        f"{what}: of {len(yes)} questions held out {(yes > no).mean():.3f} score higher"
        f" where they are answered; ROC area {(yes[:, None] > no).mean():.3f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
