"""SigV4 for httpx, signed by botocore.

https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html: a function URL
with AuthType AWS_IAM wants the service name `lambda`; API Gateway `execute-api`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx

from manualchat.errors import AccessDenied, ConfigurationError, MissingExtra


class SigV4(httpx.Auth):
    """Signs each request with the credentials that boto3 would use."""

    requires_request_body = True

    def __init__(self, service: str, region: str) -> None:
        try:
            import botocore.session
        except ImportError:
            raise MissingExtra(feature="SigV4", extra="aws") from None
        self._service = service
        self._region = region
        self._session: Any = botocore.session.get_session()

    @classmethod
    def of_host(cls, host: str, region: str = "") -> SigV4:
        """For `id.lambda-url.REGION.on.aws` or `id.execute-api.REGION.amazonaws.com`."""
        labels = host.split(".")
        for label, service in (("lambda-url", "lambda"), ("execute-api", "execute-api")):
            if label in labels:
                after = labels[labels.index(label) + 1]
                return cls(service, after if "-" in after else region)
        if not region:
            raise ConfigurationError(variable="AWS_REGION", detail=f"unknown for {host}")
        return cls("execute-api", region)

    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override]
        """Sign. Botocore renews expiring credentials when they are asked for."""
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest

        credentials = self._session.get_credentials()
        if credentials is None:
            raise AccessDenied(
                service="AWS", detail="no credentials; run `aws configure`, or set MANUALCHAT_TOKEN"
            )
        # Only what no proxy rewrites is signed: the host, the type, the body.
        signed = AWSRequest(
            method=request.method,
            url=str(request.url),
            data=request.content,
            headers={"Content-Type": request.headers.get("content-type", "")},
        )
        SigV4Auth(credentials.get_frozen_credentials(), self._service, self._region).add_auth(
            signed
        )
        for name, value in signed.headers.items():
            request.headers[name] = value
        yield request
