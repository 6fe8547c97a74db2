#pragma once

#include <string>
#include <thread>

#include "storage/hot_records.h"
#include "storage/rocks_db.h"

namespace idnode::storage {

/// Brings records into memory after the store was opened, in key order, until all are there or
/// there is no more room. A thread of low priority; it ends with the object. Borrows both.
class WarmUp {
  public:
    WarmUp(const RocksDb& rocks, HotRecords& hot);

  private:
    void run(const std::stop_token& stop);
    /// The next records after `after`, which becomes the last of them. False: that was all.
    bool step(std::string& after);

    const RocksDb& rocks_;
    HotRecords& hot_;
    std::jthread thread_;  // last: it uses everything above
};

}  // namespace idnode::storage
