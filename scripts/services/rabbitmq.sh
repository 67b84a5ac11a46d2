# shellcheck shell=bash disable=SC2154 # services.sh sets dir, base and server_user
# One private RabbitMQ with an epmd of its own: node name, ports, cookie, data and logs are this folder's alone,
# and everything listens on 127.0.0.1. Debian's /usr/sbin/rabbitmq-server switches to the system's user and
# folders, so the server's own script is started instead.

rabbitmq_program() {
    local found
    found=$(printf '%s\n' /usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server | sort -V | tail -n 1)
    [[ -x $found ]] || die "RabbitMQ is not installed; ./dev services up installs it"
    printf '%s\n' "$found"
}

# State is one line: amqp-port distribution-port epmd-port node password.
rabbitmq_read_state() {
    read -r amqp_port distribution_port epmd_port node password <"$dir/rabbitmq.state"
}

rabbitmq_url() {
    local amqp_port distribution_port epmd_port node password
    rabbitmq_read_state
    printf 'amqp://delivery:%s@127.0.0.1:%s/\n' "$password" "$amqp_port"
}

rabbitmq_configuration() {
    cat <<END
listeners.tcp.1 = 127.0.0.1:$amqp_port
default_user = delivery
default_pass = $password
vm_memory_high_watermark.relative = 0.2
disk_free_limit.absolute = 64MB
log.console = true
log.console.level = info
log.file = false
END
}

# localhost resolves even where there is no /etc/hosts, and without a helper process.
rabbitmq_resolver() {
    cat <<END
{host, {127,0,0,1}, ["localhost"]}.
{lookup, [file]}.
END
}

# A fresh home, of which nothing is left from an earlier try.
rabbitmq_create() {
    local home=$base/rabbitmq
    private_folder "$home"
    random_secret | as_server tee "$home/.erlang.cookie" >/dev/null
    rabbitmq_configuration | as_server tee "$home/rabbitmq.conf" >/dev/null
    rabbitmq_resolver | as_server tee "$home/inetrc" >/dev/null
    printf '[].\n' | as_server tee "$home/enabled_plugins" "$home/advanced.config" >/dev/null
}

rabbitmq_environment() {
    local home=$base/rabbitmq
    server_environment=(
        PATH="$PATH" LANG=C.UTF-8 HOME="$home"
        ERL_EPMD_PORT="$epmd_port" ERL_EPMD_ADDRESS=127.0.0.1 ERL_INETRC="$home/inetrc"
        ERL_FLAGS="-start_epmd false -kernel inet_dist_use_interface {127,0,0,1}"
        ERL_CRASH_DUMP_BYTES=0
        RABBITMQ_NODENAME="$node" RABBITMQ_NODE_PORT="$amqp_port" RABBITMQ_NODE_IP_ADDRESS=127.0.0.1
        RABBITMQ_DIST_PORT="$distribution_port"
        RABBITMQ_CONF_ENV_FILE="$home/none" RABBITMQ_CONFIG_FILE="$home/rabbitmq.conf"
        RABBITMQ_ADVANCED_CONFIG_FILE="$home/advanced.config"
        RABBITMQ_ENABLED_PLUGINS_FILE="$home/enabled_plugins" RABBITMQ_PLUGINS_EXPAND_DIR="$home/plugins"
        RABBITMQ_MNESIA_BASE="$home/data" RABBITMQ_LOG_BASE="$home" RABBITMQ_LOGS=-
        RABBITMQ_PID_FILE="$home/pid"
        # Its script then becomes the server instead of waiting for it, so that the pid we know is the server's.
        RUNNING_UNDER_SYSTEMD=true
    )
}

rabbitmq_start_epmd() {
    ! running_pid "$dir/epmd.pid" >/dev/null || return 0
    launch "$dir/epmd.pid" "$dir/rabbitmq.log" "${server_user[@]}" \
        env -i PATH="$PATH" epmd -port "$epmd_port" -address 127.0.0.1
    wait_until 10 epmd_settled && running_pid "$dir/epmd.pid" >/dev/null
}

epmd_settled() {
    ! running_pid "$dir/epmd.pid" >/dev/null || (exec 3<>"/dev/tcp/127.0.0.1/$epmd_port") 2>/dev/null
}

rabbitmq_settled() {
    ! running_pid "$dir/rabbitmq.pid" >/dev/null || grep -q 'Server startup complete' "$dir/rabbitmq.log"
}

# The log is this start's alone: what it says decides whether the server is ready.
rabbitmq_launch() {
    local server_environment program
    program=$(rabbitmq_program)
    : >"$dir/rabbitmq.log"
    rabbitmq_start_epmd || return 1
    rabbitmq_environment
    launch "$dir/rabbitmq.pid" "$dir/rabbitmq.log" "${server_user[@]}" env -i "${server_environment[@]}" "$program"
    wait_until 180 rabbitmq_settled && running_pid "$dir/rabbitmq.pid" >/dev/null
}

rabbitmq_first_start() {
    local amqp_port distribution_port epmd_port node password
    password=$(random_secret)
    node=delivery-${password:0:8}@localhost
    while :; do
        amqp_port=$(random_port)
        distribution_port=$(random_port)
        epmd_port=$(random_port)
        rabbitmq_remove
        rabbitmq_create
        rabbitmq_launch && break
        grep -Eiq 'eaddrinuse|address already in use|address in use' "$dir/rabbitmq.log" ||
            fail_with_log rabbitmq "RabbitMQ did not start"
    done
    printf '%s\n' "$amqp_port $distribution_port $epmd_port $node $password" >"$dir/rabbitmq.state"
}

rabbitmq_start() {
    local amqp_port distribution_port epmd_port node password
    ! running_pid "$dir/rabbitmq.pid" >/dev/null || return 0
    rabbitmq_read_state
    rabbitmq_launch || { sleep 0.5 && rabbitmq_launch; } || fail_with_log rabbitmq "RabbitMQ did not start again"
}

# On SIGTERM RabbitMQ stops in order: it closes its connections and writes what it holds to disk.
rabbitmq_stop() { end_process "$dir/rabbitmq.pid" TERM 30; }
rabbitmq_kill() { end_process "$dir/rabbitmq.pid" KILL 0; }

rabbitmq_remove() {
    end_process "$dir/rabbitmq.pid" KILL 0
    end_process "$dir/epmd.pid" KILL 0
    rm -rf "$base/rabbitmq"
    rm -f "$dir"/rabbitmq.{state,log}
}
