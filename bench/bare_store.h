#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "proto/base/result.h"

namespace idnode::bench {

/// What registrations write, without everything that decides about them.
struct BareLoad {
    std::string folder;  // is made, and must not exist
    std::size_t writers = 1;
    std::size_t batch = 2'000;  // records of one write
    std::chrono::milliseconds duration{5'000};
};

/// Bare RocksDB: a record and a log entry of registration's sizes for each number, written in
/// batches that are on stable storage before the next one. Gives records a second. The writers'
/// order is RocksDB's own affair.
Result<double> run_bare_store(const BareLoad& load);

}  // namespace idnode::bench
