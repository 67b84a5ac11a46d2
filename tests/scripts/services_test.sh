#!/usr/bin/env bash
# scripts/services.sh against real servers: two folders side by side, data that outlives kill -9, nothing left after
# down. As root it runs itself a second time as a plain user.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
services=$here/../../scripts/services.sh
work=$(mktemp -d "${TMPDIR:-/tmp}/services test.XXXXXX")
first=$work/first
second=$work/second

trap 'take_down' EXIT

take_down() {
    "$services" down --dir "$first" || true
    "$services" down --dir "$second" || true
    rm -rf "$work"
}

fail() {
    printf 'FAILED: %s\n' "$*" >&2
    exit 1
}
passed() { printf 'ok: %s (%s s)\n' "$1" "$SECONDS"; }

# sql FOLDER STATEMENT
sql() {
    local DATABASE_URL
    eval "$("$services" env --dir "$1" | grep '^export DATABASE_URL=')"
    psql "$DATABASE_URL" --no-psqlrc --tuples-only --no-align --command="$2"
}

# broker_greets URL: a RabbitMQ answers the AMQP header with connection.start, which lists capabilities.
broker_greets() {
    local url=$1 port greeted=0
    port=${url##*:}
    port=${port%/*}
    exec 3<>"/dev/tcp/127.0.0.1/$port" || return 1
    printf 'AMQP\0\0\11\1' >&3
    timeout 10 head -c 100 <&3 | grep -aq capabilities || greeted=1
    exec 3>&-
    return "$greeted"
}

# Living processes that mention the folder in their command line or environment.
processes_of() {
    local entry
    for entry in /proc/[0-9]*; do
        [[ ${entry#/proc/} != "$$" ]] || continue
        if grep -aqsF -- "$1/" "$entry/cmdline" "$entry/environ" && ! grep -q '^State:.*Z' "$entry/status"; then
            printf '%s ' "${entry#/proc/}"
        fi
    done 2>/dev/null
}

await_gone() {
    local tries
    for ((tries = 0; tries < 200; tries++)); do
        [[ -e $1 || $(processes_of "$1") ]] || return 0
        sleep 0.1
    done
    fail "$1 still exists or has processes: $(processes_of "$1")"
}

test_side_by_side() {
    local exports again other
    exports=$("$services" up --dir "$first")
    [[ $(wc -l <<<"$exports") == 2 ]] || fail "up printed: $exports"
    [[ $exports == "export DATABASE_URL=postgresql://"*$'\n'"export RABBITMQ_URL=amqp://"* ]] || fail "$exports"
    again=$("$services" up --dir "$first")
    [[ $again == "$exports" ]] || fail "a second up changed the servers: $again"
    [[ $("$services" env --dir "$first") == "$exports" ]] || fail "env and up differ"
    other=$("$services" up --dir "$second" --postgres)
    [[ $other == "export DATABASE_URL="* && ${other%@*} != "${exports%@*}" ]] || fail "second folder: $other"
    [[ $(sql "$first" 'select 1') == 1 && $(sql "$second" 'select 2') == 2 ]] || fail "servers do not answer"
    [[ $(sql "$first" 'show fsync') == on ]] || fail "the database is not durable"
    passed "two folders side by side, up is idempotent, env agrees"
}

test_postgres_keeps_data() {
    local before
    before=$("$services" pid-postgres --dir "$first")
    sql "$first" "create table kept (n int); insert into kept values (42)" >/dev/null
    "$services" kill-postgres --dir "$first"
    if "$services" env --dir "$first" 2>/dev/null; then fail "env succeeds without a server"; fi
    if "$services" pid-postgres --dir "$first" 2>/dev/null; then fail "a killed server has a pid"; fi
    "$services" start-postgres --dir "$first"
    [[ $(sql "$first" 'select n from kept') == 42 ]] || fail "kill -9 lost committed data"
    # As root, the server's processes belong to a user who could not end one of ours.
    ((EUID == 0)) || test_postgres_starts_beside_an_orphan
    "$services" stop-postgres --dir "$first"
    "$services" start-postgres --dir "$first"
    [[ $(sql "$first" 'select n from kept') == 42 ]] || fail "stop lost committed data"
    [[ $("$services" pid-postgres --dir "$first") != "$before" ]] || fail "the server was not restarted"
    passed "PostgreSQL keeps port and data over kill and stop"
}

# A process of a killed server that works in its folder, uses its memory and heeds nothing, as a backend does that waits
# for a lock which nobody will give back.
test_postgres_starts_beside_an_orphan() {
    local folder memory orphan
    folder=$(readlink "/proc/$("$services" pid-postgres --dir "$first")/cwd")
    memory=$(sed -n 7p "$folder/postmaster.pid")
    (cd "$folder" && exec python3 -c "import ctypes, time
ctypes.CDLL(None).shmat(${memory##* }, None, 0)
time.sleep(600)") &
    orphan=$!
    "$services" kill-postgres --dir "$first"
    "$services" start-postgres --dir "$first"
    [[ $(sql "$first" 'select n from kept') == 42 ]] || fail "kill -9 lost committed data"
    if kill -0 "$orphan" 2>/dev/null; then fail "a process of the killed server is still there"; fi
    passed "PostgreSQL starts beside a process of its own that did not end"
}

test_rabbitmq_restarts() {
    local RABBITMQ_URL
    eval "$("$services" env --dir "$first" | grep '^export RABBITMQ_URL=')"
    broker_greets "$RABBITMQ_URL" || fail "the broker does not answer"
    "$services" kill-rabbitmq --dir "$first"
    if broker_greets "$RABBITMQ_URL" 2>/dev/null; then fail "a killed broker answers"; fi
    "$services" start-rabbitmq --dir "$first"
    broker_greets "$RABBITMQ_URL" || fail "the broker does not answer after kill and start"
    "$services" stop-rabbitmq --dir "$first"
    if broker_greets "$RABBITMQ_URL" 2>/dev/null; then fail "a stopped broker answers"; fi
    passed "RabbitMQ keeps its port over a kill, and stops"
}

test_down_leaves_nothing() {
    "$services" kill-postgres --dir "$second"
    "$services" down --dir "$second"
    "$services" down --dir "$first"
    "$services" down --dir "$first"
    await_gone "$first"
    await_gone "$second"
    if "$services" env --dir "$first" 2>/dev/null; then fail "env succeeds after down"; fi
    passed "down leaves no process and no folder, also after a kill, and can be repeated"
}

test_watchdog() {
    local starter
    sleep 600 &
    starter=$!
    "$services" up --dir "$second" --postgres --watch "$starter" >/dev/null
    [[ $(sql "$second" 'select 3') == 3 ]] || fail "the watched server does not answer"
    disown "$starter"
    kill -s KILL "$starter"
    await_gone "$second"
    passed "servers go when the process that wanted them is killed"
}

# A folder that the server's user cannot reach must do as well; only root has this case.
test_unreachable_folder() {
    chmod 700 "$work"
    "$services" up --dir "$first" --postgres >/dev/null
    local elsewhere
    read -r elsewhere <"$first/base"
    [[ $(sql "$first" 'select 4') == 4 ]] || fail "the server does not answer"
    "$services" down --dir "$first"
    await_gone "$first"
    await_gone "$elsewhere"
    passed "a folder out of the server's reach"
}

# The plain user gets a copy of the scripts, for the checkout may be out of its reach.
test_as_plain_user() {
    local copy=$work/copy
    chmod 755 "$work"
    mkdir -p "$copy/tests" "$copy/tmp"
    cp -r "$here/../../scripts" "$copy/scripts"
    cp -r "$here" "$copy/tests/scripts"
    chmod -R a+rX "$copy"
    chown nobody:nogroup "$copy/tmp"
    setpriv --reuid=nobody --regid=nogroup --clear-groups env HOME="$copy/tmp" TMPDIR="$copy/tmp" \
        "$copy/tests/scripts/services_test.sh" || fail "as a plain user"
    passed "all of it as a plain user"
}

chmod 755 "$work"
test_side_by_side
test_postgres_keeps_data
test_rabbitmq_restarts
test_down_leaves_nothing
test_watchdog
if ((EUID == 0)); then
    test_unreachable_folder
    test_as_plain_user
fi
