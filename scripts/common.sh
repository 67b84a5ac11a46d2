# shellcheck shell=bash
# Shared by ./dev and everything in scripts/: how to speak to the person, and where the project is.

root_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
export root_dir

# Messages go to stderr; stdout is for what other programs read.
say() { printf '%s\n' "$*" >&2; }
step() { printf '==> %s\n' "$*" >&2; }
die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}
wrong_usage() {
    printf 'error: %s\n' "$*" >&2
    exit 2
}

is_root() { ((EUID == 0)); }
has_command() { command -v "$1" >/dev/null 2>&1; }
