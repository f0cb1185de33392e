"""Syllables that Tesseract's Korean model cannot write, put back into the words they are part of.

Its character set holds 1,076 of the 2,350 syllables of KS X 1001: no 껑, 끓, 닦, 씻, 헹 or 겊,
so "뚜껑" can only come out as "뚜검" or the like, mostly with next to no confidence. A
misreading that is no word is corrected to the one word that fits; one that is a
word of its own ("물이 끌고") is left alone, and the likely word goes to search only.
"""

from __future__ import annotations

from collections.abc import Sequence

from manualchat.reading.korean import is_hangul
from manualchat.reading.recognise import Glyph

_UNSURE = 92.0

# Words of manuals with a syllable that the model lacks (after the bar, where it stands).
_WORDS = [
    "뚜껑|1",
    "속뚜껑|2",
    "헝겊|1",
    "껍질|0",
    "껍데기|0",
    "과즙|1",
    "녹즙|1",
    "착즙|1",
    "육즙|1",
    "밥솥|1",
    "내솥|1",
    "압력솥|2",
    "솥|0",
    "칫솔|0",
    "햇볕|1",
    "긁힘|0",
    "긁히|0",
    "긁힌|0",
    "긁지|0",
    "긁어|0",
    "긁거|0",
    "긁는|0",
    "끓이|0",
    "끓는|0",
    "끓인|0",
    "끓여|0",
    "끓으|0",
    "끓어|0",
    "끓었|0",
    "끓기|0",
    "끓고|0",
    "끓을|0",
    "끓임|0",
    "끓일|0",
    "닦아|0",
    "닦으|0",
    "닦는|0",
    "닦은|0",
    "닦지|0",
    "닦기|0",
    "닦고|0",
    "닦을|0",
    "닦습|0",
    "닦이|0",
    "닦인|0",
    "닦일|0",
    "닦았|0",
    "씻어|0",
    "씻으|0",
    "씻은|0",
    "씻고|0",
    "씻지|0",
    "씻는|0",
    "씻기|0",
    "씻을|0",
    "씻습|0",
    "씻겨|0",
    "깎아|0",
    "깎는|0",
    "깎기|0",
    "깎은|0",
    "뚫어|0",
    "뚫린|0",
    "뚫고|0",
    "뚫려|0",
    "뚫는|0",
    "굵은|0",
    "굵기|0",
    "굵게|0",
    "묽은|0",
    "묽게|0",
    "얹어|0",
    "얹고|0",
    "얹은|0",
    "얹지|0",
    "얹는|0",
    "엎어|0",
    "엎지|0",
    "엎질|0",
    "뜯어|0",
    "뜯고|0",
    "뜯지|0",
    "뜸들|0",
    "쿡탑|0",
    "얇은|0",
    "얇게|0",
    "얇아|0",
    "젓가락|0",
    "쇠젓가락|1",
    "젓지|0",
    "젓고|0",
    "샤워|0",
    "샤시|0",
    "헹구|0",
    "헹군|0",
    "헹궈|0",
    "헹굼|0",
    "헹굴|0",
    "씌워|0",
    "씌우|0",
    "씌운|0",
    "띄워|0",
    "띄우|0",
    "꽉끼|0",
    "꽉조|0",
    "꽉닫|0",
    "꽉잠|0",
    "꾹눌|0",
    "붓고|0",
    "붓지|0",
    "붓는|0",
    "붓습|0",
    "뺀후|0",
    "뺄때|0",
    "뺐다|0",
    "썰어|0",
    "썰은|0",
    "찢어|0",
    "찢긴|0",
    "찢기|0",
    "꺾이|0",
    "꺾어|0",
    "꺾지|0",
    "꺾인|0",
    "밟지|0",
    "밟아|0",
    "밟고|0",
    "낡은|0",
    "눕히|0",
    "눕혀|0",
    "담궈|1",
    "잠궈|1",
    "뱉어|0",
    "핥|0",
    "잣|0",
    "팥|0",
    "멎을|0",
    "멎고|0",
    "쏠림|0",
    "쉰내|0",
    "빻|0",
    "짓눌|0",
    "짠맛|0",
]
# Misreadings that are no words, met on real pages, for syllables that the model is sure of.
_MISREAD = dict(
    pair.split(">")
    for pair in [
        "뚜검>뚜껑",
        "뚜겅>뚜껑",
        "뚜경>뚜껑",
        "뚜컹>뚜껑",
        "헝검>헝겊",
        "헝겁>헝겊",
        "헝걸>헝겊",
        "겁질>껍질",
        "걸질>껍질",
        "과줍>과즙",
        "녹줍>녹즙",
        "착줍>착즙",
        "밥솔>밥솥",
        "내솔>내솥",
        "압력솔>압력솥",
        "끌는>끓는",
        "끌여>끓여",
        "끌인>끓인",
        "끌이>끓이",
        "끝여>끓여",
        "끝인>끓인",
        "끌으>끓으",
        "끝이기시>끓이기시",
        "물이끌>물이끓",
        "물을끌>물을끓",
        "닥아>닦아",
        "닥으>닦으",
        "닥지>닦지",
        "닥고>닦고",
        "다아내>닦아내",
        "다아주>닦아주",
        "다이지않>닦이지않",
        "씨워>씌워",
        "씨우>씌우",
        "씨운>씌운",
        "꽃지마>꽂지마",
        "꽃아>꽂아",
        "꽃았>꽂았",
        "꽃고>꽂고",
        "꽃혀>꽂혀",
        "꽃으>꽂으",
        "행궈>헹궈",
        "형궈>헹궈",
        "형구>헹구",
        "행구>헹구",
        "금힘>긁힘",
        "금히>긁히",
    ]
)

_INITIALS = ("ㄱㄲㅋ", "ㄷㄸㅌ", "ㅂㅃㅍ", "ㅅㅆㅈㅉㅊ", "ㅇㅎ", "ㄴ", "ㄹ", "ㅁ")
_LEADS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_UPRIGHT_VOWELS = frozenset((0, 1, 2, 3, 4, 5, 6, 7, 20))  # ㅏㅐㅑㅒㅓㅔㅕㅖㅣ


def _parts(syllable: str) -> tuple[int, bool]:
    """Family of the initial, and whether the vowel stands upright beside it."""
    code = ord(syllable) - 0xAC00
    lead = _LEADS[code // 588]
    family = next(i for i, letters in enumerate(_INITIALS) if lead in letters)
    return family, code % 588 // 28 in _UPRIGHT_VOWELS


_LACKING: dict[tuple[int, bool], list[tuple[str, int]]] = {}
for _entry in _WORDS:
    _word, _at = _entry.split("|")
    if int(_at) < len(_word):
        _LACKING.setdefault(_parts(_word[int(_at)]), []).append((_word, int(_at)))
for _found in _LACKING.values():
    _found.sort(key=lambda entry: -len(entry[0]))


def mended(glyphs: Sequence[Glyph]) -> list[Glyph]:
    """The glyphs with misread syllables corrected where only one word makes sense."""
    result = _split_wide(list(glyphs))
    for at, glyph in enumerate(result):
        if is_hangul(glyph.char) and glyph.sure < _UNSURE:
            right = _fitting(result, at)
            if right:
                result[at] = glyph._replace(char=right, sure=_UNSURE)
    text = "".join(g.char if len(g.char) == 1 else "?" for g in result)
    for wrong, word in _MISREAD.items():
        start = text.find(wrong)
        while start >= 0:
            for offset, char in enumerate(word):
                result[start + offset] = result[start + offset]._replace(char=char)
            start = text.find(wrong, start + 1)
    return result


def variants(glyphs: Sequence[Glyph]) -> list[str]:
    """Other words that this line may hold: for search, not for show."""
    text = "".join(g.char for g in glyphs)
    found = []
    for wrong, right in (
        ("끌고", "끓고"),
        ("끌기", "끓기"),
        ("끝이", "끓이"),
        ("달아", "닦아"),
        ("씨어", "씻어"),
    ):
        if wrong in text:
            found.append(right)
    return found


def _split_wide(glyphs: list[Glyph]) -> list[Glyph]:
    """ "뚜" and one unsure glyph two syllables wide are "뚜껑" with its particle."""
    result: list[Glyph] = []
    for glyph in glyphs:
        middle = (glyph.x0 + glyph.x1) // 2
        wide = glyph.tall > 0 and glyph.x1 - glyph.x0 > 1.25 * glyph.tall
        unsure = is_hangul(glyph.char) and glyph.sure < 60
        before = result[-1] if result else None
        if wide and (glyph.char == "뚜" or (unsure and glyph.char in "뚱둥똥뚝")):
            result.append(glyph._replace(char="뚜", x1=middle, sure=_UNSURE))
            result.append(glyph._replace(char="껑", x0=middle + 1, sure=_UNSURE))
        elif before is not None and before.char == "껑" and unsure and _particle(glyph):
            result.append(glyph._replace(char=_particle(glyph), sure=_UNSURE))
        elif before is not None and before.char == "뚜" and unsure and wide and _particle(glyph):
            result.append(glyph._replace(char="껑", x1=middle, sure=_UNSURE))
            result.append(glyph._replace(char=_particle(glyph), x0=middle + 1, sure=_UNSURE))
        else:
            result.append(glyph)
    return result


def _particle(glyph: Glyph) -> str:
    """The particle that an unsure syllable after "뚜껑" must be, by its final consonant."""
    return {8: "을", 4: "은", 0: "이"}.get((ord(glyph.char) - 0xAC00) % 28, "")


def _fitting(glyphs: Sequence[Glyph], at: int) -> str:
    """The lacking syllable that makes a word of the unsure one at `at`; "" for none."""
    for word, place in _LACKING.get(_parts(glyphs[at].char), ()):
        start = at - place
        if start < 0 or start + len(word) > len(glyphs):
            continue
        if len(word) == 1 and glyphs[at].sure > 60:
            continue
        if all(glyphs[start + i].char == char for i, char in enumerate(word) if i != place):
            return word[place]
    return ""
