#!/usr/bin/env bash
# Everything that CI runs. Installs what cargo fetches, S3 services into target/, and as root a container engine, Neovim, tmux, zsh and
# fish; the tests install other people's clients into target/ (wrangler, octoDNS, Cloudflare's Python library, usacloud, SAKURA Cloud's Go library) unless
# FLEETFLOW_TEST_CLIENTS=0; fleetflow-py/test.sh installs its Python tools there too. Says what it installs, and what it
# skips and why.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_INCREMENTAL="${CARGO_INCREMENTAL:-0}" CARGO_TERM_COLOR=never
export FLEETFLOW_TEST_CLIENTS="${FLEETFLOW_TEST_CLIENTS:-1}"
# Where a test panicked and why is in its message, which a long trace would bury.
export RUST_BACKTRACE=0
# Most of the tests wait most of the time.
export RUST_TEST_THREADS="${RUST_TEST_THREADS:-$(($(nproc) * 3 / 2))}"

step() { printf '\n== %s (after %d s)\n' "$*" "$SECONDS"; }

# Tests that fail do not keep the others from running; what failed is told at the end.
failures=()
tests() { # tests COMMAND...: with what they print, how much they covered, and what they skipped and why
    "$@" 2>&1 | tee -a target/tests.txt || failures+=("$*")
}

step "formatting"
cargo fmt --all --check

step "the oldest compiler"
oldest="$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)"
if [[ "$(rustc --version)" == "rustc $oldest."* ]]; then
    echo "all that follows runs with it: Rust $oldest"
else
    echo "skipped: the oldest compiler: this is $(rustc --version); scripts/package.sh msrv tries Rust $oldest"
fi

step "lints"
cargo clippy --workspace --all-targets --quiet -- -D warnings

step "services for the tests of the state"
scripts/test-services.sh
export FLEETFLOW_TEST_S3=1

step "a container engine"
if engine="$(scripts/docker-for-tests.sh start)"; then
    eval "$engine"
else
    echo "tests on a real container engine are skipped"
fi

step "an editor, a terminal and shells"
# The language server is tested in Neovim, what a person sees in tmux, and completions in each shell.
for program in nvim:neovim tmux:tmux zsh:zsh fish:fish; do
    if ! command -v "${program%:*}" >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "installing ${program#*:} from the system's packages"
        apt-get install --yes --no-install-recommends "${program#*:}" >/dev/null 2>&1 || echo "${program#*:} cannot be installed"
    fi
done

step "tests"
mkdir -p target
: >target/tests.txt
cargo test --workspace --no-run --quiet
# Most of the tests wait most of the time: the program of the README is built meanwhile, by what they leave of the processors.
if chrt --idle 0 true 2>/dev/null; then idle=(chrt --idle 0); else idle=(nice -n 19); fi
"${idle[@]}" cargo build --release --quiet --bin fleetflow &
release=$!
trap 'kill "$release" 2>/dev/null || true' EXIT
tests cargo test --workspace --no-fail-fast -- --show-output

step "three servers with container engines: a swarm, and SSH"
# By itself: an engine that has to wait for a processor too long is taken for dead by the others.
if swarm="$(scripts/swarm-for-tests.sh start)"; then
    eval "$swarm"
    # Of the whole workspace, as what was built for the tests before: for one crate alone, cargo would build much of it anew.
    tests cargo test --workspace --no-fail-fast --test it -- docker::swarm:: swarms:: --show-output
    # From where the servers can be reached. What is needed is built and fetched: there is no other network.
    tests scripts/swarm-for-tests.sh run cargo test --offline --workspace --no-fail-fast --test it -- docker::machines:: --show-output
    scripts/swarm-for-tests.sh stop
else
    echo "tests on a swarm of real engines are skipped"
fi

step "skipped among these"
grep -E "^skipped: " target/tests.txt | sort -u || echo "nothing"

step "Python"
tests fleetflow-py/test.sh

step "documents"
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet

step "the README's first command"
wait "$release" || true # what it did not build is built, and told, now
flow() { cargo run --release --quiet -- -f examples/creo-memories/flow.kdl "$@"; }
flow up --stage dev --sandbox --yes
flow plan --stage dev --sandbox --detailed-exitcode
flow status --sandbox
flow down --stage dev --sandbox --yes

if [ "${#failures[@]}" -gt 0 ]; then
    step "what failed"
    grep -A 8 "panicked at" target/tests.txt | tail -100 || true
    printf 'failed: %s\n' "${failures[@]}"
    exit 1
fi
