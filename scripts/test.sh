#!/usr/bin/env bash
# Everything that CI runs. Installs nothing by itself but what cargo fetches; says what it skips and why.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_INCREMENTAL="${CARGO_INCREMENTAL:-0}" CARGO_TERM_COLOR=never

step() { printf '\n== %s\n' "$*"; }

step "formatting"
cargo fmt --all --check

step "lints"
cargo clippy --workspace --all-targets --quiet -- -D warnings

step "tests"
cargo test --workspace --no-fail-fast

step "documents"
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet

step "the README's first command, and back"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r examples/creo-memories "$work/"
flow() { cargo run --release --quiet -- -f "$work/creo-memories/flow.kdl" "$@"; }
flow up --stage dev --sandbox --yes
flow plan --stage dev --sandbox --detailed-exitcode
flow status --stage dev --sandbox
flow down --stage dev --sandbox --yes
