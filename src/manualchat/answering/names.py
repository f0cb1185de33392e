"""Names of people and firms: what "who" and "which company" ask for."""

from __future__ import annotations

import re
from functools import lru_cache

from manualchat.answering.terms import fold, squeeze
from manualchat.morphemes import morphemes

_MADE = r"(?:만들|만든|개발|설계|디자인|작성|제작|쓴|썼|발의|발명|발견|설립|번역|그린|그렸|찍은|창시|시작)"
_ROLE = r"(?:장|관|자|님|원|사|사람|대표|매니저|리더|수석|담당|감독|교수)"
_ASKS_FIRM = re.compile(
    r"(?:어느|어떤|무슨|어디)\s*(?:회사|업체|기업|브랜드|제조사|메이커|출판사)"
    r"|(?:회사|업체|제조사|제조원|브랜드|메이커|출판사)[가는은이]?\s*(?:어디|누구|이름|뭐|무엇|어느)"
    r"|\b(?:which|what) (?:company|firm|brand|manufacturer)|\bname of the company"
)
_ASKS_PERSON = re.compile(
    rf"누구(?:예|에|이|인|였|죠|지|야|입|임|의|\s*\?|$)|누가.*{_MADE}|{_MADE}.*(?:사람|분)\S*\s*(?:누|이름)"
    rf"|[가-힣]{_ROLE}의?\s*(?:이름|성함|성명)"
    r"|\bwho(?:\s+(?:is|was|are|were)\s+(?:the|its|that)\b"
    r"|.*\b(?:wrote|made|makes|designed|developed|created|invented|built|chairs|leads|founded))"
    r"|\bname of the (?:author|chair|director|manager|inventor|designer)"
)
_FIRM = re.compile(
    r"주식회사|\([주유재사]\)|[㈜㈐]|\b(?:inc|corp|ltd|gmbh|llc|co)\b|\b(?:manufacturer|made by)\b"
    r"|(?:회사|업체|기관|제조[자원사]|공급자|판매[자원]|수입[자원])명?\s*[:：\t]"
)
_PERSON = re.compile(
    r"(?:저자|지은이|작성자|발명자|출원인|담당자|대표자?|성명)\s*[:：\t]|\b(?:author|written by)\b"
)
_LATIN = re.compile(r"\b[A-Z][a-z]+(?:\s+[A-Z]\.)*\s+[A-Z][a-z]+|\b[A-Z][a-z]{2,}(?=[가-힣])")
_SURNAMES = (
    "김이박최정강조윤장임한오서신권황안송전홍유고문양손배백허남심노하곽성차주우구민류나진지엄채원천방공현함변"
    "염여추도소석선설마길연위표명반왕금옥육인맹제모탁국어은편용"
)

_TITLE = r"(?:위원장|위원|의원|장관|차관|대표|소장|회장|사장|이사|교수|박사|부장|과장|팀장|실장|국장|선생|목사|기자|씨|님)"
# Words that begin like a name: "환경부장관 제출", "위원장 선출"
_NO_NAME = (
    r"(?:제출|제안|제청|주재|주관|주최|이상|이하|이외|전원|전체|안건|안내|선거|선출|선임|임명|임기|표결|표창|국정|도착|구성"
    r"|공석|공고|고시|신청|신임|신규|성명|서명|승인|지정|지시|진행|정원|권한|오전|오후|최종|조치|유의|방문|변경|인사|연임|문의)"
    r"[이가을를의은는에로]?(?![가-힣])"
)
_TITLED = re.compile(
    rf"{_TITLE}\s+(?!{_NO_NAME})[{_SURNAMES}][가-힣]{{1,2}}(?![가-힣])"
    rf"|(?<![가-힣])[{_SURNAMES}][가-힣][가-힣](?<![부원회청처위당국소])\s*{_TITLE}"
)


_BROKEN = re.compile(r"(?<=[가-힣])\n(?=[가-힣])")  # a line may end inside a word: "고용보\n험기금"


def asks_for_a_name(question: str) -> bool:
    """Whether `question` wants the name of a person or a firm."""
    text = fold(question)
    return bool(_ASKS_PERSON.search(text) or _ASKS_FIRM.search(text))


@lru_cache(maxsize=4096)
def has_name(text: str, question: str) -> bool:
    """Whether `text` holds a name of the kind asked for that `question` does not hold itself.

    Where the dictionary is not installed (the query function on AWS), any Korean text may.
    """
    firm = bool(_ASKS_FIRM.search(fold(question)))
    if (_FIRM if firm else _PERSON).search(fold(text)):
        return True
    asked = squeeze(question)
    if any(squeeze(name) not in asked for name in _LATIN.findall(text)):
        return True
    if not firm and any(squeeze(name) not in asked for name in _TITLED.findall(text)):
        return True
    try:
        names = [m.surface for m in morphemes(_BROKEN.sub("", text)) if m.pos.startswith("NNP")]
    except ImportError:
        return bool(re.search("[가-힣]", text))
    return any(
        # Of two syllables, places begin like names and are many more: 한국, 서울.
        name not in asked and (len(name) > 1 if firm else len(name) == 3 and name[0] in _SURNAMES)
        for name in names
    )
