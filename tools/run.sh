#!/usr/bin/env bash
# Starts a demo node on this machine: installs what is missing, builds, makes the node with its
# records when there is none, and serves until Ctrl-C. Asks no questions; a second start is quick.
#
#   IDNODE_PORT=2641        UDP and TCP port to serve on (127.0.0.1 only)
#   IDNODE_HTTP_PORT=8000   HTTP and HTTPS port; when 8000 is taken any free one, as the line `ready` says
#   IDNODE_DEMO=demo        folder of the demo node; remove it to begin anew
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

readonly PORT="${IDNODE_PORT:-2641}"
readonly DEMO="${IDNODE_DEMO:-${IDNODE_ROOT}/demo}"
readonly BIN="${IDNODE_ROOT}/build/release/bin"

# Whether something listens there.
is_taken() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

check_port() {
    [[ "${PORT}" =~ ^[0-9]+$ ]] && ((PORT >= 1 && PORT <= 65535)) ||
        fail "IDNODE_PORT=${PORT} is not a port number from 1 to 65535"
    if is_taken "${PORT}"; then
        fail "port ${PORT} is taken by another program; choose another: IDNODE_PORT=2642 tools/run.sh"
    fi
}

# Made beside its final place and renamed at the end: an interrupted start leaves no half node.
create_demo() {
    local making="${DEMO}.making"
    say "creating the demo node in ${DEMO}"
    rm -rf "${making}"
    "${BIN}/idnode" init "${making}" --prefix 88.100 --listen 127.0.0.1 --port "${PORT}" >/dev/null
    "${BIN}/idnode" import "${IDNODE_ROOT}/tools/examples/records.ndjson" \
        --config "${making}/idnode.toml"
    mv "${making}" "${DEMO}"
}

print_commands() {
    local server=""
    if ((PORT != 2641)); then server=" --server 127.0.0.1:${PORT}"; fi
    cat <<TEXT

The node will answer on 127.0.0.1 port ${PORT} (UDP and TCP). In another terminal, try:

    build/release/bin/idnode resolve 88.100.7/P-000123${server}
    build/release/bin/idnode resolve 88.100.7/P-000123 --type URL --tcp${server}
    build/release/bin/idnode resolve 88.100.8/LOT-2026-0042 --json${server}
    build/release/bin/idnode resolve 0.NA/88.100.7${server}

Ctrl-C ends it. The settings are in ${DEMO}/idnode.toml.

TEXT
}

check_port
mkdir -p "${IDNODE_ROOT}/build"
install_packages "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}"
build_preset release idnoded idnode
if [[ ! -f "${DEMO}/idnode.toml" ]]; then create_demo; fi
http_port="${IDNODE_HTTP_PORT:-8000}"
if [[ -z "${IDNODE_HTTP_PORT:-}" ]] && is_taken "${http_port}"; then http_port=0; fi
print_commands
exec "${BIN}/idnoded" --config "${DEMO}/idnode.toml" \
    --set "listen.udp_port=${PORT}" --set "listen.tcp_port=${PORT}" --set "listen.http_port=${http_port}"
