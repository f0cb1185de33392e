"""The names that people look for, each made in one place."""

from __future__ import annotations

from manualchat_infra.config import DeploymentConfig


def embedding_role(config: DeploymentConfig) -> str:
    """The role of `embedding_pipeline`, named as the deployment guide has it."""
    return f"embedding-lambda-role{config.suffix}"


def query_role(config: DeploymentConfig) -> str:
    """The role of `query_pipeline`, named as the deployment guide has it."""
    return f"query-lambda-role{config.suffix}"


def embedding_function(config: DeploymentConfig) -> str:
    """The function that reads and embeds."""
    return f"embedding_pipeline{_underscored(config)}"


def query_function(config: DeploymentConfig) -> str:
    """The function that answers, streaming."""
    return f"query_pipeline{_underscored(config)}"


def query_http_function(config: DeploymentConfig) -> str:
    """Its buffered twin behind the HTTP API (prod)."""
    return f"query_pipeline_http{_underscored(config)}"


def index_function(config: DeploymentConfig) -> str:
    """The function that creates the k-NN index once."""
    return f"create_index{_underscored(config)}"


def functions(config: DeploymentConfig) -> list[str]:
    """Every function of the deployment."""
    names = [embedding_function(config), query_function(config), index_function(config)]
    return [*names, query_http_function(config)] if config.scenario == "prod" else names


def roles(config: DeploymentConfig) -> list[str]:
    """Both roles with fixed names."""
    return [embedding_role(config), query_role(config)]


def log_group(config: DeploymentConfig, part: str) -> str:
    """Where a part logs to. The stack owns the group, so nothing stays behind."""
    return f"/{config.name}/{config.scenario}/{part}"


def _underscored(config: DeploymentConfig) -> str:
    return config.suffix.replace("-", "_")
