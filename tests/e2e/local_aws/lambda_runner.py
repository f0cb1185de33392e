"""Runs `python3.x` functions as AWS does: a process that speaks the Runtime API.

ministack's own runner imports the handler into its interpreter, loses log lines and
knows no exec wrapper. Here the function's code is unpacked, and a bootstrap starts
AWS' runtime client (awslambdaric), or the function's exec wrapper, on the Python
named by LOCAL_AWS_PYTHON. Layers are not unpacked: that Python has the libraries.
(tests/runtime is where the built layers are tested.)
"""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from pathlib import Path
from typing import Any

from ministack.services import lambda_svc

BOOTSTRAP = """\
#!/bin/sh
cd "$LAMBDA_TASK_ROOT"
export PYTHONPATH="$LAMBDA_TASK_ROOT" PYTHONUNBUFFERED=1 PATH="{folder}:$PATH"
case "${{AWS_LAMBDA_EXEC_WRAPPER:-}}" in
    /var/task/*) wrapper="$LAMBDA_TASK_ROOT/${{AWS_LAMBDA_EXEC_WRAPPER#/var/task/}}" ;;
    *) wrapper="${{AWS_LAMBDA_EXEC_WRAPPER:-}}" ;;
esac
exec $wrapper {python} -m awslambdaric "$_HANDLER"
"""

_code: dict[str, bytes] = {}


def _with_bootstrap(code_zip: bytes) -> bytes:
    """The same zip with a `bootstrap` in it (kept: unpacking is cached by content)."""
    key = hashlib.sha256(code_zip).hexdigest()
    if key not in _code:
        python = os.environ["LOCAL_AWS_PYTHON"]
        buffer = io.BytesIO(code_zip)
        with zipfile.ZipFile(buffer, "a") as archive:
            entry = zipfile.ZipInfo("bootstrap", date_time=(2020, 1, 1, 0, 0, 0))
            entry.external_attr = 0o100755 << 16
            archive.writestr(entry, BOOTSTRAP.format(python=python, folder=Path(python).parent))
        _code[key] = buffer.getvalue()
    return _code[key]


def _run(func: dict[str, Any], event: Any, request_id: str) -> dict[str, Any]:
    config = func.get("config") or func
    prepared = {
        **func,
        "config": {**config, "Runtime": "provided.al2023"},
        "code_zip": _with_bootstrap(func["code_zip"]),
    }
    result: dict[str, Any] = lambda_svc._execute_function_provided_warm(prepared, event, request_id)
    streamed = "AWS_LAMBDA_EXEC_WRAPPER" in config.get("Environment", {}).get("Variables", {})
    if streamed and isinstance(result.get("body"), str):
        result["raw_payload"] = True  # not JSON: what was streamed, all at once
    return result


def install() -> None:
    """Take the place of ministack's runner for Python functions."""
    if os.environ.get("LOCAL_AWS_PYTHON"):
        lambda_svc._execute_function_warm = _run
