#!/usr/bin/env bash
# Installs the S3 services that tests of the state run against into target/services: moto from PyPI, versitygw as a Go
# module; and, as root where there is apt-get, faketime from the system's packages, for machines whose clocks are wrong. What cannot be had is said, and its tests are skipped. Prints nothing else when everything is there.
set -euo pipefail
cd "$(dirname "$0")/.."
folder="$PWD/target/services"
mkdir -p "$folder"

skip() { printf 'skipped: %s: %s\n' "$1" "$2"; }

if [ ! -x "$folder/moto/bin/moto_server" ]; then
    if ! command -v python3 >/dev/null; then
        skip moto "there is no python3"
    elif ! { python3 -m venv "$folder/moto" && "$folder/moto/bin/pip" install --quiet 'moto[server,s3]==5.2.5'; } \
        >"$folder/moto.log" 2>&1; then
        rm -rf "$folder/moto"
        skip moto "it could not be installed; see target/services/moto.log"
    fi
fi

if [ ! -x "$folder/bin/versitygw" ]; then
    if ! command -v go >/dev/null; then
        skip versitygw "there is no go"
    elif ! GOBIN="$folder/bin" go install github.com/versity/versitygw/cmd/versitygw@v1.8.0 \
        >"$folder/versitygw.log" 2>&1; then
        skip versitygw "it could not be built; see target/services/versitygw.log"
    fi
fi

if ! ls /usr/lib/*/faketime/libfaketimeMT.so.1 >/dev/null 2>&1; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        skip faketime "only root can install it, where there is apt-get"
    elif ! apt-get install --yes --no-install-recommends faketime >"$folder/faketime.log" 2>&1; then
        skip faketime "it could not be installed; see target/services/faketime.log"
    fi
fi
