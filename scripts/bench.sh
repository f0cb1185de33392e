#!/bin/sh
# Runs every benchmark, or the named ones:  scripts/bench.sh [reading search …]
# One after another: two at once would measure each other. A calibrate_… program
# writes constants into the source, a fuzz_… one looks for crashes,
# a train_… one takes hours: run them by their names. What has no __main__ is a part of others.
set -eu
cd "$(dirname "$0")/.."
.venv/bin/python examples/manuals/build.py >/dev/null
if [ $# -eq 0 ]; then
    for file in benchmarks/[a-z]*.py; do
        case "$file" in
            */calibrate_* | */fuzz_* | */train_*) ;;
            *) if grep -q __main__ "$file"; then set -- "$@" "$(basename "$file" .py)"; fi ;;
        esac
    done
fi
for name in "$@"; do
    printf '\n== %s ==\n' "$name"
    .venv/bin/python "benchmarks/$name.py"
done
