"""Word lists of `terms.py`: particles and endings to take off, words that ask nothing, synonyms.

Closed classes of Korean and English and the attributes that every manual has;
nothing here comes from a manual of the test sets.
"""

from __future__ import annotations

_PARTICLES = """
에서부터 으로부터 로부터 에게서 에서는 에서도 에서의 으로는 으로도 으로의 까지는 까지만 까지의
에게는 이라고 이라는 이라도 라고 라는 라도 에서 에게 한테 으로 부터 까지 마다 처럼 보다 이나 이랑
하고 이란 밖에 만큼 대로 조차 마저 에는 에도 에만 와는 과는 이든 든지 께서 에요 이요 들은 들이 들을 들의
은 는 이 가 을 를 의 에 도 만 로 와 과 나 랑 란 든
"""
_ENDINGS = """
하려면은 하려면 하려고 하면은 하면서 하면 하는데 하는지 하는가요 하는가 하는 하나요 한가요 할까요
하죠 하지요 하여야 하여 해야만 해야하나요 해야하 해야되나요 해야 해도 해서 해요 했나요 했을 했는지 했는데 했을때 했어요
했더니 했다 하기 하고 한다 합니까 합니다 할지 할때 할 한 함 되려면 되면 되는지 되는데 되는 되나요 되었나요 됐나요
된다 됩니까 됩니다 되어 되었을 되었는지 돼야 돼요 돼서 돼 된 될까요 될때 될 인가요 인가 인지요 인지
입니까 입니다 이에요 예요 이죠 이야 인데 이고 이며 이면 이냐 이었나요 였나요
시켜야 시키려면 시키면 시키는 시킬 으려면 려면 으면 으려고 려고 어야 아야 어도 아도 어서 아서 었나요 았나요
었는데 았는데 었더니 았더니 나요 까요 는데 는지 은지 은가요 는가요 ㄴ가요 습니까 습니다 네요 어요 아요 지요 죠
는다 았다 었다 던데 더니 어라 거든요 거나 지만 지는 지도 지 고 며 면 서 게 야
"""
_EMPTY_KO = """
무엇 무슨 뭐 뭔 뭘 뭐가 뭐예 뭐에 뭔가 뭐죠 뭐지 어떤 어떻 어떻게 어떡해 어찌 어디 어딘 어느 언제 누구 누가 왜 몇 얼마 얼마나 얼마까지 얼마동안
것 거 건 게 걸 수 때 경우 좀 혹시 그 이 저 그거 이거 저거 제 내 나 저희 우리 및 또는 또 그리고 그런데 근데 그럼 만약 만일 대해 대해서 대한 관련 관해 관한
따르면 따라 위해 위한 통해 등 중 더 다 안 못 잘 한번 알려 알려줘 알려주 설명 설명해 설명해줘 말해줘 말해 가르쳐 궁금 궁금해 궁금한데 싶어 싶은데 싶어요 싶다
있 없 하 되 해 돼 할 한 하는 되는 있는 없는 있나 있어 있으면 있을 있었 없나 없어 없이 해야 하면 되면 하나 되나 가능 가능한 가능한가 가능해
인가 인지 입니까 나와 나오 나와있 써있 적혀 적힌 쓰여 건가 건지 같은 같이 정도 이상 이하 설명서 매뉴얼 사용설명서 문서 자료 파일 내용 나요 가요 되요 돼요 까요 예요 에요 이에요
개 번 시 분 초 년 월 일 명 원 가지 하죠 되죠 하지 되지 돼나 될까 할까 괜찮 괜찮나 괜찮은가 된다 한다 있다 없다 뜻 의미 의미하 뜻하 방법 이유 종류
"""
_EMPTY_EN = """
a an the is are was were be been being do does did have has had i me my we our you your he she it its they
them this that these those what which who whom whose when where why how many much long far often old can could
should would will shall may might must to of in on at by for from with without into about as and or not no if
then than there here so any some all please tell explain find show give get say says according manual manuals
document there's what's s t re ll d ve m mean means let us need want
"""
# Attributes that manuals and users name differently. One line, one meaning.
_SYNONYMS = """
무게 중량 질량 weight kg
크기 치수 사이즈 외형 규격 외형치수 dimensions size
전기세 전기요금 전기료
소비전력 전력 와트
전압 정격전압 볼트 220v
건전지 배터리 전지 battery batteries
리모컨 리모콘 remote
보증기간 품질보증 무상 보증 warranty
as a/s 서비스센터 고객센터 고객상담 수리
청소 세척 손질 닦 씻 clean cleaning
버튼 스위치 button
휴식 쉬 쉬어
설치 장착 부착 달
시작 개의 개회
종료 산회 끝나
가격 값 비용 금액 price cost
제조사 제조원 제조업체 제조자 만든 manufacturer maker
유통기한 유효기간 기한
에러 오류 고장 이상 error fault
온도 도 temperature
최대 최장 최고 maximum max
최소 최저 minimum min
원산지 제조국
전화번호 연락처 대표전화 전화
주소 소재지 위치
담당자 담당
설정일 최초설정일
연기 타는 냄새
아이 어린이 유아 영유아 children child
보관 저장
식기세척기 dishwasher 식세기
제습기 dehumidifier
가습기 humidifier
믹서 믹서기 blender mixer 블렌더
온풍기 히터 heater
세탁기 washer washing
냉장고 refrigerator fridge
커피 coffee
물통 tank 수조
본체 몸통 기기
노란색 노랑 노란 황색 yellow
빨간색 빨강 빨간 적색 red
파란색 파랑 파란 청색 blue
초록색 초록 녹색 green
불 표시등 램프 led light
색 색상 컬러 color colour
버리 폐기 처분
사용법 사용방법
부품번호 part
용량 capacity
설치 install installation
높이 height
너비 폭 가로 width
길이 length
필터 filter
소음 noise db
구성품 부속품 부속 accessories
순서 절차
금액 사업금액 사업비 예산
하자보수 하자담보
생산 제조
취급 다루
교체 교환 갈 replace replacement
연결 접속 connect
인증 안전인증
소화기 소화제 소화약제 소화
화재 불 불났
"""


def _longest_first(text: str) -> tuple[str, ...]:
    return tuple(sorted(text.split(), key=len, reverse=True))


PARTICLES = _longest_first(_PARTICLES)
ENDINGS = _longest_first(_ENDINGS)
EMPTY_KO = frozenset(_EMPTY_KO.split())
EMPTY_EN = frozenset(_EMPTY_EN.split())
SAME: dict[str, tuple[str, ...]] = {}  # a word, and those that mean the same
for _group in (line.split() for line in _SYNONYMS.split("\n")):
    for _word in _group:
        SAME[_word] = (*SAME.get(_word, ()), *(w for w in _group if w != _word))
