# shellcheck shell=bash
# A composed system in a folder of its own, and how to look at it; part of deploy/rehearse.

: "${root_dir:?}" "${folder=}" "${project=}" "${app_port:?}" "${prometheus_port:?}" "${grafana_port:?}"
: "${docker[0]:?}" "${compose[0]:?}"

fail() {
    local service
    printf 'FAILED: %s\n' "$*" >&2
    for service in db rabbitmq migrate api relay worker; do
        printf -- '--- %s\n' "$service" >&2
        logs "$service" 2>&1 | tail -n 5 | cut -c 1-300 >&2
    done
    tail -n 20 "$folder/compose.log" >&2
    exit 1
}

# wait_until SECONDS COMMAND…
wait_until() {
    local until=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < until)) || return 1
        sleep 1
    done
}

# What a person has after `cp .env.example .env`, on other ports and without the sources.
new_system() {
    mkdir -p "$folder"
    cp -r "$root_dir"/{docker-compose.yml,prometheus.yml.template,deploy} "$folder"
    mkdir -p "$folder"/deploy/{prometheus/rules,grafana/provisioning,grafana/dashboards}
    sed -E "s/^APP_PORT=.*/APP_PORT=$app_port/; s/^PROMETHEUS_PORT=.*/PROMETHEUS_PORT=$prometheus_port/
        s/^GRAFANA_PORT=.*/GRAFANA_PORT=$grafana_port/" "$root_dir/.env.example" >"$folder/.env"
}

set_variable() { sed -i -E "s/^$1=.*/$1=$2/" "$folder/.env"; }

# The project is named after the folder, as compose does by itself.
compose() { (cd "$folder" && "${compose[@]}" "$@" >>"$folder/compose.log" 2>&1); }

# start [MORE ARGUMENTS]: the service without its monitoring.
start() { compose "$@" up -d db rabbitmq migrate api relay worker; }

take_down() {
    [[ -d $folder ]] || return 0
    compose down --volumes --timeout 5 || true
    "${docker[@]}" volume ls --quiet --filter "name=^${project}_" | xargs -r "${docker[@]}" volume rm >/dev/null || true
    rm -rf "$folder"
}

# containers SERVICE: the ids of all its containers, running or not.
containers() {
    "${docker[@]}" ps --all --quiet --filter "label=com.docker.compose.project=$project" \
        --filter "label=com.docker.compose.service=$1"
}

inside() {
    local service=$1
    shift
    "${docker[@]}" exec "$(containers "$service" | head -n 1)" "$@"
}

# By TCP, since not every image of PostgreSQL trusts whom it lets in by its socket.
sql() { inside db env PGPASSWORD=delivery psql --quiet -h 127.0.0.1 -U delivery -c "$1" >/dev/null; }

logs() { "${docker[@]}" logs "$(containers "$1" | head -n 1)" 2>&1; }
# To its end, for grep -q would break the pipe.
log_says() { logs "$1" | grep -- "$2" >/dev/null; }
state() { "${docker[@]}" inspect --format "{{.State.$2}}" "$(containers "$1" | head -n 1)"; }

# Not by the engine: it would take that for a wish, and not start the container again.
kill_process() { kill -s KILL "$(state "$1" Pid)"; }

get() { curl --silent --max-time 10 "http://127.0.0.1:$app_port$1"; }
is_ready() { get /readyz | grep -q '"status":"\(ok\|degraded\)"'; }
await_ready() { wait_until 180 is_ready || fail "the API does not become ready"; }

# Prints the id of a new order; fails where it was not taken.
post_order() {
    local answer
    answer=$(curl --silent --max-time 10 --fail "http://127.0.0.1:$app_port/orders" \
        --header 'Content-Type: application/json' --data '{"customer_name": "Ana", "address": "Rua 1"}') || return 1
    [[ $answer =~ \"id\":\"([0-9a-f-]+)\" ]] && printf '%s\n' "${BASH_REMATCH[1]}"
}

is_delivered() { get "/orders/$1" | grep -q '"status":"DELIVERED"'; }
expect_delivered() {
    local id
    for id; do
        wait_until 120 is_delivered "$id" || fail "order $id is not delivered: $(get "/orders/$id/events")"
    done
}

expect_audit() { inside api delivery audit >"$folder/audit" 2>&1 || fail "the audit: $(cat "$folder/audit")"; }

expect_service() {
    local id
    await_ready
    id=$(post_order) || fail "an order is not taken"
    expect_delivered "$id"
    expect_audit
}

# targets JOB: how many of its replicas Prometheus reaches.
targets() {
    curl --silent --get "http://127.0.0.1:$prometheus_port/api/v1/query" --data-urlencode \
        "query=sum(up{job=\"$1\"})" | sed -En 's/.*"value":\[[0-9.]+,"([0-9]+)"\].*/\1/p'
}
has_targets() { [[ $(targets "$1") == "$2" ]]; }
expect_targets() { wait_until 90 has_targets "$1" "$2" || fail "Prometheus reaches $(targets "$1") of $2 $1"; }
