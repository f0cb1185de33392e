"""Questions to start with, from the manuals' own headings."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from manualchat.language import language_of

_NUMBERING = re.compile(
    r"^\s*(?:제?\s*\d+\s*(?:장|절|편)|[\dIVXivx]+(?:[.\-]\d+)*[.)]?|[A-Z][.)]|[①-⑳■●▶◆※○□•\-–])\s+|^\s*\d+(?:\.\d+)+\.?\s*"
)
_DULL = re.compile(
    r"목차|차례|머리말|서문|부록|색인|참고|개요|일러두기|contents|index|preface|appendix|introduction"
    r"|foreword|copyright|notes?$|저작권|메모|memo|표지|사용\s*설명서|manual$|guide$",
    re.IGNORECASE,
)
# What a heading ends with, and how one asks for that in Korean.
_ASK_KO: Sequence[tuple[re.Pattern[str], str]] = (
    (re.compile(r"(.+?)하기$"), "{0}하려면 어떻게 하나요?"),
    (re.compile(r"(.+)\s?방법$"), "{0} 방법을 알려 주세요."),
    (
        re.compile(
            r"(.+(?:교체|설치|청소|세척|연결|설정|조작|점검|보관|손질|초기화|사용|조립|분리))$"
        ),
        "{0}[은는] 어떻게 하나요?",
    ),
    (re.compile(r"(.+(?:사양|규격|제원))$"), "{0}[을를] 알려 주세요."),
    (re.compile(r"(.*(?:오류|에러|고장|이상|증상|문제).*)$"), "{0}[은는] 어떻게 해결하나요?"),
    (re.compile(r"(.*(?:주의|경고|안전).*)$"), "{0}에는 무엇이 있나요?"),
    (re.compile(r"(.+)$"), "{0}에 대해 알려 주세요."),
)
_ASK_EN: Sequence[tuple[re.Pattern[str], str]] = (
    (re.compile(r"(?:how to )(.+)$", re.IGNORECASE), "How do I {0}?"),
    (
        re.compile(
            r"((?:clean|install|replac|connect|sett|us|charg|stor|remov|reset|updat|mount)\w*ing\b.*)$",
            re.IGNORECASE,
        ),
        "What should I know about {0}?",
    ),
    (
        re.compile(r"(.*(?:error|trouble|problem|fault).*)$", re.IGNORECASE),
        "What does the manual say about {0}?",
    ),
    (
        re.compile(r"(.*(?:specification|dimension|rating).*s?)$", re.IGNORECASE),
        "What are the {0}?",
    ),
    (
        re.compile(r"(.*(?:safety|warning|caution|precaution).*)$", re.IGNORECASE),
        "What are the {0}?",
    ),
    (re.compile(r"(.+)$"), "What does the manual say about {0}?"),
)


def suggest(headings: Iterable[str], limit: int = 4) -> list[str]:
    """Up to `limit` questions, in the headings' order, no two on the same heading."""
    questions: list[str] = []
    seen: set[str] = set()
    for heading in headings:
        subject = subject_of(heading)
        key = re.sub(r"\W", "", subject).lower()
        if not key or key in seen:
            continue
        seen.add(key)
        questions.append(_question(subject))
        if len(questions) == limit:
            break
    return questions


def subject_of(heading: str) -> str:
    """What a heading is about, without its number; "" when nobody would ask for it."""
    text = " ".join(unicodedata.normalize("NFC", heading).split())
    text = _NUMBERING.sub("", text).strip(" .:·-–—\"'“”")
    letters = sum(character.isalpha() for character in text)
    if not 4 <= len(text) <= 30 or letters < len(text) * 0.6 or _DULL.search(text):
        return ""
    return text


def _question(subject: str) -> str:
    korean = language_of(subject) == "ko"
    for pattern, form in _ASK_KO if korean else _ASK_EN:
        found = pattern.match(subject)
        if found:
            words = found.group(1).strip()
            words = words if korean or words.isupper() else words[:1].lower() + words[1:]
            return _with_particle(form.format(words))
    return subject


def _with_particle(text: str) -> str:
    """`[은는]` becomes 은 after a final consonant and 는 after a vowel."""

    def choose(found: re.Match[str]) -> str:
        before = text[found.start() - 1]
        closed = "가" <= before <= "힣" and (ord(before) - ord("가")) % 28 != 0
        return found.group(1) if closed else found.group(2)

    return re.sub(r"\[(.)(.)\]", choose, text)
