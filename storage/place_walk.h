#pragma once

#include <string_view>
#include <thread>

#include "storage/places.h"
#include "storage/record_walk.h"
#include "storage/rocks_db.h"
#include "storage/warm_up.h"

namespace idnode::storage {

/// Finds out where the records lie after the store was opened, in key order, until all are known or
/// there is no more room. Begins when `before`, unless null, has ended, and does nothing when that
/// has brought all into memory. A thread of low priority; it ends with the object. Borrows all.
class PlaceWalk {
  public:
    PlaceWalk(const RocksDb& rocks, Places& places, const WarmUp* before);

  private:
    void run(const std::stop_token& stop);
    RecordWalk::Step step(RecordWalk& walk);
    void search(std::string_view key);

    const RocksDb& rocks_;
    Places& places_;
    const WarmUp* const before_;
    std::jthread thread_;  // last: it uses everything above
};

}  // namespace idnode::storage
