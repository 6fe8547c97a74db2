#include "storage/place_walk.h"

#include <rocksdb/db.h>

#include <chrono>

#include "storage/table_reads.h"

namespace idnode::storage {
namespace {

constexpr std::chrono::milliseconds kLookAgainAfter{20};

}  // namespace

PlaceWalk::PlaceWalk(const RocksDb& rocks, Places& places, const WarmUp* before)
    : rocks_(rocks),
      places_(places),
      before_(before),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void PlaceWalk::run(const std::stop_token& stop) {
    RecordWalk walk(rocks_);
    while (before_ != nullptr && !before_->has_ended()) {
        if (stop.stop_requested()) return;
        std::this_thread::sleep_for(kLookAgainAfter);
    }
    if (before_ != nullptr && before_->has_all()) return;
    places_.begin_walk();
    using Step = RecordWalk::Step;
    Step done = Step::kMore;
    while (done == Step::kMore && !stop.stop_requested() && places_.count() < places_.room()) {
        done = step(walk);
    }
    if (done == Step::kEnd) places_.end_walk();
}

/// An error ends it: lookups will meet it and say so.
RecordWalk::Step PlaceWalk::step(RecordWalk& walk) {
    const Moment before = places_.now();
    const NotedReads noted;
    return walk.step([&](std::string_view key, BytesView octets) {
        if (const auto place = NotedReads::place_of(octets)) {
            places_.learn(key, *place, before);
        } else {
            search(key);
        }
        places_.tell(key);
        return true;
    });
}

/// Where several files hold the same keys, what was read last is another one's.
void PlaceWalk::search(std::string_view key) {
    const Moment before = places_.now();
    rocksdb::ReadOptions options;
    options.fill_cache = false;
    options.verify_checksums = false;
    rocksdb::PinnableSlice value;
    const ReadsAtOnce at_once;
    const rocksdb::Status status =
        rocks_.db().Get(options, rocks_.family(Family::kRecords), to_slice(key), &value);
    if (!status.ok()) return;
    if (const auto place = ReadsAtOnce::place_of(to_bytes_view(value))) {
        places_.learn(key, *place, before);
    }
}

}  // namespace idnode::storage
