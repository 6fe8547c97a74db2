# Shared by run.sh, test.sh and .ci/run: what has to be installed, and how it is built.
# To be sourced by bash, not run.

readonly IDNODE_ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

# The compiler and the libraries that CMakeLists.txt looks for; README.md says what each is for.
readonly BUILD_PACKAGES=(
    build-essential cmake ninja-build pkg-config ccache
    clang-19 lld-19 llvm-19 libclang-rt-19-dev
    libboost1.81-dev libssl-dev librocksdb-dev liblz4-dev libsodium-dev libprotobuf-dev protobuf-compiler libspdlog-dev libfmt-dev
    libcli11-dev libtomlplusplus-dev libsimdjson-dev libjemalloc-dev libre2-dev
)
# What the tests and benchmarks need on top.
readonly TEST_PACKAGES=(
    catch2 librapidcheck-dev libbenchmark-dev
    python3 python3-jsonschema openapi-specification
)

say() { printf '==> %s\n' "$*"; }
fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

is_installed() {
    [[ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" == installed ]]
}

# as_root COMMAND...: needs root, or sudo, only when something has to be installed.
as_root() {
    if [[ ${EUID} -eq 0 ]]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo --preserve-env=DEBIAN_FRONTEND "$@"
    else
        fail "packages are missing and this is neither root nor a system with sudo; as root, run: $*"
    fi
}

# install_packages NAME...: asks no questions, and touches the network only for what is missing.
install_packages() {
    command -v apt-get >/dev/null ||
        fail "this script installs with apt and needs Debian 12; elsewhere install the libraries" \
             "that README.md lists and use: cmake --preset release && cmake --build --preset release"
    local missing=() name
    for name in "$@"; do
        is_installed "${name}" || missing+=("${name}")
    done
    if [[ ${#missing[@]} -eq 0 ]]; then return; fi
    say "installing with apt: ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    as_root apt-get update -qq
    as_root apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# How many compilers at once: every core, but no more than one per 1.5 GB of memory.
build_jobs() {
    local cores memory_kb by_memory
    cores="$(nproc)"
    memory_kb="$(awk '/MemAvailable/ {print $2}' /proc/meminfo)"
    by_memory=$((memory_kb / 1500000))
    if ((by_memory < 1)); then by_memory=1; fi
    echo $((cores < by_memory ? cores : by_memory))
}

# build_preset PRESET [TARGET...]: configures when needed and builds the targets (default: all).
build_preset() {
    local preset="$1" folder="${IDNODE_ROOT}/build/$1"
    shift
    cd "${IDNODE_ROOT}"
    if [[ ! -f "${folder}/build.ninja" ]]; then
        say "configuring ${preset} in build/${preset}"
        cmake --preset "${preset}" >"${folder}.log" 2>&1 || {
            cat "${folder}.log" >&2
            fail "cmake could not configure the preset ${preset}"
        }
    fi
    say "building ${preset}${*:+: $*}"
    cmake --build --preset "${preset}" --parallel "$(build_jobs)" ${*:+--target "$@"}
}
