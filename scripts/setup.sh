#!/bin/sh
# Makes .venv from uv.lock:  scripts/setup.sh [demo | dev | EXTRA…]
#
# Needs Python 3.11 to 3.13. Uses the uv on this machine, or brings one into
# .uv/ with pip; nothing outside this folder changes but uv's and pip's caches.
# Ends at once when there is nothing to do.
set -eu
cd "$(dirname "$0")/.."

say() { printf '\033[2m%s\033[0m\n' "$*" >&2; }
fail() { printf 'manualchat: %s\n' "$*" >&2; exit 1; }

# Without these, uv would work on another environment than ours.
unset VIRTUAL_ENV UV_PYTHON UV_NO_SYNC UV_SYSTEM_PYTHON || true
export UV_PROJECT_ENVIRONMENT=.venv

fits() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; }

find_python() {
    for name in ${PYTHON:-} .venv/bin/python python3 python3.13 python3.12 python3.11; do
        if fits "$name"; then
            "$name" -c 'import sys; print(sys.executable)'
            return
        fi
    done
}

find_uv() {
    for name in ${UV:-} uv .uv/bin/uv; do
        # Runs it: a version manager's shim can be on the PATH and lead nowhere.
        case "$("$name" --version 2>/dev/null || true)" in
            "uv 0."[0-4].*) say "$name is too old; bringing a newer uv into .uv/" ;;
            "uv "*) echo "$name"; return ;;
        esac
    done
}

bring_uv() {
    say "uv is not here: bringing it into .uv/ (about 25 MB)"
    rm -rf .uv
    if "$python" -m venv .uv >/dev/null 2>&1; then
        .uv/bin/python -m pip install --quiet --disable-pip-version-check "uv>=0.9,<1" && return
    elif "$python" -m pip --version >/dev/null 2>&1; then # Debian without python3-venv, with pip
        "$python" -m pip install --quiet --disable-pip-version-check --target .uv "uv>=0.9,<1" && return
    else
        rm -rf .uv
        fail "this Python ($python) comes without venv and pip, so uv cannot be installed.
    Debian, Ubuntu:  sudo apt-get install python3-venv
    or install uv yourself:  https://docs.astral.sh/uv/getting-started/installation/
Then run the same command again."
    fi
    rm -rf .uv
    fail "uv could not be downloaded. Check the network (pip's own message is above) and run the same command again."
}

python=$(find_python)
uv=$(find_uv)
if [ -z "$python" ]; then
    found=$(python3 --version 2>/dev/null || echo "no python3")
    [ -n "$uv" ] || fail "Python 3.11, 3.12 or 3.13 is needed; found: $found.
Install one, or name it:  make PYTHON=/path/to/python3.12 demo"
    say "Python 3.11 to 3.13 not found ($found): uv looks for one, or downloads it"
fi
if [ -z "$uv" ]; then
    bring_uv
    uv=.uv/bin/uv
fi

# --inexact: `make demo` after `make test` takes nothing away.
set -- "${1:-demo}" "$@"
case "$1" in
    demo) options="--no-dev" ;;
    dev) options="--group dev" ;;
    *)
        shift
        options="--no-dev"
        for extra in "$@"; do options="$options --extra $extra"; done
        ;;
esac
[ -x .venv/bin/manualchat ] || say "installing the locked packages into .venv/ (the first time, some 300 MB)"
# shellcheck disable=SC2086  # options are words
"$uv" sync --quiet --frozen --inexact ${python:+--python "$python"} $options ||
    fail "the packages could not be installed; uv's own message is above. Check the network and the disk, then run the same command again."
