"""Who may talk to the server, and how much they may say. Plain ASGI, before any route.

- `Host` must be a name this server goes by: a web page that rebinds its own
  name to 127.0.0.1 must not read the manuals (DNS rebinding).
- `Origin`, which browsers add, must be the server's own or an allowed one: a
  web page must not post to localhost behind its visitor's back.
- The bearer token, compared in constant time.
- The size of the body, also when no Content-Length announces it.
"""

from __future__ import annotations

import hmac
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from manualchat.api_work import plain_problem
from manualchat.protocol import MAX_BODY

_OPEN = frozenset({"/healthz"})
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a server allows. `hosts` None: any name (behind a proxy, or public)."""

    token: str = ""
    hosts: frozenset[str] | None = _LOOPBACK
    origins: frozenset[str] = frozenset()
    running: int = 8  # answers at once
    waiting: int = 64  # more that queue; then 503
    upload: int = 200 * 1024**2  # bytes of one upload request
    files: int = 50  # in one upload request


def is_loopback(host: str) -> bool:
    """Whether binding to this host keeps the server on this machine."""
    return host in _LOOPBACK or host.startswith("127.")


class _TooLarge(Exception):
    pass


class Guard:
    """The checks at the top of this file."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits
        self._token = limits.token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        if self._is_preflight(scope, headers):
            await Response(status_code=204)(scope, receive, self._answered(send, headers))
            return
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            status, code, detail = refusal
            extra = {"WWW_Authenticate": "Bearer"} if status == 401 else {}
            await plain_problem(status, code, detail, **extra)(scope, receive, _hardened(send))
            return
        most = self._limits.upload if scope["path"] == "/documents" else MAX_BODY
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, _counted(receive, most), self._answered(watched, headers))
        except _TooLarge:
            if not started:
                await _too_large(most)(scope, receive, _hardened(send))

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[int, str, str] | None:
        if not self._known_host(headers.get("host", "")):
            return 403, "forbidden-host", "This server does not go by that name. See --host."
        if not self._known_origin(headers):
            return 403, "forbidden-origin", "Requests from that web page are not allowed."
        if self._token and scope["path"] not in _OPEN and not self._known_token(headers):
            return 401, "unauthorized", "Send the token: Authorization: Bearer …"
        length = headers.get("content-length", "0")
        most = self._limits.upload if scope["path"] == "/documents" else MAX_BODY
        if length.isdecimal() and int(length) > most:
            return 413, "too-large", f"The request is larger than {most // 1024} KB."
        return None

    def _is_preflight(self, scope: Scope, headers: Headers) -> bool:
        """A browser's question whether a page may ask (it carries no token)."""
        allowed = headers.get("origin") in self._limits.origins
        return (
            allowed and scope["method"] == "OPTIONS" and self._known_host(headers.get("host", ""))
        )

    def _known_host(self, host: str) -> bool:
        return self._limits.hosts is None or _name(host) in self._limits.hosts

    def _known_origin(self, headers: Headers) -> bool:
        origin = headers.get("origin")
        if origin is None:
            return headers.get("sec-fetch-site", "none") in ("none", "same-origin")
        if origin in self._limits.origins:
            return True
        return urlsplit(origin).netloc == headers.get("host", "") != ""

    def _known_token(self, headers: Headers) -> bool:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        # ASGI hands header bytes over as Latin-1; a token may be any UTF-8.
        same = hmac.compare_digest(given.strip().encode("latin-1"), self._token)
        return same and scheme.lower() == "bearer"

    def _answered(self, send: Send, headers: Headers) -> Send:
        origin = headers.get("origin", "")
        allowed = origin if origin in self._limits.origins else ""
        return _hardened(send, allowed)


def _name(host: str) -> str:
    """The host without its port; IPv6 without its brackets."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower()


def _hardened(send: Send, origin: str = "") -> Send:
    extra = list(_HEADERS)
    if origin:
        extra += [
            (b"access-control-allow-origin", origin.encode("latin-1")),
            (b"access-control-allow-headers", b"authorization, content-type"),
            (b"access-control-allow-methods", b"GET, POST, DELETE"),
            (b"vary", b"origin"),
        ]

    async def answer(message: Message) -> None:
        if message["type"] == "http.response.start":
            known = {name for name, _ in message.get("headers", ())}
            added = [(name, value) for name, value in extra if name not in known]
            if b"cache-control" not in known:
                added.append((b"cache-control", b"no-store"))
            message = {**message, "headers": [*message.get("headers", ()), *added]}
        await send(message)

    return answer


def _counted(receive: Receive, most: int) -> Receive:
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if seen > most:
                raise _TooLarge
        return message

    return counted


def _too_large(most: int) -> ASGIApp:
    return plain_problem(413, "too-large", f"The request is larger than {most // 1024} KB.")


def hosts_for(host: str, extra: Collection[str] = ()) -> frozenset[str] | None:
    """The names that a server bound to `host` answers to; None when it is public."""
    if is_loopback(host):
        return frozenset({*_LOOPBACK, host, *(name.lower() for name in extra)})
    return frozenset(name.lower() for name in extra) or None
