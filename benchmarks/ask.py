"""`manualchat ask` as a fresh process, and the first words of a warm answer.

Uses the library of the example manuals (built into a temporary folder), or the
one that is named: `benchmarks/ask.py LIBRARY`.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from manualchat import Library
from manualchat.model import Delta
from table import print_table

ROOT = Path(__file__).parents[1]
QUESTIONS = (
    "제습기 필터는 얼마나 자주 청소하나요?",
    "식기세척기에 E-04가 나왔어요",
    "How much water does the tank hold?",
)


def process_seconds(library: Path, runs: int = 7) -> np.ndarray:
    """Whole-process times of `manualchat ask`."""
    command = [sys.executable, "-m", "manualchat", "--library", str(library), "ask", QUESTIONS[0]]
    times = []
    for _ in range(runs + 1):
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        times.append(time.perf_counter() - began)
    return np.array(times[1:])


def bare_seconds(runs: int = 7) -> np.ndarray:
    """The least that such a process costs: the interpreter, numpy, and the model's file."""
    from platformdirs import user_cache_path

    model = next(user_cache_path("manualchat", appauthor=False).glob("multi*/model.onnx"))
    code = f"import numpy, onnxruntime; onnxruntime.InferenceSession({str(model)!r})"
    times = []
    for _ in range(runs + 1):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
        times.append(time.perf_counter() - began)
    return np.array(times[1:])


def first_words(library: Library, rounds: int = 10) -> np.ndarray:
    """Milliseconds from the question to the first Delta, warm."""
    times = []
    for number in range(rounds + 1):
        for question in QUESTIONS:
            began = time.perf_counter()
            events = library.ask(question)
            next(event for event in events if isinstance(event, Delta))
            if number:
                times.append((time.perf_counter() - began) * 1000)
            for _ in events:
                pass
    return np.array(times)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(folder)
        if not place.is_dir():
            sys.exit(f"{place} is no library. Name the folder of one, or nothing.")
        with Library(place) as library:
            if len(sys.argv) == 1:
                subprocess.run([sys.executable, ROOT / "examples/manuals/build.py"], check=True)
                library.add(ROOT / "examples" / "manuals")
            warm = first_words(library)
        whole, bare = process_seconds(place), bare_seconds()
    ratio = f"{np.median(whole) / np.median(bare):.1f} x"
    print_table(
        ("", "p50", "p95", "to numpy + onnxruntime"),
        [
            ("ask, a fresh process, s", f"{np.median(whole):.2f}", f"{np.max(whole):.2f}", ratio),
            (
                "first words, warm, ms",
                f"{np.median(warm):.0f}",
                f"{np.percentile(warm, 95):.0f}",
                "",
            ),
        ],
    )


if __name__ == "__main__":
    main()
