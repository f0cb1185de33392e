"""The commands `serve`, `ui`, `mcp` and `report`. `cli.py` mounts them when they are named."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING, Annotated

import typer

from manualchat.commands.base import AsJson, Choice, print_json, screen
from manualchat.config import Settings
from manualchat.errors import ConfigurationError, MissingExtra
from manualchat.language import current_language

if TYPE_CHECKING:
    from manualchat.journal import Asked, Feedback
    from manualchat.library import Library


def register(app: typer.Typer, name: str) -> None:
    """Add the command of this name to the app."""
    commands: dict[str, Callable[..., None]] = {
        "serve": serve,
        "ui": ui,
        "mcp": mcp,
        "report": report,
    }
    app.command(name)(commands[name])


def _settings(context: typer.Context, **values: object) -> Settings:
    choice = context.find_object(Choice)
    return Settings.load(library=choice.path if choice else None, **values)


def _needs(extra: str, feature: str, *modules: str) -> None:
    if any(find_spec(module) is None for module in modules):
        raise MissingExtra(feature=feature, extra=extra)


def _in_words(**texts: str) -> str:
    return texts[current_language()]


def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="Address to bind to.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any free one.")] = 8000,
    allow_host: Annotated[
        list[str] | None, typer.Option(help="A name that clients may call this server by.")
    ] = None,
    allow_origin: Annotated[
        list[str] | None, typer.Option(help="A web page's origin that may use this server.")
    ] = None,
    concurrency: Annotated[int, typer.Option(min=1, help="Answers at once.")] = 8,
    waiting: Annotated[int, typer.Option(min=0, help="More that queue; then 503.")] = 64,
    max_upload: Annotated[int, typer.Option(min=1, help="Megabytes of one upload.")] = 200,
    without_token: Annotated[
        bool, typer.Option("--without-token", help="Serve the network without a token.")
    ] = False,
) -> None:
    """Serve the HTTP API, also as an OpenAI-compatible model.

    Set MANUALCHAT_TOKEN to ask clients for a bearer token; without one only
    this machine is served.
    """
    _needs("serve", "manualchat serve", "fastapi", "uvicorn", "python_multipart")
    import uvicorn

    from manualchat.api import create_app
    from manualchat.api_guard import Limits, hosts_for, is_loopback
    from manualchat.client import connect

    settings = _settings(context)
    token = settings.token.get_secret_value()
    if not is_loopback(host) and not token and not without_token:
        detail = _in_words(
            ko=f"{host}에 열면 네트워크의 누구나 설명서를 읽고 지울 수 있습니다. "
            "토큰을 정하거나 --without-token 옵션을 쓰세요",
            en=f"on {host} anyone in the network could read and remove the manuals. "
            "Choose a token, or say --without-token",
        )
        raise ConfigurationError(variable="MANUALCHAT_TOKEN", detail=detail)
    limits = Limits(
        token=token,
        hosts=hosts_for(host, allow_host or ()),
        origins=frozenset(allow_origin or ()),
        running=concurrency,
        waiting=waiting,
        upload=max_upload * 1024**2,
    )
    app = create_app(connect(settings), limits)
    uvicorn.run(app, host=host, port=port, log_level="info", server_header=False)


def ui(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="Address to bind to.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8501,
    browser: Annotated[bool, typer.Option(help="Open the browser.")] = True,
) -> None:
    """Open the chat in the browser.

    MANUALCHAT_BACKEND says what it speaks to: the library on this machine
    (local), an http(s) URL of `manualchat serve`, of a function URL or of an
    HTTP API, or lambda:FUNCTION.
    """
    _needs("ui", "manualchat ui", "streamlit")
    library = _settings(context).library  # a wrong variable is told here, not in the browser
    if library:
        os.environ["MANUALCHAT_LIBRARY"] = str(library.expanduser().resolve())
    from streamlit.web import cli as streamlit

    from manualchat.ui import APP

    if host not in ("127.0.0.1", "localhost", "::1"):
        screen.err.print(
            _in_words(
                ko=f"주의: {host}에 여는 채팅에는 로그인이 없습니다. "
                "접근할 수 있는 누구나 설명서를 읽고 지울 수 있습니다.",
                en=f"Mind: the chat on {host} asks for no sign-in. "
                "Whoever can reach it can read and remove the manuals.",
            ),
            style="yellow",
        )
    options = [f"--server.address={host}", f"--server.port={port}"]
    if browser and _has_display():
        options.append("--server.headless=false")  # then Streamlit opens it
    sys.argv = ["streamlit", "run", str(APP), *options]
    sys.exit(streamlit.main())


def _has_display() -> bool:
    return sys.platform in ("darwin", "win32") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )


def mcp(context: typer.Context) -> None:
    """Serve the manuals to assistants over the Model Context Protocol (stdio)."""
    _needs("mcp", "manualchat mcp", "mcp")
    from manualchat.client import connect
    from manualchat.mcp_server import run

    run(connect(_settings(context)))


def report(
    context: typer.Context,
    days: Annotated[int, typer.Option(min=1, help="How far back.")] = 90,
    feedback: Annotated[
        bool, typer.Option("--feedback", help="Users' verdicts instead of unanswered questions.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show what was asked and not answered, grouped, for the people who write manuals."""
    from manualchat.journal import FILE, Journal
    from manualchat.library import Library

    settings = _settings(context, backend="local")
    since = (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="seconds")
    with Library(settings.library, settings) as library:
        journal = Journal(library.path / FILE)
        if feedback:
            _show_feedback(journal.feedback(since), as_json=as_json)
        else:
            _show_unanswered(journal.questions(since), library, as_json=as_json)


def _show_unanswered(asked: list[Asked], library: Library, *, as_json: bool) -> None:
    from rich.table import Table
    from rich.text import Text

    from manualchat.report import group

    refused = [one for one in asked if one.refused]
    groups = group(refused, library.embedder if refused else None)
    if as_json:
        print_json(
            {
                "asked": len(asked),
                "unanswered": len(refused),
                "groups": [one.to_json() for one in groups],
            }
        )
        return
    screen.out.print(
        _in_words(
            ko=f"질문 {len(asked)}건 가운데 {len(refused)}건은 설명서에서 답을 찾지 못했습니다.",
            en=f"{len(refused)} of {len(asked)} questions were not answered.",
        )
    )
    if not groups:
        return
    columns = _in_words(ko="횟수,질문,가까운 쪽", en="times,asked,nearest").split(",")
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for one in groups:
        table.add_row(
            str(one.times), Text("\n".join(one.questions[:5])), Text("\n".join(one.nearest))
        )
    screen.out.print(table)


def _show_feedback(verdicts: list[Feedback], *, as_json: bool) -> None:
    from rich.table import Table
    from rich.text import Text

    from manualchat.journal import feedback_json

    if as_json:
        print_json(feedback_json(verdicts))
        return
    columns = _in_words(ko=",질문,의견", en=",question,comment").split(",")
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for verdict in verdicts:
        table.add_row(
            "+" if verdict.rating > 0 else "−", Text(verdict.question), Text(verdict.comment)
        )
    screen.out.print(table)
