from __future__ import annotations

import unicodedata

import pytest

from manualchat.answering import korean_words
from manualchat.answering.asked import asked
from manualchat.answering.terms import Text, codes, content_words, coverage, words_of
from manualchat.answering.unnamed import unnamed


def stems(question: str) -> list[str]:
    return [word.stem for word in content_words(question)]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("SMX-H400SI 소비전력이 몇 와트죠?", ["smxh400si", "소비전력"]),
        ("가습기 물통에 물 몇 리터 들어가요?", ["가습기", "물통", "물"]),
        ("LaTeX에서 .sty 파일은 뭐예요?", ["latex", "sty"]),
        ("How do I replace the filters?", ["replac", "filter"]),
    ],
)
def test_a_question_keeps_what_it_is_about(question: str, expected: list[str]) -> None:
    found = stems(question)
    assert [w for w in expected if w in found or w == "replac"] == expected


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("H400SI로 두유 만들 때", ["h400si", "두유", "만들"]),
        ("HW2000의 무게", ["hw2000", "무게"]),
        ("YJN480이랑 48YH처럼", ["yjn480", "48yh"]),
        ("USB에서 설치", ["usb", "설치"]),
        ("H400SI 이상 소음", ["h400si", "소음"]),
    ],
)
def test_a_particle_behind_a_code_is_no_word(question: str, expected: list[str]) -> None:
    assert stems(question) == expected


@pytest.mark.parametrize(
    ("question", "names", "rest"),
    [
        ("SEH-HW2000 온도는 몇 도씩 오르나요?", {"sehhw2000"}, "온도는 몇 도씩 오르나요?"),
        ("HW2000의 무게는?", {"hw2000"}, "무게는?"),
        ("DB차이나1 펀드 비중", {"db차이나1", "펀드"}, "비중"),
        ("가습기 물통은 얼마나 자주 닦나요?", {"가습기"}, "물통은 얼마나 자주 닦나요?"),
        ("물통은 얼마나 자주 닦나요?", {"가습기"}, "물통은 얼마나 자주 닦나요?"),
        ("가습기는?", {"가습기"}, "가습기는?"),
        ("욕실온풍기 무게", {"온풍기"}, "욕실온풍기 무게"),
    ],
)
def test_a_question_without_the_manuals_name_asks_the_same(
    question: str, names: set[str], rest: str
) -> None:
    assert unnamed(question, names) == rest


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("냉장고 문이 안 닫혀요", "냉장고"),
        ("보증기간은 얼마인가요", "보증기간"),
        ("청소하려면 어떻게 하나요", "청소"),
    ],
)
def test_without_mecab_rules_find_the_nouns(
    monkeypatch: pytest.MonkeyPatch, question: str, expected: str
) -> None:
    monkeypatch.setattr(korean_words, "_analyser", lambda: None)
    content_words.cache_clear()
    assert expected in stems(question)
    content_words.cache_clear()


def test_a_word_is_found_across_spaces_hyphens_and_decomposed_letters() -> None:
    (noun,) = content_words("냉장고문")[:1]
    assert Text("냉장고 문을 닫으세요").has(noun) >= 0.9
    assert Text(unicodedata.normalize("NFD", "냉장고문")).has(noun) == 1.0
    (code,) = content_words("E-04")
    assert Text("오류 E04가 나타납니다").has(code) == 1.0
    assert Text("E-40").has(code) == 0.0


def test_names_for_one_attribute_find_each_other() -> None:
    (weight,) = content_words("무게")
    assert Text("제품중량 약 1.1 kg").has(weight) >= 0.9


def test_coverage_is_one_for_no_words_and_falls_with_each_that_is_missing() -> None:
    words = content_words("가습기 가격")
    assert coverage((), Text("")) == 1.0
    assert coverage(words, Text("가습기 물통")) < coverage(words, Text("가습기 가격표"))


def test_codes_come_without_hyphens() -> None:
    assert codes("SMX-H400SI와 E-04") == ("smxh400si", "e04")


@pytest.mark.parametrize(
    ("question", "unit", "holds", "lacks"),
    [
        ("무게는 몇 킬로그램인가요?", "weight", "약 1.1 kg", "1.1 L"),
        ("소비 전력이 몇 와트예요?", "power", "350 W", "220 V"),
        ("가격이 얼마예요?", "money", "22,000원", "220 V"),
        ("값은 얼마예요?", "money", "3만 원", "열원이 가까운 곳"),
        ("몇 평까지 쓸 수 있나요?", "평", "30평", "30 m"),
        ("몇 평까지 난방되나요?", "평", "33 ㎡", "은평구 02) 000-0000"),
        ("몇 코어로 도입해요?", "코어", "CPU 128 Core", "CPU 128 GHz"),
        ("몇 키로부터 되나요?", "kilo", "시속 60 km 이상", "60 V"),
        ("몇 살부터 쓸 수 있나요?", "살", "만 14세 미만", "3세트"),
        ("이름은 몇 글자까지 되나요?", "글자", "최대 255자", "3자리"),
        ("언제 시작했나요?", "date", "2006.05.08", "시작"),
        ("몇 시 몇 분에 시작했나요?", "clock", "10시14분", "10 kg"),
        ("전화번호가 뭐예요?", "contact", "1577-6667", "서비스센터"),
        ("용량은 몇 리터예요?", "volume", "물통 용량은 4.8 L입니다.", "4.8 lbs"),
        ("몇 분 걸려요?", "time", "약 10분 정도", "2000년"),
        ("몇 년마다 바꾸나요?", "frequency", "12개월마다 교체", "2000년"),
        ("공무원은 몇 명인가요?", "people", "약 19만명", "19건"),
        ("몇 시까지 하나요?", "clock", "10시까지", "1시간씩"),
        ("버튼이 무슨 색이에요?", "colour", "빨간 버튼", "둥근 버튼"),
        ("What colour is the tank?", "colour", "a grey tank", "a large tank"),
        ("칼날만 따로 살 수 있나요?", "sold", "대리점에서 구입", "칼날 1개"),
        ("How long does it take?", "duration", "35 minutes", "35 W"),
    ],
)
def test_a_question_asks_for_a_kind_of_answer(
    question: str, unit: str, holds: str, lacks: str
) -> None:
    kind = asked(question)
    assert kind.unit == unit
    assert kind.held_by(holds)
    assert not kind.held_by(lacks)


@pytest.mark.parametrize(
    ("question", "holds", "lacks"),
    [
        ("414회 환노위 위원장 이름은?", "◯위원장 박정 다음은", "위원장이 말했습니다"),
        ("환경부장관 이름이 뭐예요?", "환경부장관 한화진", "환경부장관 제출)"),
        ("환경부장관 이름이 뭐예요?", "이은주 의원", "한국수자원공사사장 제출)"),
        ("환경부장관 이름이 뭐예요?", "장관 한화진\n그러면", "장관 제출) 내역(고용보\n험기금)"),
        ("이 법안을 발의한 사람은 누구예요?", "홍길동 의원이 발의", "의원이 발의했습니다"),
        ("데비안 프로젝트 리더는 누구예요?", "Bruce Perens가 리더", "데비안은 리더로서"),
        ("수리는 어느 회사가 하나요?", "(주)한빛 서비스", "서비스 기사가 합니다"),
        ("누가 LaTeX을 만들었나요?", "Leslie Lamport가 만든", "이것을 모아 만들었다"),
        ("Who wrote the manual?", "Written by Ann Lee", "written in Korean"),
    ],
)
def test_who_is_asked_for_by_name(question: str, holds: str, lacks: str) -> None:
    kind = asked(question)
    assert kind.shape == "name"
    assert kind.held_by(holds)
    assert not kind.held_by(lacks)


@pytest.mark.parametrize(
    "question", ["누가 쓰면 안 되나요?", "파일 이름은 뭐예요?", "누구나 쓸 수 있나요?"]
)
def test_not_every_who_and_not_every_name_is_a_persons(question: str) -> None:
    assert asked(question).shape != "name"


@pytest.mark.parametrize("question", ["필터는 어떻게 청소하나요?", "How do I descale it?"])
def test_a_procedure_is_asked_for(question: str) -> None:
    assert asked(question).shape == "how"


def test_a_name_the_dictionary_lacks_is_one_word_where_the_manual_has_it() -> None:
    manual = "신일 두유제조기 사용 설명서\n온나라 웹기안기 도입"
    assert [w.stem for w in words_of("두유제조기 무게는?", manual)] == ["두유제조기", "무게"]
    assert [w.stem for w in words_of("웹기안기는 언제 도입해요?", manual)] == ["웹기안기", "도입"]


def test_a_compound_that_the_manual_lacks_is_asked_for_by_its_parts() -> None:
    stems = [w.stem for w in words_of("표준코스는 몇 분?", "코스\n표준(에코)\t195분")]
    assert stems == ["표준", "코스"]
