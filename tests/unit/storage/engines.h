#pragma once

#include <memory>
#include <tuple>
#include <utility>

#include "tests/unit/storage/store_fixture.h"

/// Both engines, for TEMPLATE_LIST_TEST_CASE. Debian's RocksDB is not instrumented for the thread
/// sanitizer: there the list holds the memory store only.
namespace idnode::test {

#ifdef IDNODE_TEST_ROCKSDB

/// Opens in the folder or, when it cannot, fails the test.
inline std::unique_ptr<model::RecordStore> must_open(const storage::RocksOptions& options,
                                                     const model::Clock& clock) {
    auto store = storage::open_rocks_store(options, clock);
    if (!store) throw std::runtime_error(store.error().detail);
    return *std::move(store);
}

inline storage::RocksOptions create_in(const std::filesystem::path& dir) {
    storage::RocksOptions options;
    options.dir = dir;
    options.create = true;
    options.cache_bytes = 8U << 20U;
    return options;
}

inline storage::RocksOptions open_in(const std::filesystem::path& dir) {
    storage::RocksOptions options = create_in(dir);
    options.create = false;
    return options;
}

struct RocksEngine {
    TemporaryFolder folder;
    SetClock clock;
    std::unique_ptr<model::RecordStore> store = must_open(create_in(folder.path()), clock);
};

/// With records in memory in front, a few of them.
struct KeepingEngine {
    TemporaryFolder folder;
    SetClock clock;
    std::unique_ptr<model::RecordStore> store = [this] {
        storage::RocksOptions options = create_in(folder.path());
        options.records_bytes = 512U << 10U;
        return must_open(options, clock);
    }();
};

using Engines = std::tuple<MemoryEngine, RocksEngine, KeepingEngine>;

#else

using Engines = std::tuple<MemoryEngine>;

#endif

}  // namespace idnode::test
