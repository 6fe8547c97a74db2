#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "storage/hot_records.h"
#include "storage/record_walk.h"
#include "storage/rocks_db.h"

namespace idnode::storage {

/// Brings records into memory after the store was opened or its content replaced, in key order,
/// until all are there or there is no more room. A thread of low priority; it ends with the object.
/// Borrows both.
class WarmUp {
  public:
    /// `packed`: as they lie in the files.
    WarmUp(const RocksDb& rocks, HotRecords& hot, bool packed);

    bool has_ended() const { return has_ended_.load(); }
    /// Once it has ended: whether all records are in memory.
    bool has_all() const { return has_all_; }

  private:
    void run(const std::stop_token& stop);
    /// Nothing: there was no room for any of the next records.
    std::optional<RecordWalk::Step> step(RecordWalk& walk);
    /// Those that changed while they were walked over.
    void read_again();
    std::optional<HotRecords::Filled> read_again(const std::string& key);
    /// Nothing: the octets are damaged.
    std::optional<HotRecords::Filled> fill(std::string_view key, BytesView octets,
                                           HotRecords::Moment moment);

    const RocksDb& rocks_;
    HotRecords& hot_;
    const bool packed_;
    std::vector<std::string> changed_;  // keys
    bool has_all_ = true;               // so far
    std::atomic<bool> has_ended_{false};
    Bytes unpacked_;
    std::jthread thread_;  // last: it uses everything above
};

}  // namespace idnode::storage
