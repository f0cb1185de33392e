"""Answers from any server that speaks OpenAI's chat completions: Ollama, vLLM, LM Studio, clouds.

Wire format: https://platform.openai.com/docs/api-reference/chat (streaming).
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, Any

from manualchat.answering.generative import GenerativeAnswerer
from manualchat.errors import (
    AccessDenied,
    BackendError,
    ConfigurationError,
    ManualchatError,
    MissingExtra,
    Throttled,
)

if TYPE_CHECKING:
    import httpx


class OpenAIAnswerer(GenerativeAnswerer):
    """A generative answerer over HTTP. Safe to share between threads."""

    def __init__(
        self,
        base_url: str,
        model: str = "",
        api_key: str = "",
        *,
        max_tokens: int = 1_024,
        timeout: float = 120.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Name the server. With no `model`, the first that it lists is used.

        `timeout` is in seconds, between two pieces of an answer. Raises
        MissingExtra when httpx is not installed.
        """
        try:
            import httpx
        except ImportError:
            raise MissingExtra(feature="MANUALCHAT_ANSWERER=openai", extra="serve") from None
        self._httpx = httpx
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._client = httpx.Client(
            base_url=base_url.rstrip("/") + "/",
            headers=headers,
            timeout=httpx.Timeout(timeout, connect=10.0),
            transport=transport,
        )
        self._name = base_url
        self._model = model
        self.max_tokens = max_tokens

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def stream(
        self, system: str, user: str, max_tokens: int, usage: dict[str, float]
    ) -> Generator[str, None, None]:
        httpx = self._httpx
        body = {
            "model": self._named_model(),
            "messages": [
                {"role": "system", "content": system},
                {"role": "user", "content": user},
            ],
            "max_tokens": max_tokens,
            "temperature": 0,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        try:
            with self._client.stream("POST", "chat/completions", json=body) as response:
                if response.status_code >= 400:
                    response.read()
                    raise self._refused(response)
                for line in response.iter_lines():
                    if not line.startswith("data:"):
                        continue
                    data = line[5:].strip()
                    if data == "[DONE]":
                        return
                    event = _parsed(data)
                    if event.get("error"):
                        raise BackendError(service=self._name, detail=_detail(event))
                    _count(event, usage)
                    for choice in event.get("choices") or ():
                        text = (choice.get("delta") or {}).get("content")
                        if isinstance(text, str) and text:
                            yield text
        except httpx.TimeoutException:
            raise BackendError(service=self._name, detail="no answer in time") from None
        except httpx.InvalidURL as error:
            raise ConfigurationError(
                variable="MANUALCHAT_OPENAI_BASE_URL", detail=str(error)
            ) from None
        except httpx.HTTPError as error:
            raise BackendError(
                service=self._name, detail=f"{type(error).__name__}: is the server running?"
            ) from None

    def _named_model(self) -> str:
        if self._model:
            return self._model
        httpx = self._httpx
        try:
            response = self._client.get("models")
            if response.status_code >= 400:
                raise self._refused(response)
            listed = response.json().get("data") or []
            self._model = str(listed[0]["id"])
        except (httpx.HTTPError, ValueError, AttributeError, LookupError, TypeError):
            raise ConfigurationError(
                variable="MANUALCHAT_OPENAI_MODEL",
                detail=f"no model is named and {self._name} lists none",
            ) from None
        return self._model

    def _refused(self, response: httpx.Response) -> ManualchatError:
        detail = f"HTTP {response.status_code} {_detail(_parsed(response.text))}".strip()
        if response.status_code in (401, 403):
            return AccessDenied(service=self._name, detail=f"{detail}; MANUALCHAT_OPENAI_API_KEY")
        if response.status_code == 429:
            return Throttled(service=self._name)
        if response.status_code == 404:
            return ConfigurationError(
                variable="MANUALCHAT_OPENAI_MODEL",
                detail=f"{self._name} does not know “{self._model}” ({detail})",
            )
        return BackendError(service=self._name, detail=detail)


def _parsed(data: str) -> Mapping[str, Any]:
    try:
        event = json.loads(data)
    except ValueError:
        return {}
    return event if isinstance(event, dict) else {}


def _detail(event: Mapping[str, Any]) -> str:
    """A server's own words about an error, at most a line of them."""
    error = event.get("error")
    text = error.get("message") if isinstance(error, dict) else error
    return " ".join(str(text).split())[:200] if text else ""


def _count(event: Mapping[str, Any], usage: dict[str, float]) -> None:
    counted = event.get("usage")
    if isinstance(counted, dict):
        usage["input_tokens"] = float(counted.get("prompt_tokens") or 0)
        usage["output_tokens"] = float(counted.get("completion_tokens") or 0)
