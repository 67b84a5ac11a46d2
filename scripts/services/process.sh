# shellcheck shell=bash
# Processes, ports and waiting, with nothing but bash and coreutils: a bare Debian has no ps and no pgrep.

# process_facts PID: prints "parent start-time" of a living process; fails where there is none. A zombie is dead, but
# not before the last of its threads: until then its ports and files are taken.
process_facts() {
    local stat='' fields
    { read -rd '' stat <"/proc/$1/stat" || [[ $stat ]]; } 2>/dev/null || return 1
    read -ra fields <<<"${stat##*) }"
    [[ ${fields[0]-} && ${fields[0]} != X ]] || return 1
    [[ ${fields[0]} != Z ]] || ((fields[17] > 1)) || return 1
    printf '%s %s\n' "${fields[1]}" "${fields[19]}"
}

# remember_process FILE PID: a process is remembered by its pid and its start time, so that a pid that the
# system has given to someone else meanwhile is never taken for ours.
remember_process() {
    local facts
    facts=$(process_facts "$2") || return 1
    printf '%s %s\n' "$2" "${facts#* }" >"$1"
}

# running_pid FILE: prints the pid remembered in FILE if that very process lives, else fails.
running_pid() {
    local pid started facts
    { read -r pid started <"$1"; } 2>/dev/null || return 1
    facts=$(process_facts "$pid") && [[ ${facts#* } == "$started" ]] || return 1
    printf '%s\n' "$pid"
}

# process_tree PID: prints PID and the pids of all its descendants.
process_tree() {
    local -A children=()
    local entry pid facts queue=("$1")
    for entry in /proc/[0-9]*; do
        pid=${entry#/proc/}
        facts=$(process_facts "$pid") || continue
        children[${facts% *}]+=" $pid"
    done
    while ((${#queue[@]})); do
        pid=${queue[0]}
        printf '%s\n' "$pid"
        # shellcheck disable=SC2206 # a list of numbers, to be split
        queue=("${queue[@]:1}" ${children[$pid]-})
    done
}

# wait_until SECONDS COMMAND…: polls every 50 ms; fails when the time is over.
wait_until() {
    local deadline=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000))
    shift
    until "$@"; do
        ((${EPOCHREALTIME/[.,]/} < deadline)) || return 1
        sleep 0.05
    done
}

all_gone() {
    local pid
    for pid; do
        ! process_facts "$pid" >/dev/null || return 1
    done
}

# end_process FILE SIGNAL SECONDS: signals the process remembered in FILE, waits until it and its descendants
# are gone, and kills what is left then. A process that is gone already is fine.
end_process() {
    local pid tree
    if pid=$(running_pid "$1"); then
        mapfile -t tree < <(process_tree "$pid")
        kill -s "$2" "$pid" 2>/dev/null || true
        if [[ $2 == KILL ]] || ! wait_until "$3" all_gone "${tree[@]}"; then
            kill -s KILL "${tree[@]}" 2>/dev/null || true
            wait_until 10 all_gone "${tree[@]}" || die "processes ${tree[*]} do not end"
        fi
    fi
    rm -f "$1"
}

close_inherited_files() {
    local entry fd
    for entry in /proc/self/fd/*; do
        fd=${entry##*/}
        ((fd <= 2)) || eval "exec $fd>&-" 2>/dev/null || true
    done
}

# launch PID_FILE LOG COMMAND…: starts COMMAND as a session of its own that holds none of our files (a caller that
# reads our output to its end, as $(…) and ctest do, must not wait for a server).
launch() {
    local pid_file=$1 log=$2
    shift 2
    (
        close_inherited_files
        cd /
        exec setsid "$@"
    ) </dev/null >>"$log" 2>&1 &
    remember_process "$pid_file" $! || true
}

# random_port: prints a port of 127.0.0.1 on which nobody listens. It lies below the range from which the system
# gives ports to outgoing connections, so that a server that is down for a while finds its port free again.
random_port() {
    local low=10000 high=32767 first port
    if read -r first _ </proc/sys/net/ipv4/ip_local_port_range && ((first - low > 1000 && first <= high)); then
        high=$((first - 1))
    fi
    while :; do
        port=$((low + SRANDOM % (high - low + 1)))
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            printf '%s\n' "$port"
            return
        fi
    done
}

random_secret() {
    od -An -N16 -tx1 /dev/urandom | tr -d ' \n'
}
