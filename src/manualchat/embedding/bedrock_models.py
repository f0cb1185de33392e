"""Request and answer bodies of Bedrock's embedding models.

Titan: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-titan-embed-text.html
Cohere: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-embed.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from manualchat.errors import ConfigurationError

Kind = Literal["passage", "query"]
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Model:
    """What a family of models takes. Sizes in characters; `dimensions[0]` is the default."""

    family: Literal["titan", "cohere"]
    name: str
    dimensions: tuple[int, ...]
    batch: int
    characters: int

    def body(self, texts: Sequence[str], kind: Kind, dimensions: int) -> Json:
        """The request for these texts."""
        if self.family == "titan":
            body: Json = {"inputText": texts[0]}
            if len(self.dimensions) > 1:
                body |= {"dimensions": dimensions, "normalize": True}
            return body
        body = {
            "texts": list(texts),
            "input_type": "search_query" if kind == "query" else "search_document",
            "embedding_types": ["float"],
        }
        if len(self.dimensions) > 1:
            body["output_dimension"] = dimensions
        return body

    def vectors(self, answer: Json) -> list[list[float]]:
        """The vectors of an answer, in the order of its texts."""
        if self.family == "titan":
            return [answer["embedding"]]
        embeddings = answer["embeddings"]
        found: list[list[float]] = (
            embeddings["float"] if isinstance(embeddings, dict) else embeddings
        )
        return found


# Titan takes 8,192 tokens; Korean costs up to a token and more a syllable.
# Cohere v3 takes 2,048 characters, of which it reads 512 tokens.
_MODELS = (
    Model("titan", "titan-embed-text-v1", (1536,), 1, 6_000),
    Model("titan", "titan-embed-text-v2", (1024, 512, 256), 1, 6_000),
    Model("cohere", "embed-v4", (1536, 1024, 512, 256), 96, 20_000),
    Model("cohere", "embed-multilingual-v3", (1024,), 96, 1_000),
    Model("cohere", "embed-english-v3", (1024,), 96, 2_000),
)


def model_of(model_id: str, dimensions: int | None) -> tuple[Model, int]:
    """The model behind an id, a profile's id or an ARN, and the vectors' length.

    Raises ConfigurationError, naming the variable.
    """
    for model in _MODELS:
        if model.name in model_id:
            chosen = dimensions or model.dimensions[0]
            if chosen not in model.dimensions:
                allowed = ", ".join(map(str, model.dimensions))
                raise ConfigurationError(
                    variable="EMBEDDING_DIMENSIONS", detail=f"{model.name} gives {allowed}"
                )
            return model, chosen
    known = ", ".join(model.name for model in _MODELS)
    raise ConfigurationError(
        variable="EMBEDDING_MODEL_ID", detail=f"{model_id!r} is none of {known}"
    )


def identity_of(model_id: str, dimensions: int | None) -> str:
    """What is stored with vectors of this model."""
    model, length = model_of(model_id, dimensions)
    return f"bedrock:{model.name}/{length}"
