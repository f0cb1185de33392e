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
해야되나요 해야하나요 되었나요 되었는지 시키려면 이었나요 하는가요 하려면은 하십시오 해주세요 했을때의 ㄴ가요 거든요 났는데 났어요 났을때 는가요 됐나요 됐는데
됐어요 되거나 되나요 되는데 되는지 되려면 되었을 된다면 될까요 됩니까 됩니다 받나요 받아야 받으면 습니까 습니다 시켜야 시키는 시키면 았나요 았는데 았더니
었나요 었는데 었더니 였나요 으려고 으려면 은가요 이라면 이라서 이에요 인가요 인지요 입니까 입니다 하거나 하나요 하는가 하는데 하는법 하는지 하려고 하려면
하면서 하면은 하세요 하여야 하지요 한가요 한다면 할까요 합니까 합니다 해야만 해야하 했나요 했는데 했는지 했더니 했어요 했을때 거나 까요 나면 나요 난다
네요 는다 는데 는지 더니 던데 돼도 돼서 돼야 돼요 됐을 되고 되는 되면 되어 되지 된다 될때 될수 라면 라서 려고 려면 받는 시켜 시키 시킨 시킬 아도
아서 아야 아요 았다 야돼 야되 야해 어도 어라 어서 어야 어요 었다 예요 으면 은지 이냐 이죠 인가 인데 인지 지는 지도 지만 지요 하고 하기 하는 하던
하라 하면 하여 하자 하죠 하지 한가 한다 한지 할때 할수 할지 해도 해라 해서 해야 해요 해줘 했다 했을 죠
"""
_EMPTY_KO = """
무엇 무슨 뭐 뭔 뭘 뭐가 뭐예 뭐에 뭔가 뭐죠 뭐지 어떤 어떻 어떻게 어떡해 어찌 어디 어딘 어느 언제 누구 누가 왜 몇 얼마 얼마나 얼마까지 얼마동안
것 거 건 게 걸 수 때 경우 좀 혹시 그 이 저 그거 이거 저거 제 내 나 저희 우리 및 또는 또 그리고 그런데 근데 그럼 만약 만일 대해 대해서 대한 관련 관해 관한
따르면 따라 위해 위한 통해 등 중 더 다 안 못 잘 한번 알려 알려줘 알려주 설명 설명해 설명해줘 말해줘 말해 가르쳐 궁금 궁금해 궁금한데 싶어 싶은데 싶어요 싶다
있 없 하 되 해 돼 할 한 하는 되는 있는 없는 있나 있어 있으면 있을 있었 없나 없어 없이 해야 하면 되면 하나 되나 가능 가능한 가능한가 가능해
인가 인지 입니까 나와 나오 나와있 써있 적혀 적힌 쓰여 건가 건지 같은 같이 정도 이상 이하 설명서 매뉴얼 사용설명서 문서 자료 파일 내용 나요 가요 되요 돼요 까요 예요 에요 이에요
개 번 시 분 초 년 월 일 명 원 가지 하죠 되죠 하지 되지 돼나 될까 할까 괜찮 괜찮나 괜찮은가 된다 한다 있다 없다 뜻 의미 의미하 뜻하 방법 이유 종류
써도 써야 써야함 쓰면 쓰나 쓰는 쓸 쓰 써 써요 쓰죠 걸려 걸려요 걸리나 걸리 걸리는 나가요 나가나 나가 들어가 들어가요 들어가나 들어오나 들어오 들어 들어있나
해요 해야해 켜야해 나와요 나왔어요 나오나 나타나요 떴어요 떴는데 떴 떠요 뜨는데 뜨면 뭐라고 뭘로 뭔지 뭐뭐 그런거 그런거예요 그런가요 그렇 왜그런 어떻게해 어떻게하
되죠 됩니까 있어야 있는지 없는지 인가 건데 거예요 것이 것은 것을 것도 않 않고 않으면 않는데 말고 하려 대로 동안 도중 사이 안 밖 뒤 앞 전 후 직후 이후 이전 안에 뒤에 전에 후에 때문 때문에
모두 총 전부 각각 매우 조금 많이 쉽게 바로 다시 새로 처음으로 가장 제일 최대한 보통 대략 약 만 데 둔 산 따로 함께 직접 계속 아직 이미 원래 이번 다음 다음으로 바르게
가능하나 필요한 필요 필요하 좋나 좋은 좋은가 좋아 좋을까 나쁜 어때 어떤가 맞나 맞는 아닌가 아니 싶으면 주세요 주나 주는 줄 받아 받 드나 드는 들어 들 나 나요 난 보이 보여 보여주 드나요 넘게 넘 채로 쯤 어디서 어디야 어디에 며칠 뭔가요 뭐야 야 짜리 켜도 켤 나면 했나 했 라고했나 마다 까지 인가요 알려주세요 일자 이나 년에 시에 월에 원에 줄에 나가 있는가 있을까 되어있 적혀있 들어있 괜찮아요
이름 명칭 처음 알리 나오 나타나 걸리 들 보 타 살 뜨 정하 지나 서 쉽 말 놓 두 가 오 만들어지 이루어지 다르 그러 어떠 시키 당하 페이
모든 어느 해당 경우 관련하 따르 대하 위하 의하 인하 통하 가지 죠 형 당 키 개사 연달 반쯤 정말 진짜 제대로 저절로 사이 점 시간당 분당 대당 법 문제 하루종일 그냥 너무 얼마쯤
"""
_EMPTY_EN = """
a an the is are was were be been being do does did have has had i me my we our you your he she it its they
them this that these those what which who whom whose when where why how many much long far often old can could
should would will shall may might must to of in on at by for from with without into about as and or not no if
then than there here so any some all please tell explain find show give get say says according manual manuals
document there's what's s t re ll d ve m mean means let us need want heavy loud tall wide thick right using used use does shows show fit fits put puts hold holds take takes keep keeps last lasts get gets go goes work works make makes before during most least now come happens happen kind type number value amount way
"""
# Attributes that manuals and users name differently. One line, one meaning.
_SYNONYMS = """
무게 중량 질량 weight kg
크기 치수 사이즈 외형 규격 외형치수 dimensions size
전기세 전기요금 전기료
소비전력 전력 와트 watt consumption power
전압 정격전압 볼트 220v
건전지 배터리 전지 battery batteries
리모컨 리모콘 remote
보증기간 품질보증 무상 보증 warranty
as a/s 서비스센터 고객센터 고객상담 수리
청소 세척 손질 닦 씻 clean cleaning
버튼 스위치 button
리터 liter litre
데시벨 decibel
휴식 쉬 쉬어
설치 장착 부착 달
시작 개의 개회
종료 산회 끝나
가격 값 비용 금액 price cost
제조사 제조원 제조업체 제조자 만든 manufacturer maker
유통기한 유효기간 기한
에러 오류 고장 이상 error fault
진동 떨리 흔들
글자 글꼴 폰트 서체 font
바꾸 변경 전환
잃어버리 분실 lost
사 구입 구매 buy
냉방 찬바람
난방 온풍 더운 따뜻
온도 도 temperature
최대 최장 최고 maximum max
최소 최저 minimum min
원산지 제조국
전화번호 연락처 대표전화 전화
주소 소재지 위치
담당자 담당
설정일 최초설정일
어린이 아이 아이들 애들 유아 영유아 아기 children child
보관 저장
식기세척기 dishwasher 식세기
화면 디스플레이 표시창 액정 display screen
예약 타이머 시간설정 timer
음식물 찌꺼기
앱 어플 어플리케이션 app
불량 고장 정상 이상
코드 코드선 전원선 전선 전원코드 cord
뚜껑 커버 덮개 lid cover
용기 컵 통
문 도어 door
환불 환급 refund
보상 배상 compensation
영업용 업소 가게 식당 매장 영업
켜 작동 가동
끄 꺼 종료 정지
멈추 정지 중지
전원 power
콘센트 플러그 outlet plug
비밀번호 암호 패스워드 password
스테인리스 스텐 스테인레스 stainless
냄새 악취 smell
먼지 이물질 dust
물때 석회 석회질 scale limescale descaling
반려동물 애완동물 pet
보증 guarantee warranty
제습기 dehumidifier
가습기 humidifier
믹서 믹서기 blender mixer 블렌더
온풍기 히터 heater
세탁기 washer washing
냉장고 refrigerator fridge
커피 coffee
원두 커피콩 bean
물통 tank 수조
본체 몸통 기기
노란색 노랑 노란 황색 yellow
빨간색 빨강 빨간 적색 red
파란색 파랑 파란 청색 blue
초록색 초록 녹색 green
불 불빛 표시등 램프 led light
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
구성품 부속품 부속 상자 박스 accessories box
순서 절차
금액 사업금액 사업비 예산
하자보수 하자담보
생산 제조
취급 다루
교체 교환 갈 바꾸 replace replacement
연결 접속 connect
인증 안전인증
코어 core
버전 version
메모리 memory
모드 mode
리스트 목록 list
패키지 package
간격 거리 떨어뜨 띄우 이격 distance
단위 간격
연장 늘이 늘리 extend
수건 타월 타올 towel
옷 의류 의복 빨래 clothes
잠그 잠금 lock
밑 아래 하부 바닥
끼 끼이 끼인 낀
소리 소음 시끄럽 sound noise loud
덮 가리 막
기다리 지나 경과 wait
접시 그릇 식기 dish
도중 중간
말리 건조 dry
부서지 파손 깨지 깨져
금지 마십시오
설명서 매뉴얼
소화기 소화제 소화약제 소화
화재 불 불났
"""


# Units of measure: what a question asks in, not what it asks about.
_UNITS = """
초 분 시간 일 달 개월 년 년도 연도 월 시 회 번 개 명 건 쪽 권 부 곳 단 급 평 명 군데 차례 가지
그램 킬로그램 킬로 키로 톤 센티 센티미터 밀리미터 미터 인치 리터 밀리리터 와트 볼트 암페어 퍼센트 데시벨 제곱미터 헤르츠 바이트
kg g mg cm mm m km ml l w kw v a ma hz db rpm gb mb liters litres liter litre grams kilograms minutes minute hours hour seconds second days day weeks months years degrees decibels watts volts inches percent
"""

# Makers of appliances, devices and cars: who names one wants its manual and no other's.
_MAKERS = """
삼성 삼성전자 samsung 엘지 lg 위니아 winia 대우 쿠쿠 cuckoo 쿠첸 cuchen 코웨이 coway 위닉스 winix 신일 shinil
한일 캐리어 carrier 린나이 rinnai 경동 나비엔 navien 귀뚜라미 청호 청호나이스 sk매직 다이슨 dyson 필립스 philips
샤오미 xiaomi 로보락 roborock 에코백스 ecovacs 아이로봇 irobot 파나소닉 panasonic 소니 sony 샤프 sharp 도시바 toshiba
히타치 hitachi 다이킨 daikin 발뮤다 balmuda 보쉬 bosch 지멘스 siemens 밀레 miele 일렉트로룩스 electrolux 테팔 tefal
드롱기 delonghi 브레빌 breville 네스프레소 nespresso 브라운 braun 켄우드 kenwood 월풀 whirlpool 하이얼 haier 애플 apple
캐논 canon 니콘 nikon 엡손 epson 브라더 brother 휴렛팩커드 hp 제록스 xerox 교세라 kyocera 현대 hyundai 기아 kia
쌍용 르노 renault 쉐보레 chevrolet 도요타 토요타 toyota 혼다 honda 벤츠 아우디 audi 폭스바겐 테슬라 tesla 볼보 volvo
아이나비 inavi 파인뷰 finevu 레노버 lenovo 에이수스 asus 델 dell 인텔 intel 화웨이 huawei
"""


def english_stem(word: str) -> str:
    """`word` without the ending of its plural, past or participle."""
    for suffix in ("ies", "ing", "ed", "es", "s", "y"):
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            return word[: -len(suffix)]
    return word


def _longest_first(text: str) -> tuple[str, ...]:
    return tuple(sorted(text.split(), key=len, reverse=True))


PARTICLES = _longest_first(_PARTICLES)
ENDINGS = _longest_first(_ENDINGS)
# How much of something is asked for: a text says so with "이상", "이하", "약".
QUALIFIERS = frozenset(
    [
        "최소",
        "최대",
        "최고",
        "최저",
        "최장",
        "최단",
        "적정",
        "대략",
        "minimum",
        "maximum",
        "max",
        "min",
    ]
)
FAULTS = frozenset(
    ["에러", "오류", "코드", "에러코드", "오류코드", "표시", "고장", "error", "code", "fault"]
)  # E-04 is one
MAKERS = frozenset(_MAKERS.split())
UNITS = frozenset(_UNITS.split())
EMPTY_KO = frozenset(_EMPTY_KO.split()) | UNITS
EMPTY_EN = frozenset(_EMPTY_EN.split()) | UNITS
SAME: dict[str, tuple[str, ...]] = {}  # a word's stem, and words that mean the same
for _group in (line.split() for line in _SYNONYMS.split("\n")):
    for _word in _group:
        _stem = english_stem(_word) if _word.isascii() else _word
        SAME[_stem] = (*SAME.get(_stem, ()), *(w for w in _group if w != _word))
