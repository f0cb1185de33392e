"""Every setting, its environment variable and its default, in one place.

Home reads `MANUALCHAT_…`. The Lambda functions read the same class; the names
that the deployment guide gives them (`OPENSEARCH_HOST`, …) are aliases here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from manualchat.errors import ConfigurationError


def _plain(name: str) -> AliasChoices:
    """A variable that keeps its well-known name beside the prefixed one."""
    return AliasChoices(name, f"MANUALCHAT_{name}")


class Settings(BaseSettings):
    """What can be set, by environment variable or by keyword.

    Attributes are grouped as design.md's rooms are. Times are seconds, sizes
    are bytes unless a name says otherwise.
    """

    model_config = SettingsConfigDict(
        env_prefix="MANUALCHAT_", env_ignore_empty=True, extra="ignore", populate_by_name=True
    )

    # the library
    library: Path | None = None  # None: the platform's data folder
    cache: Path | None = None  # None: the platform's cache folder
    store: Literal["sqlite", "aws"] = "sqlite"  # "aws": DynamoDB and OpenSearch, as set below

    # reading
    ocr: bool = True
    ocr_languages: str = "kor+eng"
    tessdata: Path | None = Field(None, validation_alias=_plain("TESSDATA_PREFIX"))
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
    openai_api_key: SecretStr = SecretStr("")
    openai_model: str = ""
    max_answer_tokens: int = 1_024
    top_k: int = 8

    # serving and its clients
    journal: bool = True  # keep questions in the library's folder, for `manualchat report`
    backend: str = "local"  # "local", an http(s) URL, or "lambda:FUNCTION_NAME"
    token: SecretStr = SecretStr("")

    # AWS
    region: str = Field("", validation_alias=AliasChoices("AWS_REGION", "AWS_DEFAULT_REGION"))
    opensearch_host: str = Field("", validation_alias=_plain("OPENSEARCH_HOST"))
    opensearch_index: str = Field("manuals", validation_alias=_plain("OPENSEARCH_INDEX"))
    opensearch_dialect: Literal["nextgen", "classic", "opensearch"] = Field(
        "nextgen", validation_alias=_plain("OPENSEARCH_DIALECT")
    )
    ledger_table: str = Field("", validation_alias=_plain("LEDGER_TABLE"))
    queue_url: str = Field("", validation_alias=_plain("QUEUE_URL"))
    embedding_model_id: str = Field(
        "amazon.titan-embed-text-v1", validation_alias=_plain("EMBEDDING_MODEL_ID")
    )
    answer_model_id: str = Field("", validation_alias=_plain("ANSWER_MODEL_ID"))
    # US$ a million tokens, "in,out"; empty: the list price of the model's family
    answer_prices: str = Field("", validation_alias=_plain("ANSWER_PRICES"))
    embedding_dimensions: int | None = Field(
        None, ge=0, validation_alias=_plain("EMBEDDING_DIMENSIONS")
    )  # None or 0: the model's own
    # requests a minute, and at once, of one function instance
    embedding_rpm: float = Field(600, gt=0, validation_alias=_plain("EMBEDDING_RPM"))
    embedding_concurrency: int = Field(
        8, ge=1, le=64, validation_alias=_plain("EMBEDDING_CONCURRENCY")
    )
    part_pages: int = Field(25, ge=1)  # pages that one message of the fan-out covers
    part_seconds: float = Field(270, gt=0)  # one invocation's share, however long its time-out
    index_wait: float = Field(20, ge=0)  # seconds to wait for writes to become searchable
    ingest_deadline: float = Field(6 * 3_600, gt=0)  # an ingest not finished by then has failed
    max_receives: int = Field(5, ge=1)  # the queue's maxReceiveCount
    cors_origins: str = "*"  # comma-separated

    @classmethod
    def load(cls, **values: object) -> Settings:
        """Settings from the environment, `values` first.

        Raises ConfigurationError, naming the variable, when one is wrong.
        """
        try:
            return cls(**{k: v for k, v in values.items() if v is not None})  # type: ignore[arg-type]
        except ValidationError as error:
            first = error.errors()[0]
            name = str(first["loc"][0]) if first["loc"] else "settings"
            variable = name if name.isupper() else f"MANUALCHAT_{name.upper()}"
            raise ConfigurationError(variable=variable, detail=first["msg"]) from None
