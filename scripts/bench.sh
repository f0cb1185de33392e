#!/bin/sh
# Runs every benchmark, or the named ones:  scripts/bench.sh [reading search …]
# One after another: two at once would measure each other.
set -eu
cd "$(dirname "$0")/.."
if [ $# -eq 0 ]; then
    for file in benchmarks/[a-z]*.py; do set -- "$@" "$(basename "$file" .py)"; done
fi
for name in "$@"; do
    printf '\n== %s ==\n' "$name"
    .venv/bin/python "benchmarks/$name.py"
done
