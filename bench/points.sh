# shellcheck shell=bash disable=SC2154
# The ten points of the table of bench/README.md, one function each; bench/run.sh sources this file. Each
# appends rows to ${folder}/rows, and what stands behind them to ${folder}/details.

settings='' # of the node that runs, in words
point=''
beside_pid='' # of what works beside lookups

# Server and load generator have a core each where there are two.
server_core=()
load_core=()
echo_core=()
if (($(nproc) > 1)) && command -v taskset >/dev/null; then
    server_core=(taskset -c 0)
    load_core=(taskset -c 1)
    echo_core=(--echo-cpu 0)
fi

# row POINT WHAT WORDS [NUMBER ge|le MUST]: one line of the table.
row() {
    local sign met=''
    if [[ $# -gt 3 ]]; then
        [[ $5 == ge ]] && sign=≥ || sign=≤
        met=$(awk -v n="$4" -v op="$5" -v m="$6" 'BEGIN { print (op == "ge" ? n >= m : n <= m) ? "yes" : "**no**" }')
    fi
    echo "| $1 | $2 | $3 | ${6:+${sign} $6} | ${met} |" >>"${folder}/rows"
    say "  $2: $3"
}
# spread NAME [FACTOR]: `median [least..most]` of a member of a line of JSON on standard input.
spread() {
    sed -n "s/.*\"$1\":\[\([0-9.]*\),\([0-9.]*\),\([0-9.]*\)\].*/\1 \2 \3/p" |
        awk -v f="${2:-1}" '{ printf "%.2f [%.2f..%.2f]", f * $1, f * $2, f * $3 }'
}

# start NODE THREADS SETTINGS...: sets node_pid, server, tcp_server, http_server once it serves and rests: what it
# reads into memory at its start has been read. Pinned to the server's core if it has one thread.
start() {
    local node=$1 threads=$2 setting
    local options=(--set "node.threads=${threads}") pin=()
    shift 2
    for setting in "$@"; do options+=(--set "${setting}"); done
    [[ ${threads} != 1 ]] || pin=("${server_core[@]}")
    : >"${folder}/ready"
    "${pin[@]}" "${bin}/idnoded" --config "${node}/idnode.toml" "${options[@]}" >"${folder}/ready" 2>"${folder}/node.log" &
    node_pid=$!
    node_pids+=("${node_pid}")
    wait_until_ready
    wait_until_idle "${node_pid}"
}
stop() {
    kill "${node_pid}"
    wait "${node_pid}" 2>/dev/null || true
    node_pid=
}
# busy_ns PID: how long all its threads have had a core or waited for one.
busy_ns() { cat /proc/"$1"/task/*/schedstat 2>/dev/null | awk '{ sum += $1 + $2 } END { printf "%.0f", sum }'; }
# Below a tenth of a core for a second.
wait_until_idle() {
    local before after rest=0
    after=$(busy_ns "$1")
    for ((i = 0; i < 1200 && rest < 2; i++)); do
        before=${after}
        sleep 0.5
        after=$(busy_ns "$1")
        ((after - before < 50000000)) && rest=$((rest + 1)) || rest=0
    done
}
has_setting() { "${bin}/idnode" settings | grep -q "^ *$1\b"; }
# memory_of KIND: RssAnon, RssFile or VmRSS of the node in MB.
memory_of() { awk -v kind="$1:" '$1 == kind { printf "%.0f", $2 * 1024 / 1e6 }' "/proc/${node_pid}/status"; }

# compare CASE OPTIONS...: node and echo in turns; the JSON of it in ${folder}/case, its line in the details.
compare() {
    local name=$1
    shift
    local status=0
    timeout --foreground "$(awk -v s="${seconds}" -v r="${rounds}" 'BEGIN { print int((2 * r + 2) * (s + 2) * 2 + 120) }')" \
        "${load_core[@]}" "${bin}/idnode-bench" compare --server "${server}" --tcp-server "${tcp_server}" \
        --server-pid "${node_pid}" --records "${folder}/answers" --seconds "${seconds}" --rounds "${rounds}" \
        --cases "${name}" --json "${folder}/case" "${echo_core[@]}" "$@" >"${folder}/table" 2>>"${folder}/errors" || status=$?
    case ${status} in
        0) ;;
        1) cat "${folder}/errors" >&2; fail "the node gave wrong answers (${name})" ;;
        124) fail "${name} did not end in time" ;;
        *) cat "${folder}/errors" >&2; fail "idnode-bench compare (${name}) ended with ${status}" ;;
    esac
    [[ -s ${folder}/details ]] || head -2 "${folder}/table" >"${folder}/details"
    tail -n +3 "${folder}/table" | sed "s|^. |\| ${point}: ${settings:+${settings}: }|" >>"${folder}/details"
}
# ratio POINT WHAT CASE MUST: answers of a second of server CPU, node / echo.
ratio() {
    compare "$3"
    local words
    words=$(spread per_cpu_second <"${folder}/case")
    row "$1" "$2" "${words}" "${words%% *}" ge "$4"
}

# megabytes SHARE: room for so many of the records, 330 octets each.
megabytes() { awk -v n="${count}" -v share="$1" 'BEGIN { print int(n * 330 * share / 1048576) + 1 }'; }
# For where all of them lie, 24 octets each.
places_megabytes() { awk -v n="${count}" 'BEGIN { print int(n * 24 / 1048576) + 1 }'; }

# 1, 3, 4 and 5 are asked of one node, which is started once.
in_memory() {
    [[ ${settings} != "in memory" ]] || return 0
    [[ -z ${node_pid} ]] || stop
    settings="in memory"
    local start_ms
    start_ms=$(now_ms)
    start "${folder}/node" 1 "data.records_mb=$(megabytes 1)" "limits.tcp_connections_max=20000" "limits.tcp_idle_s=600"
    say "  served and read everything into memory in $(($(now_ms) - start_ms)) ms"
}
leave_memory() {
    settings=
    [[ -z ${node_pid} ]] || stop
}

point_1() {
    in_memory
    local own octets
    ratio 1 "records in memory, uniform over all: per CPU second, node / echo" uniform 0.80
    own=$(memory_of RssAnon)
    octets=$(calculate "int(${own} * 1e6 / ${count})")
    row 1 "memory a record, octets (the process has ${own} MB of its own)" "${octets}" "${octets}" le 330
}

on_disk() {
    local what=$1 must=$2
    shift 2
    leave_memory
    settings=${what}
    start "${folder}/node" 1 "$@"
    ratio 2 "on disk, ${what}, uniform over all: per CPU second, node / echo" uniform "${must}"
}
is_far_larger() { ((count > 20000000)); }
# What is in memory at first is what lies first on the disk. Three questions for each record (at 150,000/s) later it is
# what is asked for. No round has the same choice.
settle_memory() {
    "${load_core[@]}" "${bin}/idnode-bench" lookup --server "${server}" --records "${folder}/answers" --choice zipf \
        --zipf-s 1.0 --sockets 8 --window 64 --seed 1000 --seconds "$(calculate "${count} * 3 / 150000 + 0.1")" \
        >/dev/null || fail "the node gave wrong answers (settling)"
}
point_2() {
    local per total
    per=$(du -sb --exclude='*.log' "${folder}/node/data" | awk -v n="${count}" '{ printf "%.0f", $1 / n }')
    row 2 "files, octets a record" "${per}" "${per}" le 130
    on_disk "places known" 0.45 data.records_mb=0 "data.places_mb=$(places_megabytes)"
    total=$(memory_of VmRSS)
    # What must be reached is said of 10 million records.
    if is_far_larger; then
        row 2 "resident memory, MB: own $(memory_of RssAnon), mapped $(memory_of RssFile)" "${total}"
    else
        row 2 "resident memory, MB: own $(memory_of RssAnon), mapped $(memory_of RssFile)" "${total}" "${total}" le 512
    fi
    ratio 3 "not found, records not in memory: per CPU second, node / echo" absent 0.80
    on_disk "mapped" 0.48 data.records_mb=0 "data.places_mb=$(places_megabytes)" data.mapped=on
    row 2 "mapped: resident memory, MB: own $(memory_of RssAnon), mapped $(memory_of RssFile)" "$(memory_of VmRSS)"
    leave_memory
    ! is_far_larger || return 0 # the memory would take an hour to settle
    settings="room for 10 %"
    start "${folder}/node" 1 "data.records_mb=$(megabytes 0.1)" "data.places_mb=$(places_megabytes)"
    settle_memory
    ratio 2 "room for 10 % of the records, Zipf 1.0: per CPU second, node / echo" zipf 0.70
    leave_memory
}

point_3() {
    in_memory
    ratio 3 "not found: per CPU second, node / echo" absent 0.80
}

point_4() {
    in_memory
    local words
    compare steady100
    words=$(spread p50_ratio <"${folder}/case")
    row 4 "p50 at 100,000/s, node / echo" "${words}" "${words%% *}" le 1.5
    words=$(spread p99_ratio <"${folder}/case")
    row 4 "p99 at 100,000/s, node / echo" "${words}" "${words%% *}" le 2
}

point_5() {
    in_memory
    local words octets
    ratio 5 "TCP, 100 connections x 1: per CPU second, node / echo" tcp 0.70
    compare pipelined
    words=$(spread cpu_us <"${folder}/case")
    row 5 "TCP, 8 connections x 64, hot records: us of a core a lookup" "${words}" "${words%% *}" le 1.5
    octets=$("${load_core[@]}" "${bin}/idnode-bench" idle --server "${tcp_server}" --server-pid "${node_pid}" \
        --records "${folder}/answers" --connections "${idle_connections}") || fail "idnode-bench idle failed"
    row 5 "${idle_connections} idle connections, octets of own memory each" "${octets}" "${octets}" le 4096
}

# Two threads on both cores at twice the rate of one thread: each then has as much to do, and what they cost each
# other shows in the CPU time of an answer. The generator takes what the second core has left.
point_6() {
    leave_memory
    local one_pid one_server words
    copy_node "${folder}/node" "${folder}/twin"
    settings="two threads / one"
    start "${folder}/twin" 1 "data.records_mb=$(megabytes 1)"
    one_pid=${node_pid} one_server=${server}
    start "${folder}/node" 2 "data.records_mb=$(megabytes 1)"
    compare twice --other-server "${one_server}" --other-pid "${one_pid}"
    words=$(spread per_cpu_second 2 <"${folder}/case")
    row 6 "two threads at 100,000/s over one at 50,000/s: 2 x answers of a CPU second" "${words}" "${words%% *}" ge 1.8
    kill "${one_pid}"
    wait "${one_pid}" 2>/dev/null || true
    leave_memory
    rm -rf "${folder}/twin"
}

# A second node with the same records: the sorted files, which are never written again, under a second name.
copy_node() {
    rm -rf "$2"
    mkdir -p "$2/data"
    cp -r "$1/idnode.toml" "$1/keys" "$2/"
    find "$1/data" -maxdepth 1 -name '*.sst' -exec ln -t "$2/data" {} +
    find "$1/data" -maxdepth 1 -type f ! -name '*.sst' -exec cp -t "$2/data" {} +
}

# timed COMMAND...: how many records a second it made of them.
timed() {
    local begun=${EPOCHREALTIME/./}
    "$@" >"${folder}/timed.log" 2>&1 || { cat "${folder}/timed.log" >&2; fail "$* failed"; }
    awk -v n="${count}" -v us="$((${EPOCHREALTIME/./} - begun))" 'BEGIN { printf "%.0f", n / us * 1e6 }'
}
new_node() { "${bin}/idnode" init "$1" --prefix 88.100 --listen 127.0.0.1 --port 0 --http-port 0 >/dev/null; }

import_records() {
    local from=(--config "${folder}/node/idnode.toml" --quiet)
    if [[ -n ${records_file} ]]; then
        "${bin}/idnode" import "${records_file}" "${from[@]}"
    else
        "${bin}/idnode-bench" data --count "${count}" | "${bin}/idnode" import - "${from[@]}"
    fi
}
# export_records FORM FILE, which may be /dev/null
export_records() {
    local to=(--output "$2")
    [[ $2 != /dev/null ]] || to=()
    "${bin}/idnode" export --form "$1" --config "${folder}/node/idnode.toml" --quiet "${to[@]}" >/dev/null
}

# `median [least..most]` of the numbers on standard input.
median() { sort -n | awk '{ all[NR] = $1 } END { printf "%s [%s..%s]", all[int((NR + 1) / 2)], all[1], all[NR] }'; }
# So many times, each into a store of its own.
import_rates() {
    for ((round = 0; round < rounds; round++)); do
        rm -rf "${folder}/second"
        new_node "${folder}/second"
        timed "${bin}/idnode" import "$1" --config "${folder}/second/idnode.toml" --quiet
        echo
    done | median
}
export_rates() {
    for ((round = 0; round < rounds; round++)); do
        timed export_records "$@"
        echo
    done | median
}
# rate_row WHAT MUST COMMAND...: which prints the rate.
rate_row() {
    local what=$1 must=$2 rates
    shift 2
    rates=$("$@")
    row 7 "${what}, records/s" "${rates}" "${rates%% *}" ge "${must}"
}

point_7() {
    leave_memory
    local begun ms
    if [[ -n ${records_file} ]]; then
        rate_row "import of NDJSON" 600000 import_rates "${records_file}"
        rate_row "binary export" 1200000 export_rates binary "${folder}/exported"
        rate_row "binary import" 1200000 import_rates "${folder}/exported"
        rate_row "export of NDJSON" 600000 export_rates ndjson "${folder}/exported"
        rm -rf "${folder}/exported" "${folder}/second"
    else
        rate_row "import of NDJSON with their making" 600000 echo "${import_rate}"
        rate_row "binary export" 1200000 export_rates binary /dev/null
        rate_row "export of NDJSON" 600000 export_rates ndjson /dev/null
    fi
    : >"${folder}/ready"
    begun=$(now_ms)
    "${bin}/idnoded" --config "${folder}/node/idnode.toml" >"${folder}/ready" 2>"${folder}/node.log" &
    node_pid=$!
    node_pids+=("${node_pid}")
    wait_until_ready
    "${bin}/idnode" resolve "${first_handle}" --server "${server}" --udp >/dev/null || fail "the node did not answer"
    ms=$(($(now_ms) - begun))
    row 7 "start to first answer, ms" "${ms}" "${ms}" le 1000
    wait_until_idle "${node_pid}"
    stop
}

point_9() {
    leave_memory
    local line words rate
    while read -r line; do
        words=$(spread ratio <<<"${line}")
        row 9 "$(member writers <<<"${line}") writers: $(member store <<<"${line}")/s, RocksDB's groups $(member groups <<<"${line}")/s, one committer $(member committer <<<"${line}")/s: store / better" \
            "${words}" "${words%% *}" ge 0.8
    done < <("${bin}/idnode-bench" durable --dir "${folder}/durable" --rounds "${rounds}" --seconds "$(calculate "${seconds} / 3")" --json)
    line=$("${bin}/idnode-bench" durable --dir "${folder}/durable" --rounds "${rounds}" --seconds "$(calculate "${seconds} / 3")" \
        --writers 1 --batch 2000 --json)
    rate=$(member store <<<"${line}")
    row 9 "one writer, batches of 2,000, records/s" "${rate}" "${rate}" ge 200000
    rm -rf "${folder}/durable"
    settings="registration"
    start "${folder}/node" "$(nproc)" "data.records_mb=0"
    prepare_registrations >"${folder}/prepared" || { cat "${folder}/prepared" >&2; fail "the node took no enterprise"; }
    rate=$(register_once | member identifiers_per_second)
    row 9 "through the registration stream, 1 connection, records/s" "${rate}" "${rate}" ge 100000
    leave_memory
}
register_once() {
    "${bin}/idnode-bench" register --server "${http_server}" --token-file "${folder}/node/keys/operator.token" \
        --prefix 88.100.900 --template product-1 --seconds "${seconds}" --json || fail "idnode-bench register failed"
}

# p99 WORDS: the median of so many rounds of lookups at 50,000/s.
p99() {
    local first=()
    ! chrt -r 1 true 2>/dev/null || first=(chrt -r 1) # it stands for clients elsewhere
    for ((round = 0; round < rounds; round++)); do
        "${first[@]}" "${bin}/idnode-bench" lookup --server "${server}" --records "${folder}/answers" --seconds "${seconds}" \
            --rate 50000 --json >"${folder}/lookup" || fail "idnode-bench lookup ended with $?"
        member p99 <"${folder}/lookup"
    done | sort -n | sed -n "$(((rounds + 1) / 2))p"
}
# beside WHAT QUIET COMMAND...: the same while the command runs, in a process group that is then ended. It gives way,
# since a factory's machine would be another one; in the same session, since the kernel weighs sessions as a whole.
beside() {
    local what=$1 quiet=$2 p99_us
    shift 2
    set -m
    nice -n 10 "$@" >"${folder}/beside.log" 2>&1 &
    beside_pid=$!
    set +m
    sleep 1
    p99_us=$(p99)
    kill -0 "${beside_pid}" 2>/dev/null || { cat "${folder}/beside.log" >&2; fail "it ended too early: $*"; }
    stop_beside
    row 10 "p99 at 50,000/s ${what}, us" "${p99_us}" "${p99_us}" le "$(calculate "5 * ${quiet}")"
}
stop_beside() {
    [[ -n ${beside_pid} ]] || return 0
    kill -- "-${beside_pid}" 2>/dev/null || true
    wait "${beside_pid}" 2>/dev/null || true
    beside_pid=
}
# Nothing is pinned here: an import takes what both cores have.
point_10() {
    leave_memory
    local quiet
    settings="import beside"
    start "${folder}/node" 0 "data.records_mb=$(megabytes 1)" node.realtime=on
    quiet=$(p99)
    row 10 "p99 at 50,000/s, nothing beside, us" "${quiet}"
    # shellcheck disable=SC2016  # the inner shell expands it
    beside "beside idnode import on the same machine" "${quiet}" bash -c '
        while rm -rf "$2"; do
            "$1/idnode" init "$2" --prefix 88.100 --port 0 --http-port 0
            "$1/idnode-bench" data --count "$3" | "$1/idnode" import - --config "$2/idnode.toml" --quiet
        done' importing "${bin}" "${folder}/second" "${count}"
    prepare_registrations >"${folder}/prepared" || { cat "${folder}/prepared" >&2; fail "the node took no enterprise"; }
    beside "beside a stream into the node, flushes and compaction" "${quiet}" \
        "${bin}/idnode-bench" register --server "${http_server}" --token-file "${folder}/node/keys/operator.token" \
        --prefix 88.100.900 --template product-1 --seconds 3600
    leave_memory
}
