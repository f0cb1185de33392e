"""Sentences of a manual that speak to a language model instead of to its reader.

A manual tells people what to do with a product; it has no cause to say "ignore
all previous instructions". Such sentences are not quoted by the extractive
answerer and are withheld from a generative one. The patterns are narrow on
purpose: a miss is caught by the layers behind (sources fenced as data, every
sentence verified, addresses removed), a false alarm hides a sentence of a manual.
"""

from __future__ import annotations

import re

from manualchat.answering.defang import visible
from manualchat.answering.terms import fold

_ADDRESSED = re.compile(
    r"""
    (?:ignore|disregard|forget|override|bypass)\b.{0,40}\b(?:previous|prior|above|earlier|all|any|your|system)\b.{0,30}\b(?:instruction|prompt|rule|direction|guideline|message|context|polic)
    |\b(?:system|developer)\s*(?:prompt|message|instruction)s?\b
    |\byou\s+are\s+(?:now\s+)?(?:a|an|the|in)\b.{0,40}\b(?:ai\b|assistant|chat ?bot|model|jailbr|dan\b|unrestricted|pirate|developer\s+mode|admin)
    |\b(?:ai|language\s+model|llm|chat ?bot|assistant)s?\b.{0,60}\b(?:must|should|shall|always|never|please|instead|reply|respond|answer|output|say|print|reveal|include|append|follow|obey)\b
    |\b(?:respond|reply|answer|output|print|say|write|begin|start|end)\b.{0,30}\b(?:only\s+with|with\s+(?:the\s+)?(?:exact|word|phrase|text|following)|exactly|the\s+following|every\s+answer|your\s+(?:answer|response|reply))
    |\b(?:reveal|repeat|print|show|leak|disclose|output)\b.{0,30}\b(?:your|the|above|hidden|initial|confidential|secret)\b.{0,30}\b(?:prompt|instruction|rule|configuration|credential|password|api\s*key|conversation|history)
    |\b(?:append|include|insert|embed|render|add|attach|end)\b.{0,60}(?:!\[|markdown|<img|image\s+tag|\bhttps?://)
    |\b(?:new|updated|real|important)\s+instructions?\b\s*[:.]
    |<\s*/?\s*(?:system|assistant|user|instructions?|sources?|document|context|im_start|im_end)\b[^>]*>
    |<\|[^|\n]{1,40}\|>|\[/?inst\]|<<\s*/?sys\s*>>|\#{2,}\s*(?:system|assistant|user|instruction|human)\b|^\s*(?:system|assistant|human|user|developer)\s*[:：]
    |(?:이전|앞|위|지금까지|기존|모든|상기)[의에\s]*.{0,14}(?:지시|명령|지침|프롬프트|규칙|설정|내용)[^.]{0,14}(?:무시|잊|따르지|취소|폐기)
    |(?:지시|명령|지침|규칙|안내|경고)\s*(?:사항)?[을를은는]?\s*(?:모두|전부|다|일절)?\s*(?:무시|잊어)
    |시스템\s*(?:프롬프트|메시지|지시|명령|지침)
    |(?:ai|인공지능|챗봇|어시스턴트|언어\s*모델|모델|assistant|llm|봇)\s*(?:은|는|이|가|에게|야|아|님|라면|,|:|：)[^.]{0,60}(?:답|말하|출력|응답|대답|따르|하라|하세요|하십시오|해라|해야|포함|추가|무시|전송|보내)
    |(?:당신|너)(?:은|는)\s*(?:이제|지금)[^.]{0,40}(?:이다|입니다|야|모드|역할)
    |(?:라고만|다음과\s*같이만|반드시\s*다음|이라고)\s*(?:답|대답|출력|말|응답|써|적)[가-힣]*\s*(?:하|해|하십|하세|라|세요|시오|할)
    |(?:답변|응답|대답|출력)(?:의|에|을|를|은|는|마다|할\s*때)?\s*[^.]{0,40}(?:추가하|덧붙이|포함하|붙이|삽입하|시작하|끝내|끝에)
    |(?:비밀|api|관리자)\s*(?:키|번호|비밀번호|암호)[를을]?\s*(?:출력|공개|알려|보내|전송)
    |(?:대화|질문|사용자)[^.]{0,20}(?:https?://|url|주소|서버)[^.]{0,20}(?:로|으로|에)\s*(?:전송|보내|붙)
    """,
    re.IGNORECASE | re.VERBOSE | re.MULTILINE,
)


def addressed_to_a_model(text: str) -> bool:
    """Whether `text` gives orders to a language model, or plays a part in its dialogue."""
    return bool(_ADDRESSED.search(fold(visible(text))))
