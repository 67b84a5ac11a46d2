#!/usr/bin/env bash
# Installs what the project needs from Debian's packages, if anything is missing:
#   scripts/packages.sh build|services|test|bench|package|lint …
# As root with apt-get, as a plain user with sudo; where neither works it names the command to run.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=scripts/common.sh
source "$here/common.sh"

build_packages=(
    ca-certificates
    ccache
    clang-19
    cmake
    libbenchmark-dev
    libboost-json1.81-dev
    libboost1.81-dev
    libclang-rt-19-dev
    libcli11-dev
    libfmt-dev
    libgtest-dev
    libgmock-dev
    libpq-dev
    librabbitmq-dev
    libspdlog-dev
    libsqlite3-dev
    libssl-dev
    libyaml-cpp-dev
    lld-19
    ninja-build
    pkg-config
    prometheus-cpp-dev
    zlib1g-dev
)
test_packages=(
    chromium
    curl
    faketime
    gettext-base
    libvalijson-dev
    llvm-19
    prometheus
    python3
    python3-yaml
)
services_packages=(postgresql-15 rabbitmq-server)
# wrk and h2load (of nghttp2-client) make the load; the others are what the peer in Python stands on.
bench_packages=(
    nghttp2-client
    python3
    python3-aio-pika
    python3-asyncpg
    python3-fastapi
    python3-httptools
    python3-sqlalchemy
    python3-uvicorn
    python3-uvloop
    wrk
)
# For dpkg-shlibdeps, the list of parts, and the trial in a bare Debian.
package_packages=(curl debootstrap dpkg-dev file python3)
lint_packages=(clang-format-19 clang-tidy-19 shellcheck)

# Older versions of these have holes that were closed in the meantime.
declare -A least_version=([librabbitmq-dev]=0.11.0-1+deb12u3)

# Packages that bring a service, which must neither start now nor at the next boot.
service_packages=(postgresql-15 prometheus rabbitmq-server)
readonly policy=/usr/sbin/policy-rc.d policy_mark='Only here while ./dev of Delivery installs packages.'
readonly cluster_settings=/etc/postgresql-common/createcluster.conf

# missing PACKAGE…: prints those that are not installed, or too old where a newer one is to be had.
missing() {
    local package status version
    local -A installed=()
    while read -r package status version; do
        [[ $status != installed ]] || installed[$package]=$version
    done < <(dpkg-query --show --showformat='${Package} ${db:Status-Status} ${Version}\n' "$@" 2>/dev/null)
    for package; do
        if [[ ! ${installed[$package]-} ]] || replaceable "$package" "${installed[$package]}"; then
            printf '%s\n' "$package"
        fi
    done
}

replaceable() {
    local least=${least_version[$1]-} candidate
    [[ $least ]] && dpkg --compare-versions "$2" lt "$least" || return 1
    candidate=$(apt-cache policy "$1" | sed -n 's/^ *Candidate: //p')
    dpkg --compare-versions "$candidate" ge "$least" && return
    say "warning: $1 $2 has known security holes, fixed in $least: add Debian's security updates to apt's sources"
    return 1
}

# wanted GROUP…: prints the packages of the groups. A node from elsewhere brings its own npm and conflicts with
# Debian's package, so npm is wanted only where there is none.
wanted() {
    local group
    for group; do
        case $group in
            build)
                printf '%s\n' "${build_packages[@]}"
                has_command npm || printf 'npm\n'
                ;;
            services) printf '%s\n' "${services_packages[@]}" ;;
            test) printf '%s\n' "${services_packages[@]}" "${test_packages[@]}" ;;
            bench) printf '%s\n' "${services_packages[@]}" "${bench_packages[@]}" ;;
            package) printf '%s\n' "${package_packages[@]}" ;;
            lint) printf '%s\n' "${lint_packages[@]}" ;;
            *) wrong_usage "unknown group of packages '$group'; there are build, services, test, bench, package and lint" ;;
        esac
    done
}

ensure() {
    local packages absent
    mapfile -t packages < <(wanted "$@")
    if ! has_command dpkg-query || ! has_command apt-get; then
        say "note: this is not a Debian system, so nothing is installed; needed are: ${packages[*]}"
        return
    fi
    mapfile -t absent < <(missing "${packages[@]}")
    ((${#absent[@]})) || return 0
    if is_root; then
        install "${absent[@]}"
    elif has_command sudo && { [[ -t 0 ]] || sudo --non-interactive true 2>/dev/null; }; then
        sudo "$here/packages.sh" install "${absent[@]}"
    else
        say "error: these packages are missing, and only root can install them. Run as root:"
        say "    apt-get update && apt-get install --no-install-recommends ${absent[*]}"
        exit 1
    fi
}

# Without a sync after every file, as Debian's own installer does it, for there are hundreds of packages.
apt() {
    DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 \
        -o Dpkg::Options::=--force-unsafe-io "$@" >&2
}

install() {
    local package services=()
    for package in "${service_packages[@]}"; do
        [[ " $* " != *" $package "* ]] || services+=("$package")
    done
    step "installing $# packages: $*"
    apt update || die "apt-get update failed; is the network reachable?"
    if ((${#services[@]})); then
        install_without_services "$@"
    else
        apt install --no-install-recommends "$@"
    fi
    step "packages are installed"
}

# Debian starts a service as soon as it is installed, unless policy-rc.d forbids it, and makes a database cluster,
# unless told not to. Both settings are put back as they were.
install_without_services() {
    trap restore_settings EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    if [[ -e $policy ]] && ! grep -q "$policy_mark" "$policy"; then
        mv "$policy" "$policy.before-delivery"
    fi
    printf '#!/bin/sh\n# %s\nexit 101\n' "$policy_mark" >"$policy"
    chmod 755 "$policy"
    if [[ " $* " == *" postgresql-15 "* ]]; then
        apt install --no-install-recommends postgresql-common
        [[ -e $cluster_settings.before-delivery ]] || cp -p "$cluster_settings" "$cluster_settings.before-delivery"
        printf '\ncreate_main_cluster = false\n' >>"$cluster_settings"
    fi
    apt install --no-install-recommends "$@"
    forbid_start_at_boot "${services[@]}"
}

forbid_start_at_boot() {
    local package
    has_command systemctl || return 0
    for package; do
        [[ $package == postgresql-15 ]] || systemctl --quiet disable "$package.service" || true
    done
}

restore_settings() {
    rm -f "$policy"
    [[ ! -e $policy.before-delivery ]] || mv "$policy.before-delivery" "$policy"
    [[ ! -e $cluster_settings.before-delivery ]] || mv "$cluster_settings.before-delivery" "$cluster_settings"
}

if [[ ${1-} == install ]]; then
    shift
    install "$@"
else
    ensure "$@"
fi
