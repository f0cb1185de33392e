"""boto3 clients as every room here wants them, and AWS's errors in our words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from manualchat.errors import AccessDenied, BackendError, ConfigurationError, Throttled

_THROTTLES = frozenset(
    {
        "ModelNotReadyException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceQuotaExceededException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "serviceUnavailableException",
        "throttlingException",
    }
)
_REFUSALS = frozenset(
    {
        "403",
        "AccessDenied",
        "AccessDeniedException",
        "ExpiredTokenException",
        "InvalidSignatureException",
        "NotAuthorized",
        "UnrecognizedClientException",
    }
)


def client(
    service: str, *, region: str = "", attempts: int = 5, read_timeout: float = 60.0, pool: int = 16
) -> Any:
    """A boto3 client with jittered retries (botocore's standard mode) and short time-outs.

    Raises ConfigurationError when no region is known.
    """
    import boto3
    from botocore.config import Config
    from botocore.exceptions import NoRegionError

    config = Config(
        connect_timeout=5,
        read_timeout=read_timeout,
        max_pool_connections=pool,
        retries={"mode": "standard", "total_max_attempts": attempts},
    )
    try:
        return boto3.client(service, region_name=region or None, config=config)
    except NoRegionError:
        raise ConfigurationError(variable="AWS_REGION", detail="no region is set") from None


@contextmanager
def in_our_words(service: str) -> Iterator[None]:
    """Turn botocore's errors into Throttled, AccessDenied or BackendError."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        message = str(error.response.get("Error", {}).get("Message", "")) or code
        raise translated(service, code, message) from error
    except BotoCoreError as error:
        raise BackendError(service=service, detail=str(error)) from error


def translated(service: str, code: str, message: str) -> BackendError:
    """Our error for an AWS error code."""
    if code in _THROTTLES:
        return Throttled(service=service)
    if code in _REFUSALS:
        return AccessDenied(service=service, detail=message)
    return BackendError(service=service, detail=f"{code}: {message}" if code else message)
