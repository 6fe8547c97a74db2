#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "proto/base/bytes.h"
#include "storage/rocks_db.h"

namespace idnode::storage {

/// Walks over all stored records in key order, beside everything else: each step has a snapshot of
/// its own, since the store can be closed only between two of them. Borrows the database.
class RecordWalk {
  public:
    enum class Step : std::uint8_t { kMore, kEnd, kFailed };
    /// Gets a record's key and octets as they are stored. False: it failed.
    using Visit = std::function<bool(std::string_view key, BytesView octets)>;

    /// The calling thread gives way to all others from here on.
    explicit RecordWalk(const RocksDb& rocks);

    /// The next records.
    Step step(const Visit& visit);

  private:
    const RocksDb& rocks_;
    std::string next_;  // the first possible key of the next step
};

}  // namespace idnode::storage
