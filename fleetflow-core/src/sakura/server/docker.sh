#!/bin/bash
# @sacloud-once
# @sacloud-desc Installs and enables Docker Engine
set -eu
export DEBIAN_FRONTEND=noninteractive
packages="docker-ce docker-ce-cli containerd.io docker-buildx-plugin docker-compose-plugin"
. /etc/os-release

with_apt() {
    distribution="$1"
    # Other things that run at the first start may hold the lock of the package manager.
    apt-get -o DPkg::Lock::Timeout=600 update
    apt-get -o DPkg::Lock::Timeout=600 install -y ca-certificates curl
    install -m 0755 -d /etc/apt/keyrings
    curl -fsSL --retry 5 "https://download.docker.com/linux/$distribution/gpg" -o /etc/apt/keyrings/docker.asc
    chmod a+r /etc/apt/keyrings/docker.asc
    echo "deb [arch=$(dpkg --print-architecture) signed-by=/etc/apt/keyrings/docker.asc] https://download.docker.com/linux/$distribution $VERSION_CODENAME stable" \
        > /etc/apt/sources.list.d/docker.list
    apt-get -o DPkg::Lock::Timeout=600 update
    apt-get -o DPkg::Lock::Timeout=600 install -y $packages
}

with_dnf() {
    curl -fsSL --retry 5 https://download.docker.com/linux/centos/docker-ce.repo -o /etc/yum.repos.d/docker-ce.repo
    # The releases of the derivatives are called after those of the original.
    sed -i "s/\$releasever/${VERSION_ID%%.*}/g" /etc/yum.repos.d/docker-ce.repo
    dnf -y install --allowerasing $packages
}

if ! command -v dockerd > /dev/null; then
    case "$ID ${ID_LIKE:-}" in
        ubuntu*) with_apt ubuntu ;;
        debian*) with_apt debian ;;
        *rhel* | *centos* | *fedora*) with_dnf ;;
        *) echo "Docker Engine cannot be installed on $ID" >&2; exit 1 ;;
    esac
fi
systemctl enable --now containerd docker
for user in @USERS@; do
    if id "$user" > /dev/null 2>&1; then
        usermod -aG docker "$user"
    fi
done
