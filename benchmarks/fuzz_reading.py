"""Read many mutated PDFs: each must be read or refused, nothing else may happen.

    python benchmarks/fuzz_reading.py --count 20000 --seed 1 [FILES…]

Mutates the files given (default: a small one made here). Prints what came out, and
keeps every input that raised something else under --keep.
"""

from __future__ import annotations

import argparse
import collections
import random
import sys
import tempfile
import time
from pathlib import Path

import pymupdf

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.unit.reading.test_hostile import mutated
from tests.unit.reading.typeset import SENTENCES, put

from manualchat.config import Settings
from manualchat.errors import ReadingError
from manualchat.reading import PdfReader


def seed_file() -> bytes:
    document = pymupdf.open()
    for number in range(2):
        page = document.new_page()
        put(page, 50, 100, SENTENCES[number])
        page.draw_rect((50, 200, 300, 260))
        page.draw_line((150, 200), (150, 260))
    found: bytes = document.tobytes()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=Path, default=Path("fuzz-finds"))
    parser.add_argument("files", nargs="*", type=Path)
    given = parser.parse_args()
    sources = [path.read_bytes() for path in given.files] or [seed_file()]
    chance = random.Random(given.seed)
    reader = PdfReader(Settings.load(ocr=False, page_seconds=20))
    results: collections.Counter[str] = collections.Counter()
    slowest, started = 0.0, time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "mutant.pdf")
        for number in range(given.count):
            data = mutated(chance.choice(sources), chance)
            path.write_bytes(data)
            began = time.monotonic()
            try:
                for page in reader.read(path):
                    page.text.encode()
                results["read"] += 1
            except ReadingError as error:
                results[type(error).__name__] += 1
            except Exception as error:  # the one thing that must not happen
                results[f"UNCAUGHT {type(error).__name__}"] += 1
                given.keep.mkdir(exist_ok=True)
                (given.keep / f"{given.seed}-{number}.pdf").write_bytes(data)
            slowest = max(slowest, time.monotonic() - began)
            if number % 1000 == 999:
                print(number + 1, dict(results), f"slowest {slowest:.1f} s", flush=True)
    reader.close()
    print(
        f"{given.count} inputs, seed {given.seed}, {time.monotonic() - started:.0f} s: {dict(results)}"
    )
    sys.exit(any(name.startswith("UNCAUGHT") for name in results))


if __name__ == "__main__":
    main()
