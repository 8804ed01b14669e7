#!/usr/bin/env bash
# Makes and tries everything that is handed out, into target/package: crates, the guide, licence notices, an SBOM, a Debian
# package, a static binary, wheels, a container image. Installs cargo's tools into target/tools. Publishes nothing. Says
# what it skips and why. With names of steps it does only those: scripts/package.sh deny guide deb
set -euo pipefail
cd "$(dirname "$0")/.."
root="$PWD"
out="$root/target/package"
export CARGO_TERM_COLOR=never
profile="${FLEETFLOW_PROFILE:-dist}"
built="${profile/dev/debug}" # cargo's folder for it
mkdir -p "$out"
steps=("$@")

step() { # step NAME WHAT: whether it is to be done
    if [ "${#steps[@]}" -gt 0 ] && [[ " ${steps[*]} " != *" $1 "* ]]; then return 1; fi
    printf '\n== %s (after %d s)\n' "$2" "$SECONDS"
}
skip() { printf 'skipped: %s\n' "$*"; }
tool() { # tool NAME: installs it once, with little optimisation: it is run a few times
    [ -x "target/tools/bin/$1" ] || CARGO_TARGET_DIR="$root/target/tools/build" CARGO_PROFILE_RELEASE_LTO=off \
        CARGO_PROFILE_RELEASE_OPT_LEVEL=1 cargo install --quiet --locked "$1" --root "$root/target/tools"
}
version="$(cargo metadata --format-version 1 --no-deps --locked | python3 -c 'import json,sys
[one] = [p["version"] for p in json.load(sys.stdin)["packages"] if p["name"] == "fleetflow-cli"]
print(one)')"

if step msrv "the oldest compiler"; then
    oldest="$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)"
    # Toolchains are installed as 1.95, as 1.95.0, or as what `stable` is at the time.
    toolchain=""
    for name in $(rustup toolchain list 2>/dev/null | cut -d' ' -f1); do
        if rustup run "$name" rustc --version 2>/dev/null | grep -q "^rustc ${oldest//./\\.}\."; then toolchain="$name"; break; fi
    done
    if [ -n "$toolchain" ]; then
        rustup run "$toolchain" cargo check --workspace --all-targets --locked --quiet
        echo "Rust $oldest ($toolchain) builds all of it"
    else
        skip "the oldest compiler: Rust $oldest is not installed (rustup toolchain install $oldest)"
    fi
fi

if step deny "licences, sources, and known weaknesses of the dependencies"; then
    tool cargo-deny
    target/tools/bin/cargo-deny --locked check licenses bans sources
    if target/tools/bin/cargo-deny --locked fetch db 2>"$out/advisories.txt"; then
        target/tools/bin/cargo-deny --locked check advisories
    else
        skip "known weaknesses: the advisory database cannot be fetched from here ($out/advisories.txt)"
    fi
fi

if step crates "the crates, as they would be published"; then
    # Crates that depend on each other cannot be verified one by one before the first of them is published; cargo does
    # so for all together, against a registry of its own. Their builds are those of the tests.
    cargo package --workspace --locked --allow-dirty --no-verify --quiet \
        --exclude fleetflow-py --exclude fleetflow-examples --exclude fleetflow-benches
    for crate in core access kdl sandbox cli; do
        archive="target/package/fleetflow-$crate-$version.crate"
        listing="$(tar -tzf "$archive")"
        for file in Cargo.toml README.md; do
            grep -q "/$file\$" <<<"$listing" || { echo "$archive has no $file" >&2; exit 1; }
        done
        printf '%s: %s files, %s bytes\n' "$archive" "$(wc -l <<<"$listing")" "$(stat -c %s "$archive")"
    done
    # All of what publishing does, in the order of what they need of each other, but for the upload.
    cargo publish --workspace --dry-run --no-verify --locked --allow-dirty \
        --exclude fleetflow-py --exclude fleetflow-examples --exclude fleetflow-benches 2>"$out/publish.txt" || {
        cat "$out/publish.txt" >&2
        exit 1
    }
    for crate in core access kdl sandbox cli; do
        grep -q "Uploading fleetflow-$crate v$version" "$out/publish.txt" || { echo "fleetflow-$crate was not to be published" >&2; exit 1; }
    done
    echo "all five could be published (dry run)"
fi

if step guide "the guide"; then
    tool mdbook
    target/tools/bin/mdbook build docs
    [ -s target/book/start.html ]
fi

if step notices "licence notices of other people's code"; then
    python3 packaging/third-party.py >"$out/THIRD-PARTY.txt"
    head -1 "$out/THIRD-PARTY.txt"
fi

if step sbom "the bill of materials (CycloneDX)"; then
    tool cargo-cyclonedx
    target/tools/bin/cargo-cyclonedx cyclonedx --manifest-path fleetflow-cli/Cargo.toml --format json --override-filename sbom --quiet
    mv fleetflow-cli/sbom.json "$out/fleetflow-$version.cdx.json"
    rm -f ./*/sbom.json
    python3 - "$out/fleetflow-$version.cdx.json" <<'CHECK'
import json, sys
bill = json.load(open(sys.argv[1]))
assert bill["bomFormat"] == "CycloneDX" and len(bill["components"]) > 300, bill["bomFormat"]
print(f"{sys.argv[1]}: {len(bill['components'])} components")
CHECK
fi

if step release "the program"; then
    cargo build --profile "$profile" --locked --quiet -p fleetflow-cli --bin flow
    "target/$built/flow" --version -v
    # A debug build does not know its commit: it would be linked anew for each.
    [ "$profile" = dev ] || "target/$built/flow" --version -v | grep -q "^commit: $(git rev-parse HEAD)"
fi

if step install "the program as \`cargo install\` makes it"; then
    # In the folder of the other builds, which it can use.
    debug=()
    [ "$profile" = dist ] || debug=(--profile "$profile")
    cargo install --locked --path fleetflow-cli --root "$out/installed" --target-dir target --quiet --force "${debug[@]}"
    for name in flow fleetflow; do "$out/installed/bin/$name" --version; done
fi

if step deb "a Debian package"; then
    tool cargo-deb
    cargo build --profile "$profile" --locked --quiet -p fleetflow-cli --bin flow
    # The same program under its long name.
    ln -sf flow "$out/fleetflow"
    rm -rf "$out/man" && mkdir -p "$out/man"
    "target/$built/flow" man >"$out/man/flow.1"
    for command in up plan down status validate fmt graph outputs import watch scale rollback logs exec ssh state init; do
        "target/$built/flow" man "$command" >"$out/man/flow-$command.1"
    done
    "target/$built/flow" completions bash >"$out/flow.bash"
    "target/$built/flow" completions zsh >"$out/_flow"
    "target/$built/flow" completions fish >"$out/flow.fish"
    [ -s "$out/THIRD-PARTY.txt" ] || python3 packaging/third-party.py >"$out/THIRD-PARTY.txt"
    { echo "FleetFlow, (c) The FleetFlow developers: MIT or Apache-2.0, as you like."; cat LICENSE-MIT LICENSE-APACHE; } >"$out/copyright"
    fast=()
    [ "$profile" = dist ] || fast=(--fast) # weak compression
    target/tools/bin/cargo-deb deb -p fleetflow-cli --profile "$profile" --no-build "${fast[@]}" --output "$out/fleetflow_${version}_$(dpkg --print-architecture).deb"
    # Installed into a root of its own: nothing of this machine is changed, and nothing of it is needed.
    scratch="$out/scratch"
    rm -rf "$scratch" && mkdir -p "$scratch/var/lib/dpkg/updates" "$scratch/var/lib/dpkg/info"
    touch "$scratch/var/lib/dpkg/status" "$scratch/var/lib/dpkg/available"
    dpkg --root="$scratch" --force-depends --force-not-root --force-script-chrootless --install "$out"/fleetflow_"$version"_*.deb
    dpkg --root="$scratch" --status fleetflow | grep -E '^(Status|Version|Depends)'
    for name in flow fleetflow; do "$scratch/usr/bin/$name" --version; done
    (cd "$scratch" && printf 'dns "example.jp" {\n    record "www" type="A" value="192.0.2.1"\n}\n' >flow.kdl && usr/bin/flow up --sandbox --yes --quiet)
    dpkg --root="$scratch" --force-not-root --purge fleetflow
    [ ! -e "$scratch/usr/bin/flow" ]
fi

if step static "a static binary"; then
    target=x86_64-unknown-linux-musl
    if ! rustup target list --installed 2>/dev/null | grep -qx "$target"; then
        skip "the static binary: rustup target add $target"
    elif ! command -v musl-gcc >/dev/null; then
        skip "the static binary: its C parts need musl-gcc (apt install musl-tools)"
    else
        cargo build --locked --quiet -p fleetflow-cli --bin flow --target "$target" --profile "$profile" --target-dir target/musl
        binary="target/musl/$target/$built/flow"
        if ldd "$binary" 2>&1 | grep -q '=>'; then echo "$binary is not static" >&2; exit 1; fi
        # In an empty root, it can only be what is in the file itself.
        "$binary" --version
        cp "$binary" "$out/flow-$version-$target"
        ls -l "$out/flow-$version-$target"
    fi
fi

if step wheels "wheels"; then
    fleetflow-py/test.sh
    mkdir -p "$out/wheels" && cp target/python/wheels/*.whl "$out/wheels/"
    ls -l "$out/wheels"
fi

if step image "the container image"; then
    # Only what cannot be had from here is passed over: a recipe that is wrong fails.
    missing=""
    if docker info >/dev/null 2>&1; then
        for base in $(sed -n 's/^FROM \([^ ]*\).*/\1/p' packaging/Dockerfile); do
            docker image inspect "$base" >/dev/null 2>&1 || docker pull --quiet "$base" 2>"$out/pull.txt" || missing="$base"
        done
        if [ -n "$missing" ]; then
            skip "the container image: its base $missing cannot be pulled from here ($out/pull.txt)"
        else
            docker build --file packaging/Dockerfile --tag "fleetflow:$version" .
            docker run --rm "fleetflow:$version" --version
        fi
    else
        skip "the container image: no container engine answers"
    fi
fi
