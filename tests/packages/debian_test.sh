#!/usr/bin/env bash
# The packages in a bare Debian 12, as root: debian_test.sh FOLDER-WITH-PACKAGES
# Installs the .deb with apt, checks its units and completions, takes an order to DELIVERED with it, by hand and by its unit
# under a systemd of its own, removes it and looks for what is left; then takes an order to DELIVERED with the tarball, which
# has nothing but the C library to stand on.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
# shellcheck source=scripts/common.sh
source "$here/scripts/common.sh"

((EUID == 0)) || die "debootstrap and chroot need root"
packages=$(cd "$1" && pwd -P)
root=$(mktemp -d)
service=
init=
cgroup=
# shellcheck disable=SC2317 # Called by the trap.
clean_up() {
    [[ ! $service ]] || kill "$service" 2>/dev/null || true
    shut_down
    umount "$root/proc" 2>/dev/null || true
    rm -rf --one-file-system "$root"
}
trap clean_up EXIT
chmod 755 "$root"

clean_environment=(/usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive)
inside() { chroot "$root" "${clean_environment[@]}" "$@"; }

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

# take_order PORT [COMMAND…]: an order from RECEIVED to DELIVERED by a service that starts, through curl as run by COMMAND.
take_order() {
    local url=http://127.0.0.1:$1 id deadline=$((SECONDS + 30))
    shift
    until "$@" curl -sf "$url/readyz" >/dev/null; do
        ((SECONDS < deadline)) || fail "the service is not ready"
        sleep 0.1
    done
    id=$("$@" curl -sf "$url/orders" -H 'Content-Type: application/json' \
        -d '{"customer_name": "João Silva", "address": "Rua Exemplo, 123"}' | sed -E 's/.*"id":"([^"]+)".*/\1/')
    until "$@" curl -sf "$url/orders/$id" | grep -q DELIVERED; do
        ((SECONDS < deadline)) || fail "the order is not delivered"
        sleep 0.1
    done
}

# deliver PROGRAM: an order from RECEIVED to DELIVERED, embedded, as a user without rights.
deliver() {
    local port
    port=$(free_port)
    chroot --userspec=65534:65534 "$root" /usr/bin/env -i DATABASE_URL=sqlite:/tmp/orders/delivery.db APP_HOST=127.0.0.1 \
        APP_PORT="$port" "$1" run 2>"$root/tmp/log" &
    service=$!
    take_order "$port"
    kill "$service"
    wait "$service" || fail "it did not end well"
    service=
    rm -rf "$root/tmp/orders"
    say "$1: an order was delivered"
}

# What is there that dpkg does not know of in a system without us.
files() { find "$root" -xdev -iname '*delivery*' -not -path "$root/proc/*" -printf '%P\n' | sort; }

# boot: systemd in the root, in namespaces of its own. Fails where the kernel does not let us.
boot() {
    local hierarchy deadline=$((SECONDS + 60))
    hierarchy=$(findmnt --noheadings --raw --types cgroup2 --output TARGET --first-only) || return
    mkdir "$hierarchy/delivery-packages-$$" 2>/dev/null || return
    cgroup=$hierarchy/delivery-packages-$$
    (echo "$BASHPID" >"$cgroup/cgroup.procs" && exec unshare --cgroup --mount --pid --net --uts --ipc --fork --kill-child \
        "$here/tests/packages/init.sh" "$root") >"$root/tmp/log" 2>&1 &
    init=$!
    until systemd_runs; do
        ((SECONDS < deadline)) && kill -0 "$init" 2>/dev/null || return
        sleep 0.2
    done
}

systemd_runs() { [[ $(in_system systemctl is-system-running 2>/dev/null) == @(running|degraded) ]]; }
its_process() { tr -d ' ' <"/proc/$init/task/$init/children"; }
in_system() { nsenter --target "$(its_process)" --all --root --wd "${clean_environment[@]}" "$@"; }
in_its_network() { nsenter --target "$(its_process)" --net "$@"; }

shut_down() {
    [[ ! $init ]] || { kill -KILL "$init" && wait "$init"; } 2>/dev/null || true
    init=
    # Gone with its last process, which may take a moment.
    until [[ ! -d $cgroup ]] || find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null; do sleep 0.2; done
    cgroup=
}

property() { in_system systemctl show --value --property "$2" "$1"; }

# What systemd-analyze cannot tell: whether the service works in its sandbox, and comes back.
test_services() {
    local process deadline=$((SECONDS + 30))
    step "the services, under systemd"
    in_system systemctl start delivery-api 2>/dev/null || true
    while [[ $(property delivery-api ActiveState) != failed ]]; do
        ((SECONDS < deadline)) || fail "a role without settings does not fail"
        sleep 0.1
    done
    [[ $(property delivery-api ExecMainStatus) == 2 && $(property delivery-api NRestarts) == 0 ]] ||
        fail "a role without settings is tried again"
    in_system systemctl enable --quiet --now delivery
    take_order 8000 in_its_network
    process=$(property delivery MainPID)
    for line in 'Uid:.*\b0\b' 'Cap(Prm|Eff|Bnd):.*[1-9a-f]' 'NoNewPrivs:\s0' 'Seccomp:\s0'; do
        ! in_system grep -E "^$line" "/proc/$process/status" || fail "the service has rights that it need not have"
    done
    in_system systemctl kill --signal=KILL delivery
    while [[ $(property delivery NRestarts) == 0 ]]; do
        ((SECONDS < deadline)) || fail "the service does not come back"
        sleep 0.1
    done
    take_order 8000 in_its_network
    say "delivery.service: orders were delivered in its sandbox, and after a kill -9"
}

test_completions() {
    inside apt-get install -y -qq --no-install-recommends fish zsh >/dev/null 2>&1 || fail "apt-get install"
    inside fish -c 'complete -C "delivery migrate "' | grep -qx status || fail "fish completes nothing"
    # shellcheck disable=SC2016 # Expanded by zsh.
    inside zsh -fc 'compadd() { print -l -- "$@" }
        ask() { local -a words=(delivery migrate ""); local CURRENT=3; source /usr/share/zsh/vendor-completions/_delivery }
        ask' | grep -qx status || fail "zsh completes nothing"
    inside apt-get purge -y -qq --auto-remove fish zsh >/dev/null 2>&1
}

test_deb() {
    step "the .deb"
    cp "$packages"/*.deb "$root/tmp/"
    inside bash -c 'apt-get install -y -qq --no-install-recommends systemd /tmp/*.deb' >/dev/null 2>&1 || fail "apt-get install"
    [[ $(inside delivery version) == "delivery "* ]] || fail "delivery version"
    [[ $(stat -c %a "$root/etc/delivery/delivery.env") == 600 ]] || fail "others may read the settings"
    # Whom else an administrator lets read them is not for an upgrade to change.
    inside chgrp adm /etc/delivery/delivery.env
    inside chmod 0640 /etc/delivery/delivery.env
    inside bash -c 'dpkg --install /tmp/*.deb' >/dev/null 2>&1 || fail "dpkg --install over the same"
    [[ $(inside stat -c '%a %G' /etc/delivery/delivery.env) == '640 adm' ]] || fail "an upgrade changes who may read the settings"
    rm "$root"/tmp/*.deb
    ! inside ldd /usr/bin/delivery | grep 'not found' || fail "a library is missing"
    inside bash -c 'systemd-analyze verify --man=no /lib/systemd/system/delivery*.service' || fail "a unit is wrong"
    # shellcheck disable=SC2016 # Expanded inside.
    inside bash -c 'for unit in /lib/systemd/system/delivery*.service; do
        systemd-analyze security --offline=true --threshold=20 --no-pager "$unit" >/tmp/log || exit; done' ||
        fail "a unit is exposed"
    test_completions
    deliver /usr/bin/delivery
    local where=inside
    if boot; then
        test_services
        where=in_system
    else
        say "note: the services are not tried, since systemd cannot be started in namespaces here"
        cat "$root/tmp/log" >&2
    fi
    # Under systemd that is with a service running.
    $where apt-get purge -y -qq delivery >/dev/null 2>&1 || fail "apt-get purge"
    # Orders are for a person to delete.
    rm -rf "$root/var/lib/private/delivery" "$root/var/lib/delivery"
    [[ ! $(files) ]] || fail "left behind: $(files)"
    shut_down
}

test_tarball() {
    step "the tarball"
    inside apt-get purge -y -qq --auto-remove systemd >/dev/null 2>&1
    mkdir "$root/opt/anywhere"
    tar -xzf "$packages"/*.tar.gz -C "$root/opt/anywhere" --strip-components=1
    [[ -s $root/opt/anywhere/share/doc/delivery/licenses/libpq5/copyright ]] || fail "the licences of its libraries are missing"
    deliver /opt/anywhere/bin/delivery
    [[ $(files | grep -v '^opt/anywhere/') == '' ]] || fail "left behind: $(files)"
}

make_root
test_deb
test_tarball
say "the packages work in a bare Debian 12"
