#!/usr/bin/env bash
# The packages in a bare Debian 12, as root: debian_test.sh FOLDER-WITH-PACKAGES
# Installs the .deb with apt, checks its units, takes an order to DELIVERED with it, removes it and looks for what is left;
# then does the same with the tarball, which has nothing but the C library to stand on.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
# shellcheck source=scripts/common.sh
source "$here/scripts/common.sh"

((EUID == 0)) || die "debootstrap and chroot need root"
packages=$(cd "$1" && pwd -P)
root=$(mktemp -d)
service=
# shellcheck disable=SC2317 # Called by the trap.
clean_up() {
    [[ ! $service ]] || kill "$service" 2>/dev/null || true
    umount "$root/proc" 2>/dev/null || true
    rm -rf --one-file-system "$root"
}
trap clean_up EXIT
chmod 755 "$root"

inside() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive "$@"; }

fail() {
    say "FAILED: $1"
    [[ ! -e $root/tmp/log ]] || tail -n 20 "$root/tmp/log" >&2
    exit 1
}

# The sources, proxies and authorities that this machine's apt uses, so that the new one gets its packages from there too.
share_apt_settings() {
    cp -a /etc/apt/sources.list* "$root/etc/apt/"
    cp -a /etc/apt/apt.conf.d/. "$root/etc/apt/apt.conf.d/"
    mkdir -p "$root/usr/local/share/ca-certificates"
    cp -a /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/"
    inside update-ca-certificates >/dev/null 2>&1
}

make_root() {
    step "a bare Debian 12"
    debootstrap --variant=minbase --include=ca-certificates bookworm "$root" >/dev/null
    share_apt_settings
    mount -t proc proc "$root/proc"
    inside apt-get update -qq
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# deliver PROGRAM: an order from RECEIVED to DELIVERED, embedded, as a user without rights.
deliver() {
    local port id deadline=$((SECONDS + 30))
    port=$(free_port)
    chroot --userspec=65534:65534 "$root" /usr/bin/env -i DATABASE_URL=sqlite:/tmp/orders/delivery.db APP_HOST=127.0.0.1 \
        APP_PORT="$port" "$1" run 2>"$root/tmp/log" &
    service=$!
    until curl -sf "http://127.0.0.1:$port/readyz" >/dev/null; do
        ((SECONDS < deadline)) || fail "$1 run is not ready"
        sleep 0.1
    done
    id=$(curl -sf "http://127.0.0.1:$port/orders" -H 'Content-Type: application/json' \
        -d '{"customer_name": "João Silva", "address": "Rua Exemplo, 123"}' | sed -E 's/.*"id":"([^"]+)".*/\1/')
    until curl -sf "http://127.0.0.1:$port/orders/$id" | grep -q DELIVERED; do
        ((SECONDS < deadline)) || fail "the order is not delivered"
        sleep 0.1
    done
    kill "$service"
    wait "$service" || fail "it did not end well"
    service=
    rm -rf "$root/tmp/orders"
    say "$1: order $id was delivered"
}

# What is there that dpkg does not know of in a system without us.
files() { find "$root" -xdev -iname '*delivery*' -not -path "$root/proc/*" -printf '%P\n' | sort; }

test_deb() {
    step "the .deb"
    cp "$packages"/*.deb "$root/tmp/"
    inside bash -c 'apt-get install -y -qq --no-install-recommends systemd /tmp/*.deb' >/dev/null 2>&1 || fail "apt-get install"
    rm "$root"/tmp/*.deb
    [[ $(inside delivery version) == "delivery "* ]] || fail "delivery version"
    [[ $(stat -c %a "$root/etc/delivery/delivery.env") == 600 ]] || fail "others may read the settings"
    ! inside ldd /usr/bin/delivery | grep 'not found' || fail "a library is missing"
    inside bash -c 'systemd-analyze verify --man=no /lib/systemd/system/delivery*.service' || fail "a unit is wrong"
    # shellcheck disable=SC2016 # Expanded inside.
    inside bash -c 'for unit in /lib/systemd/system/delivery*.service; do
        systemd-analyze security --offline=true --threshold=20 --no-pager "$unit" >/tmp/log || exit; done' ||
        fail "a unit is exposed"
    deliver /usr/bin/delivery
    inside apt-get purge -y -qq delivery >/dev/null 2>&1 || fail "apt-get purge"
    [[ ! $(files) ]] || fail "left behind: $(files)"
}

test_tarball() {
    step "the tarball"
    inside apt-get purge -y -qq --auto-remove systemd >/dev/null 2>&1
    mkdir "$root/opt/anywhere"
    tar -xzf "$packages"/*.tar.gz -C "$root/opt/anywhere" --strip-components=1
    deliver /opt/anywhere/bin/delivery
    [[ $(files | grep -v '^opt/anywhere/') == '' ]] || fail "left behind: $(files)"
}

make_root
test_deb
test_tarball
say "the packages work in a bare Debian 12"
