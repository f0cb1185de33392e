"""Answers from Claude on Amazon Bedrock, through ConverseStream.

The model is named by an inference profile (`global.anthropic.…`); a bare model
id or an ARN works where the account allows it. No sampling parameters: current
models reject them. Wire:
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from typing import Any

from manualchat.answering import followup, prices, prompt
from manualchat.answering.generated import answer_events
from manualchat.answering.refusal import refusal
from manualchat.aws_calls import client as boto_client
from manualchat.aws_calls import in_our_words, translated
from manualchat.errors import BackendError, ConfigurationError, ManualchatError
from manualchat.language import language_of
from manualchat.model import Cited, Delta, Done, Failed, Passage, Turn

_SERVICE = "Bedrock"
_CONDENSED_TOKENS = 120


class BedrockAnswerer:
    """Implements `answering.base.Answerer` with a model that Converse knows."""

    def __init__(
        self,
        model_id: str,
        *,
        client: Any = None,
        region: str = "",
        max_tokens: int = 1_024,
        token_prices: str = "",
    ) -> None:
        """`token_prices` is "in,out" in US$ a million tokens, for models that prices.py lacks."""
        if not model_id:
            raise ConfigurationError(
                variable="ANSWER_MODEL_ID", detail="is not set; it names an inference profile"
            )
        self._model_id = model_id
        self._max_tokens = max_tokens
        self._prices = token_prices
        prices.cost(model_id, 0, 0, token_prices)  # a mistake in it shows now, not in an answer
        self._client = client or boto_client(
            "bedrock-runtime", region=region, attempts=4, read_timeout=60
        )

    def standalone(self, question: str, history: Sequence[Turn]) -> str:
        """The model's rewording of a follow-up; by rule when the model cannot be asked."""
        if not any(turn.role == "user" for turn in history):
            return question
        system, user = prompt.condense(question, history)
        try:
            with in_our_words(_SERVICE):
                answer = self._client.converse(**self._request(system, user, _CONDENSED_TOKENS))
        except ManualchatError:
            return followup.standalone(question, history)
        content = answer["output"]["message"]["content"]
        written = "".join(block.get("text", "") for block in content)
        return prompt.condensed(written, question)

    def answer(
        self, question: str, passages: Sequence[Passage], history: Sequence[Turn] = ()
    ) -> Iterator[Delta | Cited | Done | Failed]:
        """Stream the answer sentence by sentence, each with its citation or "not verified"."""
        began = time.perf_counter()
        language = language_of(question)
        if not passages:
            text = refusal(language, passages)
            yield Delta(text)
            yield Done(text, True, (), question=question, seconds=time.perf_counter() - began)
            return
        usage: dict[str, float] = {}
        pieces = self._stream(prompt.system(question), prompt.user(question, passages), usage)
        try:
            yield from answer_events(
                pieces, question=question, passages=passages, usage=lambda: usage, began=began
            )
        except ManualchatError as error:
            yield Failed(error.code, error.message(language))
        finally:
            pieces.close()

    def _request(self, system: str, user: str, max_tokens: int) -> dict[str, Any]:
        return {
            "modelId": self._model_id,
            "system": [{"text": system}],
            "messages": [{"role": "user", "content": [{"text": user}]}],
            "inferenceConfig": {"maxTokens": max_tokens},
        }

    def _stream(
        self, system: str, user: str, usage: dict[str, float]
    ) -> Generator[str, None, None]:
        """The answer's text as it comes. What the model thinks aloud is left out."""
        with in_our_words(_SERVICE):
            answer = self._client.converse_stream(**self._request(system, user, self._max_tokens))
            stream = answer["stream"]
            try:
                for event in stream:
                    text = event.get("contentBlockDelta", {}).get("delta", {}).get("text")
                    if text:
                        yield text
                    stop = event.get("messageStop", {}).get("stopReason", "")
                    if stop in ("guardrail_intervened", "content_filtered"):
                        raise BackendError(service=_SERVICE, detail=f"stopped by {stop}")
                    self._count(event.get("metadata", {}).get("usage"), usage)
                    _raise_if_broken(event)
            finally:
                stream.close()

    def _count(self, counted: dict[str, int] | None, usage: dict[str, float]) -> None:
        if not counted:
            return
        read, wrote = counted.get("inputTokens", 0), counted.get("outputTokens", 0)
        usage["input_tokens"], usage["output_tokens"] = float(read), float(wrote)
        cost = prices.cost(self._model_id, read, wrote, self._prices)
        if cost is not None:
            usage["cost_usd"] = cost


def _raise_if_broken(event: dict[str, Any]) -> None:
    """Errors that arrive as events, where botocore does not raise them itself."""
    for name, detail in event.items():
        if name.endswith("Exception"):
            raise translated(_SERVICE, name, str(detail.get("message", name)))
