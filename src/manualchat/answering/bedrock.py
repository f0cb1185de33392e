"""Answers from Claude on Amazon Bedrock, through ConverseStream.

The model is named by an inference profile (`global.anthropic.…`); a bare model
id or an ARN works where the account allows it. No sampling parameters: current
models reject them. Wire:
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from manualchat.answering import prices
from manualchat.answering.generative import GenerativeAnswerer
from manualchat.aws_calls import client as boto_client
from manualchat.aws_calls import in_our_words, translated
from manualchat.errors import BackendError, ConfigurationError

_SERVICE = "Bedrock"


class BedrockAnswerer(GenerativeAnswerer):
    """Answers with a model that Converse knows."""

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
        self.max_tokens = max_tokens
        self._prices = token_prices
        prices.cost(model_id, 0, 0, token_prices)  # a mistake in it shows now, not in an answer
        self._client = client or boto_client(
            "bedrock-runtime", region=region, attempts=4, read_timeout=60
        )

    def _request(self, system: str, user: str, max_tokens: int) -> dict[str, Any]:
        return {
            "modelId": self._model_id,
            "system": [{"text": system}],
            "messages": [{"role": "user", "content": [{"text": user}]}],
            "inferenceConfig": {"maxTokens": max_tokens},
        }

    def stream(
        self, system: str, user: str, max_tokens: int, usage: dict[str, float]
    ) -> Generator[str, None, None]:
        """The answer's text as it comes. What the model thinks aloud is left out."""
        with in_our_words(_SERVICE):
            answer = self._client.converse_stream(**self._request(system, user, max_tokens))
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
