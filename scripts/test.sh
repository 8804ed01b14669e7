#!/usr/bin/env bash
# Everything that CI runs. Installs what cargo fetches, S3 services into target/, and as root a container engine, Neovim and tmux; the
# tests install other people's clients into target/ (wrangler, octoDNS, Cloudflare's Python library, usacloud, SAKURA Cloud's Go library) unless
# FLEETFLOW_TEST_CLIENTS=0; fleetflow-py/test.sh installs its Python tools there too. Says what it installs, and what it
# skips and why.
set -euo pipefail
cd "$(dirname "$0")/.."
export CARGO_INCREMENTAL="${CARGO_INCREMENTAL:-0}" CARGO_TERM_COLOR=never
export FLEETFLOW_TEST_CLIENTS="${FLEETFLOW_TEST_CLIENTS:-1}"

step() { printf '\n== %s (after %d s)\n' "$*" "$SECONDS"; }

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
    trap 'scripts/docker-for-tests.sh stop; scripts/swarm-for-tests.sh stop' EXIT
else
    echo "tests on a real container engine are skipped"
fi

step "an editor and a terminal"
# The language server is tested in Neovim, and what a person sees in tmux.
for program in nvim:neovim tmux:tmux; do
    if ! command -v "${program%:*}" >/dev/null && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "installing ${program#*:} from the system's packages"
        apt-get install --yes --no-install-recommends "${program#*:}" >/dev/null 2>&1 || echo "${program#*:} cannot be installed"
    fi
done

step "tests"
mkdir -p target
# With what tests print: how much they covered, and what they skipped and why.
cargo test --workspace --no-fail-fast -- --show-output 2>&1 | tee target/tests.txt

step "three servers with container engines: a swarm, and SSH"
# By itself: an engine that has to wait for a processor too long is taken for dead by the others.
if swarm="$(scripts/swarm-for-tests.sh start)"; then
    eval "$swarm"
    cargo test -p fleetflow-core --test it -- docker::swarm --show-output 2>&1 | tee -a target/tests.txt
    cargo test -p fleetflow-cli --test it -- swarms --show-output 2>&1 | tee -a target/tests.txt
    # From where the servers can be reached. What is needed is built and fetched: there is no other network.
    scripts/swarm-for-tests.sh run cargo test --offline -p fleetflow-core --test it -- docker::machines --show-output 2>&1 |
        tee -a target/tests.txt
    scripts/swarm-for-tests.sh stop
else
    echo "tests on a swarm of real engines are skipped"
fi

step "skipped among these"
grep -E "^skipped: " target/tests.txt | sort -u || echo "nothing"

step "Python"
fleetflow-py/test.sh

step "documents"
RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet

step "the README's first command"
flow() { cargo run --release --quiet -- -f examples/creo-memories/flow.kdl "$@"; }
flow up --stage dev --sandbox --yes
flow plan --stage dev --sandbox --detailed-exitcode
flow status --sandbox
flow down --stage dev --sandbox --yes
