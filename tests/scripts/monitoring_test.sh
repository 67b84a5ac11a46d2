#!/usr/bin/env bash
# Rules are valid and do what their tests say, dashboards are as they were generated, and every alert has its section in
# the runbook.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

rules=deploy/prometheus/rules/alerts.yml
faults=0

check() {
    local output
    output=$("$@" 2>&1) && return
    printf 'FAILED: %s\n%s\n' "$*" "$output" >&2
    faults=$((faults + 1))
}

# alert_has_section ALERT: GitHub's anchor of a heading is its text in lower case.
alert_has_section() { grep -qx "## $1" docs/runbook.md; }
alert_links_to_section() {
    [[ $(sed -n "/alert: $1\$/,/runbook_url/p" "$rules" | tail -n 1) == *": docs/runbook.md#${1,,}" ]]
}
section_has_alert() { grep -q "alert: $1\$" "$rules"; }
alert_is_tested() { (($(grep -c "alertname: $1[,}]*\$" deploy/prometheus/tests/alerts_test.yml) >= 2)); }

check promtool check rules deploy/prometheus/rules/*.yml
check promtool test rules deploy/prometheus/tests/*.yml
check deploy/grafana/generate --check

mapfile -t alerts < <(sed -n 's/.*- alert: //p' "$rules")
((${#alerts[@]} > 10)) || check false
for alert in "${alerts[@]}"; do
    check alert_has_section "$alert"
    check alert_links_to_section "$alert"
    check alert_is_tested "$alert"
done
mapfile -t sections < <(sed -n 's/^## //p' docs/runbook.md)
for section in "${sections[@]}"; do check section_has_alert "$section"; done

((faults == 0))
