"""Starts and stops ministack with the plugin.

python -m tests.e2e.local_aws.server --port 4566      for trying things by hand
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import venv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
REGION = "ap-northeast-2"
# ministack pins botocore, so it lives in an environment of its own.
HOME = ROOT / ".local-aws"


class LocalAwsError(RuntimeError):
    """It did not start; the message says why and what to do."""


@dataclass(frozen=True)
class LocalAws:
    """A running local AWS."""

    endpoint: str
    folder: Path

    def stubs(self) -> dict[str, str]:
        """What the plugin's stubs still hold: physical id → type."""
        register = self.folder / "stubs.json"
        return json.loads(register.read_text()) if register.exists() else {}

    def log(self) -> str:
        """What ministack and the functions wrote."""
        return (self.folder / "ministack.log").read_text(errors="replace")

    def environment(self) -> dict[str, str]:
        """Variables that point the AWS tools here."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
        }


def python_with_ministack() -> Path:
    """The Python of ministack's own environment, made at the first call (7 s)."""
    wanted = (HERE / "requirements.txt").read_text()
    python = HOME / "bin" / "python"
    stamp = HOME / "requirements.txt"
    if not stamp.exists() or stamp.read_text() != wanted:
        venv.create(HOME, with_pip=True, clear=True)
        install = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check"]
        done = subprocess.run([*install, "-r", HERE / "requirements.txt"])
        if done.returncode:
            raise LocalAwsError("ministack could not be installed: look at pip's message above")
        stamp.write_text(wanted)
    return python


@contextmanager
def local_aws(
    *,
    port: int | None = None,
    python: Path | None = None,
    search: str = "",
    environment: Mapping[str, str] | None = None,
) -> Iterator[LocalAws]:
    """AWS on 127.0.0.1, ended with all the functions it started when the block ends.

    `python` runs the functions; `search` is the URL of an OpenSearch Serverless
    double; `environment` is seen by ministack and by every function.
    """
    if port is None:
        port = _free_port()
    elif _taken(port):
        raise LocalAwsError(
            f"port {port} is in use: another local AWS, or another program. "
            f"Give another one with --port.\n"
            f"{port}번 포트를 이미 사용 중입니다. --port로 다른 포트를 지정하세요."
        )
    with TemporaryDirectory(prefix="local-aws-") as name:
        folder = Path(name)
        with (folder / "ministack.log").open("wb") as log:
            process = subprocess.Popen(
                [python_with_ministack(), HERE / "ministack_plugin.py"],
                stdout=log,
                stderr=subprocess.STDOUT,
                env=_environment(port, folder, python, search, environment or {}),
                start_new_session=True,
            )
        here = LocalAws(f"http://127.0.0.1:{port}", folder)
        try:
            _wait(process, here)
            yield here
        finally:
            _end(process)


def _environment(
    port: int, folder: Path, python: Path | None, search: str, more: Mapping[str, str]
) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", str(folder)),
        "TMPDIR": str(folder),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "127.0.0.1",
        "MINISTACK_REGION": REGION,
        "IOT_MTLS_ENABLED": "0",
        # The functions call back to this endpoint.
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "LOCAL_AWS_REGISTER": str(folder / "stubs.json"),
        "LOCAL_AWS_PYTHON": str(python or sys.executable),
        "LOCAL_AWS_SEARCH": search,
        **more,
    }


def _wait(process: subprocess.Popen[bytes], here: LocalAws) -> None:
    for _ in range(200):
        if process.poll() is not None:
            raise LocalAwsError(f"ministack ended at its start:\n{here.log()[-2000:]}")
        try:
            urllib.request.urlopen(f"{here.endpoint}/_ministack/health", timeout=2).close()
            return
        except OSError:
            time.sleep(0.1)
    raise LocalAwsError(f"ministack did not answer within 20 s:\n{here.log()[-2000:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End it and the functions it started: they share its process group."""
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
