"""Questions to start with, from the manuals' own headings."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence

from manualchat.language import language_of

_NUMBERING = re.compile(
    r"^\s*(?:제?\s*\d+\s*(?:장|절|편)|[\dIVXivx]+(?:[.\-]\d+)*[.)]?|[A-Z][.)]|[①-⑳■●▶▲◆※○□•\-–])\s+"
    r"|^\s*\d+(?:\.\d+)+\.?\s*"
)
_DULL = re.compile(
    r"목차|차례|머리말|서문|부록|색인|참고|개요|일러두기|저작권|메모|표지|경고$|주의$|^이 설명서"
    r"|사용\s*설명서|세요|니다$|contents|index|preface|appendix|introduction|foreword|copyright"
    r"|notes?$|memo|manual$|guide$|about this|signal words",
    re.IGNORECASE,
)
# Verbs whose noun form ends a heading of a procedure ("소금 넣기"). A list, since
# 세탁기, 충전기 and 식기 end the same way.
_VERBS = (
    "하|넣|맞추|비우|바꾸|켜|끄|고르|씻|닦|없애|채우|끼우|빼|달|열|닫|누르|돌리|말리|갈|쓰|보|찾|풀|걸"
    "|옮기|당기|줄이|늘리|지우|만들|붙이|떼|올리|내리|잠그|묶|접|펴|꽂|뽑"
)


def _how_to_ko(found: re.Match[str]) -> str:
    return f"{_attributive(found.group(1))} 방법을 알려 주세요."


def _attributive(stem: str) -> str:
    """A verb's stem with 는: 넣 → 넣는, 만들 → 만드는 (ㄹ falls away)."""
    last = ord(stem[-1]) - ord("가")
    return (stem[:-1] + chr(ord(stem[-1]) - 8) if last % 28 == 8 else stem) + "는"


def _lower_first(text: str) -> str:
    return text if text.isupper() else text[:1].lower() + text[1:]


def _form(text: str) -> Callable[[re.Match[str]], str]:
    return lambda found: _with_particle(text.format(found.group(1).strip()))


def _form_en(text: str) -> Callable[[re.Match[str]], str]:
    return lambda found: text.format(_lower_first(found.group(1).strip()))


# What a heading looks like, and how one asks for it; the most useful first.
_ASK_KO: Sequence[tuple[re.Pattern[str], Callable[[re.Match[str]], str]]] = (
    (re.compile(rf"(.*(?:{_VERBS}))기$"), _how_to_ko),
    (re.compile(r"(.+방법|.+는 법)$"), _form("{0}을 알려 주세요.")),
    (
        re.compile(
            r"(.+(?:교체|설치|청소|세척|연결|설정|조작|점검|보관|손질|초기화|조립|분리|예약))$"
        ),
        _form("{0}[은는] 어떻게 하나요?"),
    ),
    (re.compile(r"(.*(?:오류|에러) ?코드.*)$"), _form("{0}에는 어떤 것이 있나요?")),
    (
        re.compile(r"(.*(?:오류|에러|고장|이상|증상|문제).*)$"),
        _form("{0}[은는] 어떻게 해결하나요?"),
    ),
    (
        re.compile(r"(.+(?:사양|규격|제원|기간|소모품|부품|부속품))$"),
        _form("{0}[을를] 알려 주세요."),
    ),
    (re.compile(r"(.*(?:주의|경고|안전).*)$"), _form("{0}에는 무엇이 있나요?")),
    (re.compile(r"(.+)$"), _form("{0}에 대해 알려 주세요.")),
)
_ASK_EN: Sequence[tuple[re.Pattern[str], Callable[[re.Match[str]], str]]] = (
    (re.compile(r"how to (.+)$", re.IGNORECASE), _form_en("How do I {0}?")),
    (
        re.compile(r"(\w{3,}ing\b(?! up$| started$).*)$", re.IGNORECASE),
        _form_en("How does {0} work?"),
    ),
    (re.compile(r"(.*\berror codes?.*)$", re.IGNORECASE), _form_en("Which {0} are there?")),
    (
        re.compile(r"(.*(?:specification|dimension|spare part).*)$", re.IGNORECASE),
        _form_en("What are the {0}?"),
    ),
    (
        re.compile(r"(.*(?:safety|warning|caution).*)$", re.IGNORECASE),
        _form_en("What does it say about {0}?"),
    ),
    (re.compile(r"(.+)$"), _form_en("What does the manual say about {0}?")),
)


def suggest(headings: Iterable[str], limit: int = 4) -> list[str]:
    """Up to `limit` questions, no two on the same heading, the most useful first."""
    ranked: list[tuple[int, str]] = []
    seen: set[str] = set()
    for heading in headings:
        subject = subject_of(heading)
        key = re.sub(r"\W", "", subject).lower()
        if key and key not in seen:
            seen.add(key)
            ranked.append(_question(subject))
    ranked.sort(key=lambda one: one[0])
    return [question for _, question in ranked[:limit]]


def subject_of(heading: str) -> str:
    """What a heading is about, without its number; "" when nobody would ask for it."""
    text = " ".join(unicodedata.normalize("NFC", heading).split())
    text = _NUMBERING.sub("", text).strip(" .:·-–—\"'“”")
    letters = sum(character.isalpha() for character in text)
    if not 4 <= len(text) <= 30 or letters < len(text) * 0.6 or _DULL.search(text):
        return ""
    return text


def _question(subject: str) -> tuple[int, str]:
    """How useful the heading is to ask for (0 is best), and the question."""
    forms = _ASK_KO if language_of(subject) == "ko" else _ASK_EN
    for rank, (pattern, form) in enumerate(forms):
        found = pattern.match(subject)
        if found:
            # How-to and the like are as good as each other: the manual's order decides.
            return max(0, rank - 2) if rank < len(forms) - 1 else len(_ASK_KO), form(found)
    return len(_ASK_KO), subject


def _with_particle(text: str) -> str:
    """`[은는]` becomes 은 after a final consonant and 는 after a vowel."""

    def choose(found: re.Match[str]) -> str:
        before = text[found.start() - 1]
        closed = "가" <= before <= "힣" and (ord(before) - ord("가")) % 28 != 0
        return found.group(1) if closed else found.group(2)

    return re.sub(r"\[(.)(.)\]", choose, text)
