"""A client of OpenSearch Serverless, of a managed domain or of a plain server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from manualchat.aws_calls import translated
from manualchat.errors import BackendError, ConfigurationError, Throttled

_SERVICE = "OpenSearch"


def connect(host: str, *, region: str = "", timeout: float = 30.0, **options: Any) -> Any:
    """An opensearch-py client; `host` is a host name, or an URL.

    Hosts of AWS are signed with SigV4 (service `aoss` for Serverless, `es` for
    managed domains); any other is taken as it is, with the URL's own user name
    and password if it has them. `options` go to opensearch-py.
    """
    from opensearchpy import OpenSearch, Urllib3AWSV4SignerAuth, Urllib3HttpConnection

    parts = urlsplit(host if "://" in host else f"https://{host}")
    if not parts.hostname:
        raise ConfigurationError(variable="OPENSEARCH_HOST", detail=f"{host!r} names no host")
    tls = parts.scheme == "https"
    port = parts.port or (443 if tls else 80)
    arguments: dict[str, Any] = {
        "hosts": [{"host": parts.hostname, "port": port}],
        "use_ssl": tls,
        "verify_certs": tls,
        "connection_class": Urllib3HttpConnection,
        "timeout": timeout,
        "pool_maxsize": 16,
        "max_retries": 0,  # the store retries, with jitter, and per item
    }
    service = signing_service(parts.hostname)
    if service and "http_auth" not in options:
        import boto3

        session = boto3.Session()
        credentials = session.get_credentials()
        where = region or session.region_name
        if credentials is None or not where:
            raise ConfigurationError(
                variable="AWS_REGION" if credentials else "AWS_ACCESS_KEY_ID",
                detail="needed to sign requests to OpenSearch",
            )
        arguments["http_auth"] = Urllib3AWSV4SignerAuth(credentials, where, service)
    elif parts.username:
        arguments["http_auth"] = (parts.username, parts.password or "")
    return OpenSearch(**{**arguments, **options})


def signing_service(hostname: str) -> str:
    """The SigV4 service of a host: "aoss", "es", or "" for one that is not AWS's."""
    if hostname.endswith(".aoss.amazonaws.com") or (
        ".aoss." in hostname and hostname.endswith(".on.aws")
    ):
        return "aoss"
    if hostname.endswith((".es.amazonaws.com", ".aos.amazonaws.com")) or (
        ".aos." in hostname and hostname.endswith(".on.aws")
    ):
        return "es"
    return ""


@contextmanager
def in_our_words() -> Iterator[None]:
    """Turn opensearch-py's errors into Throttled, AccessDenied or BackendError."""
    from opensearchpy.exceptions import ConnectionError as NoConnection
    from opensearchpy.exceptions import OpenSearchException, TransportError

    try:
        yield
    except NoConnection as error:  # time-outs too
        raise BackendError(service=_SERVICE, detail=f"no connection ({error.error})") from error
    except TransportError as error:
        status = error.status_code
        if status in (429, 503):
            raise Throttled(service=_SERVICE) from error
        detail = f"{status} {error.error}"
        raise translated(
            _SERVICE, "403" if status in (401, 403) else "", _told(error) or detail
        ) from error
    except OpenSearchException as error:
        raise BackendError(service=_SERVICE, detail=str(error)) from error


def _told(error: Any) -> str:
    """What the server said, in one line."""
    info = error.info
    if isinstance(info, dict):
        cause = info.get("error", info)
        if isinstance(cause, dict):
            return f"{error.status_code} {cause.get('type', '')}: {cause.get('reason', cause)}"
        return f"{error.status_code} {cause}"
    return ""


def retryable(error: BaseException) -> bool:
    """Whether the same request may succeed a little later."""
    from opensearchpy.exceptions import ConnectionError as NoConnection
    from opensearchpy.exceptions import TransportError

    if isinstance(error, NoConnection):
        return True
    return isinstance(error, TransportError) and error.status_code in (429, 500, 502, 503, 504)
