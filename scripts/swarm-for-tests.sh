#!/usr/bin/env bash
# Starts three servers that reach each other and nothing else, each with a container engine and an SSH server, for the tests
# of swarms and of SSH, and prints where they are.
#
#   eval "$(scripts/swarm-for-tests.sh start)"     sets FLEETFLOW_TEST_SWARM to a folder with a folder for each address
#   scripts/swarm-for-tests.sh kill ADDRESS        ends one of them as a server that loses its power
#   scripts/swarm-for-tests.sh revive ADDRESS      starts it again, with what it had on its disk
#   scripts/swarm-for-tests.sh cut ADDRESS         takes one off the network; `mend ADDRESS` puts it back
#   scripts/swarm-for-tests.sh run COMMAND...      runs a command where the servers can be reached; it has FLEETFLOW_TEST_SERVERS
#   scripts/swarm-for-tests.sh stop                ends what start started, and removes its data
#
# Each has a network namespace of its own behind a bridge in a fourth one, and the address that the emulated cloud gives to a
# server. Root logs in with the keys in ADDRESS/authorized_keys; ADDRESS/sshd.log tells who did. Messages go to standard error. Needs root and dockerd; exits with 3 where no engines can be started.
set -euo pipefail

folder="${FLEETFLOW_TEST_SWARM_FOLDER:-${TMPDIR:-/tmp}/fleetflow-test-swarm}"
# Names of interfaces have room for few letters: those of two folders are told apart by a number that follows from each.
tag="$(printf '%s' "$folder" | cksum | cut -c1-5)"
hub="fleetflow-swarm-$tag-hub"
network="203.0.113"
numbers="2 3 4"

say() { printf 'swarm-for-tests: %s\n' "$*" >&2; }
give_up() { say "no engines: $*"; exit 3; }
space() { printf 'fleetflow-swarm-%s-%s' "$tag" "$1"; }
answers() { curl --silent --fail --max-time 2 --unix-socket "$1" http://docker/_ping >/dev/null 2>&1; }

# The SSH server of a machine, and its engine where clients look for it.
machine='
    mount -t tmpfs tmpfs /run && mkdir -p /run/sshd
    if command -v sshd >/dev/null; then
        "$(command -v sshd)" -f /dev/null -h "$1/host_key" -E "$1/sshd.log" -o "AuthorizedKeysFile=$1/authorized_keys" \
            -o PidFile=none -o UsePAM=no -o StrictModes=no -o PermitRootLogin=prohibit-password -o LogLevel=VERBOSE
    fi
    exec dockerd --data-root "$1/data" --exec-root "$1/exec" --pidfile "$1/pid" --host "unix://$1/docker.sock" \
        --host unix:///run/docker.sock --cgroup-parent "/$2" --bridge none --storage-driver vfs
'

# A machine with data of its own. Its namespace is entered alone, as `ip netns exec` would hide the control groups.
launch() {
    local own="$folder/$network.$1"
    mkdir -p "$own"
    unmount "$own"
    rm -rf "$own/exec" "$own/pid"
    [ -f "$own/host_key" ] || ssh-keygen -q -t ed25519 -N '' -f "$own/host_key" || true
    touch "$own/authorized_keys"
    nsenter --net="/run/netns/$(space "$1")" setsid unshare --mount \
        sh -c "$machine" machine "$own" "$(space "$1")" >>"$own/log" 2>&1 </dev/null &
}

wire() {
    local name="$1" number="$2"
    ip netns add "$name"
    ip link add "ff$tag$number" netns "$hub" type veth peer name eth0 netns "$name"
    ip -n "$hub" link set "ff$tag$number" master br0 up
    ip -n "$name" addr add "$network.$number/24" dev eth0
    ip -n "$name" link set eth0 up
    ip -n "$name" link set lo up
}

await() {
    local socket="$folder/$network.$1/docker.sock"
    for _ in $(seq 60); do
        answers "$socket" && return
        sleep 0.5
    done
    tail -5 "$folder/$network.$1/log" >&2
    stop
    give_up "dockerd does not answer at $socket"
}

start() {
    [ "$(id -u)" = 0 ] || give_up "only root can start them"
    for program in dockerd ip nsenter curl; do
        command -v "$program" >/dev/null || give_up "$program is missing: scripts/docker-for-tests.sh installs dockerd"
    done
    if ! command -v sshd >/dev/null; then
        say "installing openssh-server from the system's packages"
        apt-get install --yes --no-install-recommends openssh-server >&2 || say "no SSH servers: it cannot be installed"
    fi
    if [ ! -d "$folder" ]; then
        mkdir -p "$folder"
        ip netns add "$hub" || give_up "this system has no network namespaces"
        ip -n "$hub" link add br0 type bridge
        ip -n "$hub" addr add "$network.1/24" dev br0
        ip -n "$hub" link set br0 up
        ip -n "$hub" link set lo up
        say "starting three dockerd, data in $folder"
        for number in $numbers; do
            wire "$(space "$number")" "$number"
            launch "$number"
        done
    fi
    for number in $numbers; do await "$number"; done
    printf 'export FLEETFLOW_TEST_SWARM=%s\n' "$folder"
}

# Every process of an engine and of its containers: those in its namespace, and those in its control group.
processes() {
    ip netns pids "$(space "$1")" 2>/dev/null || true
    find /sys/fs/cgroup -path "*/$(space "$1")/*" -name cgroup.procs -exec cat {} + 2>/dev/null || true
}

end() {
    local left
    for _ in $(seq 20); do
        left="$(processes "$1" | sort -u)"
        [ -z "$left" ] && return
        # shellcheck disable=SC2086
        kill -9 $left 2>/dev/null || true
        sleep 0.1
    done
    say "these processes stay: $left"
}

mounts_of() { awk -v own="$1/" 'index($5, own) == 1 { print $5 }' /proc/self/mountinfo | sort -r; }

unmount() { mounts_of "$1" | while read -r place; do umount -l "$place" || true; done; }

stop() {
    for number in $numbers; do
        end "$number"
        ip netns del "$(space "$number")" 2>/dev/null || true
        find /sys/fs/cgroup -depth -type d -path "*/$(space "$number")*" -exec rmdir {} + 2>/dev/null || true
    done
    ip netns del "$hub" 2>/dev/null || true
    unmount "$folder"
    rm -rf "$folder"
}

case "${1:-start}" in
    start) start ;;
    kill) end "${2##*.}" ;;
    revive) launch "${2##*.}" && await "${2##*.}" ;;
    cut) ip -n "$(space "${2##*.}")" link set eth0 down ;;
    mend) ip -n "$(space "${2##*.}")" link set eth0 up ;;
    run) shift && FLEETFLOW_TEST_SERVERS="$folder" nsenter --net="/run/netns/$hub" "$@" ;;
    stop) stop ;;
    *) say "usage: $0 start|kill ADDRESS|revive ADDRESS|cut ADDRESS|mend ADDRESS|run COMMAND...|stop"; exit 64 ;;
esac
