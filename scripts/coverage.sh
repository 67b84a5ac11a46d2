# shellcheck shell=bash
# Which lines of src/ the tests reach; part of ./dev, after common.sh and build.sh.

: "${root_dir:?}"

# Per cent of lines: all of src/ must reach the first, and a file below the second is named.
readonly least_coverage=85 named_below=90
# Tests of the tests' own tools, which reach nothing of src/.
readonly aside='^unit_(chaos|support)_tests$'

# coverage: leaves index.html, summary.txt, summary.json and lcov.info in $COVERAGE_DIR (build/coverage/report). Fails
# when a test does, and when too little is reached; the report is written all the same.
coverage() {
    local build=$root_dir/build/coverage programs
    local parts=(--label-regex '^(unit|contract|integration|e2e)$' --exclude-regex "$aside")
    local report=${COVERAGE_DIR:-$build/report}
    tests_run=0 tests_failed=0
    configure coverage
    mapfile -t programs < <(test_programs coverage "${parts[@]}")
    build coverage delivery "${programs[@]}"
    rm -rf "$build/profiles"
    LLVM_PROFILE_FILE=$build/profiles/%c%m.profraw run_tests coverage "${parts[@]}"
    write_coverage "$build" "$report"
    sed -n '/^Lines of src/,$p' "$report/summary.txt"
    say "the report is $report/index.html; $tests_failed of $tests_run tests failed"
    ((tests_failed == 0)) && enough_coverage "$report/summary.txt"
}

# write_coverage BUILD REPORT: of what the program is made of. The counts come from whatever test ran the code.
write_coverage() {
    local build=$1 report=$2
    local measured=("$build/delivery" --instr-profile "$build/tests.profdata" --sources "$root_dir/src")
    step "writing the coverage report"
    llvm-profdata-19 merge --sparse --output "$build/tests.profdata" "$build"/profiles/*.profraw ||
        die "the tests left no profiles that could be merged"
    mkdir -p "$report"
    llvm-cov-19 show --format=html --output-dir "$report" --show-branches=count "${measured[@]}"
    llvm-cov-19 export --format=lcov "${measured[@]}" >"$report/lcov.info"
    llvm-cov-19 export --summary-only "${measured[@]}" >"$report/summary.json"
    llvm-cov-19 report --show-region-summary=false --show-branch-summary=false "${measured[@]}" |
        coverage_summary >"$report/summary.txt"
    unmeasured_files "$report/summary.txt"
    # llvm-cov lets nobody else into its folders, and in a container its user is not the reader.
    chmod -R a+rX "$report"
}

# From the table of llvm-cov: the table itself, then the total in a line of its own, then what is reached least.
coverage_summary() {
    awk -v bound="$named_below" '
        { print }
        NF != 7 || $5 !~ /^[0-9]+$/ { next }
        $1 == "TOTAL" { lines = $5; missed = $6; next }
        $5 > 0 && 100 * ($5 - $6) < bound * $5 { below[++count] = sprintf("%6.2f %% %5d of %5d missed  %s",
            100 * ($5 - $6) / $5, $6, $5, $1) }
        END {
            printf "\nLines of src/ reached: %.2f %% (%d of %d)\n", lines ? 100 * (lines - missed) / lines : 0,
                lines - missed, lines
            printf "Files below %d %%: %d\n", bound, count
            for (i = 1; i <= count; i++) print below[i]
        }'
}

# unmeasured_files SUMMARY: adds those that have no line in the program, because they only include others or because
# nothing is linked with them.
unmeasured_files() {
    local absent
    absent=$(comm -13 <(awk 'NF == 7 { print $1 }' "$1" | sort) \
        <(find "$root_dir/src" -name '*.cpp' -printf '%P\n' | sort))
    [[ ! $absent ]] || printf 'Files without a line in the program:\n%s\n' "$absent" >>"$1"
}

# enough_coverage SUMMARY
enough_coverage() {
    awk -v least="$least_coverage" '/^Lines of src\/ reached: / { found = 1; enough = $5 >= least }
        END { exit !(found && enough) }' "$1" ||
        die "the tests reach less than $least_coverage % of the lines of src/"
}
