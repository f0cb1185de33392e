"""What the manuals did not say: refused questions in groups, for those who write manuals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from manualchat.embedding.base import Embedder
from manualchat.journal import Asked
from manualchat.model import Vector
from manualchat.nouns_json import Json

# Questions nearer than this are one. Of pairs of other questions 1 in 100 is nearer (70
# unanswerable ones, among which some do ask the same); of 12 paraphrases 7 are.
SAME = 0.62


@dataclass(frozen=True, slots=True)
class Group:
    """Questions that want the same thing, most often asked wording first."""

    questions: tuple[str, ...]
    times: int
    last: str  # ISO 8601, UTC
    nearest: tuple[str, ...]

    def to_json(self) -> Json:
        """For `report --json`."""
        return {
            "questions": list(self.questions),
            "times": self.times,
            "last": self.last,
            "nearest": list(self.nearest),
        }


def group(asked: Sequence[Asked], embedder: Embedder | None = None) -> list[Group]:
    """Groups of questions, the most asked first.

    Without an embedder only the same words make a group. Each question joins
    the group of the most asked wording it is near to (leader clustering).
    """
    wordings: dict[str, list[Asked]] = {}
    for one in asked:
        wordings.setdefault(_key(one.question), []).append(one)
    ranked = sorted(wordings.values(), key=len, reverse=True)
    vectors = [embedder.query(same[0].question) for same in ranked] if embedder else []
    leaders: list[int] = []
    members: dict[int, list[list[Asked]]] = {}
    for number, same in enumerate(ranked):
        leader = next(
            (one for one in leaders if vectors and _near(vectors[one], vectors[number])), number
        )
        if leader == number:
            leaders.append(number)
        members.setdefault(leader, []).append(same)
    groups = [_group(members[leader]) for leader in leaders]
    return sorted(groups, key=lambda one: (one.times, one.last), reverse=True)


def _group(wordings: list[list[Asked]]) -> Group:
    every = [one for same in wordings for one in same]
    nearest = Counter(page for one in every for page in one.nearest[:1])
    return Group(
        questions=tuple(same[0].question for same in wordings),
        times=len(every),
        last=max(one.asked for one in every),
        nearest=tuple(page for page, _ in nearest.most_common(3)),
    )


def _key(question: str) -> str:
    """A question without what does not matter in it: case, spaces, punctuation."""
    return "".join(character for character in question.casefold() if character.isalnum())


def _near(a: Vector, b: Vector) -> bool:
    return bool(sum(x * y for x, y in zip(a, b, strict=True)) >= SAME)
