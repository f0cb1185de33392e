"""A follow-up question made whole, by rule: what it leaves out comes from the turns before."""

from __future__ import annotations

import re
from collections.abc import Sequence

from manualchat.answering.terms import content_words, fold
from manualchat.model import Turn

_POINTS_BACK = re.compile(
    r"^\s*(?:그럼|그러면|그렇다면|그리고|그런데|근데|아니|이번엔)(?=[\s,])"
    r"|(?<![가-힣])(?:그것|그거|그건|그게|이것|이거|이건|이게|해당|거기|여기)"
    r"|(?<![가-힣])[그이]\s?(?:제품|모델|기기|버튼|부품|때|경우|다음|기계|펀드|회사|문서)"
    r"|^\s*(?:and|then|also|what about|how about|but|ok(?:ay)?|so)\b"
    r"|\b(?:it|its|they|them|their|that one|this one|the same)\b",
)
_WHOLE = 2  # nouns that a question needs to name its topic
_NAMED = 3  # … to name it without a model number that was named before
_BACK = 3  # user turns looked at
_CARRIED = 3  # nouns taken over


def standalone(question: str, history: Sequence[Turn]) -> str:
    """`question` as it would be asked first: model and topic of the last question added.

    A question that stands alone comes back as it is. Only the user's own turns
    are drawn on: an answer's words would steer the search to what was found before.
    """
    earlier = [turn.content for turn in history if turn.role == "user" and turn.content.strip()]
    if not earlier:
        return question
    words = content_words(question)
    nouns = [w for w in words if w.kind in ("noun", "code", "number")]
    points_back = bool(_POINTS_BACK.search(fold(question)))
    carried: list[str] = []

    if len(nouns) < _NAMED or points_back:
        codes = next(
            (found for turn in reversed(earlier[-_BACK:]) if (found := _surfaces(turn, "code"))), []
        )
        if not any(w.kind == "code" for w in words):
            carried += codes
    if len(nouns) < _WHOLE or points_back:
        # The last noun before is what was asked of the topic; a new noun replaces it.
        for turn in reversed(earlier[-_BACK:]):
            topic = _surfaces(turn, "noun")
            if nouns and len(topic) > 1:
                topic = topic[:-1]
            topic = [t for t in topic[:_CARRIED] if t not in fold(question)]
            if topic:
                carried += topic
                break
    return f"{' '.join(dict.fromkeys(carried))} {question}" if carried else question


def _surfaces(turn: str, kind: str) -> list[str]:
    """Words of this kind as they were written, Korean ones without their particle."""
    folded, found = fold(turn), []
    for word in content_words(turn):
        if word.kind == kind:
            written = word.stem if word.surface.startswith(word.stem) else word.surface
            at = folded.find(written)
            same = len(folded) == len(turn) and at >= 0
            found.append(turn[at : at + len(written)] if same else written)
    return found
