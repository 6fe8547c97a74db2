#!/bin/bash
# The published figures in one command: makes records, imports them into a node of its own, asks that node
# and the bare echo in turns, prints Markdown tables with machine and commit, and removes everything.
set -euo pipefail

usage() {
    cat <<'END'
bench/run.sh [--count N] [--points 1,3,5] [--seconds S] [--rounds R] [--dir DIR]
bench/run.sh --administration | --registrations | --events N | --smoke [--count N] ...
  --count N     records to make and import (default 1000000; the published table has 10000000)
  --points A,B  only these points of the table (default: 1 to 7, 9, 10; 8 is 2 and 7 with --count 100000000)
  --seconds S   of one turn, node or echo (default 3)
  --rounds R    turns of each in every case (default 5)
  --dir DIR     where the temporary folder is made (default: TMPDIR or /tmp); it needs about 1.5 KB
                for each record, 0.4 KB from 20 million on: then they are imported as they are made
  --administration  only creates over the Handle protocol, and lookups beside signing
  --registrations  only the table of registrations over HTTP
  --events N    only the table of lifecycle events, with N of them stored (the published one has
                10000000; 20 minutes)
  --smoke       2000 records, one short round of everything but events: does it all work? A minute.
Programs are taken from build/release/bin, or from IDNODE_BIN.
END
}

fail() {
    echo "bench/run.sh: $*" >&2
    exit 1
}

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bin=${IDNODE_BIN:-${root}/build/release/bin}
count=1000000
seconds=3
rounds=5
# In this order because the first four are asked of one node.
points=1,3,4,5,2,6,7,9,10
idle_connections=10000
parent=${TMPDIR:-/tmp}
tables=(points)
events=
while [[ $# -gt 0 ]]; do
    case $1 in
        --smoke)
            count=2000 seconds=0.3 rounds=1 idle_connections=200
            tables=(points administration registrations)
            shift
            continue
            ;;
        --administration) tables=(administration); shift; continue ;;
        --registrations) tables=(registrations); shift; continue ;;
        -h | --help) usage; exit 0 ;;
        --count | --seconds | --rounds | --points | --dir | --events) [[ $# -ge 2 ]] || fail "$1 needs a value" ;;
        *) usage >&2; exit 2 ;;
    esac
    case $1 in
        --count) count=$2 ;;
        --seconds) seconds=$2 ;;
        --rounds) rounds=$2 ;;
        --points) points=$2 ;;
        --dir) parent=$2 ;;
        --events) events=$2 count=1000 tables=(lifecycle) ;;
    esac
    shift 2
done

for program in idnode idnoded idnode-bench; do
    [[ -x ${bin}/${program} ]] ||
        fail "${bin}/${program} is missing: cmake --preset release && cmake --build --preset release"
done

folder=$(mktemp -d "${parent}/idnode-bench.XXXXXX")
node_pid=
node_pids=()
clean_up() {
    local pid
    stop_beside
    for pid in "${node_pids[@]}"; do
        kill "${pid}" 2>/dev/null || true
        wait "${pid}" 2>/dev/null || true
    done
    rm -rf "${folder}"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

say() { echo "$*" >&2; }
now_ms() { date +%s%3N; }
calculate() { awk "BEGIN { print $1 }"; }
# member NAME: the first number of that name in each JSON line on standard input.
member() { sed -n "s/.*\"$1\":\([0-9.]*\).*/\1/p"; }

# The node of node_pid, whose standard output is ${folder}/ready: sets server, tcp_server, http_server.
wait_until_ready() {
    for ((i = 0; i < 6000; i++)); do
        grep -q '^ready ' "${folder}/ready" && break
        kill -0 "${node_pid}" 2>/dev/null || { cat "${folder}/node.log" >&2; fail "the node did not start"; }
        sleep 0.01
    done
    # ready udp=127.0.0.1:40123 tcp=127.0.0.1:40124
    server=$(sed -n 's/^ready .*udp=\([^ ,]*\).*/\1/p' "${folder}/ready")
    tcp_server=$(sed -n 's/^ready .*tcp=\([^ ,]*\).*/\1/p' "${folder}/ready")
    http_server=$(sed -n 's/^ready .*http=\([^ ,]*\).*/\1/p' "${folder}/ready")
    [[ -n ${server} && -n ${tcp_server} && -n ${http_server} ]] ||
        { cat "${folder}/node.log" >&2; fail "the node did not say where it serves"; }
}

source "${root}/bench/points.sh"

# The records are a file while there is room for one.
records_file=
record_bytes=400
is_far_larger || records_file=${folder}/records.ndjson record_bytes=1500
free_kb=$(df --output=avail -k "${folder}" | tail -1)
((free_kb > count * record_bytes / 1000)) ||
    fail "${parent} has ${free_kb} KB left; about $((count * record_bytes / 1000)) are needed (--dir)"

say "making ${count} records"
"${bin}/idnode-bench" answers --count "${count}" -o "${folder}/answers"
first_handle=$("${bin}/idnode-bench" data --count 1 | sed 's/^{"handle":"\([^"]*\)".*/\1/')
[[ -z ${records_file} ]] || "${bin}/idnode-bench" data --count "${count}" -o "${records_file}"
new_node "${folder}/node"
say "importing them"
import_rate=$(timed import_records)

machine() {
    local cpu memory_gb commit
    cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1)
    memory_gb=$(awk '/^MemTotal:/ { printf "%.0f", $2 / 1048576 }' /proc/meminfo)
    commit=$(git -C "${root}" describe --always --dirty 2>/dev/null || echo unknown)
    cat <<END
Machine: ${cpu:-$(uname -m)}, $(nproc) cores, ${memory_gb} GB, Linux $(uname -r). Commit ${commit}.
${count} records. ${rounds} rounds of ${seconds} s; median [least..most].

END
}

points() {
    for point in ${points//,/ }; do
        say "point ${point}"
        "point_${point}"
    done
    leave_memory
    echo "| point | what | figure | must reach | reached |"
    echo "| --- | --- | --- | --- | --- |"
    sort -s -t'|' -k2,2n "${folder}/rows"
    [[ ! -s ${folder}/details ]] || { echo && cat "${folder}/details"; }
}

# median_of NAME: of a member of several lines, with the least and the most.
median_of() { member "$1" | median; }

# Authenticated creates, each acknowledged after its flush: one line for each way to prove who asks.
creates() {
    local title=$1 line
    shift
    line=$("${bin}/idnode-bench" create --server "${tcp_server}" --prefix 88.100 --seconds "${seconds}" --json "$@") ||
        fail "idnode-bench create ($*) ended with $?"
    echo "| ${title} | $(member creates_per_second <<<"${line}") | $(member p50 <<<"${line}") | $(member p99 <<<"${line}") |"
}

# Plain lookups at a steady rate.
plain() {
    "${bin}/idnode-bench" lookup --server "${server}" --records "${folder}/answers" --seconds "${seconds}" --rate 5000 --json
}
row_of_lookups() { echo "| $1 | $(member p50 <<<"$2") | $(member p99 <<<"$2") | $3 |"; }

administration() {
    local by_key=(--identity 300:0.NA/88.100 --key "${folder}/node/keys/admin.key")
    local by_secret=(--identity 301:0.NA/88.100 --secret-file "${folder}/node/keys/admin.secret")
    echo
    echo "| authenticated creates | a second | p50 us | p99 us |"
    echo "| --- | ---: | ---: | ---: |"
    creates "RSA key, each challenged, 4 connections" "${by_key[@]}" --challenge-each
    creates "secret key, each challenged, 4 connections" "${by_secret[@]}" --challenge-each
    creates "one session, one at a time" "${by_key[@]}" --connections 1
    creates "one session, 32 under way" "${by_key[@]}" --connections 1 --window 32
    creates "4 sessions, 32 under way in each" "${by_key[@]}" --connections 4 --window 32
    beside_signing
}

# Plain lookups alone, then beside clients that want their answers signed.
beside_signing() {
    local alone beside signing_pid
    alone=$(plain) || fail "idnode-bench lookup ended with $?"
    "${bin}/idnode-bench" lookup --server "${server}" --records "${folder}/answers" \
        --seconds "$(calculate "${seconds} + 2")" --rate 1000 --certify --json >"${folder}/signed" &
    signing_pid=$!
    sleep 1
    beside=$(plain) || fail "idnode-bench lookup ended with $?"
    wait "${signing_pid}" || fail "idnode-bench lookup --certify ended with $?"
    echo
    echo "| 5,000 plain lookups a second | p50 us | p99 us | signed answers a second beside |"
    echo "| --- | ---: | ---: | ---: |"
    row_of_lookups alone "${alone}" 0
    row_of_lookups "beside signing" "${beside}" "$(member answers_per_second <"${folder}/signed")"
}

# What identifiers are registered with: an enterprise with a prefix, and a template of three items.
prepare_registrations() {
    [[ ! -e ${folder}/template.json ]] || return 0
    local idnode=("${bin}/idnode")
    local to=(--server "${http_server}" --plain --token-file "${folder}/node/keys/operator.token")
    cat >"${folder}/profile.json" <<'JSON'
{"name":"Works","certificate":{"kind":"CERTIFICATE_KIND_CREDIT_CODE","number":"91330100799655058B"}}
JSON
    cat >"${folder}/template.json" <<'JSON'
{"templateVersion":"product-1","items":[
 {"index":2000,"type":"serial","name":"Serial number","required":true,"lengthMax":32},
 {"index":2001,"type":"madeOn","name":"Made on","itemType":"ITEM_TYPE_DATE","required":true},
 {"index":2002,"type":"page","name":"Page","lengthMax":255}]}
JSON
    "${idnode[@]}" enterprise apply --file "${folder}/profile.json" "${to[@]}"
    "${idnode[@]}" enterprise approve 1 "${to[@]}"
    "${idnode[@]}" prefix allot 88.100.900 --enterprise 1 "${to[@]}"
    "${idnode[@]}" template create 88.100.900 --file "${folder}/template.json" "${to[@]}"
}

# register TITLE TARGET OPTIONS...: the median of so many rounds.
register() {
    local title=$1 target=$2 line rate
    shift 2
    for ((round = 0; round < rounds; round++)); do
        "${bin}/idnode-bench" register --server "${http_server}" --token-file "${folder}/node/keys/operator.token" \
            --prefix 88.100.900 --template product-1 --seconds "${seconds}" --json "$@" ||
            fail "idnode-bench register ($*) ended with $?"
    done | sort -t: -k2 -n >"${folder}/rounds"
    line=$(sed -n "$(((rounds + 1) / 2))p" "${folder}/rounds")
    rate=$(member identifiers_per_second <<<"${line}")
    echo "| ${title} | ${rate} | ${target} | $(awk -v r="${rate}" -v b="${bare}" 'BEGIN { printf "%.2f", r / b }')" \
        "| $(member p50 <<<"${line}") | $(member p99 <<<"${line}") |"
}

# bare WRITERS BATCH: records a second of RocksDB alone, in the same shape and in its own groups.
bare() {
    "${bin}/idnode-bench" durable --dir "${folder}/bare" --writers "$1" --batch "$2" --record-bytes 280 \
        --seconds "${seconds}" --rounds 1 --json | member groups
    rm -rf "${folder}/bare"
}

registrations() {
    prepare_registrations >"${folder}/prepared" || { cat "${folder}/prepared" >&2; fail "the node took no enterprise"; }
    echo
    echo "| registrations, beside ${count} records | a second | must reach | of bare RocksDB | p50 ms | p99 ms |"
    echo "| --- | ---: | ---: | ---: | ---: | ---: |"
    bare=$(bare 1 2000)
    echo "| bare RocksDB, 1 x 2,000 | ${bare} | | | | |"
    register "stream, 1 connection" 100000
    register "stream, 2 connections" "" --connections 2
    register "batches of 2,000" "" --way batch
    register "SNMS batches of 2,000" 30000 --way snms
    bare=$(bare 64 1)
    echo "| bare RocksDB, 64 x 1 | ${bare} | | | | |"
    register "one by one, 64 connections" 12000 --way create --connections 64
    beside_stream
}

# Lookups at a steady rate, alone and beside a stream.
beside_stream() {
    local alone beside streaming_pid
    alone=$(plain) || fail "idnode-bench lookup ended with $?"
    "${bin}/idnode-bench" register --server "${http_server}" --token-file "${folder}/node/keys/operator.token" --prefix 88.100.900 \
        --template product-1 --seconds "$(awk -v s="${seconds}" 'BEGIN { print s + 2 }')" --json >"${folder}/streamed" &
    streaming_pid=$!
    sleep 1
    beside=$(plain) || fail "idnode-bench lookup ended with $?"
    wait "${streaming_pid}" || fail "idnode-bench register ended with $?"
    echo
    echo "| 5,000 plain lookups a second | p50 us | p99 us | registrations a second beside |"
    echo "| --- | ---: | ---: | ---: |"
    row_of_lookups alone "${alone}" 0
    row_of_lookups "beside a stream" "${beside}" "$(member identifiers_per_second <"${folder}/streamed")"
}

# idnode-bench read, as one line of JSON.
read_events() {
    "${bin}/idnode-bench" read --server "${http_server}" --token-file "${folder}/events.token" \
        --prefix 88.100.900 --series lives-0 --json "$@" || fail "idnode-bench read ($*) ended with $?"
}
# capture SERIES OPTIONS...: one stream, as one line of JSON.
capture_events() {
    local series=$1
    shift
    "${bin}/idnode-bench" register --way events --server "${http_server}" --token-file "${folder}/events.token" \
        --prefix 88.100.900 --series "${series}" --seconds 3600 --json "$@" ||
        fail "idnode-bench register --way events ($*) ended with $?"
}
# once TITLE MUST TARGET-OPTIONS...: the median of so many single reads.
once() {
    local title=$1 must=$2
    shift 2
    for ((round = 0; round < rounds; round++)); do read_events "$@"; done | sort -t: -k7 -n >"${folder}/rounds"
    local line
    line=$(sed -n "$(((rounds + 1) / 2))p" "${folder}/rounds")
    echo "| ${title} | $(member p50 <<<"${line}") | ${must} | $(member lines <<<"${line}") lines, $(member octets <<<"${line}") octets |"
}
resident_mb() { awk '/^RssAnon:/ { printf "%.0f", $2 / 1024 }' "/proc/${node_pid}/status"; }

# Waits until the store compacts no more, and has the files read once: they are in the page cache, as after some time of use.
settle_files() {
    wait_until_idle "${node_pid}"
    cat "${folder}/node/data/"*.sst >/dev/null
}

lifecycle() {
    local to=(--server "${http_server}" --plain --token-file "${folder}/node/keys/operator.token")
    prepare_registrations >"${folder}/prepared" || { cat "${folder}/prepared" >&2; fail "the node took no enterprise"; }
    "${bin}/idnode" account create line --role ROLE_APPLICATION --enterprise 1 "${to[@]}" >/dev/null
    "${bin}/idnode" account token line "${to[@]}" | sed -n 's/.*"token": *"\([^"]*\)".*/\1/p' >"${folder}/events.token"
    [[ -s ${folder}/events.token ]] || fail "the node gave no token"
    say "capturing ${events} events"
    local line
    line=$(capture_events lives --events lives --events-max "${events}") || exit 1
    echo
    echo "| ${events} lifecycle events, one stream | | must reach |"
    echo "| --- | ---: | ---: |"
    echo "| captured a second, fsynced | $(member identifiers_per_second <<<"${line}") | 15000 |"
    echo "| memory of its own, MB | $(resident_mb) | |"
    echo "| octets an event on disk | $(du -sb "${folder}/node/data" | awk -v n="${events}" '{ printf "%.0f", $1 / n }') | |"
    capture_events tree --events tree >/dev/null
    capture_events lot --events lot >/dev/null
    settle_files
    for ((round = 0; round < rounds; round++)); do
        read_events --target "/idn/v1/history?id={product}" --expect commissioning --rate 1000 --seconds "${seconds}" \
            --products $((events / 50000 * 1000))
    done >"${folder}/timelines"
    echo "| timeline of 50 events, 1,000 a second: p50 ms | $(median_of p50 <"${folder}/timelines") | |"
    echo "| p99 ms | $(median_of p99 <"${folder}/timelines") | 2 |"
    echo
    echo "| single requests, medians of ${rounds} | ms to the last octet | must reach | |"
    echo "| --- | ---: | ---: | --- |"
    local tree="hdl:88.100.900/tree-0-T00000000" lot="hdl:88.100.900/lot-0-LOT"
    once "trace back over 10,000 identifiers" 300 --target "/idn/v1/trace?id=${tree}&direction=back&limit=10000" --expect tree-0-T00009000
    once "recall of a lot made into 1,000,000 serials" 5000 --target /idn/v1/recall --body "{\"suspects\":[\"${lot}\"]}" --expect lot-0-S00999999
    echo
    echo "Memory of its own afterwards: $(resident_mb) MB."
}

machine
for table in "${tables[@]}"; do
    # The points start nodes of their own, each with its settings.
    [[ ${table} == points || -n ${node_pid} ]] || start "${folder}/node" 0
    "${table}"
done
