"""What kind of answer a question asks for, and whether a text holds one.

"몇 킬로그램" asks for a number with a unit of weight; a passage about the same
product without one does not answer it, however well its words match.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from manualchat.answering.names import asks_for_a_name, has_name
from manualchat.answering.terms import fold
from manualchat.answering.wordlists import SAME

Shape = Literal[
    "quantity", "date", "clock", "contact", "name", "colour", "how", "why", "whether", "open"
]

_N = r"(?:\d[\d,.]*|[한두세네]|다섯|여섯|하나|둘|셋|일곱|여덟|아홉|열|반|one|two|three|four|five|six|ten|twice|once)\s*(?:[만천백억]\s*)?(?:[~∼–\-]\s*\d[\d,.]*\s*)?"
_YEARS = r"(?<!\d)\d{1,2}\s*년"  # not the year of a date
_SPAN = r"(?:일(?!반|부|정)|주(?!의)|달(?!러)|개월|day|week|month|year)"

# Unit letters end in (?![a-z]), not \b: Hangul counts as a word character ("4.8 L입니다").
# (unit class, how a question asks for it, how a text answers it)
_UNITS: tuple[tuple[str, str, str], ...] = (
    (
        "kilo",  # of weight, of way or of speed
        r"몇\s*(?:킬로|키로)(?!그램|미터|와트)",
        _N + r"(?:kg|㎏|킬로|키로|km|㎞)",
    ),
    (
        "weight",
        r"무게|중량|킬로그램|몇\s*(?:kg|g(?![a-z])|그램|톤)|무거|\bweigh|how heavy|\b(?:kilo)?grams?\b|\bpounds?\b",
        _N + r"(?:kg|㎏|g(?![a-z])|mg|킬로|그램|톤|t(?![a-z])|lbs?|pounds?|근)",
    ),
    (
        "length",
        r"몇\s*(?:cm|mm|m(?![a-z])|센티|밀리|미터|인치|㎝|㎜)|길이|높이|폭|두께|간격|거리|치수|크기|사이즈|굵기|직경|how (?:tall|wide|far|thick|deep)|how long is the (?:power |water |drain )?(?:cord|cable|hose|pipe|wire|handle)|dimension|\bheight\b|\bwidth\b|\blength\b",
        _N
        + r"(?:cm|mm|m(?![a-z])|㎝|㎜|km|센티|밀리|미터|인치|inch|in(?![a-z])|ft|feet|pt\b|[x×*]\s*\d|φ|ø)|[x×]\s*\d",
    ),
    (
        "temperature",
        r"온도|몇\s*도(?!\s*사)|섭씨|temperature|\btemp\b|how hot|degrees",
        _N + r"(?:℃|°|도|˚|degrees|c(?![a-z]))",
    ),
    (
        "money",
        r"가격|비용|금액|(?<!처음 )(?<!기본 )(?<!설정 )(?<!설정)(?<!기본)(?<!초기)값(?!으로|을)|몇\s*(?:원|만\s*원|억|달러)|예산|요금|정가|환불|(?:비|료|세|출고가|시세)(?:는|은|이|가)?\s*얼마"
        r"|(?:사려면|살려면|구입|구매|파나|팔아).*(?:얼마|몇)|얼마.*(?:사|파|팔)[나아]|(?:한|두|하나|\d+)\s*(?!번)\S{0,4}(?:에|당)\s*얼마|새\s*(?:거|것|제품)\S*\s*얼마|price|\bcosts?\b|how much (?:is|are|does it)\b",
        # in digits: "열원" is no ten won
        r"\d[\d,.]*\s*(?:[만천백억]\s*)*[\d,.\s]*\(?(?:원|천원|만원|백만|억|달러|usd|krw|₩|\$|won)|[₩$]\s*\d",
    ),
    (
        "percent",
        r"몇\s*(?:%|퍼센트|프로)|비율|수익률|함량|몇 점|배점|percent",
        _N + r"(?:%|퍼센트|프로|점|비율)|(?:\t|[:：])\s*\d+(?:\.\d+)?|\d\s*:\s*\d",
    ),
    (
        "volume",
        r"몇\s*(?:ml|l(?![a-z])|리터|밀리리터|cc|㎖|gb|mb|tb|기가|메가)|용량|liters?|litres?|capacity|how much (?:water|milk|oil|liquid|detergent)",
        _N
        + r"(?:ml|㎖|l(?![a-z])|ℓ|리터|cc|컵|큰술|스푼|gb|mb|tb|kb|바이트|메가|기가|liter|litre|cup|oz)",
    ),
    ("voltage", r"전압|몇\s*(?:v|볼트)|voltage|volts?", _N + r"(?:v(?![a-z])|v~|볼트|volt)"),
    (
        "power",
        r"소비\s*전력|몇\s*(?:w|와트|kw)|전기\s*얼마나|와트|\bwatt|power consumption|how much (?:power|electricity)",
        _N + r"(?:w(?![a-z])|kw|와트|watt)",
    ),
    (
        "current",
        r"몇\s*(?:a|암페어)\b|전류|퓨즈|ampere|amps?\b",
        _N + r"(?:~\s*\d+\s*)?(?:a(?![a-z])|ma(?![a-z])|암페어|amp)",
    ),
    ("noise", r"데시벨|소음.*(?:몇|얼마)|decibel|how loud", _N + r"(?:db|데시벨)"),
    (
        "speed",
        r"몇\s*rpm|분당|속도.*(?:몇|얼마)|how fast|\brpm\b",
        _N + r"(?:rpm|회전|mbps|km/h|/s|/min|단)",
    ),
    (
        "frequency",
        r"마다|얼마나\s*자주|주기|(?:하루|일주일|주일?|한?\s*달|[1일]\s*년)에\s*몇\s*(?:번|회)|how often",
        _N
        + rf"(?:초|분|{_SPAN}|회|번)|매일|매주|매월|매년|마다|정기|수시|daily|weekly|monthly|\b(?:every|each)\b|a (?:day|week|month|year)",
    ),
    (
        "time",
        r"몇\s*(?:초|분(?!의)|시간)(?!에|도)|how many (?:seconds|minutes|hours)",
        _N + r"(?:초|분|시간|일(?![가-힣])|sec|second|minute|min(?![a-z])|hour|h(?![a-z]))",
    ),
    (
        "period",
        r"몇\s*(?:일|주|달|개월|년)(?!에|도)|며칠|how many (?:days|weeks|months|years)",
        rf"{_N}{_SPAN}|{_YEARS}",
    ),
    (
        "duration",
        r"얼마\s*동안|얼마나\s*(?:오래|걸|쉬|기다)|기간|how long",
        rf"{_N}(?:초|분|시간|sec|second|minute|min(?![a-z])|{_SPAN})|{_YEARS}",
    ),
    (
        "people",
        r"몇\s*(?:명|인|사람)|how many people",
        _N + r"(?:여\s*)?(?:명(?!령|시|세|칭)|인(?![치용터증])|사람|people|person)",
    ),
    (
        "times",
        r"몇\s*(?:회|번|차례)|how many times",
        _N + r"(?:여\s*)?(?:회|번|차례|times?)|once|twice",
    ),
    (
        "count",
        r"몇\s*(?:개|대|장|건|가지|쪽|페이지|부|곳|단계|종|권|세트|줄|군데|편|가닥|m/d|m/m)",
        _N
        + r"(?:여\s*)?(?:개|대|장|건|가지|쪽|페이지|부|곳|단계|종|권|세트|줄|군데|편|가닥|m/d|m/m|ea|pcs)|\t\s*\d+|[:：]\s*\d",
    ),
    ("how many", r"how many", r"\d|" + _N.rstrip() + r"[a-z]"),
    (
        "amount",
        r"얼마|얼만|몇|how much|what (?:number|value)",
        r"\d|절반|두\s|세\s|한\s|half|one|two|three",
    ),
)
_DATE = re.compile(
    r"\d{2,4}\s*[.\-/년]\s*\d{1,2}\s*(?:[.\-/월]\s*\d{0,2})?|\d{1,2}\s*월\s*(?:\d{1,2}\s*일)?|\d{4}년?"
    r"|(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s+\d"
    r"|(?:이후|이전|까지|전에|후에|직후|때|마다|동안|when|after|before|until|every)"
    r"|매(?:일|주|달|월|년|번|회)|수시로|정기|[가-힣]면(?![가-힣])|daily|weekly|monthly|yearly|\bif\b"
)
_CLOCK = re.compile(r"\d{1,2}\s*(?::\s*\d{2}|시(?!간|도))|\b\d{1,2}\s*(?:am|pm|a\.m|p\.m)")
_CONTACT = re.compile(
    r"\d{2,4}\s*[-–)]\s*\d{3,4}|\d{4}-\d{4}|@[a-z0-9.-]+|https?:|www\.|[a-z0-9-]+\.(?:com|co\.kr|or\.kr|go\.kr|org|net)"
)
_ASKS_CLOCK = re.compile(r"몇\s*시(?!간)|시각|what time")
_ASKS_DATE = re.compile(
    r"언제|(?:날짜|일자|연도)(?:는|가|를|은|이)?\s*(?:\?|$|알려|뭐|어떻)|^when\b|what (?:date|year|day)"
)
_ASKS_CONTACT = re.compile(
    r"전화\s*번호|연락처|몇\s*번으로|이메일|메일\s*주소|홈페이지|웹\s*사이트|사이트\s*주소|\burl\b|팩스|phone number|e-?mail|website|hotline"
)
_COLOURS = r"(?:red|blue|green|yellow|white|black|grey|gray|silver|orange|pink|brown|purple|beige|transparent)\b"
_ASKS_COLOUR = re.compile(
    r"(?:무슨|어떤)\s*(?:색|컬러)|(?:색|색깔|색상|컬러)\S*\s*(?:뭐|무엇|어떤|어떻|종류|\?|$)"
    rf"|what colou?r|come in (?:other |any )?(?:colou?rs|{_COLOURS})"
)
_COLOUR = re.compile(
    r"빨간|빨강|노란|노랑|파란|파랑|하얀|하양|까만|검은|검정|[흰녹적청백흑황은금]색|초록|회색|주황|보라|분홍|갈색|남색|투명|화이트|블랙|실버|그레이|베이지|핑크|레드|블루|그린"
    rf"|\b{_COLOURS}"
)
_ASKS_WHERE_SOLD = re.compile(
    r"(?:살|구매할|구입할)\s*수|어디서\s*(?:사|파|팔|구매|구입)|파는\s*(?:곳|데)|(?:새로|따로)\s*(?:사|구매|구입)"
    r"|where (?:can|do) i (?:buy|get|order)"
)
_SOLD = re.compile(
    r"판매|구입|구매|대리점|매장|쇼핑|주문|별매|\b(?:dealer|store|shop|order|sold|buy)"
)
_ASKS_HOW = re.compile(
    r"어떻게(?!\s*(?:되|돼|된|됩))|어떡|방법|[는은]\s*법|절차|순서|하려면|려면|how (?:do|can|to|should)|steps|procedure|조치|뭘 해야|무엇을 해야|what should i do"
)
_ASKS_WHY = re.compile(r"왜|이유|원인|\bwhy\b|\bcause|reason")
_ASKS_WHAT = re.compile(r"뭐|뭘|무엇|무슨|어떤|어디|어딘|누가|누구|어느|얼마|몇")
_ASKS_WHETHER = re.compile(
    r"(?:되나요|돼요|될까요|되나|돼나|괜찮|가능한가|가능해|가능할까|해도|있나요|있어요|있습니까|없나요|인가요|맞나요|필요한가|불량|나요|할까요|한가요|합니까|입니까)\s*\??\s*$"
    r"|^(?:is|are|can|could|do|does|did|will|may|should|must|has|have)\b"
)


PRICE = "가격은 얼마?"  # "가습기 얼마예요?" asks it without the word
_COUNTER = re.compile(
    r"몇\s*([가-힣]{1,3}?|[a-z]{2,4})(?:이나|까지|부터|이면|이상|이하|으로|로|마다|짜리|이에요|예요|인가요|이죠|죠|야|이야|은|는|이|가|을|를|에|차이|형)?(?=[\s?.!]|$)"
)
# counters that manuals write otherwise
_SAME_COUNTERS = {
    "평": r"(?:평(?!구|동|로)|㎡|m2|m²|제곱미터)",
    "살": r"(?:살|세(?!트|대|기|제))",
    "글자": r"(?:글자|자(?!리|동|료)|문자|바이트|characters?|bytes?)",
}


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


@dataclass(frozen=True, slots=True)
class Asked:
    """The shape of the answer; for a quantity, the class of its unit ("" when any)."""

    shape: Shape
    unit: str = ""
    pattern: re.Pattern[str] | None = None
    question: str = ""  # of a name: those that it holds itself are none that it asks for

    def held_by(self, text: str) -> bool:
        """Whether `text` holds something of this shape. True when any text could."""
        if self.shape == "name":
            return has_name(text, self.question)
        return True if self.pattern is None else bool(self.pattern.search(fold(text)))

    @property
    def counts(self) -> bool:
        """Whether the unit is a counter that the question itself names: "평", "코어"."""
        return self.shape == "quantity" and self.unit[:1] >= "가"

    @property
    def strict(self) -> bool:
        """Whether the shape can be told from the text at all."""
        return self.pattern is not None or self.shape == "name"


def asked(question: str) -> Asked:
    """What `question` asks for. The narrower reading wins."""
    text = fold(question)
    if _ASKS_CONTACT.search(text):
        return Asked("contact", "contact", _CONTACT)
    if _ASKS_CLOCK.search(text):
        return Asked("clock", "clock", _CLOCK)
    if _ASKS_WHERE_SOLD.search(text) and not re.search("얼마|어느|어떤", text):
        return Asked("contact", "sold", _SOLD)
    interrogative = re.search(
        r"몇|얼마|얼만|며칠|how (?:much|many|long|often|far|heavy|tall|wide|hot|loud|fast|thick|deep)|어느 정도|what (?:is|are) the|(?:what|which) (?:temp|size|voltage|weight|pressure|capacity|height|width|length|speed|power)",
        text,
    )
    if re.search(r"몇\s*월|며칠에|며칟날|몇\s*년(?:도|에)", text):
        return Asked("date", "date", _DATE)
    if interrogative:
        for unit, question_pattern, answer_pattern in _UNITS[:-1]:
            if re.search(question_pattern, text):
                return Asked("quantity", unit, _compiled(answer_pattern))
        counter = _COUNTER.search(text)
        if counter:  # "몇 평", "몇 코어": that very word has to stand by a number
            unit = counter.group(1)
            words = "|".join(map(re.escape, (unit, *SAME.get(unit, ()))))  # "128 Core"
            same = _SAME_COUNTERS.get(unit, rf"(?:{words})")
            return Asked(
                "quantity",
                unit,
                _compiled(rf"{_N}{same}|(?<![가-힣a-z])(?:{words})\S{{0,2}}\s*[:：]?\s*\d"),
            )
        if not text.startswith("what"):
            return Asked("quantity", "amount", _compiled(_UNITS[-1][2]))
    if _ASKS_DATE.search(text):
        return Asked("date", "date", _DATE)
    if _ASKS_COLOUR.search(text):
        return Asked("colour", "colour", _COLOUR)
    if asks_for_a_name(text):
        return Asked("name", question=question)
    if _ASKS_WHY.search(text):
        return Asked("why")
    if _ASKS_HOW.search(text):
        return Asked("how")
    for unit, question_pattern, answer_pattern in _UNITS[:-1]:
        # "무게는?" and "정격 전압이 뭐예요?" ask for a quantity without "how much".
        if re.search(
            rf"(?:{question_pattern})\s*(?:은|는|이|가|을|를)?\s*(?:뭐|무엇|어떻게|어떤|얼마|\?|$|알려)",
            text,
        ):
            return Asked("quantity", unit, _compiled(answer_pattern))
    if _ASKS_WHETHER.search(text) and not _ASKS_WHAT.search(text):
        return Asked("whether")
    return Asked("open")
