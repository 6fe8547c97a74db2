#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "proto/base/result.h"
#include "registry/model/ports.h"

namespace idnode::storage {

struct RocksOptions {
    std::filesystem::path dir;
    bool create = false;     // kInvalid if the folder holds anything already
    bool read_only = false;  // leaves a running node alone; sees what is there at opening
    std::uint64_t cache_bytes = 256ULL << 20U;  // block cache
    /// For records in memory, in front of the disk; 0: none. Not where it is opened to read only.
    std::uint64_t records_bytes = 0;
    /// For where records lie in their files, 20 octets each; 0: lookups search. As above.
    std::uint64_t places_bytes = 0;
    /// Lookups read the files where they are mapped: faster, but they wait where a file is not in
    /// memory, and what they looked at counts as memory of the process.
    bool mapped = false;
    int background_threads = 2;
};

/// The RocksDB engine, one partition. Opening refuses a folder that is not a store of ours, has an
/// unknown format version, is damaged, or is in use by another process: the error says which.
Result<std::unique_ptr<model::RecordStore>> open_rocks_store(const RocksOptions& options,
                                                             const model::Clock& clock);

/// Everything in memory, for tests and the thread sanitizer. Nothing survives it.
std::unique_ptr<model::RecordStore> make_memory_store(const model::Clock& clock);

}  // namespace idnode::storage
