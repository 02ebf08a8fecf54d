#!/usr/bin/env bash
# Load on servers of its own, with demo data.
#   run.sh test DIRECTORY      every script for a second, to see that all of it works: a part of `make test`
#   run.sh measure DIRECTORY   checks by each tool that is installed, beside a bare echo: `make load`
#   run.sh replicas DIRECTORY  checks and writes on PostgreSQL, by one replica and by two: `make load`
# DIRECTORY has the built programs. K6 names the program k6, if it is not in PATH.
set -euo pipefail
cd "$(dirname "$0")/../.."

mode=$1
built=$2
k6=${K6:-k6}
scratch=$(mktemp -d)
started=()
stop() {
    for process in "${started[@]}"; do kill "$process" 2>/dev/null || true; done
    wait
    rm -rf "$scratch"
}
trap stop EXIT

fail() {
    echo "tests/load/run.sh: $*" >&2
    exit 1
}

has() { command -v "$1" >/dev/null; }

# A port that is free now.
port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# Waits until something listens at the address $1.
wait_for() {
    for _ in $(seq 300); do
        if (exec 3<>"/dev/tcp/${1%:*}/${1#*:}") 2>/dev/null; then return; fi
        sleep 0.1
    done
    fail "nothing listens at $1: $(tail -n 5 "$scratch"/*.log)"
}

# Starts a server at the address $1 with the database $2.
serve() {
    ENTITLED_LOG=warn "$built/entitled" serve --listen "$1" --database "$2" >"$scratch/server-${1#*:}.log" 2>&1 &
    started+=($!)
    wait_for "$1"
}
fill() { "$built/entitled" demo-data --customers 1000 --address "$1"; }

"$built/examples/load-frame" tests/load/check.json >"$scratch/check.frame"

CHECK=/entitled.v1.EntitlementService/CheckEntitlement
headers=(-H 'content-type: application/grpc' -H 'te: trailers')

# Checks at the address $1: answers a second. By h2load with $2 streams on each of 4 connections; by k6 with $2 users and
# the script $3.
with_k6() {
    local summary=$scratch/k6-${1#*:}
    ADDRESS=$1 VUS=${2:-20} DURATION=10s P99=60000 "$k6" run --quiet --no-color --summary-export "$summary.json" \
        "tests/load/k6/${3:-check}.js" >"$summary.log" 2>&1 || fail "k6: $(tail -n 20 "$summary.log")"
    python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["metrics"]["iterations"]["rate"])' "$summary.json"
}
with_h2load() {
    h2load -D 10 -c 4 -m "${2:-16}" -d "$scratch/check.frame" "${headers[@]}" "http://$1$CHECK" | awk '/^finished in/ { print $4 }'
}
with_ghz() {
    ghz --config tests/load/check.json --duration 10s --duration-stop wait --format json "$1" |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["rps"])'
}

measure() {
    local address echo_address tool server bare
    address=127.0.0.1:$(port)
    serve "$address" "sqlite:$scratch/load.db"
    fill "$address"
    echo_address=127.0.0.1:$(port)
    "$built/examples/bare-echo" "$echo_address" "http://$address" >"$scratch/echo.log" 2>&1 &
    started+=($!)
    wait_for "$echo_address"
    printf '%-8s %12s %12s %8s\n' tool checks 'bare echo' ratio
    for tool in "$k6" h2load ghz; do
        if ! has "$tool"; then
            echo "$(basename "$tool") is not installed"
            continue
        fi
        tool=$(basename "$tool")
        bare=$("with_$tool" "$echo_address")
        server=$("with_$tool" "$address")
        awk -v tool="$tool" -v server="$server" -v bare="$bare" \
            'BEGIN { printf "%-8s %10.0f/s %10.0f/s %8.2f\n", tool, server, bare, server / bare }'
    done
}

# The sum of what the command $1 says of each of the addresses behind it, all at once; $2 is shared out among them.
of_all() {
    local command=$1 share=$(($2 / ($# - 2))) rate=() waited=()
    shift 2
    for address; do
        $command "$address" "$share" >"$scratch/rate-${address#*:}" &
        waited+=($!)
        rate+=("$scratch/rate-${address#*:}")
    done
    wait "${waited[@]}"
    cat "${rate[@]}" | awk '{ sum += $1 } END { print sum }'
}
consume() { with_k6 "$1" "$2" consume; }

replicas() {
    local url one two
    coproc POSTGRES { scripts/postgres.sh; }
    started+=("$POSTGRES_PID")
    read -r url <&"${POSTGRES[0]}"
    "$built/entitled" migrate --database "$url"
    one=127.0.0.1:$(port)
    serve "$one" "$url"
    two=127.0.0.1:$(port)
    serve "$two" "$url"
    fill "$one"
    printf '%-9s %14s %14s\n' replicas checks writes
    printf '%-9s %12.0f/s %12.0f/s\n' 1 "$(of_all with_h2load 16 "$one")" "$(of_all consume 40 "$one")"
    printf '%-9s %12.0f/s %12.0f/s\n' 2 "$(of_all with_h2load 16 "$one" "$two")" "$(of_all consume 40 "$one" "$two")"
}

# Nothing here depends on how fast the machine is.
test_all() {
    local address
    address=127.0.0.1:$(port)
    serve "$address" "sqlite:$scratch/load.db"
    fill "$address"
    for script in check batch list target consume mixed; do
        ADDRESS=$address VUS=2 DURATION=1s P99=60000 "$k6" run --quiet --no-color "tests/load/k6/$script.js" >"$scratch/k6.log" 2>&1 ||
            fail "k6 $script: $(tail -n 40 "$scratch/k6.log")"
        grep -q 'checks_succeeded.*100.00%' "$scratch/k6.log" || fail "k6 $script: $(cat "$scratch/k6.log")"
        echo "k6 $script: passed"
    done
    nghttp -nv -d "$scratch/check.frame" -H ':method: POST' "${headers[@]}" "http://$address$CHECK" | grep -q 'grpc-status: 0' ||
        fail 'the frame for h2load is not answered with status 0'
    h2load -n 500 -c 2 -m 4 -d "$scratch/check.frame" "${headers[@]}" "http://$address$CHECK" >"$scratch/h2load.log"
    grep -q '500 succeeded, 0 failed' "$scratch/h2load.log" || fail "h2load: $(cat "$scratch/h2load.log")"
    echo 'h2load: passed'
    if ! has ghz; then
        echo 'ghz is not installed; tests/it/load.rs has looked at its configurations'
        return
    fi
    for config in tests/load/*.json; do
        ghz --config "$config" --total 100 --concurrency 4 --tags '{"p99_ms": "60000"}' --format json "$address" |
            python3 tests/load/judge.py || fail "ghz $config"
    done
}

case $mode in
    test) test_all ;;
    measure) measure ;;
    replicas) replicas ;;
    *) fail "unknown: $mode" ;;
esac
