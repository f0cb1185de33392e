"""From Enter to the first words on the screen: the chat app in a real browser.

    benchmarks/ui.py [LIBRARY] [QUESTIONS.jsonl] [--rounds 20]

Needs Chromium, as tests/ui does. Counted are frames that the browser draws: from
the key to the first frame that shows words of the answer (as draft or settled),
and to the one that shows it settled, with its sources. The bare row is the frame
that shows the user's own question: what Streamlit's round trip costs.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright

from serving import QUESTIONS, ROOT, _examples
from table import print_table

sys.path.insert(0, str(ROOT))
from tests.ui.conftest import _FLAGS, INPUT, app_at

# What is on the page, shadow roots too: own questions, drafts with words, settled answers.
_WATCH = """() => {
  const count = () => {
    let asked = 0, draft = 0, settled = 0;
    const walk = (root) => {
      asked += root.querySelectorAll('[class*="st-key-asked-"]').length;
      draft += root.querySelectorAll('.mc-draft').length;
      settled += root.querySelectorAll('.answer > *').length ? 1 : 0;
      for (const e of root.querySelectorAll('*')) if (e.shadowRoot) walk(e.shadowRoot);
    };
    walk(document);
    return { asked, draft, settled };
  };
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter') return;
    const before = count(), began = performance.now();
    const seen = window.seen = {};
    const look = (now) => {
      const is = count();
      if (is.asked > before.asked) seen.asked ??= now - began;
      if (is.draft || is.settled > before.settled) seen.words ??= now - began;
      if (is.settled > before.settled) seen.settled ??= now - began;
      if (!seen.settled || !seen.asked) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, true);
}"""


def ask(page: Page, question: str) -> tuple[float, float, float]:
    """Milliseconds to the own question, the first words and the settled answer."""
    page.fill(INPUT, question)
    page.wait_for_timeout(300)
    page.press(INPUT, "Enter")
    page.wait_for_function("window.seen && window.seen.settled && window.seen.asked")
    page.wait_for_timeout(700)
    seen = page.evaluate("window.seen")
    return seen["asked"], seen["words"], seen["settled"]


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", nargs="?", type=Path)
    parser.add_argument("questions", nargs="?", type=Path)
    parser.add_argument("--rounds", type=int, default=20)
    chosen = parser.parse_args()
    questions = list(QUESTIONS)
    if chosen.questions:
        lines = chosen.questions.read_text(encoding="utf-8").splitlines()
        questions = [json.loads(line)["question"] for line in lines]
        questions = questions[:: max(1, len(questions) // chosen.rounds)]
    rounds = [questions[i % len(questions)] for i in range(chosen.rounds)]
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("Needs Chromium (apt install chromium fonts-noto-cjk).")
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        library = chosen.library or _examples(Path(folder))
        log = Path(folder) / "log"
        with app_at(log, MANUALCHAT_LIBRARY=str(library), MANUALCHAT_JOURNAL="false") as url:
            browser = playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
            page = browser.new_page()
            rows = []
            for number, question in enumerate([questions[0], *rounds]):
                if number % 5 == 0:  # a conversation of five questions, then a new one
                    page.goto(url)
                    page.wait_for_selector(INPUT)
                    page.wait_for_timeout(1_500)
                    page.evaluate(_WATCH)
                row = ask(page, question)
                if number:
                    rows.append(row)
            browser.close()
    times = np.array(rows)
    print(f"{len(rows)} questions, from Enter to what a drawn frame shows")
    print_table(
        ("what", "p50 ms", "p95 ms", "limit"),
        [
            (name, *(f"{value:.0f}" for value in np.percentile(times[:, column], [50, 95])), limit)
            for column, (name, limit) in enumerate(
                (("own question (Streamlit alone)", ""), ("first words", "300"), ("settled", ""))
            )
        ],
    )


if __name__ == "__main__":
    main()
