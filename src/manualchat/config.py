"""Every setting, its environment variable and its default, in one place.

Home reads `MANUALCHAT_…`. The Lambda functions read the same class; the names
that the deployment guide gives them (`OPENSEARCH_HOST`, …) are aliases here.

Standard library only: pydantic-settings took four fifths of the query
function's import time (docs/decisions/settings.md).
"""

# ruff: noqa: RUF009 - the calls in the class make fields, or secrets, which never change

from __future__ import annotations

import os
import types
import typing
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

from manualchat.errors import ConfigurationError

_TRUE = frozenset({"1", "true", "t", "yes", "y", "on"})
_FALSE = frozenset({"0", "false", "f", "no", "n", "off"})


class Secret:
    """A value that shows itself only when it is asked to."""

    __slots__ = ("_value",)

    def __init__(self, value: str = "") -> None:
        self._value = value

    def get_secret_value(self) -> str:
        """The value itself."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('**********')" if self._value else "Secret('')"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)


def _set(
    default: Any,
    *variables: str,
    least: float | None = None,
    most: float | None = None,
    above: float | None = None,
) -> Any:
    """A setting with bounds, and variables of well-known names beside its own."""
    bounds = {"least": least, "most": most, "above": above}
    return field(default=default, metadata={"variables": variables, **bounds})


@dataclass(kw_only=True)
class Settings:
    """What can be set, by environment variable or by keyword.

    Attributes are grouped as the rooms of the house are. Times are seconds, sizes
    are bytes unless a name says otherwise. An empty variable counts as not set.
    """

    # the library
    library: Path | None = None  # None: the platform's data folder
    cache: Path | None = None  # None: the platform's cache folder
    store: Literal["sqlite", "aws"] = "sqlite"  # "aws": DynamoDB and OpenSearch, as set below

    # reading
    ocr: bool = True
    ocr_languages: str = "kor+eng"
    tessdata: Path | None = _set(None, "TESSDATA_PREFIX")
    max_pages: int = 5_000
    page_seconds: float = 60.0
    document_seconds: float = 3_600.0
    reader_memory: int = 2 * 1024**3

    # embedding: "e5" (multilingual-e5-small), a folder with model.onnx and
    # tokenizer.json, or "bedrock:MODEL_ID"
    embedder: str = "e5"
    threads: int | None = None

    # answering
    answerer: Literal["extractive", "openai", "bedrock"] = "extractive"
    openai_base_url: str = "http://127.0.0.1:11434/v1"
    openai_api_key: Secret = Secret()
    openai_model: str = ""
    max_answer_tokens: int = 1_024
    top_k: int = 8

    # serving and its clients
    journal: bool = True  # keep questions in the library's folder, for `manualchat report`
    backend: str = "local"  # "local", an http(s) URL, or "lambda:FUNCTION_NAME"
    token: Secret = Secret()

    # AWS
    region: str = _set("", "AWS_REGION", "AWS_DEFAULT_REGION")
    opensearch_host: str = _set("", "OPENSEARCH_HOST")
    opensearch_index: str = _set("manuals", "OPENSEARCH_INDEX")
    opensearch_dialect: Literal["nextgen", "classic", "opensearch"] = _set(
        "nextgen", "OPENSEARCH_DIALECT"
    )
    ledger_table: str = _set("", "LEDGER_TABLE")
    queue_url: str = _set("", "QUEUE_URL")
    embedding_model_id: str = _set("amazon.titan-embed-text-v1", "EMBEDDING_MODEL_ID")
    answer_model_id: str = _set("", "ANSWER_MODEL_ID")
    # US$ a million tokens, "in,out"; empty: the list price of the model's family
    answer_prices: str = _set("", "ANSWER_PRICES")
    embedding_dimensions: int | None = _set(None, "EMBEDDING_DIMENSIONS", least=0)
    # (None or 0: the model's own) Requests a minute, and at once, of one function instance:
    embedding_rpm: float = _set(600.0, "EMBEDDING_RPM", above=0)
    embedding_concurrency: int = _set(8, "EMBEDDING_CONCURRENCY", least=1, most=64)
    part_pages: int = _set(25, least=1)  # pages that one message of the fan-out covers
    part_seconds: float = _set(270.0, above=0)  # one invocation's share, whatever its time-out
    index_wait: float = _set(20.0, least=0)  # seconds to wait for writes to become searchable
    ingest_deadline: float = _set(6 * 3_600.0, above=0)  # not finished by then: failed
    max_receives: int = _set(5, least=1)  # the queue's maxReceiveCount
    cors_origins: str = "*"  # comma-separated

    @classmethod
    def load(cls, **values: object) -> Settings:
        """Settings from the environment, `values` first; None is no value.

        Raises ConfigurationError, naming the variable, when one is wrong.
        """
        kinds = typing.get_type_hints(cls)
        given = {name: value for name, value in values.items() if value is not None}
        unknown = given.keys() - kinds.keys()
        if unknown:
            raise TypeError(f"no such setting: {', '.join(sorted(unknown))}")
        for setting in fields(cls):
            own = f"MANUALCHAT_{setting.name.upper()}"
            if setting.name in given:
                given[setting.name] = _checked(setting, kinds, given[setting.name], own)
                continue
            for variable in _variables(setting, own):
                if os.environ.get(variable):
                    given[setting.name] = _checked(setting, kinds, os.environ[variable], variable)
                    break
        return cls(**given)  # type: ignore[arg-type]


def _variables(setting: Field[Any], own: str) -> tuple[str, ...]:
    """The variables that may set this, the first that is there wins."""
    named: tuple[str, ...] = setting.metadata.get("variables", ())
    prefixed = tuple(f"MANUALCHAT_{name}" for name in named if not name.startswith("AWS_"))
    return tuple(dict.fromkeys((*named, *prefixed, own)))


def _checked(setting: Field[Any], kinds: Mapping[str, Any], value: object, variable: str) -> object:
    """The value in its type and within its bounds. Raises ConfigurationError."""
    try:
        made = _made(kinds[setting.name], value)
        if isinstance(made, int | float):
            _within(made, setting.metadata)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(variable=variable, detail=f"{value!r} {error}") from None
    return made


def _within(value: float, bounds: Mapping[str, Any]) -> None:
    least, most, above = bounds.get("least"), bounds.get("most"), bounds.get("above")
    if least is not None and value < least:
        raise ValueError(f"must be at least {least}")
    if most is not None and value > most:
        raise ValueError(f"must be at most {most}")
    if above is not None and value <= above:
        raise ValueError(f"must be more than {above}")


def _made(kind: Any, value: object) -> object:
    """The value in this type. Raises ValueError, which says what it should be."""
    if typing.get_origin(kind) in (typing.Union, types.UnionType):
        kind = next(k for k in typing.get_args(kind) if k is not type(None))
    if typing.get_origin(kind) is Literal:
        allowed = typing.get_args(kind)
        if value not in allowed:
            raise ValueError(f"is none of {', '.join(allowed)}")
        return value
    if isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
        return value
    if kind is bool:
        word = str(value).strip().lower()
        if word not in _TRUE | _FALSE:
            raise ValueError("is neither true nor false")
        return word in _TRUE
    try:
        return kind(value)
    except (TypeError, ValueError):
        names = {int: "a whole number", float: "a number"}
        raise ValueError(f"is not {names.get(kind, kind.__name__)}") from None
