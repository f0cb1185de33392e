"""The `cdk` command: pinned, installed once into the cache, run on our node."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from filelock import FileLock

from manualchat.aws.account import Account
from manualchat.aws.failures import CdkFailed, CdkUnavailable
from manualchat.aws.places import cache_folder

# Later majors cannot read the assemblies of the aws-cdk-lib that we pin.
VERSION = "2.1148.1"
BOOTSTRAP_STACK = "CDKToolkit"
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def install(cache: Path | None = None) -> Path:
    """The cdk program (a JavaScript file), installed by npm at the first call.

    Raises NodeMissing, CdkUnavailable.
    """
    folder = cache_folder(cache) / f"cdk-{VERSION}"
    program = folder / "node_modules" / "aws-cdk" / "bin" / "cdk"
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        if not program.exists():
            done = subprocess.run(
                [
                    *_npm(),
                    "install",
                    *("--prefix", str(folder), "--no-audit", "--no-fund", "--loglevel=error"),
                    f"aws-cdk@{VERSION}",
                ],
                capture_output=True,
                text=True,
            )
            if done.returncode:
                lines = (done.stderr or done.stdout).strip().splitlines()
                raise CdkUnavailable(version=VERSION, detail=lines[-1] if lines else "npm failed")
    return program


def run(
    account: Account,
    arguments: Sequence[str],
    *,
    on_line: Callable[[str], None] | None = None,
    cache: Path | None = None,
) -> list[str]:
    """Run cdk; each line of what it says goes to `on_line`. Returns the lines.

    Raises NodeMissing, CdkUnavailable, CdkFailed with the last lines as `detail`.
    """
    from manualchat_infra.node import find_node

    command = [str(find_node()), str(install(cache)), "--no-color", "--no-notices", *arguments]
    environment = {
        **os.environ,
        **account.environment(),
        "CDK_DISABLE_VERSION_CHECK": "1",
        "CI": "true",  # progress on standard output
    }
    lines = []
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        env=environment,
        encoding="utf-8",
        errors="replace",
    ) as process:
        assert process.stdout is not None  # noqa: S101 - for the type checker
        for line in _lines(process.stdout):
            lines.append(line)
            if on_line is not None:
                on_line(line)
    if process.returncode:
        said = [line for line in lines if "rror" in line or "failed" in line] or lines
        raise CdkFailed(detail=" ".join(said[-3:])[:800] or "cdk", remedy="")
    return lines


def arguments_for(scenario_folder: Path, stack: str) -> list[str]:
    """What every cdk call on a written assembly begins with."""
    return ["--app", str(scenario_folder), stack]


def assets_of(folder: Path, stack: str) -> list[str]:
    """Object keys of the files that a written assembly uploads (template included)."""
    document = json.loads((folder / f"{stack}.assets.json").read_text("utf-8"))
    return [
        place["objectKey"]
        for file in document.get("files", {}).values()
        for place in file["destinations"].values()
    ]


def _npm() -> list[str]:
    """npm as the infra extra brings it, else the machine's."""
    from manualchat_infra.node import find_node

    node = find_node()
    script = node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(node), str(script)] if script.exists() else ["npm"]


def _lines(stream: Iterator[str]) -> Iterator[str]:
    for line in stream:
        text = _COLOURS.sub("", line).rstrip()
        if text:
            yield text
