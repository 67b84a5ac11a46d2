# shellcheck shell=bash
# The days that deploy/rehearse goes through, a function each; see system.sh for what they are made of.

: "${root_dir:?}" "${folder=}" "${project=}" "${app_port:?}" "${docker[0]:?}"

# Everything comes up from .env.example alone, and each container may do no more than it must.
day_first_start() {
    local service ports
    compose up -d || fail "compose up"
    expect_service
    get /docs/ | grep -qi '<html' || fail "no page at /docs"
    for service in api relay worker; do
        inside "$service" delivery-health >/dev/null || fail "$service is not healthy"
        [[ $(inside "$service" id -u) != 0 ]] || fail "$service runs as root"
        if inside "$service" touch /file 2>/dev/null; then fail "$service can write to its root"; fi
        inside "$service" grep -q 'CapEff:[[:space:]]0*$' /proc/1/status || fail "$service has capabilities"
        expect_targets "$service" 1
    done
    for service in db rabbitmq; do
        ports=$("${docker[@]}" port "$(containers "$service")")
        [[ ! $ports ]] || fail "$service is reachable from outside: $ports"
    done
}

day_more_replicas() {
    local ids=() i
    set_variable RELAY_REPLICAS 2
    set_variable WORKER_REPLICAS 3
    compose up -d || fail "compose up"
    await_ready
    for ((i = 0; i < 20; i++)); do
        ids+=("$(post_order)") || fail "an order is not taken"
    done
    expect_delivered "${ids[@]}"
    expect_targets worker 3
    expect_targets relay 2
    expect_audit
}

day_down_and_up() {
    local id
    start || fail "compose up"
    await_ready
    id=$(post_order)
    expect_delivered "$id"
    compose down --timeout 20
    start || fail "compose up, again"
    await_ready
    is_delivered "$id" || fail "the order is gone"
    expect_service
}

# A process in each container in turn, while orders come in; what was acknowledged is delivered.
day_killed() {
    local service id ids=() until
    start || fail "compose up"
    await_ready
    for service in worker relay api rabbitmq db; do
        kill_process "$service"
        until=$((SECONDS + 6))
        while ((SECONDS < until)); do
            ! id=$(post_order) || ids+=("$id")
        done
        await_ready
    done
    ((${#ids[@]})) || fail "no order was taken"
    expect_delivered "${ids[@]}"
    expect_service
}

# Roles start without RabbitMQ and take orders; when it comes, the orders go on by themselves.
day_broker_away() {
    local id
    compose up -d db migrate api || fail "compose up"
    await_ready
    get /readyz | grep -q degraded || fail "the missing broker is not told"
    id=$(post_order) || fail "an order is not taken without the broker"
    start || fail "compose up with the broker"
    expect_delivered "$id"
    expect_service
}

# The database keeps the password of its first start. The documented command gives it the new one.
day_wrong_password() {
    start || fail "compose up"
    expect_service
    compose down --timeout 20
    set_variable DB_PASSWORD another
    start || true
    wait_until 120 log_says migrate 'password authentication failed for user' || fail "the wrong password is not told"
    sql "ALTER USER delivery PASSWORD 'another'" || fail "the password cannot be changed"
    start || true
    expect_service
}

# A volume of another major version of PostgreSQL; both versions are named, and nothing is touched.
day_older_postgres() {
    local version
    start || fail "compose up"
    expect_service
    version=$(inside db cat /var/lib/postgresql/data/PG_VERSION)
    inside db sh -c 'echo 12 >/var/lib/postgresql/data/PG_VERSION'
    compose down --timeout 20
    start || true
    wait_until 120 log_says db 'initialized by PostgreSQL version 12' || fail "the old volume is not told"
    "${docker[@]}" run --rm --volume "${project}_db-data:/data" --entrypoint sh "$(image db)" \
        -c "echo $version >/data/PG_VERSION" || fail "the volume cannot be mended"
    compose down --timeout 20
    start || true
    expect_service
}

image() { "${docker[@]}" inspect --format '{{.Config.Image}}' "$(containers "$1" | head -n 1)"; }

day_ports_taken() {
    local taker
    # Whatever listens there; the image has no server but the service itself.
    taker=$("${docker[@]}" run --detach --publish "$app_port:8000" delivery:local)
    start || true
    "${docker[@]}" rm --force "$taker" >/dev/null
    grep -Eqi 'address already in use|port is already allocated' "$folder/compose.log" || fail "the taken port is not told"
    grep -q "$app_port" "$folder/compose.log" || fail "the taken port is not named"
    start || fail "compose up when the port is free"
    expect_service
}

# A volume of 300 MB in memory, in pages of 4 KiB (podman takes size for a quota), filled to the last byte. Orders are
# refused; with room again, all goes on.
day_full_disk() {
    local id filler=/var/lib/postgresql/data/filler
    "${docker[@]}" volume create --driver local --opt type=tmpfs --opt device=tmpfs --opt o=nr_blocks=76800 \
        "${project}_db-data" >/dev/null
    start || fail "compose up"
    expect_service
    inside db sh -c "cat /dev/zero >$filler" 2>/dev/null || true
    wait_until 120 orders_are_refused || fail "orders are taken although the disk is full"
    log_says api 'No space left on device' || log_says db 'No space left on device' || fail "the full disk is not told"
    inside db rm "$filler" 2>/dev/null || start || true
    expect_service
}

orders_are_refused() {
    local i
    for ((i = 0; i < 200; i++)); do
        post_order >/dev/null || return 0
    done
    return 1
}

# The clock of the database, which is the one that counts, is an hour ahead and is then set right. Orders of after that
# are delivered at once, by a relay that starts anew too; those that were under way go on when their time has come, or
# with the documented command.
day_clock_off() {
    local library early
    library=$(find /usr/lib -name libfaketime.so.1 | head -n 1)
    [[ $library ]] || fail "libfaketime is needed (package faketime)"
    mkdir "$folder/clock"
    cp "$library" "$folder/clock/"
    printf '+1h\n' >"$folder/clock/time"
    chmod -R a+rX "$folder"
    cat >"$folder/clock.yml" <<'END'
services:
  db:
    volumes: ["./clock:/clock:ro"]
    environment:
      LD_PRELOAD: /clock/libfaketime.so.1
      FAKETIME_TIMESTAMP_FILE: /clock/time
      FAKETIME_NO_CACHE: "1"
      FAKETIME_DONT_FAKE_MONOTONIC: "1"
END
    start -f docker-compose.yml -f clock.yml || fail "compose up"
    expect_service
    early=$(post_order)
    get "/orders/$early" | grep -q "$(date --utc --date='+1 hour' +%Y-%m-%dT%H)" || fail "the clock is not ahead"
    kill_process relay
    printf '+0\n' >"$folder/clock/time"
    expect_service
    sql "UPDATE timers SET due_at = now() WHERE due_at > now() + interval '1 minute'"
    expect_delivered "$early"
    expect_audit
}
