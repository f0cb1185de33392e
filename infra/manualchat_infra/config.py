"""What can be configured about a deployment, validated before anything is synthesised.

The values come from `settings/dev.toml` and `settings/prod.toml`, then from a file
of the user's (`--config FILE`), then from `--set key=value`: the later wins.
"""

from __future__ import annotations

import ipaddress
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from manualchat.errors import ConfigurationError

Scenario = Literal["dev", "prod"]
SCENARIOS: tuple[Scenario, ...] = ("dev", "prod")
SETTINGS = Path(__file__).parent / "settings"

# Nobody's address, by RFC 5737: a port opened to it is closed to everyone.
PLACEHOLDER_CIDR = "203.0.113.0/24"
ANYWHERE = ("0.0.0.0/0", "::/0")

# Sizes that a DNS label, a collection name (32) and a role name (64) all allow.
_NAME = re.compile(r"[a-z][a-z0-9-]{1,18}[a-z0-9]")
_SUFFIX = re.compile(r"(-[a-z0-9]{1,10})?")


class DeploymentConfig(BaseModel):
    """One deployment. Frozen: what was validated is what is synthesised."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scenario: Scenario
    name: str = "manualchat"
    # Appended to the roles' and functions' names, which are the account's (roles)
    # and the region's (functions). Needed for a second deployment beside the first.
    suffix: str = ""
    region: str = "ap-northeast-2"
    tags: dict[str, str] = Field(default_factory=dict)

    # models
    embedding_model_id: str = "amazon.titan-embed-text-v1"
    embedding_dimensions: int = Field(1536, ge=64, le=16_000)
    answer_model_id: str = "global.anthropic.claude-sonnet-5-5"
    max_answer_tokens: int = Field(1_024, ge=64, le=8_192)

    # search
    generation: Literal["nextgen", "classic"] = "nextgen"
    index_name: str = Field("manuals", pattern=r"^[a-z][a-z0-9_-]{0,60}$")
    standby_replicas: bool = True
    min_ocu: float = Field(0, ge=0, le=96)  # of indexing and of search, each (nextgen)
    max_ocu: float = Field(2, ge=1, le=96)

    # functions
    architecture: Literal["x86_64", "arm64"] = "x86_64"
    embedding_memory_mb: int = Field(2_048, ge=512, le=10_240)
    embedding_timeout_seconds: int = Field(300, ge=60, le=900)
    embedding_concurrency: int = Field(4, ge=2, le=1_000)
    query_memory_mb: int = Field(1_024, ge=256, le=10_240)
    query_timeout_seconds: int = Field(60, ge=10, le=900)

    # who may reach it
    allowed_cidrs: tuple[str, ...] = ()
    public: bool = False  # the function URL without IAM: the stack makes a token for it
    cors_origins: tuple[str, ...] = ()
    api_authorizer: Literal["iam", "jwt"] = "iam"
    jwt_issuer: str = ""
    jwt_audience: tuple[str, ...] = ()
    api_rate_per_second: int = Field(5, ge=1, le=10_000)
    api_burst: int = Field(10, ge=1, le=5_000)

    # the web UI
    ui: bool = True
    ui_port: int = Field(8501, ge=1024, le=65_535)
    ui_instance_type: str = Field("t3.small", pattern=r"^[a-z0-9-]+\.[a-z0-9]+$")
    ui_min_instances: int = Field(1, ge=1, le=20)
    ui_max_instances: int = Field(2, ge=1, le=20)
    certificate_arn: str = ""
    domain_name: str = ""
    hosted_zone_id: str = ""
    waf: bool = False
    sign_in: bool = False  # Cognito in front of the ALB
    cognito_domain_prefix: str = ""

    # network (prod)
    vpc_cidr: str = "10.42.0.0/16"
    nat_gateways: int = Field(1, ge=1, le=2)

    # keeping
    retain_data: bool | None = None  # None: kept in prod, removed in dev
    log_retention_days: Literal[1, 3, 7, 14, 30, 90, 180, 365] = 30
    monthly_budget_usd: float = Field(0, ge=0)  # 0: no budget
    alarm_email: str = ""

    @field_validator("name")
    @classmethod
    def _name(cls, value: str) -> str:
        if not _NAME.fullmatch(value):
            raise ValueError("3 to 20 of a-z, 0-9 and -, a letter first")
        return value

    @field_validator("suffix")
    @classmethod
    def _suffix(cls, value: str) -> str:
        if not _SUFFIX.fullmatch(value):
            raise ValueError("a hyphen and 1 to 10 of a-z and 0-9, such as -prod")
        return value

    @field_validator("region")
    @classmethod
    def _region(cls, value: str) -> str:
        if not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", value):
            raise ValueError("an AWS region such as ap-northeast-2")
        return value

    @field_validator("allowed_cidrs")
    @classmethod
    def _cidrs(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(str(ipaddress.ip_network(v)) for v in value)

    @field_validator("vpc_cidr")
    @classmethod
    def _vpc_cidr(cls, value: str) -> str:
        network = ipaddress.IPv4Network(value)
        if not 16 <= network.prefixlen <= 22:
            raise ValueError("a private IPv4 network of /16 to /22")
        return value

    @field_validator("alarm_email")
    @classmethod
    def _email(cls, value: str) -> str:
        if value and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value):
            raise ValueError("an e-mail address")
        return value

    @model_validator(mode="after")
    def _together(self) -> DeploymentConfig:
        open_to_all = [c for c in self.allowed_cidrs if c in ANYWHERE]
        if open_to_all and self.scenario == "prod" and not self.sign_in:
            raise ValueError("allowed_cidrs opens the UI to everyone: turn sign_in on as well")
        if open_to_all and self.scenario == "dev":
            raise ValueError("allowed_cidrs must not be everyone in dev: it has no sign-in")
        if self.public and self.scenario == "prod":
            raise ValueError("public is for dev; prod is reached through the ALB and the HTTP API")
        if self.sign_in and not (self.certificate_arn and self.cognito_domain_prefix):
            raise ValueError("sign_in needs certificate_arn and cognito_domain_prefix")
        if self.hosted_zone_id and not self.domain_name:
            raise ValueError("hosted_zone_id needs domain_name")
        if self.domain_name and not self.certificate_arn:
            raise ValueError("domain_name needs certificate_arn")
        if self.api_authorizer == "jwt" and not (self.jwt_issuer and self.jwt_audience):
            raise ValueError("api_authorizer jwt needs jwt_issuer and jwt_audience")
        if self.ui_max_instances < self.ui_min_instances:
            raise ValueError("ui_max_instances is smaller than ui_min_instances")
        if self.max_ocu < self.min_ocu:
            raise ValueError("max_ocu is smaller than min_ocu")
        if self.monthly_budget_usd and not self.alarm_email:
            raise ValueError("monthly_budget_usd needs alarm_email to send the alarm to")
        return self

    @property
    def stack_name(self) -> str:
        """`manualchat-dev`, `manualchat-prod`."""
        return f"{self.name}-{self.scenario}"

    @property
    def collection_name(self) -> str:
        return self.stack_name

    @property
    def retained(self) -> bool:
        """Whether the PDFs and the ledger outlive the stack."""
        return self.scenario == "prod" if self.retain_data is None else self.retain_data


def load_config(
    scenario: Scenario, file: Path | None = None, overrides: Mapping[str, object] | None = None
) -> DeploymentConfig:
    """The scenario's defaults, then `file`, then `overrides`.

    Raises ConfigurationError, naming the setting.
    """
    values: dict[str, object] = {}
    for path in (SETTINGS / f"{scenario}.toml", file):
        if path is not None:
            values |= _read(path)
    values |= {k: v for k, v in (overrides or {}).items() if v is not None}
    values["scenario"] = scenario
    try:
        return DeploymentConfig.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"]) or scenario
        detail = first["msg"].removeprefix("Value error, ")
        raise ConfigurationError(variable=name, detail=detail) from None


def parse_override(text: str) -> tuple[str, object]:
    """`key=value` with the value in TOML, or a bare string.

    Raises ConfigurationError.
    """
    key, equals, value = text.partition("=")
    if not equals or not key:
        raise ConfigurationError(variable=text, detail="write key=value")
    try:
        return key, tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key, value


def _read(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigurationError(
            variable=str(path), detail=error.strerror or "unreadable"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(variable=str(path), detail=f"not TOML: {error}") from None
