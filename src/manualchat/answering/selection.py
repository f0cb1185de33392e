"""Which units of the passages answer the question: the best, with what belongs to them.

They are scored by their words (`candidates.py`), and where those leave a doubt, by what a
cross-encoder says of the best of them. Constants: swept on the questions of benchmarks/data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from manualchat.answering.asked import PRICE, Asked, asked
from manualchat.answering.candidates import (
    NAMED,
    Candidate,
    is_title,
    named_by,
    scored,
)
from manualchat.answering.terms import Text, Word, codes, squeeze, words_of
from manualchat.model import Passage

MARGIN = 0.45  # a further unit may be this much worse than the best
STEPS = 6  # units of a procedure, which is told whole
MOST = 4  # units in an answer
WORTH = 0.85  # of the best unit's score: below, a unit only fills the answer up
ELSEWHERE = 0.95  # … and of a unit of another document than the best one's
LITERAL = 0.95  # how far a unit has a word that stands in it as such
ODDS = 0.05  # what the log odds of a unit that was read add to its score


@dataclass(frozen=True, slots=True)
class Reading:
    """What a cross-encoder says of a candidate and the units around it."""

    candidate: Candidate
    units: Sequence[Candidate]  # in reading order; the candidate is one of them
    text: str  # what is read: these, and neighbours that another reading has
    odds: float = 0.0  # log odds that it answers


@dataclass(slots=True)
class Selection:
    """What was chosen for an answer, and what the choice rests on."""

    question: str
    words: tuple[Word, ...]
    asked: Asked
    passages: Sequence[Passage]
    candidates: list[Candidate]
    chosen: list[Candidate]  # in reading order, best passage first

    @property
    def best(self) -> Candidate | None:
        return max(self.candidates, key=lambda c: c.score, default=None)


def select(question: str, passages: Sequence[Passage], most: int = MOST) -> Selection:
    """Choose up to `most` units that answer `question`, from `passages` best first."""
    words = words_of(question, "\n".join(f"{p.name} {p.title}\n{p.text}" for p in passages))
    kind = asked(question)
    if kind.unit == "amount" and _names(words, passages):
        kind = asked(PRICE)
    candidates = scored(words, kind, passages, about_the_same(question, passages))
    candidates = _of_what_is_asked_about(words, passages, candidates)
    return _chosen(Selection(question, words, kind, passages, candidates, []), most)


def choose_again(selection: Selection, readings: Sequence[Reading]) -> Selection:
    """The selection after some of its units were read.

    They change places, and scores, among themselves: what was not read stays behind them.
    """
    scores = sorted((r.candidate.score for r in readings), reverse=True)
    order = sorted(readings, key=lambda r: -(r.candidate.score + ODDS * r.odds))
    for reading, score in zip(order, scores, strict=True):
        rise = score - reading.candidate.score
        for unit in reading.units:
            unit.score += rise
    return _chosen(selection, MOST)


def _chosen(selection: Selection, most: int) -> Selection:
    """`selection` with its best candidates chosen, by their scores."""
    kind, passages = selection.asked, selection.passages
    chosen = _row_of_the_code(_choose(selection.candidates, kind, most), selection.words)
    if kind.shape != "how":  # the steps of a procedure belong together, whatever they score
        chosen = _best_first(_without_titles(_worth_saying(chosen, passages), kind))
    return replace(selection, chosen=chosen)


def _names(words: tuple[Word, ...], passages: Sequence[Passage]) -> bool:
    """Whether all words of the question are of one manual's name: it asks about the whole thing."""
    return any(
        all(Text(f"{passage.name} {passage.title}").has(word) >= NAMED for word in words)
        for passage in passages
    )


def _worth_saying(chosen: list[Candidate], passages: Sequence[Passage]) -> list[Candidate]:
    """Without what scores far below the best, but for the header of a table row that stays."""
    best = max(chosen, key=_score_of, default=None)
    if best is None:
        return []
    home = passages[best.passage].document
    kept = [
        c
        for c in chosen
        if c.score >= best.score * (WORTH if passages[c.passage].document == home else ELSEWHERE)
    ]
    named = {id(c) for c in kept} | {id(c.header) for c in kept if c.header is not None}
    return [c for c in chosen if id(c) in named]


def _without_titles(chosen: list[Candidate], kind: Asked) -> list[Candidate]:
    """Without lone headings: one stays when what stands below it is said too, or if it answers."""
    best = max(chosen, key=_score_of, default=None)
    places = {(c.passage, c.index) for c in chosen}
    return [
        c
        for c in chosen
        if c is best
        or (c.passage, c.index + 1) in places
        or not is_title(c)
        or (kind.strict and c.typed)
    ]


def _best_first(chosen: list[Candidate]) -> list[Candidate]:
    """What answers best, with its table's header before it and what follows it behind; then the rest."""
    best = max(chosen, key=_score_of, default=None)
    if best is None:
        return chosen
    lead = [c for c in chosen if c is best.header]
    at = (best.passage, best.index)
    behind = [c for c in chosen if (c.passage, c.index) == (at[0], at[1] + 1)]
    told = [*lead, best, *behind]
    return [*told, *(c for c in chosen if all(c is not other for other in told))]


def _score_of(candidate: Candidate) -> float:
    return candidate.score


def _row_of_the_code(chosen: list[Candidate], words: tuple[Word, ...]) -> list[Candidate]:
    """Who asks for E-04 wants its row: rows about other codes go, and what other pages say.

    A code of the manual's name (`above`) stands for the product and singles out no row.
    """
    asked_for = [w for w, word in enumerate(words) if word.kind == "code"]

    def has_code(candidate: Candidate) -> bool:
        return any(candidate.own[w] >= 1 and candidate.above[w] < NAMED for w in asked_for)

    pages = {c.passage for c in chosen if c.unit.kind == "row" and has_code(c)}
    if not pages:
        return chosen
    return [c for c in chosen if has_code(c) or (c.unit.kind != "row" and c.passage in pages)]


def about_the_same(question: str, passages: Sequence[Passage]) -> set[int]:
    """Indexes of passages whose document may be meant.

    When the question names a model and some document is of that model, what
    another model's manual says is no answer.
    """
    wanted = [code for code in codes(question) if len(code) >= 3]
    everything = set(range(len(passages)))
    for code in wanted:
        named = {
            i for i in everything if code in squeeze(f"{passages[i].name} {passages[i].title}")
        }
        if named:
            return named
    return everything


def _of_what_is_asked_about(
    words: Sequence[Word], passages: Sequence[Passage], candidates: list[Candidate]
) -> list[Candidate]:
    """Without manuals that lack a noun by which another one is called.

    "온풍기 전원 코드 길이": the fan heater's manual does not tell it, and what the dishwasher's
    says of its own cord is no answer. A synonym does not do: that one has a heater too.
    """
    of: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        of.setdefault(passages[candidate.passage].document, []).append(candidate)
    called = {document: named_by(words, some) for document, some in of.items()}
    names = [
        w
        for w, word in enumerate(words)
        if word.kind == "noun" and len(word.stem) > 1 and any(c[w] for c in called.values())
    ]
    kept = {
        document
        for document, some in of.items()
        if all(called[document][w] or any(c.own[w] >= LITERAL for c in some) for w in names)
    }
    return [c for c in candidates if passages[c.passage].document in kept] or candidates


def _choose(candidates: list[Candidate], kind: Asked, most: int) -> list[Candidate]:
    """The best unit, what belongs to it, and the next best elsewhere."""
    if not candidates:
        return []
    ranked = sorted(candidates, key=lambda c: -c.score)
    best = ranked[0]
    place = {(c.passage, c.index): c for c in candidates}
    chosen: list[Candidate] = []
    said: set[str] = set()

    def take(candidate: Candidate | None) -> None:
        if candidate is None or len(chosen) >= most or candidate.text.squeezed in said:
            return
        if candidate.score >= best.score - MARGIN or candidate.index == best.index + 1:
            chosen.append(candidate)
            said.add(candidate.text.squeezed)

    take(best)
    after = [place.get((best.passage, best.index + step)) for step in range(1, most)]
    if kind.shape == "how":
        procedure = _procedure(best, place)
        for step in procedure:
            if step is not best:
                chosen.append(step)
                said.add(step.text.squeezed)
        most = max(most, len(procedure))
    elif kind.shape in ("why", "open", "whether"):  # a symptom's remedy stands below it
        take(next((c for c in after[:1] if c and c.unit.block == best.unit.block), None))
    for candidate in ranked[1:3]:
        take(candidate)
    take(after[0] if after else None)
    for candidate in ranked[3:]:
        take(candidate)
    order = {p: n for n, p in enumerate(dict.fromkeys(c.passage for c in chosen))}
    return sorted(chosen, key=lambda c: (order[c.passage], c.unit.start))


def _procedure(best: Candidate, place: dict[tuple[int, int], Candidate]) -> list[Candidate]:
    """The best unit with the steps it is one of, or that stand below it; at most STEPS."""

    def beside(candidate: Candidate, step: int) -> Candidate | None:
        return place.get((candidate.passage, candidate.index + step))

    run = [best]
    if best.unit.kind == "item":
        while (before := beside(run[0], -1)) is not None and before.unit.kind == "item":
            if before.unit.block != best.unit.block or len(run) >= STEPS:
                break
            run.insert(0, before)
    block = best.unit.block
    while (following := beside(run[-1], 1)) is not None and len(run) < STEPS:
        title = len(run) == 1 and is_title(best)
        if following.unit.block != block and not title:
            break
        if following.unit.kind == "row" and not title:
            break
        block = following.unit.block
        run.append(following)
    return run
