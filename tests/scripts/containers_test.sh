#!/usr/bin/env bash
# What of the containers can be checked without any: Prometheus's configuration in every combination, that the compose
# files keep their promises, that .env.example names every variable.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}
passed() { printf 'ok: %s\n' "$1"; }

address=https://prometheus-prod-1.grafana.net/api/prom/push
user=123456
password='glc_eyJv+/&|\1=='

# values COMBINATION: those of u (URL), n (name of the user) and p (password) that it has, as lines of .env.
values() {
    [[ $1 != *u* ]] || printf 'PROMETHEUS_URL=%s\n' "$address"
    [[ $1 != *n* ]] || printf 'PROMETHEUS_USER=%s\n' "$user"
    [[ $1 != *p* ]] || printf 'PROMETHEUS_PASSWORD=%s\n' 'glc_eyJv+/=='
}

# From the README, letter by letter.
verbatim() {
    # shellcheck disable=SC2046
    export $(grep -E '^PROMETHEUS_USER=|^PROMETHEUS_PASSWORD=' .env | xargs) && envsubst < prometheus.yml.template > prometheus.yml
}

check_config() { promtool check config "$1" >"$work/promtool" 2>&1 || fail "$2: $(cat "$work/promtool")"; }

# made FOLDER [NAME=VALUE…]: what compose makes of the folder, in FOLDER/made.
made() {
    local folder=$1
    shift
    mkdir -p "$folder/made"
    env -u PROMETHEUS_URL -u PROMETHEUS_USER -u PROMETHEUS_PASSWORD "$@" \
        sh "$root/deploy/prometheus/configure.sh" "$folder" "$folder/made" >"$work/log" 2>&1 ||
        fail "configure.sh: $(cat "$work/log")"
}

test_every_combination() {
    local combination folder=$work/combination lines
    for combination in '' u n p un up np unp; do
        rm -rf "$folder" && mkdir "$folder"
        cp "$root/prometheus.yml.template" "$folder"
        mapfile -t lines < <(values "$combination")
        values "$combination" >"$folder/.env"
        made "$folder" "${lines[@]}"
        check_config "$folder/made/prometheus.yml" "made by compose, with '$combination'"
        (unset PROMETHEUS_URL PROMETHEUS_USER PROMETHEUS_PASSWORD && cd "$folder" && verbatim >/dev/null)
        check_config "$folder/prometheus.yml" "made by the command, with '$combination'"
        made "$folder" "${lines[@]}"
        check_config "$folder/made/prometheus.yml" "completed by compose, with '$combination'"
    done
    grep -q "url: '$address'" "$folder/made/prometheus.yml" || fail "the address is not put in"
    passed "Prometheus's configuration is valid with none, some and all of the cloud's variables"
}

# What compose makes of the template is what envsubst makes of it, whatever the characters.
test_compose_is_envsubst() {
    local folder=$work/same settings
    mkdir "$folder"
    cp "$root/prometheus.yml.template" "$folder"
    settings=("PROMETHEUS_URL=$address" "PROMETHEUS_USER=$user" "PROMETHEUS_PASSWORD=$password")
    made "$folder" "${settings[@]}"
    env "${settings[@]}" envsubst <"$root/prometheus.yml.template" >"$folder/expected"
    diff "$folder/expected" "$folder/made/prometheus.yml" || fail "compose and envsubst differ"
    # And of a file without an address, what it would be with one.
    env -u PROMETHEUS_URL "${settings[@]:1}" envsubst <"$root/prometheus.yml.template" >"$folder/prometheus.yml"
    made "$folder" "${settings[@]}"
    diff "$folder/expected" "$folder/made/prometheus.yml" || fail "the address is put in otherwise"
    passed "compose makes of the template what envsubst makes"
}

test_unusable_files_are_told() {
    local folder=$work/unusable
    mkdir -p "$folder/made"
    cp "$root/prometheus.yml.template" "$folder"
    printf 'scrape_configs: 7\n' >"$folder/prometheus.yml"
    ! sh "$root/deploy/prometheus/configure.sh" "$folder" "$folder/made" >"$work/log" 2>&1 || fail "rubbish is taken"
    grep -q 'mend it, or remove it' "$work/log" || fail "rubbish: $(cat "$work/log")"
    rm "$folder/prometheus.yml" && mkdir "$folder/prometheus.yml"
    ! sh "$root/deploy/prometheus/configure.sh" "$folder" "$folder/made" >"$work/log" 2>&1 || fail "a folder is taken"
    grep -q 'is a folder' "$work/log" || fail "a folder: $(cat "$work/log")"
    passed "a prometheus.yml that is of no use is told"
}

test_jobs() {
    local job
    for job in api relay worker; do
        grep -q "job_name: $job\$" "$root/prometheus.yml.template" || fail "no job $job"
    done
    grep -q 'scrape_interval: 5s' "$root/prometheus.yml.template" || fail "not every 5 s"
    passed "the jobs are api, relay and worker, every 5 s"
}

test_env_example() {
    local name names
    # shellcheck disable=SC2016 # they are Markdown's
    mapfile -t names < <(grep -Eo '^\| `[A-Z_]+`' "$root/docs/configuration.md" | tr -d '|` ')
    ((${#names[@]} > 20)) || fail "docs/configuration.md has ${#names[@]} variables"
    for name in "${names[@]}"; do
        grep -Eq "^(# )?$name=" "$root/.env.example" || fail ".env.example lacks $name"
    done
    # Nothing that compose or the command would read otherwise than it was meant.
    ! grep -En '^[A-Z_]+=.*[[:space:]#"]' "$root/.env.example" || fail ".env.example has values that need quotes"
    passed ".env.example names every variable"
}

test_every_combination
test_compose_is_envsubst
test_unusable_files_are_told
test_jobs
test_env_example
python3 "$root/tests/scripts/compose_check.py" "$root" || fail "the compose files do not keep their promises"
passed "the compose files keep their promises"
