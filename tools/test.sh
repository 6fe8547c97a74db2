#!/usr/bin/env bash
# Installs what is missing, builds the release preset and runs every test. Asks no questions.
# Arguments go to ctest: tools/test.sh -R tidy
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup.sh"

mkdir -p "${IDNODE_ROOT}/build"
install_packages "${BUILD_PACKAGES[@]}" "${TEST_PACKAGES[@]}"
build_preset release
say "running every test"
ctest --preset release --parallel "$((2 * $(nproc)))" "$@"  # many of them mostly wait
