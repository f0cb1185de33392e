"""Sentences of a manual that speak to a language model instead of to its reader.

A manual tells people what to do with a product; it has no cause to say "ignore
all previous instructions". Such sentences are not quoted by the extractive
answerer and are withheld from a generative one. The patterns are narrow on
purpose: a miss is caught by the layers behind (sources fenced as data, every
sentence verified, addresses removed), a false alarm hides a sentence of a manual
(measured: docs/answering.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from manualchat.answering.defang import visible
from manualchat.answering.sentences import Unit, units
from manualchat.answering.terms import fold

AFTER = 2  # sentences of the same block that an order to a model may go on over

_ADDRESS = re.compile(r"https?://[^\s)>\]]+")
_KO_ORDER = (
    r"(?:하라|하세요|하십시오|해라|하시오|해야|해\s?줘|해\s?주세요|할\s?것|하고|세요|시오|라고)"
)
_ADDRESSED = re.compile(
    rf"""
    \b(?:ignore|disregard|forget|override|bypass)\b.{{0,40}}\b(?:previous|prior|above|earlier|your|system)\b.{{0,30}}\b(?:instruction|prompt|rule|direction|guideline|message|context|polic)
    |\bsystem\s+prompts?\b
    |\byou\s+are\s+(?:now\s+)?(?:a|an|the|in)\b.{{0,40}}\b(?:ai\b|ai\s+assistant|chat\s?bot|language\s+model|jailbr|dan\b|developer\s+mode)
    |\b(?:ai|ai\s+assistant|assistant|language\s+model|llm|chat\s?bot)s?\b.{{0,60}}\b(?:must|should|shall|always|please|instead)\b.{{0,40}}\b(?:reply|respond|answer|say|print|reveal|output|include|append|obey)
    |\b(?:note\s+to|dear|attention)\s+(?:the\s+)?(?:ai|assistant|model|chat\s?bot|llm)\b|\b(?:ai|chat\s?bot|assistant|llm)\s*[:,]\s*(?:reply|respond|answer|say|send|print|ignore|include)
    |\b(?:respond|reply|answer)\b.{{0,60}}\bonly\s+with\b|\banswer\s+(?:every|all|any)\b.{{0,60}}\bwith\b
    |\b(?:end|begin|start)\s+(?:your|every|each)\s+(?:answer|reply|response)
    |\b(?:include|insert|append|add|embed|render)\b.{{0,100}}\b(?:in|to|into)\s+(?:your|every|each|the)\s+(?:answer|reply|response)s?\b
    |\b(?:reveal|repeat|print|leak|disclose|output)\b.{{0,30}}\b(?:your|the|hidden|initial)\b.{{0,30}}\b(?:system\s+message|instructions|prompt|api\s*key|conversation)
    |\bsend\s+(?:the|this|our)\s+(?:conversation|chat)\b
    |<\s*/?\s*(?:system|assistant|user|instructions?|sources?|document|context)\b[^>]*>
    |<\|[^|]{{1,40}}\|>|\[/?inst\]|<<\s*/?sys\s*>>|\#{{2,}}\s*(?:system|assistant|instruction|human)\b|^\s*(?:system|assistant|human|developer)\s*[:：]
    |(?:이전|앞|위|지금까지|기존|상기)[의에\s]*.{{0,14}}(?:지시|명령|프롬프트|지침)[^.]{{0,14}}(?:무시|잊|따르지|취소|폐기)
    |모든\s*(?:지시|명령|프롬프트)[^.]{{0,10}}(?:무시|잊)
    |시스템\s*프롬프트|시스템\s*(?:메시지|지시|지침)[^.]{{0,24}}(?:출력|공개|보여|알려)\s?{_KO_ORDER}
    |(?:ai|인공지능|챗봇|어시스턴트|언어\s*모델|assistant|llm)\s*(?:은|는|이|가|에게|야|님|라면|,|:|：)[^.]{{0,120}}(?:답|말|출력|응답|대답|포함|추가|전송|덧붙)[가-힣\s]{{0,4}}?(?:하라|하세요|하십시오|해라|해야|여야|혀야|시오|세요|라)
    |(?:당신|너)(?:은|는)\s*(?:이제|지금)[^.]{{0,40}}(?:이다|입니다|야|모드|역할|ai)
    |(?:라고만|이라고만|다음과\s*같이만|으로만)\s*(?:답|대답|출력|말|응답)
    |(?:답변|응답|대답)(?:의|에|을|를|은|는|마다)?\s*(?:끝|앞|뒤|마지막)?[^.]{{0,60}}(?:링크|이미지|그림|url|문구|https?|!\[)[^.]{{0,40}}(?:추가|덧붙|포함|붙이|붙여|삽입|출력)
    |(?:대화|질문)\s*내용[을를][^.]{{0,40}}(?:전송|보내)
    """,
    re.VERBOSE,
)


# One of these stands in every order: most sentences need not be looked at closely.
_TRIGGER = re.compile(
    r"ignore|disregard|forget|override|bypass|prompt|you\s+are|\bai\b|\bllm\b|chat|assistant|model|respond|reply|answer"
    r"|response|reveal|repeat|print|leak|disclose|output|send|<|\[/?inst|\#\#|system|human\s*:|developer\s*:|지시|명령|지침|프롬프트|시스템"
    r"|인공지능|챗봇|어시스턴트|언어\s*모델|당신|너는|너은|라고만|같이만|으로만|답변|응답|대답|대화|질문|ai"
)


def addressed_to_a_model(text: str) -> bool:
    """Whether `text` gives orders to a language model, or plays a part in its dialogue."""
    # An address has full stops and slashes that would end the patterns too early.
    folded = fold(visible(text))
    if not _TRIGGER.search(folded):
        return False
    plain = _ADDRESS.sub("https://url", folded)
    return bool(_ADDRESSED.search(" ".join(plain.split())))


def without_orders(text: str, found: Iterable[Unit]) -> Iterator[Unit]:
    """The units of `text` that speak to its reader; an order takes what follows it along."""
    block, left = -1, 0
    for unit in found:
        if addressed_to_a_model(text[unit.start : unit.end]):
            block, left = unit.block, AFTER
        elif left and unit.block == block:
            left -= 1
        else:
            left = 0
            yield unit


def told(text: str) -> str:
    """`text` without its orders to a model, one unit a line."""
    return "\n".join(text[u.start : u.end] for u in without_orders(text, units(text)))
