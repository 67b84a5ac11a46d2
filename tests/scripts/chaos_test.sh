#!/usr/bin/env bash
# The chaos rig, interrupted in the middle of it all, leaves nothing behind: chaos_test.sh PROGRAM
set -euo pipefail

rig=$1
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export TMPDIR=$scratch/tmp
mkdir "$TMPDIR"
# Servers may run as another user, who must reach their folders.
chmod 711 "$scratch" "$TMPDIR"

fail() {
    printf 'FAILED: %s\n' "$1" >&2
    cat "$scratch/log" >&2
    exit 1
}

# wait_for SECONDS COMMAND…
wait_for() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < deadline)) || return 1
        sleep 0.1
    done
}

# Processes that carry the folder in their arguments or work in it: servers, roles, watchdogs.
nobody_is_left() {
    local entry
    for entry in /proc/[0-9]*; do
        { ! tr '\0' ' ' <"$entry/cmdline" | grep -qF "$TMPDIR"; } 2>/dev/null || return 1
        [[ $(readlink "$entry/cwd" 2>/dev/null) != "$TMPDIR"* ]] || return 1
    done
}

has_begun() { grep -q ' s  ' "$scratch/log"; }

"$rig" --minutes 5 >"$scratch/log" 2>&1 &
pid=$!
wait_for 120 has_begun || fail "the rig does not begin"
kill -s TERM "$pid"
status=0
wait "$pid" || status=$?
((status == 143)) || fail "exit $status after SIGTERM"
wait_for 20 nobody_is_left || fail "processes are left after SIGTERM"
[[ ! $(ls -A "$TMPDIR") ]] || fail "files are left after SIGTERM: $(find "$TMPDIR" | head)"
! grep -q "$TMPDIR" /proc/self/mounts || fail "mounts are left after SIGTERM"
printf 'an interrupted run leaves nothing\n'
