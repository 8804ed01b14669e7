#!/usr/bin/env bash
# Starts a container engine for the tests, with its data in a temporary folder, and a registry of images that asks for a login.
# Prints the variables that name them.
#
#   eval "$(scripts/docker-for-tests.sh start)"    installs what is missing, starts the engine
#   scripts/docker-for-tests.sh stop               ends what start started, and removes its data
#
# An engine that FLEETFLOW_TEST_DOCKER names already is used as it is. Messages go to standard error. Needs root and a
# Debian or Ubuntu; exits with 3 where no engine can be started, and goes on where no registry can.
set -euo pipefail

folder="${FLEETFLOW_TEST_DOCKER_FOLDER:-${TMPDIR:-/tmp}/fleetflow-test-docker}"
socket="$folder/docker.sock"

say() { printf 'docker-for-tests: %s\n' "$*" >&2; }
give_up() { say "no engine: $*"; exit 3; }

running() { [ -f "$folder/pid" ] && kill -0 "$(cat "$folder/pid")" 2>/dev/null; }
answers() { curl --silent --fail --max-time 2 --unix-socket "$socket" http://docker/_ping >/dev/null 2>&1; }

install_missing() {
    local missing=()
    command -v dockerd >/dev/null || missing+=(docker.io iptables)
    [ -x /bin/busybox ] && file_is_static /bin/busybox || missing+=(busybox-static)
    command -v curl >/dev/null || missing+=(curl)
    command -v docker-registry >/dev/null || missing+=(docker-registry)
    [ ${#missing[@]} -eq 0 ] && return
    command -v apt-get >/dev/null || give_up "${missing[*]} are missing, and there is no apt-get to install them"
    say "installing ${missing[*]} from the system's packages"
    apt-get install --yes --no-install-recommends "${missing[@]}" >&2 || give_up "the packages cannot be installed"
}

# Images of the tests have no libraries in them.
file_is_static() { ! ldd "$1" >/dev/null 2>&1; }

# On a free port of this machine, which engines speak HTTP with. User and password are the test's: `fleetflow`, `open sesame`.
start_registry() {
    local own="$folder/registry"
    command -v docker-registry >/dev/null || { say "no registry: docker-registry is missing"; return; }
    mkdir -p "$own"
    if ! { [ -f "$own/pid" ] && kill -0 "$(cat "$own/pid")" 2>/dev/null; }; then
        printf 'version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: %s\nhttp:\n  addr: 127.0.0.1:0\n' "$own/data" \
            >"$own/config.yml"
        printf 'fleetflow:%s\n' '$2a$05$abcdefghijklmnopqrstuupx2xBUC4954936wVIjyyPHmUBFu0wCW' >"$own/htpasswd"
        for _ in $(seq 20); do
            printf '127.0.0.1:%s' "$((20000 + RANDOM % 10000))" >"$own/address"
            REGISTRY_HTTP_ADDR="$(cat "$own/address")" REGISTRY_AUTH=htpasswd REGISTRY_AUTH_HTPASSWD_REALM=tests \
                REGISTRY_AUTH_HTPASSWD_PATH="$own/htpasswd" setsid docker-registry serve "$own/config.yml" >"$own/log" 2>&1 </dev/null &
            printf '%s' "$!" >"$own/pid"
            sleep 0.5
            kill -0 "$!" 2>/dev/null && break
        done
    fi
    printf 'export FLEETFLOW_TEST_REGISTRY=%s\n' "$(cat "$own/address")"
}

start() {
    if [ -n "${FLEETFLOW_TEST_DOCKER:-}" ]; then
        say "FLEETFLOW_TEST_DOCKER is set: $FLEETFLOW_TEST_DOCKER is used"
        return
    fi
    [ "$(id -u)" = 0 ] || give_up "only root can start one"
    install_missing
    if ! running; then
        mkdir -p "$folder"
        say "starting dockerd, data in $folder"
        # A session of its own: it outlives this script and the terminal.
        setsid dockerd --data-root "$folder/data" --exec-root "$folder/exec" --pidfile "$folder/pid" \
            --host "unix://$socket" >"$folder/log" 2>&1 </dev/null &
    fi
    for _ in $(seq 60); do
        if answers; then
            printf 'export FLEETFLOW_TEST_DOCKER=unix://%s\n' "$socket"
            start_registry
            return
        fi
        sleep 0.5
    done
    tail -5 "$folder/log" >&2
    running && kill "$(cat "$folder/pid")"
    give_up "dockerd does not answer, see $folder/log"
}

stop() {
    if ! running; then
        say "nothing to stop"
        return
    fi
    local pid
    [ -f "$folder/registry/pid" ] && { kill "$(cat "$folder/registry/pid")" 2>/dev/null || true; }
    pid="$(cat "$folder/pid")"
    say "stopping dockerd ($pid)"
    kill "$pid"
    for _ in $(seq 60); do
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.5
    done
    rm -rf "$folder"
}

case "${1:-start}" in
    start) start ;;
    stop) stop ;;
    *) say "usage: $0 start|stop"; exit 64 ;;
esac
