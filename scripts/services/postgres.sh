# shellcheck shell=bash disable=SC2154 # services.sh sets dir, base and server_user
# One private PostgreSQL: its data, log and state lie in $dir (or, see services.sh, $base); it listens on
# 127.0.0.1 alone, asks for a random password, and keeps PostgreSQL's durable defaults.

postgres_programs() {
    local found
    found=$(printf '%s\n' /usr/lib/postgresql/*/bin/postgres | sort -V | tail -n 1)
    [[ -x $found ]] || found=$(command -v postgres) ||
        die "PostgreSQL is not installed; ./dev services up installs it"
    dirname "$found"
}

postgres_url() {
    local port password
    read -r port password <"$dir/postgres.state"
    printf 'postgresql://delivery:%s@127.0.0.1:%s/delivery\n' "$password" "$port"
}

postgres_configuration() {
    cat <<END
listen_addresses = '127.0.0.1'
port = $1
unix_socket_directories = ''
max_connections = 200
shared_buffers = 256MB
# As files of the data folder these vanish with it, even after kill -9.
dynamic_shared_memory_type = mmap
timezone = 'UTC'
log_timezone = 'UTC'
END
}

postgres_create() {
    local data=$base/postgres/data
    private_folder "$base/postgres"
    printf '%s\n' "$password" | as_server tee "$base/postgres/password" >/dev/null
    as_server env -i PATH="$PATH" LC_ALL=C.UTF-8 "$(postgres_programs)/initdb" --pgdata="$data" \
        --username=delivery --pwfile="$base/postgres/password" --auth=scram-sha-256 --encoding=UTF8 --no-locale \
        --no-sync --no-instructions >"$dir/postgres.log" 2>&1 || fail_with_log postgres "initdb failed"
    as_server rm "$base/postgres/password"
}

# A copy that goes on following the primary, whose passwords it shares.
postgres_create_standby() {
    private_folder "$base/postgres"
    as_server env -i PATH="$PATH" LC_ALL=C.UTF-8 "$(postgres_programs)/pg_basebackup" \
        --pgdata="$base/postgres/data" --dbname="$primary?application_name=standby" --write-recovery-conf \
        --wal-method=stream --checkpoint=fast --no-sync >"$dir/postgres.log" 2>&1 ||
        fail_with_log postgres "copying the primary failed"
}

# State is one line, "port password", written last: without it, what lies there is the rest of a broken start.
postgres_first_start() {
    local password port
    postgres_remove
    if [[ $primary ]]; then
        password=${primary#*://*:}
        password=${password%%@*}
        postgres_create_standby
    else
        password=$(random_secret)
        postgres_create
    fi
    while :; do
        port=$(random_port)
        postgres_configuration "$port" | as_server tee "$base/postgres/data/postgresql.conf" >/dev/null
        postgres_launch && break
        grep -q 'Address already in use' "$dir/postgres.log" || fail_with_log postgres "PostgreSQL did not start"
        : >"$dir/postgres.log"
    done
    [[ $primary ]] || env -i PGPASSWORD="$password" "$(postgres_programs)/createdb" --host=127.0.0.1 --port="$port" \
        --username=delivery --maintenance-db=postgres delivery
    printf '%s %s\n' "$port" "$password" >"$dir/postgres.state"
}

# The postmaster writes "ready" into its pid file's eighth line, as pg_ctl knows too.
postgres_settled() {
    local pid lines
    pid=$(running_pid "$dir/postgres.pid") || return 0
    mapfile -t lines < <(as_server cat "$base/postgres/data/postmaster.pid" 2>/dev/null)
    [[ ${lines[0]-} == "$pid" && ${lines[7]-} == ready* ]]
}

postgres_launch() {
    local programs
    programs=$(postgres_programs)
    launch "$dir/postgres.pid" "$dir/postgres.log" "${server_user[@]}" \
        env -i PATH="$PATH" LC_ALL=C.UTF-8 "$programs/postgres" -D "$base/postgres/data"
    wait_until 120 postgres_settled && running_pid "$dir/postgres.pid" >/dev/null
}

# After kill -9, PostgreSQL's pid file and the small block of System V shared memory by which it guards its data
# remain. PostgreSQL sorts that out by itself, but not while the dead process is an unreaped zombie, as in a container
# without an init. So both are removed here, once no process uses the memory any more.
postgres_clear_remains() {
    local lines memory
    ! running_pid "$dir/postgres.pid" >/dev/null || return 0
    mapfile -t lines < <(as_server cat "$base/postgres/data/postmaster.pid" 2>/dev/null)
    ((${#lines[@]})) || return 0
    memory=${lines[6]-}
    memory=${memory##* }
    if [[ $memory ]]; then
        if ! wait_until 5 shared_memory_unused "$memory"; then
            postgres_kill_orphans
            wait_until 10 shared_memory_unused "$memory" || die "processes of a killed PostgreSQL in $dir do not end"
        fi
        ipcrm --shmem-id "$memory" 2>/dev/null || true
    fi
    rm -f "$base/postgres/data/postmaster.pid"
}

# A backend that waited for a lock of one that has noticed the end already waits for ever (PGSemaphoreLock heeds no
# signal of it). All of them work in the data folder.
postgres_kill_orphans() {
    local entry
    for entry in /proc/[0-9]*; do
        [[ $(readlink "$entry/cwd" 2>/dev/null) != "$base/postgres/data" ]] ||
            as_server kill -KILL "${entry#/proc/}" 2>/dev/null || true
    done
}

# Columns of the table: key shmid perms size cpid lpid nattch …
shared_memory_unused() {
    awk -v id="$1" '$2 == id && $7 > 0 { used = 1 } END { exit used }' /proc/sysvipc/shm
}

postgres_start() {
    ! running_pid "$dir/postgres.pid" >/dev/null || return 0
    postgres_clear_remains
    postgres_launch || fail_with_log postgres "PostgreSQL did not start again"
}

postgres_stop() { end_process "$dir/postgres.pid" INT 30; }
postgres_kill() { end_process "$dir/postgres.pid" KILL 0; }

# The data is about to go, so nothing need be written back.
postgres_remove() {
    end_process "$dir/postgres.pid" QUIT 5
    postgres_clear_remains
    rm -rf "$base/postgres"
    rm -f "$dir"/postgres.{state,log}
}
