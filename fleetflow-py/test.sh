#!/usr/bin/env bash
# Builds the wheel and tests it as users get it: in a fresh environment, with its types, its README and its examples.
# Installs the tools of requirements-test.txt from the package index, into target/python and nowhere else. Says what it
# skips and why.
set -euo pipefail
cd "$(dirname "$0")"
python="${PYTHON:-python3}"
target="$(cd .. && pwd)/target/python"
tools="$target/tools" fresh="$target/fresh" wheels="$target/wheels"

step() { printf '\n-- %s\n' "$*"; }
skip() { printf 'SKIPPED: %s\n' "$*"; }

if ! command -v "$python" >/dev/null || ! "$python" -c 'import sys, venv; sys.exit(sys.version_info < (3, 9))'; then
    skip "everything about Python: no Python of version 3.9 or later with venv (looked for: $python)"
    exit 0
fi

step "tools, into $tools"
[ -x "$tools/bin/python" ] || "$python" -m venv "$tools"
if ! cmp -s requirements-test.txt "$tools/installed"; then
    if ! "$tools/bin/pip" install --quiet --disable-pip-version-check -r requirements-test.txt; then
        skip "everything about Python: the tools of requirements-test.txt cannot be installed"
        exit 0
    fi
    cp requirements-test.txt "$tools/installed"
fi

step "the wheel"
rm -rf "$wheels"
"$tools/bin/maturin" build --quiet --out "$wheels" --interpreter "$tools/bin/python" ${FLEETFLOW_WHEEL_FLAGS:-}

step "a fresh environment, into $fresh"
rm -rf "$fresh"
"$python" -m venv "$fresh"
"$fresh/bin/pip" install --quiet --disable-pip-version-check pytest "$wheels"/fleetflow-*.whl

step "behaviour"
"$fresh/bin/python" -m pytest --quiet "$@"

for version in 3.9 3.13; do
    other="$(command -v "python$version" || true)"
    if [ -z "$other" ] || ! "$other" -c 'import venv' 2>/dev/null; then
        skip "behaviour on Python $version: it is not installed"
        continue
    fi
    step "behaviour on Python $version"
    rm -rf "$target/$version"
    "$other" -m venv "$target/$version"
    "$target/$version/bin/pip" install --quiet --disable-pip-version-check pytest "$wheels"/fleetflow-*.whl
    "$target/$version/bin/python" -m pytest --quiet
done

step "types of the package, as other people's checkers see them"
"$tools/bin/pyright" --pythonpath "$fresh/bin/python" --project pyproject.toml
"$tools/bin/mypy" --python-executable "$fresh/bin/python" --config-file pyproject.toml python/fleetflow tests
site="$("$fresh/bin/python" -c 'import sysconfig; print(sysconfig.get_path("platlib"))')"
(cd "$target" && PYTHONPATH="$site" "$tools/bin/python" -m mypy.stubtest fleetflow --ignore-disjoint-bases --allowlist ../../fleetflow-py/stubtest-allowlist.txt)
