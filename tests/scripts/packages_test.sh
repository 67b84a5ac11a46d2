#!/usr/bin/env bash
# The man page and the completions know what the program knows, the units are well-formed, and what is installed is as the
# packages promise, licences included: packages_test.sh PROGRAM BUILD-FOLDER
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

program=$1 build=$2
units=$build/systemd
faults=0

fail() {
    printf 'FAILED: %s\n' "$1" >&2
    faults=$((faults + 1))
}

words_of() { "$@" --help | sed -En -e 's/^  (-h,)?(--[a-z-]+).*/\2/p' -e '/^Subcommands:/,/^$/s/^  ([a-z]+) .*/\1/p'; }

# collect COMMAND…: adds what its --help names to words, and what that of its own commands does.
words=()
collect() {
    local word
    for word in $(words_of "$program" "$@"); do
        words+=("$word")
        [[ $word == --* ]] || collect "$@" "$word"
    done
}
collect
((${#words[@]} > 100)) || fail "--help of $program and its commands names only ${#words[@]} words"

# The man page tells of all that, and of no option that there is not.
manual=$(sed 's/\\-/-/g' deploy/man/delivery.1)
mapfile -t unique < <(printf '%s\n' "${words[@]}" | sort -u)
for word in "${unique[@]}"; do
    grep -qwF -e "$word" <<<"$manual" || fail "deploy/man/delivery.1 does not tell of $word"
done
while read -r option; do
    [[ " ${unique[*]} " == *" $option "* ]] || fail "deploy/man/delivery.1 tells of $option, which there is not"
done < <(grep -oE -e '--[a-z-]+' <<<"$manual" | sort -u)

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

# The other shells ask the program in the same way.
question=$(grep -o 'sed -En .*' deploy/completions/delivery.bash)
for other in _delivery delivery.fish; do
    grep -qF "$question" deploy/completions/$other || fail "deploy/completions/$other asks in another way"
done

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

# What goes into the .deb beside the program.
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
DESTDIR=$root cmake --install "$build" --prefix /usr --component system >/dev/null
[[ $(stat -c %a "$root/etc/delivery/delivery.env") == 600 ]] || fail "others may read the settings"
! grep -vE '^(#.*)?$' "$root/etc/delivery/delivery.env" || fail "the settings set something"
diff <(cd "$root" && find etc -type f -printf '/%p\n' | sort) "$build/debian/conffiles" || fail "conffiles are not what is in /etc"
diff <(cd "$units" && ls) <(ls "$root/usr/lib/systemd/system") || fail "not every unit is installed"

# Of everything that a package brings along, the licence.
for component in program libraries; do
    DESTDIR=$root cmake --install "$build" --prefix /usr --component "$component" >/dev/null
done
licenses=$root/usr/share/doc/delivery/licenses
for text in swagger-ui/{LICENSE,NOTICE,swagger-ui-bundle.js.LICENSE.txt} libcli11-dev/copyright common-licenses/GPL-3; do
    [[ -s $licenses/$text ]] || fail "licenses/$text is not installed"
done
mapfile -t packages < <(scripts/sbom "$program" 0 api/ui/package-lock.json |
    sed -En 's|.*pkg:deb/debian/([^@]+)@.*|\1|p' | grep -vx libc6)
((${#packages[@]} > 10)) || fail "only ${#packages[@]} packages of libraries are known"
for package in "${packages[@]}"; do
    cmp -s "/usr/share/doc/$package/copyright" "$licenses/$package/copyright" || fail "the licence of $package is not installed"
done

# setting NAME EXPECTED: what cpack is told.
setting() { grep -qxF "set($1 \"$2\")" "$build/CPackConfig.cmake" || fail "cpack does not have $1 as $2"; }
setting CPACK_PACKAGE_VERSION "$("$program" version | awk '{print $2}')"
setting CPACK_GENERATOR "DEB;TGZ"
setting CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON
setting CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON

((faults == 0))
