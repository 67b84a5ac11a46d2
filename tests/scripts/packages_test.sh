#!/usr/bin/env bash
# The man page and the completions know what the program knows, and the units are well-formed: packages_test.sh PROGRAM UNITS
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

program=$1 units=$2
faults=0

fail() {
    printf 'FAILED: %s\n' "$1" >&2
    faults=$((faults + 1))
}

words_of() { "$@" --help | sed -En -e 's/^  (-h,)?(--[a-z-]+).*/\2/p' -e '/^Subcommands:/,/^$/s/^  ([a-z]+) .*/\1/p'; }

# Everything that --help of the program and of its commands names is in the man page.
manual=$(sed 's/\\-/-/g' deploy/man/delivery.1)
mapfile -t words < <(words_of "$program")
((${#words[@]} > 20)) || fail "$program --help names only ${#words[*]} words"
for command in migrate "migrate up" "migrate down" seed audit doctor import purge; do
    # shellcheck disable=SC2086 # Its words are words of the command line.
    mapfile -t -O "${#words[@]}" words < <(words_of "$program" $command)
done
for word in "${words[@]}"; do
    grep -qwF -e "$word" <<<"$manual" || fail "deploy/man/delivery.1 does not tell of $word"
done

# completes WORD… EXPECTED: what bash offers after these words.
completes() {
    local expected=${*: -1}
    local -a COMP_WORDS=("$program" "${@:1:$#-1}" "") COMPREPLY=()
    # shellcheck disable=SC2034 # Read by the completion.
    local COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    _delivery
    [[ " ${COMPREPLY[*]} " == *" $expected "* ]] || fail "after '${COMP_WORDS[*]:1}' bash does not offer $expected"
}
# shellcheck source=deploy/completions/delivery.bash
source deploy/completions/delivery.bash
completes worker
completes --app-port
completes migrate down
completes migrate down --all
completes audit --json

for unit in "$units"/*.service; do
    for setting in DynamicUser=yes ProtectSystem=strict NoNewPrivileges=yes SystemCallFilter=@system-service \
        EnvironmentFile=-/etc/delivery/delivery.env; do
        grep -qxF "$setting" "$unit" || fail "$unit lacks $setting"
    done
    ! grep -n '@[a-z_]*@' "$unit" || fail "$unit has a gap"
done
for role in api relay worker; do
    grep -qxF "ExecStart=/usr/bin/delivery $role" "$units/delivery-$role.service" || fail "the unit of $role starts something else"
done

((faults == 0))
