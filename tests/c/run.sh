#!/usr/bin/env bash
# Starts a token endpoint, and runs the programs that the Makefile has built against it; `run.sh valgrind` runs them
# under memcheck. The last line of the output has the numbers of tests that passed and failed.
set -u
cd "$(dirname "$0")" || exit 1
root=$(cd ../.. && pwd)
passed=0
failed=0

# check NAME COMMAND...: runs one test; prints its output only if it fails.
check() {
    local name=$1 output
    shift
    if output=$("$@" 2>&1); then
        passed=$((passed + 1))
        echo "ok     $name"
    else
        failed=$((failed + 1))
        printf '%s\nFAILED %s\n' "$output" "$name"
    fi
}

# suite COMMAND...: runs a program of many tests. The last line of the program's output has the numbers of tests that
# passed and failed, which are added to the totals. If the program ends before that line, or fails although no test
# failed, that is one more failure.
suite() {
    local output=$work/suite last
    "$@" 2>&1 | tee "$output" | grep -v -E '^[0-9]+ passed, [0-9]+ failed$'
    local status=${PIPESTATUS[0]}
    last=$(grep -E '^[0-9]+ passed, [0-9]+ failed$' "$output" | tail -n 1)
    read -r p _ f _ <<<"${last:-0 passed, 0 failed}"
    passed=$((passed + p))
    failed=$((failed + f))
    if [ -z "$last" ]; then
        failed=$((failed + 1))
        echo "FAILED $*: ended before it printed its count"
    elif [ "$status" -ne 0 ] && [ "$f" -eq 0 ]; then
        failed=$((failed + 1))
        echo "FAILED $*: exit status $status"
    fi
}

work=$(mktemp -d)
coproc endpoint { exec "$LIBRARY_DIR/token-endpoint" --port 0 --stdin-eof --log "$work/requests"; }
# shellcheck disable=SC2154 # set by coproc
endpoint_pid=$endpoint_PID
trap 'kill "$endpoint_pid" 2>/dev/null; rm -rf "$work"' EXIT
read -r line <&"${endpoint[0]}" || { echo "the token endpoint did not start; build it first"; exit 1; }
export TOKEN_URL=${line#token endpoint: }

# The variables that examples/config.yaml refers to.
export MCP_URL=http://127.0.0.1:9/mcp REPORTS_TOKEN=canary-report SECRET_REPORT_KEY=canary-key
export SEARCH_CLIENT_SECRET=canary-client-secret
config=$root/examples/config.yaml

compiles_alone() { # COMPILER LANGUAGE STANDARD HEADER [FLAG]: compiles a file that only includes the header, twice
    # shellcheck disable=SC2086 # $WARNINGS is several flags
    printf '#include "%s"\n#include "%s"\nint main(void) { return 0; }\n' "$4" "$4" |
        "$1" -x "$2" "-std=$3" $WARNINGS "-I$INCLUDE" -fsyntax-only ${5:-} -
}

exports_listed_symbols() {
    nm -D --defined-only "$LIBRARY_DIR/libargus_auth.so" | awk '{print $3}' | LC_ALL=C sort | diff - "$root/ffi/exports.txt"
}

plugin_hides_library_and_stays() {
    nm -D --defined-only "$BUILD/plugin.so" | grep argus_auth_ && return 1
    readelf -d "$BUILD/plugin.so" | grep -q NODELETE
}

hosts_print_the_same() {
    for host in host-c host-cpp host-c-static; do
        "$BUILD/$host" "$config" --log >"$work/$host" 2>"$work/$host.log" || return 1
        "$BUILD/$host" "$config" --show-secrets | sed 's/tok-[0-9]*$/TOKEN/' >"$work/$host.shown" || return 1
        diff "$work/host-c" "$work/$host" && diff "$work/host-c.shown" "$work/$host.shown" || return 1
    done
    grep -q "^reports	Authorization: Bearer canary-report$" "$work/host-c.shown" &&
        grep -q "^search	Authorization: Bearer TOKEN$" "$work/host-c.shown" &&
        ! grep -E "canary|tok-" "$work/host-c" "$work"/*.log
}

host_fails_with_bad_configuration() {
    printf 'backends: {b: {type: sse, url: ""}}\n' >"$work/bad.yaml"
    for host in host-c host-cpp; do
        "$BUILD/$host" "$work/bad.yaml" >"$work/out" 2>"$work/err" && return 1
        grep -q 'backends.b.url' "$work/err" && [ ! -s "$work/out" ] || return 1
    done
}

one_request_for_all() { # THREADS CALLS [COMMAND...]
    local threads=$1 calls=$2
    shift 2
    local before after
    before=$(grep -c client_id=argus-demo "$work/requests")
    "$@" "$BUILD/callers" "$config" search --threads "$threads" --calls "$calls" || return 1
    after=$(grep -c client_id=argus-demo "$work/requests")
    echo "token requests: $((after - before))"
    [ $((after - before)) -eq 1 ]
}

if [ "${1:-}" = valgrind ]; then
    # Rust's maps and atomic pointers to reference-counted objects point into the middle of a block, so memcheck reports
    # the tokens that the process still holds as "possibly lost". Only blocks without any pointer to them, "definitely
    # lost", are errors.
    memcheck=(valgrind --quiet --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite
        --error-exitcode=1)
    suite "${memcheck[@]}" "$BUILD/c_tests" --no-fork
    suite "${memcheck[@]}" "$BUILD/cpp_tests"
    check "the C host under memcheck" "${memcheck[@]}" "$BUILD/host-c" "$config"
    check "the C++ host under memcheck" "${memcheck[@]}" "$BUILD/host-cpp" "$config"
    check "40 threads, 250 calls each, one token request, under memcheck" one_request_for_all 40 250 "${memcheck[@]}"
else
    for compiler in gcc clang; do
        command -v "$compiler" >/dev/null || continue
        for standard in c99 c11 c17; do
            check "argus_auth.h alone compiles, $compiler $standard" \
                compiles_alone "$compiler" c "$standard" argus_auth.h
        done
        check "argus_auth.h alone compiles, $compiler c++17" compiles_alone "$compiler" c++ c++17 argus_auth.h
        for standard in c++17 c++20; do
            check "argus_auth.hpp alone compiles, $compiler $standard" \
                compiles_alone "$compiler" c++ "$standard" argus_auth.hpp
        done
        check "argus_auth.hpp alone compiles without exceptions, $compiler" \
            compiles_alone "$compiler" c++ c++17 argus_auth.hpp -fno-exceptions
        check "argus_auth_result.hpp alone compiles, $compiler" \
            compiles_alone "$compiler" c++ c++17 argus_auth_result.hpp
        check "the examples in the headers compile, $compiler" python3 check_examples.py "$compiler" "$INCLUDE"
        for standard in c++17 c++20; do
            # shellcheck disable=SC2086 # $WARNINGS is several flags
            check "the C++ tests compile, $compiler $standard" \
                "$compiler" "-std=$standard" $WARNINGS "-I$INCLUDE" -fsyntax-only ../cpp/tests.cpp
        done
    done
    check "the library exports exactly the symbols of ffi/exports.txt" exports_listed_symbols
    check "a plugin exports no symbol of the static library and can't be unloaded" plugin_hides_library_and_stays
    suite "$BUILD/c_tests"
    suite "$BUILD/cpp_tests"
    [ -z "${SANITIZED:-}" ] || check "the C++ tests under sanitizers" "$SANITIZED"
    check "the example hosts print the same lines and no secret" hosts_print_the_same
    check "an example host with a bad configuration prints the problem and fails" host_fails_with_bad_configuration
    check "64 threads, 1000 calls each, one token request" one_request_for_all 64 1000
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
