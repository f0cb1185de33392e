"""Step 13: the whole way, from a PDF in the bucket to a cited answer, and clean up."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from manualchat.aws import logs, upload
from manualchat.aws.account import Account
from manualchat.aws.deployed import Deployed
from manualchat.aws.failures import EndToEndFailed
from manualchat.aws.words import say
from manualchat.model import Cited, Delta, Done, Failed

if TYPE_CHECKING:
    from manualchat.client import Backend

KEY = "manualchat-e2e/종단간 점검 QX-4471.pdf"
QUESTION = "QX-4471 오븐의 예열 시간은 몇 분인가요?"
ANSWER = "37"
_PAGES = (
    "QX-4471 종단간 점검용 설명서\n\n이 문서는 배포를 점검하려고 만든 것입니다.\n점검이 끝나면 지워집니다.",
    "2. 사용하기\n\nQX-4471 오븐의 예열 시간은 37분입니다.\n예열이 끝나면 파란 표시등이 켜집니다.",
)


@dataclass(frozen=True)
class Step:
    """A step that is done: its name, what was seen, how long it took."""

    name: str
    detail: str
    seconds: float


def run(
    account: Account,
    stack: Deployed,
    *,
    patience: float = 600.0,
    keep: bool = False,
    tell: Callable[[Step], None] = lambda _: None,
) -> list[Step]:
    """Every step in order. Cleans up whatever happens.

    Raises EndToEndFailed, naming the step.
    """
    steps: list[Step] = []
    begun = time.time()

    def done(key: str, detail: str, since: float) -> None:
        steps.append(Step(say(key), detail, round(time.monotonic() - since, 2)))
        tell(steps[-1])

    try:
        since = time.monotonic()
        _put_sample(account, stack)
        done("e2e_upload", KEY, since)
        since = time.monotonic()
        done("e2e_ready", _wait(account, stack, patience), since)
        since = time.monotonic()
        done("e2e_logs", _read_logs(account, stack, begun), since)
        for way, backend in _ways(account, stack):
            since = time.monotonic()
            done("e2e_ask", f"{way}: {_ask(account, stack, backend, way)}", since)
        if not account.endpoint and "UiUrl" in stack.outputs:
            since = time.monotonic()
            done("e2e_ui", _reach_ui(stack), since)
    finally:
        if not keep:
            since = time.monotonic()
            upload.remove(account, stack, KEY)
            done("e2e_clean", KEY, since)
    return steps


def sample_pdf(path: Path) -> None:
    """Two pages in Korean, set in the font that comes with PyMuPDF."""
    import pymupdf as engine

    pymupdf: Any = engine  # untyped

    with pymupdf.open() as document:
        for text in _PAGES:
            page = document.new_page()
            page.insert_textbox(
                pymupdf.Rect(60, 60, 540, 780), text, fontname="korea", fontsize=13, lineheight=1.6
            )
        document.save(path)


def _put_sample(account: Account, stack: Deployed) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sample.pdf"
        sample_pdf(path)
        for _ in upload.upload(account, stack, [(path, KEY)]):
            pass


def _wait(account: Account, stack: Deployed, patience: float) -> str:
    seen = upload.wait_ready(account, stack, [KEY], patience=patience)
    document = seen.get(KEY)
    if document is None:
        _fail(stack, "e2e_ready", f"no entry in the ledger after {patience:.0f} s")
    if document.status != "ready":
        _fail(stack, "e2e_ready", f"{document.status} {document.reason}".strip())
    return f"{document.pages} pages, {document.chunks} chunks"


def _read_logs(account: Account, stack: Deployed, begun: float) -> str:
    lines = logs.read(account, stack, seconds=time.time() - begun + 5)
    mine = [line for line in lines if line.part.startswith("embedding_pipeline")]
    bad = [line for line in mine if line.alarming]
    if bad:
        _fail(stack, "e2e_logs", bad[0].text[:300])
    return f"{len(mine)} lines, no errors"


def _ways(account: Account, stack: Deployed) -> Iterator[tuple[str, str]]:
    """Each door: what MANUALCHAT_BACKEND would hold."""
    yield "InvokeWithResponseStream", f"lambda:{stack.outputs['QueryFunction']}"
    name = "function URL" if stack.scenario == "dev" else "HTTP API"
    yield name, account.reachable(stack.outputs["QueryUrl"])


def _ask(account: Account, stack: Deployed, backend: str, way: str) -> str:
    from manualchat.protocol import Query

    with _exported(account):
        client = _client(account, stack, backend)
        begun = time.monotonic()
        words, first, final = 0, 0.0, None
        cited = []
        try:
            for event in client.ask(Query(question=QUESTION)):
                if isinstance(event, Delta):
                    words += 1
                    first = first or time.monotonic() - begun
                elif isinstance(event, Cited) and event.citation is not None:
                    cited.append(event.citation)
                elif isinstance(event, Failed):
                    _fail(stack, "e2e_ask", f"{way}: {event.code}: {event.message}")
                elif isinstance(event, Done):
                    final = event
        finally:
            client.close()
    whole = time.monotonic() - begun
    if final is None:
        _fail(stack, "e2e_ask", f"{way}: the answer broke off")
    if final.refused or ANSWER not in final.answer:
        _fail(stack, "e2e_ask", f"{way}: {final.answer[:200]!r}")
    quotes = [c for c in (*cited, *final.citations) if c.name and ANSWER in c.quote]
    if not quotes:
        _fail(stack, "e2e_cite", f"{way}: no citation holds {ANSWER!r}")
    if way != "HTTP API" and words < 2:
        _fail(stack, "e2e_ask", f"{way}: came in one piece, not as a stream")
    return f"{words} pieces, first {first:.2f} s, all {whole:.2f} s; page {quotes[0].page} “{quotes[0].quote}”"


def _client(account: Account, stack: Deployed, backend: str) -> Backend:
    """As users' programs make it; on a local AWS the signature is asked for by name."""
    from manualchat.client import connect
    from manualchat.config import Settings

    token = _token(account, stack)
    if account.endpoint and backend.startswith("http"):
        from manualchat.client_http import HttpBackend
        from manualchat.client_sigv4 import SigV4

        service = "lambda" if stack.scenario == "dev" else "execute-api"
        return HttpBackend(backend, token=token, signer=SigV4(service, account.region))
    return connect(Settings.load(backend=backend, token=token))


def _token(account: Account, stack: Deployed) -> str:
    secret = stack.outputs.get("TokenSecret")
    if not secret:
        return ""
    answer = account.client("secretsmanager").get_secret_value(SecretId=secret)
    return str(answer["SecretString"])


def _reach_ui(stack: Deployed) -> str:
    import httpx

    url = stack.outputs["UiUrl"]
    try:
        answer = httpx.get(f"{url}/_stcore/health", timeout=10, follow_redirects=True)
    except httpx.HTTPError as error:
        _fail(stack, "e2e_ui", f"{url}: {error}")
    if answer.status_code >= 400:
        _fail(stack, "e2e_ui", f"{url}: HTTP {answer.status_code}")
    return url


@contextmanager
def _exported(account: Account) -> Iterator[None]:
    """The client makes its own boto3 clients: let them see this account."""
    values = account.environment()
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _fail(stack: Deployed, key: str, detail: str) -> NoReturn:
    raise EndToEndFailed(step=say(key), detail=detail, scenario=stack.scenario)
