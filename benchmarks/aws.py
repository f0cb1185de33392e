"""The functions on AWS: import, cold start and size.

Run as `make bench ARGS=aws`. Uses the layers as tests/runtime lays them out, on
AWS's runtime client and the emulators of tests/aws. Times are wall clock on
this machine; the ratios compare runs of one minute. Lambda with 1,024 MB has a
little over half a core.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.aws.runtime_emulator import Environment
from tests.runtime import conftest

from manualchat.aws import layer
from manualchat.model import Delta
from manualchat.protocol import decode

RUNS = 5
IMPORT = "import time; t = time.perf_counter(); import {}; print(time.perf_counter() - t)"


class _Folders:
    """Stands in for pytest's factory of temporary folders."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def mktemp(self, name: str) -> Path:
        return Path(tempfile.mkdtemp(prefix=name, dir=self._root))


def median_ms(measure: Callable[[], float]) -> float:
    return statistics.median(measure() for _ in range(RUNS)) * 1000


def main() -> None:
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        sandbox = conftest.sandbox.__wrapped__(_Folders(root))  # type: ignore[attr-defined]
        site = next(sites := conftest.site.__wrapped__())  # type: ignore[attr-defined]
        stack.callback(lambda: next(sites, None))

        def imported(module: str) -> float:
            environment = sandbox.environment()
            del environment["AWS_LAMBDA_FUNCTION_NAME"]
            done = subprocess.run(
                [sandbox.python, "-c", IMPORT.format(module)],
                env=environment, capture_output=True, text=True, check=True,
            )  # fmt: skip
            return float(done.stdout)

        ours = median_ms(lambda: imported("manualchat.handlers.query_pipeline"))
        peer = median_ms(lambda: imported("boto3"))
        rows = [("import of handlers.query_pipeline", ours, "boto3 alone", peer, 300)]

        def first_and_warm(starts: list[float], firsts: list[float]) -> None:
            began = time.perf_counter()
            environment = Environment(
                [str(sandbox.task / "stream-bootstrap"), str(sandbox.python)],
                sandbox.environment(
                    _HANDLER="manualchat.handlers.query_pipeline.stream", **site.variables
                ),
                quiet=True,
            )
            try:
                for times in (starts, firsts):
                    steps = environment.invoke({"question": "필터는 며칠마다 청소하나요?"})
                    pieces = (value for kind, value in steps if kind == "chunk")
                    for event in decode(pieces):
                        if isinstance(event, Delta):
                            times.append(time.perf_counter() - began)
                            break
                    for _ in steps:
                        pass
                    began = time.perf_counter()
            finally:
                environment.close()

        starts: list[float] = []
        firsts: list[float] = []
        for _ in range(RUNS):
            first_and_warm(starts, firsts)
        cold, warm = (statistics.median(times) * 1000 for times in (starts, firsts))
        rows.append(("first words of an answer, cold start", cold, "warm", warm, 3_000))
        print(f"{'what':40} {'ms':>7}  {'beside it':12} {'ms':>7} {'ratio':>6} {'hold ≤':>7}")
        for what, value, beside, other, hold in rows:
            print(f"{what:40} {value:7.0f}  {beside:12} {other:7.0f} {value / other:6.2f} {hold:7}")
        print()
        limit = layer.LIMIT / 2**20
        for name, made in sandbox.artifacts.items():
            print(f"{name:10} {made.unzipped / 2**20:6.1f} of {limit:.0f} MiB unzipped, "
                  f"{made.zipped / 2**20:5.1f} MiB zipped")  # fmt: skip
        print(
            json.dumps({"import_ms": round(ours), "cold_ms": round(cold), "warm_ms": round(warm)})
        )


if __name__ == "__main__":
    main()
