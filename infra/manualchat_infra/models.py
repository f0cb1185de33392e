"""Bedrock: which ARNs a role must hold to call one model id."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Aws
from aws_cdk import aws_iam as iam

# Where a geographic profile may send a request. Needed for the foundation-model
# ARNs; a region that is missing here shows as AccessDenied in `manualchat aws doctor`.
# Source: docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html
PROFILE_REGIONS: dict[str, tuple[str, ...]] = {
    "us": ("us-east-1", "us-east-2", "us-west-1", "us-west-2"),
    "eu": (
        "eu-central-1",
        "eu-central-2",
        "eu-north-1",
        "eu-south-1",
        "eu-south-2",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
    ),
    "apac": (
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-northeast-3",
        "ap-south-1",
        "ap-south-2",
        "ap-southeast-1",
        "ap-southeast-2",
        "ap-southeast-4",
    ),
    "jp": ("ap-northeast-1", "ap-northeast-3"),
    "au": ("ap-southeast-2", "ap-southeast-4"),
}


def split_profile(model_id: str) -> tuple[str, str]:
    """`global.anthropic.x` → ("global", "anthropic.x"); a bare model id → ("", id)."""
    prefix, _, rest = model_id.partition(".")
    if rest and (prefix == "global" or prefix in PROFILE_REGIONS):
        return prefix, rest
    return "", model_id


def embedding_statements(model_id: str) -> list[iam.PolicyStatement]:
    """InvokeModel on the embedding model."""
    return _statements("EmbeddingModel", model_id, ["bedrock:InvokeModel"])


def answer_statements(model_id: str) -> list[iam.PolicyStatement]:
    """What ConverseStream and Converse need on the answering model."""
    return _statements(
        "AnswerModel", model_id, ["bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream"]
    )


def arns(model_id: str) -> list[str]:
    """Every ARN that invoking `model_id` from this region touches."""
    return [a for s in _statements("All", model_id, ["bedrock:InvokeModel"]) for a in s.resources]


def _statements(sid: str, model_id: str, actions: Sequence[str]) -> list[iam.PolicyStatement]:
    """A profile needs two permissions: on itself, and on the model wherever it runs.

    The second holds only for calls that come through the profile. Source:
    docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html
    """
    prefix, model = split_profile(model_id)
    here = f"arn:{Aws.PARTITION}:bedrock:{Aws.REGION}"
    if not prefix:
        return [
            iam.PolicyStatement(
                sid=sid, actions=list(actions), resources=[f"{here}::foundation-model/{model}"]
            )
        ]
    profile = f"{here}:{Aws.ACCOUNT_ID}:inference-profile/{model_id}"
    if prefix == "global":
        # A global profile is also checked against the model's ARN without a region.
        models = [
            f"{here}::foundation-model/{model}",
            f"arn:{Aws.PARTITION}:bedrock:::foundation-model/{model}",
        ]
    else:
        models = [
            f"arn:{Aws.PARTITION}:bedrock:{region}::foundation-model/{model}"
            for region in PROFILE_REGIONS[prefix]
        ]
    return [
        iam.PolicyStatement(sid=f"{sid}Profile", actions=list(actions), resources=[profile]),
        iam.PolicyStatement(
            sid=f"{sid}ThroughProfile",
            actions=list(actions),
            resources=models,
            conditions={"StringEquals": {"bedrock:InferenceProfileArn": profile}},
        ),
    ]
