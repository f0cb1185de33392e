"""The AWS account, region and endpoint that a command works on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from manualchat.aws.failures import (
    CredentialsMissing,
    CredentialsRefused,
    EndpointUnreachable,
    RegionUnsupported,
)
from manualchat.aws_calls import translated
from manualchat.errors import ConfigurationError, MissingExtra

DEFAULT_REGION = "ap-northeast-2"
_REFUSED = {
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidClientTokenId",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
    "AuthFailure",
    "RequestExpired",
}


@dataclass
class Account:
    """Who, where, and through which endpoint. Clients are made once each.

    `endpoint` is set for a local AWS only; function and API URLs, whose hosts exist
    on AWS alone, are then reached through it (see `reachable`).
    """

    region: str = ""
    profile: str = ""
    endpoint: str = ""
    _clients: dict[str, Any] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        session = self.session
        self.region = self.region or session.region_name or DEFAULT_REGION

    @cached_property
    def session(self) -> Any:
        """boto3's session. Raises ConfigurationError for a profile that is not there."""
        try:
            import boto3
            from botocore.exceptions import ProfileNotFound
        except ImportError:
            raise MissingExtra(feature="manualchat aws", extra="infra") from None
        try:
            return boto3.Session(profile_name=self.profile or None)
        except ProfileNotFound as error:
            raise ConfigurationError(variable="--profile", detail=str(error)) from None

    def client(self, service: str) -> Any:
        """A boto3 client with short time-outs and jittered retries."""
        if service not in self._clients:
            from botocore.config import Config

            self._clients[service] = self.session.client(
                service,
                region_name=self.region,
                endpoint_url=self.endpoint or None,
                config=Config(
                    connect_timeout=5,
                    read_timeout=120,
                    retries={"mode": "standard", "total_max_attempts": 4},
                ),
            )
        return self._clients[service]

    @cached_property
    def id(self) -> str:
        """The account's number. Raises CredentialsMissing, CredentialsRefused, …"""
        with in_our_words("STS", self):
            return str(self.client("sts").get_caller_identity()["Account"])

    def require(self, *services: str) -> None:
        """Raises RegionUnsupported for a service that this region does not offer."""
        if self.endpoint:
            return
        for service in services:
            offered = self.session.get_available_regions(service)
            if offered and self.region not in offered:
                raise RegionUnsupported(
                    service=service, region=self.region, regions=", ".join(sorted(offered))
                )

    def reachable(self, url: str) -> str:
        """`url` as this machine can open it: itself on AWS, a path of a local endpoint else."""
        if not self.endpoint:
            return url
        parts = urlsplit(url)
        name, _, rest = (parts.hostname or "").partition(".")
        if rest.startswith("lambda-url."):
            return f"{self.endpoint}/_aws/lambda-url/{name}{parts.path or '/'}"
        if rest.startswith("execute-api."):
            return f"{self.endpoint}/_aws/execute-api/{name}/$default{parts.path or '/'}"
        return url

    def environment(self) -> dict[str, str]:
        """Variables by which another program (cdk) works on the same account."""
        values = {"AWS_REGION": self.region, "AWS_DEFAULT_REGION": self.region}
        if self.profile:
            values["AWS_PROFILE"] = self.profile
        if self.endpoint:
            values["AWS_ENDPOINT_URL"] = self.endpoint
            values["AWS_ENDPOINT_URL_S3"] = self.endpoint
        return values


@contextmanager
def in_our_words(service: str, account: Account) -> Iterator[None]:
    """Turn botocore's errors into ours.

    Raises CredentialsMissing, CredentialsRefused, EndpointUnreachable, Throttled,
    AccessDenied or BackendError.
    """
    from botocore import exceptions as boto

    try:
        yield
    except (
        boto.NoCredentialsError,
        boto.PartialCredentialsError,
        boto.CredentialRetrievalError,
    ):
        raise CredentialsMissing() from None
    except (
        boto.SSOTokenLoadError,
        boto.UnauthorizedSSOTokenError,
        boto.TokenRetrievalError,
    ) as error:
        raise CredentialsRefused(detail=str(error)) from None
    except (boto.HTTPClientError, boto.ConnectionError) as error:
        where = getattr(error, "kwargs", {}).get("endpoint_url") or account.endpoint or service
        raise EndpointUnreachable(endpoint=where) from None
    except boto.ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        message = str(error.response.get("Error", {}).get("Message", "")) or code
        if code in _REFUSED:
            raise CredentialsRefused(detail=message) from None
        raise translated(service, code, message) from error
    except boto.BotoCoreError as error:
        raise translated(service, "", str(error)) from error
