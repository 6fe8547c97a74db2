#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string_view>

#include "bench/histogram.h"
#include "proto/base/result.h"

namespace idnode::bench {

/// How records and their log entries reach stable storage.
enum class WritePath : std::uint8_t {
    kRocksGroups,  // bare RocksDB: each writer writes, RocksDB makes groups of those who come
                   // together
    kCommitter,    // bare RocksDB: writers queue, one thread writes all that wait as one batch
    kStore,        // the node's own store, through its port
};
std::string_view name_of(WritePath path);

/// New records of the size of realistic ones, each with its log entry; every write is on stable
/// storage before its writer makes the next one.
struct DurableLoad {
    WritePath path = WritePath::kStore;
    std::filesystem::path folder;  // is made, and must not exist
    std::size_t writers = 1;
    std::size_t batch = 1;  // records of one write
    std::size_t record_bytes = 250;
    std::chrono::milliseconds duration{1'000};
};

struct DurableResult {
    double records_per_second = 0;
    double cpu_us_per_record = 0;  // of the whole process, user and kernel
    Histogram latency;             // of one write
};

/// The same octets under the same keys on all paths: what the store would write of a record that is
/// new, in two column families. What the store does beyond that (looking for the record that is
/// there, checking values, numbering) is its own cost. Blocks for `duration`.
Result<DurableResult> write_durably(const DurableLoad& load);

}  // namespace idnode::bench
