"""Findings of cdk-nag that are accepted, each with the reason beside it."""

from __future__ import annotations

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def accept(construct: IConstruct, rule: str, reason: str) -> None:
    """Accept `rule` (such as `AwsSolutions-IAM5`) for `construct` and what is in it."""
    Validations.of(construct).acknowledge(Acknowledgment(id=rule, reason=reason))
