"""Peak memory of `manualchat add` on a PDF of 1,000 pages, and of adding it again."""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pymupdf

from search import sentences
from table import print_table

PAGES = 1_000


def typeset(path: Path, pages: int) -> None:
    """A manual of so many pages, some 20 lines each."""
    lines = sentences()
    font = pymupdf.Font("korea")
    with pymupdf.open() as pdf:
        for number in range(pages):
            writer = pymupdf.TextWriter(pymupdf.Rect(0, 0, 595, 842))
            for row in range(20):
                line = lines[(number * 7 + row) % len(lines)][:60]
                writer.append((50, 60 + row * 24), f"{number + 1}-{row} {line}", font, 10)
            writer.write_text(pdf.new_page())
        pdf.save(path, deflate=True, garbage=1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pages", nargs="?", type=int, default=PAGES)
    pages = parser.parse_args().pages
    with tempfile.TemporaryDirectory() as folder:
        manual = Path(folder) / "manual.pdf"
        typeset(manual, pages)
        command = [sys.executable, "-m", "manualchat", "--library", folder, "add", str(manual)]
        rows = []
        for label in (f"add {pages:,} pages", "add it again"):
            began = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            seconds = time.perf_counter() - began
            # the largest single process so far; the second run is never larger
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
            rows.append((label, f"{seconds:.1f}", f"{peak:.0f}" if len(rows) == 0 else ""))
    print_table(("", "s", "peak MiB of one process"), rows)


if __name__ == "__main__":
    main()
