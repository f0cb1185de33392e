"""Bedrock's inference profiles: their prefixes and the regions behind them. Needs no CDK."""

from __future__ import annotations

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
