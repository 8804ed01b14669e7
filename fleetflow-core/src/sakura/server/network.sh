#!/bin/sh
# @sacloud-once
# @sacloud-desc Gives network interfaces their static addresses
set -eu

# The addresses of an earlier time go.
rm -f /etc/netplan/60-fleetflow-*.yaml /etc/network/interfaces.d/60-fleetflow-*
if command -v nmcli > /dev/null; then
    nmcli -t -f NAME connection show | grep '^fleetflow-' | while read -r old; do
        nmcli connection delete "$old"
    done
fi

device_of() {
    for path in /sys/class/net/*; do
        if [ "$(cat "$path/address" 2> /dev/null)" = "$1" ]; then
            echo "${path##*/}"
            return
        fi
    done
    echo "there is no network interface $1" >&2
    return 1
}

with_netplan() {
    file="/etc/netplan/60-fleetflow-$4.yaml"
    {
        printf 'network:\n  version: 2\n  ethernets:\n    fleetflow-%s:\n' "$4"
        printf '      match: {macaddress: "%s"}\n      addresses: ["%s"]\n' "$1" "$2"
        if [ -n "$3" ]; then
            printf '      routes: [{to: default, via: "%s"}]\n' "$3"
        fi
    } > "$file"
    chmod 600 "$file"
}

with_nmcli() {
    nmcli connection add type ethernet con-name "fleetflow-$4" ifname "$4" 802-3-ethernet.mac-address "$1" \
        ipv4.method manual ipv4.addresses "$2" ${3:+ipv4.gateway "$3"} ipv6.method ignore connection.autoconnect yes
    nmcli connection up "fleetflow-$4"
}

with_ifupdown() {
    mkdir -p /etc/network/interfaces.d
    grep -q '^source.*interfaces\.d' /etc/network/interfaces 2> /dev/null ||
        echo 'source /etc/network/interfaces.d/*' >> /etc/network/interfaces
    {
        printf 'auto %s\niface %s inet static\n    address %s\n' "$4" "$4" "$2"
        if [ -n "$3" ]; then
            printf '    gateway %s\n' "$3"
        fi
    } > "/etc/network/interfaces.d/60-fleetflow-$4"
    ifdown "$4" 2> /dev/null || true
    ifup "$4"
}

# The hardware address, the address with the length of its prefix, the gateway or nothing.
configure() {
    device=$(device_of "$1")
    if command -v netplan > /dev/null; then
        with_netplan "$1" "$2" "${3:-}" "$device"
    elif command -v nmcli > /dev/null; then
        with_nmcli "$1" "$2" "${3:-}" "$device"
    elif command -v ifup > /dev/null; then
        with_ifupdown "$1" "$2" "${3:-}" "$device"
    else
        echo "nothing here configures network interfaces" >&2
        return 1
    fi
}

@INTERFACES@
if command -v netplan > /dev/null; then
    netplan apply
fi
