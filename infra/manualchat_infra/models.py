"""Bedrock: which ARNs a role must hold to call one model id."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import Aws
from aws_cdk import aws_iam as iam

from manualchat_infra.profiles import PROFILE_REGIONS, split_profile


def embedding_statements(model_id: str) -> list[iam.PolicyStatement]:
    """InvokeModel on the embedding model."""
    return _statements("EmbeddingModel", model_id, ["bedrock:InvokeModel"])


def answer_statements(model_id: str) -> list[iam.PolicyStatement]:
    """What ConverseStream needs on the answering model."""
    return _statements("AnswerModel", model_id, ["bedrock:InvokeModelWithResponseStream"])


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
