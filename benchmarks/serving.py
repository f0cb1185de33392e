"""Twenty users who ask at once, through `manualchat serve`, over HTTP with streaming.

    benchmarks/serving.py [LIBRARY] [--seconds 60] [--users 20]

Each user asks, reads the answer to its end, and asks the next question at once.
The bare row asks the same server for `/healthz` in the same way: what HTTP and
this machine cost without an answer. The library of the example manuals is built
into a temporary folder when none is named.
"""

from __future__ import annotations

import argparse
import math
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import numpy as np

from manualchat.client_http import HttpBackend
from manualchat.model import Delta, Done
from manualchat.protocol import Query
from table import print_table

ROOT = Path(__file__).parents[1]
QUESTIONS = (
    "제습기 필터는 얼마나 자주 청소하나요?",
    "식기세척기에 E-04가 나왔어요",
    "How do I descale the espresso machine?",
    "제습기 물통이 가득 차면 어떻게 되나요?",
    "식기세척기 소금은 어떻게 넣나요?",
)


@contextmanager
def server(library: Path) -> Iterator[str]:
    """`manualchat serve` in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "manualchat", "--library", str(library), "serve"]
    process = subprocess.Popen(
        [*command, "--port", str(port)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                httpx.get(f"{url}/healthz")
                break
            except httpx.HTTPError:
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait()


def crowd(users: int, seconds: float, once: Callable[[int], tuple[float, float]]) -> np.ndarray:
    """Times of every request of every user: first words and end, in ms. Errors are NaN."""
    until = time.monotonic() + seconds
    rows: list[tuple[float, float]] = []
    lock = threading.Lock()

    def user(number: int) -> None:
        asked = number
        while time.monotonic() < until:
            try:
                row = once(asked)
            except Exception:
                row = (float("nan"), float("nan"))
            asked += 1
            with lock:
                rows.append(row)

    threads = [threading.Thread(target=user, args=(number,)) for number in range(users)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return np.array(rows) * 1000


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", nargs="?", type=Path)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--users", type=int, default=20)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        library = chosen.library or _examples(Path(folder))
        with server(library) as url, httpx.Client(base_url=url) as client:
            backend = HttpBackend(url)

            def ask(number: int) -> tuple[float, float]:
                began, first = time.perf_counter(), float("nan")
                for event in backend.ask(Query(QUESTIONS[number % len(QUESTIONS)])):
                    if isinstance(event, Delta) and math.isnan(first):
                        first = time.perf_counter() - began
                if not isinstance(event, Done):
                    raise TypeError(event)
                return first, time.perf_counter() - began

            def bare(_: int) -> tuple[float, float]:
                began = time.perf_counter()
                client.get("/healthz").raise_for_status()
                return (time.perf_counter() - began,) * 2

            list(backend.ask(Query(QUESTIONS[0])))  # the model is loaded
            alone = crowd(1, min(10, chosen.seconds), ask)
            crowded = crowd(chosen.users, chosen.seconds, ask)
            empty = crowd(chosen.users, min(10, chosen.seconds), bare)
    print(f"{chosen.users} users at once for {chosen.seconds:.0f} s, streaming answers over HTTP")
    print_table(
        ("what", "answers", "errors", "first p50 ms", "end p50 ms", "end p95 ms", "limit"),
        [
            _row("one user", alone, "first ≤ 60"),
            _row(f"{chosen.users} users", crowded, "p95 ≤ 2000, no error"),
            _row(f"{chosen.users} users, /healthz", empty, "bare HTTP"),
        ],
    )


def _row(name: str, times: np.ndarray, limit: str) -> tuple[str, ...]:
    good = times[~np.isnan(times[:, 1])]
    p50, p95 = np.percentile(good[:, 1], [50, 95])
    first = np.nanpercentile(good[:, 0], 50)
    return (
        name,
        str(len(good)),
        str(len(times) - len(good)),
        f"{first:.0f}",
        f"{p50:.0f}",
        f"{p95:.0f}",
        limit,
    )


def _examples(folder: Path) -> Path:
    """A library of the example manuals."""
    pdfs = folder / "pdf"
    subprocess.run([sys.executable, ROOT / "examples/manuals/build.py", pdfs], check=True)
    command = [sys.executable, "-m", "manualchat", "--library", str(folder / "library"), "add"]
    subprocess.run([*command, pdfs], check=True)
    return folder / "library"


if __name__ == "__main__":
    main()
