#!/usr/bin/env bash
# A private PostgreSQL and RabbitMQ in a folder: for ./dev services, and for tests that start, kill and restart
# servers of their own. Works as root (the servers then run as the system user postgres) and as a plain user.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=scripts/common.sh
source "$here/common.sh"
# shellcheck source=scripts/services/process.sh
source "$here/services/process.sh"
# shellcheck source=scripts/services/postgres.sh
source "$here/services/postgres.sh"
# shellcheck source=scripts/services/rabbitmq.sh
source "$here/services/rabbitmq.sh"

usage() {
    cat <<'END'
usage: scripts/services.sh COMMAND --dir DIR [--postgres] [--rabbitmq] [--watch PID] [--standby-of URL]

  up         start servers (both, if neither is named) and print what to export; start again what does not run.
             --watch PID: take everything down when the process PID is gone
             --standby-of URL: let the PostgreSQL be a copy of the one at URL that follows it, and that is
             called "standby" there
  env        print the same for the running servers; exit 1 unless all that DIR has are running
  down       stop everything and remove it, the data too

  stop-postgres   kill-postgres   start-postgres   pid-postgres
  stop-rabbitmq   kill-rabbitmq   start-rabbitmq   pid-rabbitmq
             stop in order, kill -9, start again with the same port and data, print the process id
END
}

parse_arguments() {
    command=${1-help}
    shift || true
    dir='' watched='' primary='' services=()
    while (($#)); do
        case $1 in
            --dir | --watch | --standby-of) (($# > 1)) || wrong_usage "$1 needs a value" ;;&
            --dir) dir=$2 && shift 2 ;;
            --watch) watched=$2 && shift 2 ;;
            --standby-of) primary=$2 && shift 2 ;;
            --postgres | --rabbitmq) services+=("${1#--}") && shift ;;
            *) wrong_usage "unknown argument '$1'; see scripts/services.sh help" ;;
        esac
    done
    [[ $command == help || $command == --help || $dir ]] || wrong_usage "--dir DIR is missing"
    ((${#services[@]})) || services=(postgres rabbitmq)
    [[ $dir == /* || ! $dir ]] || dir=$PWD/$dir
}

# PostgreSQL refuses to run as root.
choose_server_user() {
    local user
    server_user=()
    if is_root; then
        user=$(id -u postgres 2>/dev/null || id -u nobody)
        server_user=(setpriv "--reuid=$user" "--regid=$(id -g "$user")" --clear-groups --)
    fi
}

as_server() { "${server_user[@]}" "$@"; }

# Data lies in $dir, unless that is out of the server user's reach (a checkout under /root, say).
choose_base() {
    base=$dir
    if [[ -e $dir/base ]]; then
        read -r base <"$dir/base"
    elif ! as_server test -x "$dir"; then
        base=$(mktemp -d /var/tmp/delivery-XXXXXXXX)
        chmod 711 "$base"
        printf '%s\n' "$base" >"$dir/base"
    fi
}

# private_folder PATH: an empty folder of the server user's alone.
private_folder() {
    rm -rf "$1"
    mkdir -m 700 "$1"
    ! is_root || chown "$(as_server id -u):$(as_server id -g)" "$1"
}

# One command at a time on a folder. The folder itself is the lock; fails when it is not there (any more).
lock() {
    while { exec 9<"$dir"; } 2>/dev/null; do
        flock --wait 180 9 || die "another command has held $dir for three minutes"
        [[ $(stat -Lc %i /proc/self/fd/9) != "$(stat -c %i "$dir" 2>/dev/null)" ]] || return 0
    done
    return 1
}

fail_with_log() {
    say "the end of $dir/$1.log:"
    tail -n 20 "$dir/$1.log" | sed 's/^/    /' >&2
    die "$2"
}

start_or_create() {
    if [[ -e $dir/$1.state ]]; then
        "$1_start"
    else
        "$1_first_start"
    fi
}

up() {
    local service job jobs=() failed=''
    until (umask 022 && mkdir -p "$dir") && lock; do :; done
    choose_base
    [[ ! $watched ]] || start_watchdog
    for service in "${services[@]}"; do
        start_or_create "$service" >&2 &
        jobs+=($!)
    done
    for job in "${jobs[@]}"; do
        wait "$job" || failed=yes
    done
    if [[ $failed ]]; then
        remove_unfinished
        exit 1
    fi
    print_environment
}

print_environment() {
    local service found='' missing=''
    for service in postgres rabbitmq; do
        [[ -e $dir/$service.state ]] || continue
        found=yes
        running_pid "$dir/$service.pid" >/dev/null || missing+=" $service"
    done
    [[ $found ]] || die "there are no servers in $dir"
    [[ ! $missing ]] || die "not running:$missing"
    [[ ! -e $dir/postgres.state ]] || printf 'export DATABASE_URL=%s\n' "$(postgres_url)"
    [[ ! -e $dir/rabbitmq.state ]] || printf 'export RABBITMQ_URL=%s\n' "$(rabbitmq_url)"
}

remove_unfinished() {
    [[ -e $dir/postgres.state ]] || postgres_remove
    [[ -e $dir/rabbitmq.state ]] || rabbitmq_remove
    [[ -e $dir/postgres.state || -e $dir/rabbitmq.state ]] || remove_folder
}

remove_folder() {
    [[ $command == watch ]] || end_process "$dir/watchdog.pid" KILL 0
    [[ $base == "$dir" ]] || rm -rf "$base"
    rm -f "$dir/watchdog.pid" "$dir/base"
    rmdir --ignore-fail-on-non-empty "$dir"
}

down() {
    lock || return 0
    choose_base
    postgres_remove
    rabbitmq_remove
    remove_folder
}

start_watchdog() {
    ! running_pid "$dir/watchdog.pid" >/dev/null || return 0
    launch "$dir/watchdog.pid" /dev/null "$BASH" "$here/services.sh" watch --dir "$dir" --watch "$watched"
}

# Takes everything down when the process that wanted it is gone, however it ended.
watch() {
    local facts started=''
    while facts=$(process_facts "$watched") && [[ ! $started || ${facts#* } == "$started" ]]; do
        started=${facts#* }
        sleep 0.5
    done
    down
}

# on_server COMMAND SERVICE: commands on a server that exists.
on_server() {
    lock || die "there is no folder $dir"
    [[ -e $dir/$2.state ]] || die "there is no $2 in $dir"
    choose_base
    if [[ $1 == pid ]]; then
        running_pid "$dir/$2.pid" || die "$2 is not running"
    else
        "$2_$1"
    fi
}

main() {
    parse_arguments "$@"
    umask 077
    cd /
    choose_server_user
    case $command in
        up | down | watch) "$command" ;;
        env) print_environment ;;
        start-postgres | stop-postgres | kill-postgres | pid-postgres) on_server "${command%-*}" postgres ;;
        start-rabbitmq | stop-rabbitmq | kill-rabbitmq | pid-rabbitmq) on_server "${command%-*}" rabbitmq ;;
        help | --help) usage ;;
        *) wrong_usage "unknown command '$command'; see scripts/services.sh help" ;;
    esac
}

main "$@"
