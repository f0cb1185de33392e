"""Errors of `manualchat aws …`, each with what to do next.

ManualchatError
└── AwsFailure
    ├── CredentialsMissing      nobody is signed in
    ├── CredentialsRefused      expired, or not valid here
    ├── EndpointUnreachable     nothing answers there
    ├── RegionUnsupported       a service is not offered in this region
    ├── NotDeployed             there is no such stack
    ├── DeploymentBusy          another change is under way
    ├── DeploymentBroken        half-deployed: to be removed or continued first
    ├── NameTaken               a role or function of that name exists already
    ├── ChecksFailed            something is missing before a deployment
    ├── CdkUnavailable          the cdk command cannot be had
    ├── CdkFailed               it ended with an error
    └── EndToEndFailed          deployed, but an answer did not come
"""

from __future__ import annotations

from manualchat.errors import ManualchatError


class AwsFailure(ManualchatError):
    """Base of what can go wrong between here and AWS."""

    code = "aws"


class CredentialsMissing(AwsFailure):
    """Nobody is signed in."""

    code = "aws-credentials-missing"
    en = (
        "No AWS credentials were found. Sign in with `aws configure sso` or `aws configure`, "
        "or name a profile with --profile. `aws sts get-caller-identity` shows who you are."
    )
    ko = (
        "AWS 자격 증명이 없습니다. `aws configure sso`나 `aws configure`로 로그인하거나 "
        "--profile로 프로필을 지정하세요. `aws sts get-caller-identity`로 확인할 수 있습니다."
    )


class CredentialsRefused(AwsFailure):
    """Expired, or not valid here."""

    code = "aws-credentials-refused"
    en = (
        "AWS refused the credentials: {detail}. Sign in again (`aws sso login`), "
        "or check the keys and the machine's clock."
    )
    ko = (
        "AWS가 자격 증명을 거부했습니다: {detail}. 다시 로그인(`aws sso login`)하거나 "
        "키와 컴퓨터의 시각을 확인하세요."
    )


class EndpointUnreachable(AwsFailure):
    """Nothing answers there."""

    code = "aws-unreachable"
    en = (
        "Nothing answers at {endpoint}. Check the network, or that the local AWS runs on that port."
    )
    ko = "{endpoint}에서 응답이 없습니다. 네트워크를 확인하거나, 로컬 AWS가 그 포트에서 실행 중인지 확인하세요."


class RegionUnsupported(AwsFailure):
    """A service is not offered in this region."""

    code = "aws-region"
    en = "{service} is not offered in {region}. Choose another with --region: {regions}."
    ko = "{region} 리전에는 {service}가 없습니다. --region으로 다른 리전을 고르세요: {regions}."


class NotDeployed(AwsFailure):
    """There is no such stack."""

    code = "aws-not-deployed"
    en = "{stack} is not deployed in {region}. Deploy it: `manualchat aws deploy {scenario}`, or check --region and --profile."
    ko = "{region}에 {stack}이(가) 배포되어 있지 않습니다. `manualchat aws deploy {scenario}`로 배포하거나 --region과 --profile을 확인하세요."


class DeploymentBusy(AwsFailure):
    """Another change is under way."""

    code = "aws-busy"
    en = (
        "{stack} is being changed right now ({status}). Wait until it is done, then run this again."
    )
    ko = "{stack}을(를) 지금 변경하는 중입니다({status}). 끝난 뒤 다시 실행하세요."


class DeploymentBroken(AwsFailure):
    """Half-deployed: to be removed or continued first."""

    code = "aws-half-deployed"
    en = "{stack} is half-deployed ({status}: {reason}). {remedy}"
    ko = "{stack}이(가) 중간에 멈춘 상태입니다({status}: {reason}). {remedy}"


class NameTaken(AwsFailure):
    """A role or function of that name exists already."""

    code = "aws-name-taken"
    en = (
        "{names} exist in this account already and are not part of {stack}. Names of roles are "
        "the account's. Deploy with another suffix: --set suffix=-{scenario}, or remove them."
    )
    ko = (
        "{names}이(가) 이 계정에 이미 있고 {stack}의 것이 아닙니다. 역할 이름은 계정 전체에서 "
        "하나뿐입니다. --set suffix=-{scenario}로 접미사를 붙여 배포하거나 기존 것을 지우세요."
    )


class ChecksFailed(AwsFailure):
    """Something is missing before a deployment."""

    code = "aws-checks"
    en = "{count} of the checks failed; nothing was deployed. Mend what is marked above and run this again."
    ko = "사전 점검에서 {count}건이 실패하여 배포하지 않았습니다. 위에 표시된 항목을 고친 뒤 다시 실행하세요."


class CdkUnavailable(AwsFailure):
    """The cdk command cannot be had."""

    code = "aws-cdk-unavailable"
    en = "The cdk command {version} could not be installed from npm: {detail}. Check the network or a proxy's settings (npm config)."
    ko = "npm에서 cdk {version}을 설치하지 못했습니다: {detail}. 네트워크나 프록시 설정(npm config)을 확인하세요."


class CdkFailed(AwsFailure):
    """The cdk command ended with an error."""

    code = "aws-cdk"
    en = "The deployment stopped: {detail}. {remedy}"
    ko = "배포가 멈췄습니다: {detail}. {remedy}"


class EndToEndFailed(AwsFailure):
    """Deployed, but an answer did not come."""

    code = "aws-e2e"
    en = "The end-to-end test failed at “{step}”: {detail}. Look at `manualchat aws logs {scenario}` and `manualchat aws doctor {scenario}`."
    ko = "종단간 테스트가 “{step}” 단계에서 실패했습니다: {detail}. `manualchat aws logs {scenario}`와 `manualchat aws doctor {scenario}`를 확인하세요."
