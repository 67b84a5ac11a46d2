#!/bin/sh
# Makes Prometheus's configuration from the project's folder, in compose's service prometheus-config:
#   configure.sh [PROJECT [FOLDER]]
# PROJECT/prometheus.yml is taken where there is one, else PROJECT/prometheus.yml.template with PROMETHEUS_URL,
# PROMETHEUS_USER and PROMETHEUS_PASSWORD put in. The result, checked, is FOLDER/prometheus.yml.
# Prometheus's image has no more than busybox: this is plain sh without any program but promtool.
set -eu

project=${1:-/delivery}
folder=${2:-/etc/prometheus/made}
own=$project/prometheus.yml
template=$project/prometheus.yml.template

say() { printf '%s\n' "$*" >&2; }
die() {
    say "error: $*"
    exit 1
}

# replace TEXT WHAT WITH
replace() {
    rest=$1 done=''
    while :; do
        case $rest in
            *"$2"*) ;;
            *) break ;;
        esac
        done=$done${rest%%"$2"*}$3
        rest=${rest#*"$2"}
    done
    printf '%s\n' "$done$rest"
}

# What envsubst would do.
# shellcheck disable=SC2016 # the names are meant, not their values
fill_in_template() {
    while IFS= read -r line || [ "$line" ]; do
        line=$(replace "$line" '${PROMETHEUS_URL}' "$url")
        line=$(replace "$line" '${PROMETHEUS_USER}' "$user")
        replace "$line" '${PROMETHEUS_PASSWORD}' "$password"
    done <"$template"
}

# A file that was made without PROMETHEUS_URL lacks it at two places: the address, and the first rule after it.
add_address() {
    place=address
    while IFS= read -r line || [ "$line" ]; do
        case $place$line in
            address*" url: ''"*) line=$(replace "$line" "''" "'$url'") place=rule ;;
            rule*'\Q\E'*) line=$(replace "$line" '\Q\E' "\\Q$url\\E") place=none ;;
        esac
        printf '%s\n' "$line"
    done <"$own"
}

url=${PROMETHEUS_URL:-} user=${PROMETHEUS_USER:-} password=${PROMETHEUS_PASSWORD:-}
if [ ! "$url" ] || [ ! "$user" ] || [ ! "$password" ]; then
    [ -s "$own" ] || [ ! "$url$user$password" ] || say "warning: PROMETHEUS_URL, PROMETHEUS_USER and" \
        "PROMETHEUS_PASSWORD are not all set in .env: no metrics are sent to the cloud"
    url='' user='' password=''
fi

[ ! -d "$own" ] || die "prometheus.yml is a folder (Docker makes one where it is told to mount a file that is not" \
    "there); remove it and start again"
umask 022
if [ -s "$own" ]; then
    say "taking prometheus.yml; remove it to have it made from prometheus.yml.template again"
    add_address >"$folder/prometheus.yml.new"
else
    say "making prometheus.yml from prometheus.yml.template"
    fill_in_template >"$folder/prometheus.yml.new"
fi
promtool check config "$folder/prometheus.yml.new" >&2 ||
    die "prometheus.yml is of no use to Prometheus, as said above: mend it, or remove it to have it made again"
mv "$folder/prometheus.yml.new" "$folder/prometheus.yml"
