#!/bin/sh
# What `make lint` and the pre-commit hooks check. Runs all, then says what failed.
set -u
cd "$(dirname "$0")/.."
failed=""
check() { # check NAME COMMAND…
    name=$1
    shift
    "$@" || failed="$failed $name"
}
check ruff .venv/bin/ruff check .
check format .venv/bin/ruff format --check .
check mypy .venv/bin/mypy
check commands .venv/bin/python scripts/document_cli.py --check
if [ -n "$failed" ]; then
    echo "failed:$failed" >&2
    exit 1
fi
