# shellcheck shell=bash
# Formatting, static analysis, sanitizers and fuzzing; part of ./dev, after common.sh and build.sh.

: "${root_dir:?}"

sources() {
    local folder folders=()
    for folder in src tests bench tools; do
        [[ ! -d $root_dir/$folder ]] || folders+=("$root_dir/$folder")
    done
    find "${folders[@]}" -name '*.[ch]pp' -print0
}

format() {
    sources | xargs -0 clang-format-19 -i
}

# Whatever a shell runs: by its name, or by its first line.
shell_scripts() {
    find "$root_dir/dev" "$root_dir/.ci" "$root_dir"/{scripts,deploy,tests,bench} -type f -exec \
        awk 'FNR == 1 && (FILENAME ~ /\.sh$/ || /^#!.*[\/ ](ba)?sh$/) { print FILENAME } { nextfile }' {} +
}

# lint [FILE…]: everything, or of the sources only these. All of it is checked before it fails.
lint() {
    local scripts failed=''
    step "clang-format"
    sources | xargs -0 clang-format-19 --dry-run -Werror || failed+=" clang-format"
    step "shellcheck"
    mapfile -t scripts < <(shell_scripts)
    shellcheck --external-sources --source-path="$root_dir" "${scripts[@]}" || failed+=" shellcheck"
    step "clang-tidy"
    lint_sources "$@" || failed+=" clang-tidy"
    [[ ! $failed ]] || die "not clean:$failed"
}

# Of what the build makes, clang-tidy needs the generated headers. Precompiled headers are of another compiler's make to
# it, and would hide what a file does not include.
lint_sources() {
    local folder=$root_dir/build/lint files=("$@") i
    build release generated
    mkdir -p "$folder"
    sed -E 's/ -Xclang -include(-pch)? -Xclang [^ ]+//g; s/ -Winvalid-pch| -Xclang -fno-pch-timestamp//g' \
        "$root_dir/build/release/compile_commands.json" >"$folder/compile_commands.json"
    # What the build does not compile (the fuzzers' main, whose target comes from theirs) clang-tidy cannot read.
    (($#)) || mapfile -t files < <(sed -n 's/^  "file": "\(.*\)".*/\1/p' "$folder/compile_commands.json" |
        grep --invert-match "^$root_dir/build/" | sort --unique)
    export -f lint_file only_about_asio
    for i in "${!files[@]}"; do
        printf '%s\0' "$((i + 1))/${#files[@]}" "${files[i]}"
    done | xargs -0 -n 2 -P "$(nproc)" bash -c 'lint_file "$@"' lint "$folder"
}

# The analyzer takes a coroutine for a function that runs where it is called. Asio starts it later, once it has set up what
# seems to be missing then.
only_about_asio() {
    local errors
    errors=$(grep -E ': (error|warning|fatal error): ' <<<"$1") &&
        ! grep -qvE '^/usr/include/boost/asio/.*\[clang-analyzer-[^]]*\]$' <<<"$errors"
}

# lint_file FOLDER PROGRESS FILE
lint_file() {
    local output
    printf '[%s] %s\n' "$2" "${3#"$root_dir/"}" >&2
    output=$(clang-tidy-19 --quiet -p "$1" --warnings-as-errors='*' "$3" 2>&1) && return
    ! only_about_asio "$output" || return 0
    printf '%s\n' "$output"
    return 1
}

fuzz_targets() {
    find "$root_dir/tests/fuzz/targets" -name '*.cpp' -printf '%f\n' | sed 's/\.cpp$//' | sort
}

# fuzz [TARGET…] [--seconds N]: what the fuzzers find lies in build/fuzz/findings. What they learn, in build/fuzz/corpus,
# is where the next run begins.
fuzz() {
    local seconds=60 names=() name failed=''
    while (($#)); do
        case $1 in
            --seconds)
                [[ ${2-} =~ ^[1-9][0-9]{0,5}$ ]] || wrong_usage "--seconds takes a whole number from 1 to 999999"
                seconds=$2
                shift 2
                ;;
            *)
                [[ -e $root_dir/tests/fuzz/targets/$1.cpp && $1 != */* ]] ||
                    wrong_usage "there is no target '$1'; there are $(fuzz_targets | paste -sd ' ')"
                names+=("$1")
                shift
                ;;
        esac
    done
    ((${#names[@]})) || mapfile -t names < <(fuzz_targets)
    build fuzz "${names[@]/#/fuzz_}"
    for name in "${names[@]}"; do
        fuzz_one "$name" "$seconds" || failed+=" $name"
    done
    [[ ! $failed ]] || die "the fuzzers found something:$failed"
}

# fuzz_one TARGET SECONDS: on all cores.
fuzz_one() {
    local folder=$root_dir/build/fuzz log
    local program=$folder/tests/fuzz/fuzz_$1
    mkdir -p "$folder/corpus/$1" "$folder/findings"
    log=$folder/findings/$1.log
    step "fuzzing $1 for $2 s"
    if ! ASAN_SYMBOLIZER_PATH=/usr/bin/llvm-symbolizer-19 "$program" -max_total_time="$2" -timeout=10 -max_len=4096 \
        -rss_limit_mb=2048 -use_value_profile=1 -print_final_stats=1 -artifact_prefix="$folder/findings/$1-" \
        "$folder/corpus/$1" "$root_dir/tests/fuzz/corpus/$1" >"$log" 2>&1; then
        grep -v '^#' "$log" | tail -n 60 >&2
        say "again: ${program#"$root_dir/"} FILE, with the file named above; then keep it in tests/fuzz/corpus/$1"
        return 1
    fi
    fuzz_summary "$1" "$log"
}

# The last line with figures is like "#9 DONE cov: 5 ft: 6 corp: 7/8b … exec/s: 10 rss: 30Mb".
fuzz_summary() {
    sed -En "s|^#([0-9]+)\tDONE +cov: ([0-9]+) ft: ([0-9]+) corp: ([0-9]+)/.*exec/s: ([0-9]+).*|$1: \1 inputs (\5/s), \
\2 edges reached, \4 inputs worth keeping|p" "$2" >&2
}

# sanitize [thread|address]: everything that runs threads, with the real binary too.
sanitize() {
    local kind=${1-thread} preset programs
    local parts=(--label-regex '^(unit|contract|integration)$') ends=(--label-regex '^e2e$')
    case $kind in
        thread) preset=tsan ;;
        address) preset=debug ;;
        *) wrong_usage "./dev sanitize takes thread or address" ;;
    esac
    tests_run=0 tests_failed=0
    configure "$preset"
    configure release
    mapfile -t programs < <(test_programs "$preset" "${parts[@]}")
    build "$preset" delivery "${programs[@]}"
    mapfile -t programs < <(test_programs release "${ends[@]}")
    build release "${programs[@]}"
    rm -rf "$root_dir/build/$preset/reports"
    mkdir -p "$root_dir/build/$preset/reports"
    export ASAN_SYMBOLIZER_PATH=/usr/bin/llvm-symbolizer-19
    export TSAN_OPTIONS="external_symbolizer_path=$ASAN_SYMBOLIZER_PATH log_path=$root_dir/build/$preset/reports/report"
    export ASAN_OPTIONS="log_path=$root_dir/build/$preset/reports/report"
    run_tests "$preset" "${parts[@]}"
    DELIVERY_BINARY=$root_dir/build/$preset/delivery run_tests release "${ends[@]}"
    report_sanitizer "$root_dir/build/$preset/reports"
}

report_sanitizer() {
    local reports
    mapfile -t reports < <(find "$1" -type f -size +0)
    if ((${#reports[@]})); then
        cat "${reports[@]}" >&2
        die "${#reports[@]} reports of the sanitizer, above and in ${1#"$root_dir/"}"
    fi
    say "no reports of the sanitizer; $tests_failed of $tests_run tests failed"
    ((tests_failed == 0))
}
