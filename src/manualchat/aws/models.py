"""Step 1: may this account call the two models, in this region?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from manualchat.aws.account import Account, in_our_words
from manualchat.aws.findings import Finding, ok, unknown, wrong
from manualchat.errors import ManualchatError

_GUIDE = "https://docs.aws.amazon.com/bedrock/latest/userguide/model-access.html"


def check_models(account: Account, embedding: str, answer: str) -> Iterator[Finding]:
    """Both models: offered here, agreed to, and for Claude the use-case form."""
    from manualchat_infra.profiles import split_profile

    for model_id in (embedding, answer):
        try:
            yield from _check(account, model_id, *split_profile(model_id))
        except ManualchatError as error:
            yield unknown(
                1,
                (f"{model_id}: {error.message('ko')}", f"{model_id}: {error.message('en')}"),
                (
                    "이 계정에서 bedrock:GetFoundationModelAvailability를 호출할 수 있어야 합니다.",
                    "This account must be allowed bedrock:GetFoundationModelAvailability.",
                ),
            )


def _check(account: Account, model_id: str, prefix: str, model: str) -> Iterator[Finding]:
    bedrock = account.client("bedrock")
    if prefix:
        with in_our_words("Bedrock", account):
            missing = _missing_profile(bedrock, model_id)
        if missing:
            yield missing
            return
    with in_our_words("Bedrock", account):
        found = _availability(bedrock, model)
    if found is None or found.get("regionAvailability") == "NOT_AVAILABLE":
        yield wrong(
            1,
            (
                f"{model_id} 모델이 {account.region} 리전에 없습니다",
                f"{model_id} is not offered in {account.region}",
            ),
            (
                "--set answer_model_id=… 또는 --set embedding_model_id=…로 다른 모델을 고르거나 --region을 바꾸세요.",
                "Choose another with --set answer_model_id=… or --set embedding_model_id=…, or another --region.",
            ),
        )
        return
    if found.get("authorizationStatus") == "NOT_AUTHORIZED":
        yield wrong(
            1,
            (
                f"{model_id} 모델을 호출할 권한이 없습니다",
                f"this account is not authorised for {model_id}",
            ),
            (
                f"조직의 정책(SCP)과 IAM에서 bedrock:InvokeModel을 허용하세요. {_GUIDE}",
                f"Allow bedrock:InvokeModel in IAM and in the organisation's policies (SCP). {_GUIDE}",
            ),
        )
        return
    if _needs_agreement(found):
        yield _not_enabled(account, model_id, model)
        return
    yield ok(1, (f"{model_id} 사용 가능", f"{model_id} is enabled"))


def _needs_agreement(found: dict[str, Any]) -> bool:
    agreement = found.get("agreementAvailability", {}).get("status")
    return agreement in {"NOT_AVAILABLE", "ERROR"} or (
        found.get("entitlementAvailability") == "NOT_AVAILABLE"
    )


def _not_enabled(account: Account, model_id: str, model: str) -> Finding:
    """Claude wants a form once an account; any third-party model a subscription."""
    if model.startswith("anthropic.") and not _form_is_in(account):
        return wrong(
            1,
            (
                f"{model_id}: Anthropic 사용 사례 양식이 제출되지 않았습니다",
                f"{model_id}: Anthropic's use-case form was not handed in",
            ),
            (
                "Bedrock 콘솔의 모델 카탈로그에서 Claude 모델을 열고 사용 사례 양식을 한 번 제출하세요(조직은 관리 계정에서). "
                f"{_GUIDE}",
                "Open a Claude model in the Bedrock console's model catalogue and hand in the use-case "
                f"form, once (in an organisation, from the management account). {_GUIDE}",
            ),
        )
    return wrong(
        1,
        (
            f"{model_id}: 모델 액세스가 활성화되지 않았습니다",
            f"{model_id}: model access is not enabled",
        ),
        (
            "AWS Marketplace 구독 권한(aws-marketplace:Subscribe)이 있는 사용자로 Bedrock 콘솔에서 모델을 한 번 실행하거나, "
            f"aws bedrock list-foundation-model-agreement-offers --model-id {model} 로 오퍼를 보고 "
            "aws bedrock create-foundation-model-agreement 로 동의하세요.",
            "As someone who may subscribe in AWS Marketplace (aws-marketplace:Subscribe), run the model once "
            f"in the Bedrock console, or see `aws bedrock list-foundation-model-agreement-offers --model-id {model}` "
            "and agree with `aws bedrock create-foundation-model-agreement`.",
        ),
    )


def _form_is_in(account: Account) -> bool:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return bool(account.client("bedrock").get_use_case_for_model_access().get("formData"))
    except (BotoCoreError, ClientError):
        return False


def _availability(bedrock: Any, model: str) -> dict[str, Any] | None:
    from botocore.exceptions import ClientError

    try:
        found: dict[str, Any] = bedrock.get_foundation_model_availability(modelId=model)
    except ClientError as error:
        if error.response["Error"]["Code"] in {"ResourceNotFoundException", "ValidationException"}:
            return None
        raise
    return found


def _missing_profile(bedrock: Any, model_id: str) -> Finding | None:
    """None when the inference profile is there; else what is there instead."""
    from botocore.exceptions import ClientError

    try:
        bedrock.get_inference_profile(inferenceProfileIdentifier=model_id)
    except ClientError as error:
        if error.response["Error"]["Code"] not in {
            "ResourceNotFoundException",
            "ValidationException",
        }:
            raise
    else:
        return None
    names = [
        profile["inferenceProfileId"]
        for page in bedrock.get_paginator("list_inference_profiles").paginate(
            typeEquals="SYSTEM_DEFINED"
        )
        for profile in page["inferenceProfileSummaries"]
        if "anthropic" in profile["inferenceProfileId"]
    ]
    some = ", ".join(names[:8]) or "-"
    return wrong(
        1,
        (f"추론 프로필 {model_id}이(가) 없습니다", f"there is no inference profile {model_id}"),
        (
            f"이 중에서 골라 --set answer_model_id=… 로 지정하세요: {some}",
            f"Choose one of these with --set answer_model_id=…: {some}",
        ),
    )
