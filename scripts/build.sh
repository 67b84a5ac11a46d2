# shellcheck shell=bash
# Configuring, building and testing with CMake's presets; part of ./dev, after common.sh.

: "${root_dir:?}"

# A user without a home of its own (nobody, a container's user) keeps the caches in the build folder. And npm trusts
# whom the system trusts, a company's own authority included, not only those that node brings along.
prepare_environment() {
    local authorities=/etc/ssl/certs/ca-certificates.crt
    mkdir -p "$root_dir/build" 2>/dev/null || true
    [[ -w $root_dir/build ]] || die "$root_dir/build is not writable for $(id -un); who built here before?"
    if [[ ! -w ${HOME:-/nonexistent} ]]; then
        export CCACHE_DIR=$root_dir/build/cache/ccache npm_config_cache=$root_dir/build/cache/npm
    fi
    if [[ ! ${NODE_EXTRA_CA_CERTS-} && -r $authorities ]]; then
        export NODE_EXTRA_CA_CERTS=$authorities
    fi
}

# configure PRESET: once; later Ninja itself runs CMake again when needed. A build folder that came along with a copy
# or a move of the checkout is of no use.
configure() {
    local folder=$root_dir/build/$1
    if [[ -e $folder/CMakeCache.txt ]] &&
        ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root_dir" "$folder/CMakeCache.txt"; then
        rm -rf "$folder"
    fi
    [[ -e $folder/build.ninja ]] || (cd "$root_dir" && cmake --preset "$1" >&2) ||
        die "configuring failed (preset $1); the reason is above"
}

# build PRESET TARGET…
build() {
    local preset=$1
    shift
    step "building $preset"
    configure "$preset"
    cmake --build "$root_dir/build/$preset" --parallel "$(nproc)" --target "$@" >&2 ||
        die "the build failed (preset $preset); the reason is above"
}

# test_programs PRESET CTEST-FILTER…: prints the programs behind the tests, which are targets of the same name.
test_programs() {
    local preset=$1
    shift
    ctest --test-dir "$root_dir/build/$preset" --show-only "$@" |
        sed -En 's/^ *Test +#[0-9]+: ([a-z0-9_]+_tests|chaos)(\.[0-9]+)?$/\1/p' | sort -u
}

# run_tests PRESET CTEST-FILTER…: runs them and adds to tests_run and tests_failed. One more side by side than there are
# cores, for they wait half of the time.
run_tests() {
    local preset=$1 log=$root_dir/build/$1/tests.log failed total
    shift
    step "testing $preset"
    ctest --test-dir "$root_dir/build/$preset" --parallel "$(($(nproc) + 1))" --output-on-failure --no-tests=error \
        "$@" 2>&1 | tee "$log" || true
    read -r failed total < <(
        sed -En 's/^[0-9]+% tests passed, ([0-9]+) tests? failed out of ([0-9]+).*/\1 \2/p' "$log"
    ) || die "ctest came to no result (preset $preset)"
    tests_failed=$((tests_failed + failed))
    tests_run=$((tests_run + total))
}

# Unit and contract tests run under the sanitizers; everything that starts the real binary, with the binary that is
# delivered; and what reads the sources, with neither.
test_all() {
    local sanitized=(--label-regex '^(unit|contract)$') real=(--label-exclude '^(unit|contract)$') programs
    tests_run=0 tests_failed=0
    configure debug
    configure release
    mapfile -t programs < <(test_programs debug "${sanitized[@]}")
    build debug "${programs[@]}"
    mapfile -t programs < <(test_programs release "${real[@]}")
    build release delivery "${programs[@]}"
    export ASAN_SYMBOLIZER_PATH=/usr/bin/llvm-symbolizer-19
    run_tests debug "${sanitized[@]}"
    run_tests release "${real[@]}"
    printf '\nAll tests, with sanitizers (build/debug) and with the real binary (build/release):\n'
    printf '%d%% tests passed, %d tests failed out of %d\n' \
        $(((tests_run - tests_failed) * 100 / tests_run)) "$tests_failed" "$tests_run"
    ((tests_failed == 0))
}
