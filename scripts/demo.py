"""`make demo`: the example manuals built, added and asked, by the commands you would type.

python scripts/demo.py [LIBRARY]
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

from manualchat.language import current_language

ROOT = Path(__file__).parents[1]
MANUALS = "examples/manuals"
LIBRARY = sys.argv[1] if len(sys.argv) > 1 else ".demo/library"
HERE = Path(sys.executable).parent  # as it was called: a venv's python is a link
BIN = str(HERE.relative_to(ROOT)) if HERE.is_relative_to(ROOT) else str(HERE)
COMMAND = f"{BIN}/manualchat"

QUESTIONS = (
    "DH-120 제습기에 E-04가 나타났어요. 어떻게 하나요?",
    "식기세척기 배수 호스는 바닥에서 어느 높이에 두어야 하나요?",
    "How long does descaling the CM-45 take?",
    "How do I connect the CM-45 to Wi-Fi?",  # it cannot be: the manual does not say so
)
SAID = {
    "en": (
        "Three example manuals, as PDFs: a dehumidifier, a dishwasher (Korean), an espresso machine",
        "Add them to a library of their own",
        "Ask. The last question has no answer in the manuals",
        "What to try next",
        "a web page in your browser (installs its parts the first time)",
        "a conversation in the terminal",
        "your own manuals, in your own library",
    ),
    "ko": (
        "예제 설명서 PDF 세 개: 제습기, 식기세척기, 에스프레소 머신(영어)",
        "예제 전용 라이브러리에 추가하기",
        "질문하기. 마지막 질문의 답은 설명서에 없습니다",
        "이어서 해 볼 것",
        "브라우저에서 쓰는 웹 화면(처음 한 번 필요한 것을 설치합니다)",
        "터미널에서 대화하기",
        "내 설명서를 내 라이브러리에 추가하기",
    ),
}

console = Console(highlight=False)


def step(number: int, text: str) -> None:
    """Head a part of the walk."""
    console.print(f"\n[bold cyan]{number}.[/] [bold]{text}[/]")


def run(*words: str) -> None:
    """Show a command as one would type it, and run it. Ends the demo when it fails."""
    console.print(Text(f"\n$ {shlex.join(words)}", style="green"), soft_wrap=True)
    sys.stdout.flush()
    code = subprocess.run(words, cwd=ROOT, env=os.environ | {"PYTHONUTF8": "1"}).returncode
    if code:
        sys.exit(code)


def main() -> None:
    """The whole walk. Running it again costs seconds: what is known is not added anew."""
    build, add, ask, more, ui, chat, own = SAID[current_language()]
    step(1, build)
    run(f"{BIN}/python", f"{MANUALS}/build.py")
    step(2, add)
    run(COMMAND, "add", MANUALS, "--library", LIBRARY)
    step(3, ask)
    for question in QUESTIONS:
        run(COMMAND, "ask", question, "--library", LIBRARY)
    step(4, more)
    for command, what in (
        ("make ui", ui),
        (f"{COMMAND} chat --library {LIBRARY}", chat),
        (f"{COMMAND} add ~/Downloads/manual.pdf", own),
    ):
        console.print(Text.assemble("  ", (f"{command:<52}", "green"), what), soft_wrap=True)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
