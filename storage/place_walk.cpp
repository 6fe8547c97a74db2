#include "storage/place_walk.h"

#include <rocksdb/db.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <memory>

#include "storage/table_reads.h"

namespace idnode::storage {
namespace {

/// Of one snapshot: the store can be closed only between two of them.
constexpr int kRecordsOfStep = 4096;
constexpr std::size_t kReadaheadBytes = 512U << 10U;
constexpr int kNiceness = 10;
constexpr std::chrono::milliseconds kLookAgainAfter{20};

}  // namespace

PlaceWalk::PlaceWalk(const RocksDb& rocks, Places& places, const WarmUp* before)
    : rocks_(rocks),
      places_(places),
      before_(before),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void PlaceWalk::run(const std::stop_token& stop) {
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNiceness);
    while (before_ != nullptr && !before_->has_ended()) {
        if (stop.stop_requested()) return;
        std::this_thread::sleep_for(kLookAgainAfter);
    }
    if (before_ != nullptr && before_->has_all()) return;
    places_.begin_walk();
    Step done = Step::kMore;
    while (done == Step::kMore && !stop.stop_requested() && places_.count() < places_.room()) {
        done = step();
    }
    if (done == Step::kEnd) places_.end_walk();
}

/// An error ends it: lookups will meet it and say so.
PlaceWalk::Step PlaceWalk::step() {
    const Moment before = places_.now();
    const NotedReads noted;
    rocksdb::ReadOptions options;
    options.fill_cache = false;
    options.readahead_size = kReadaheadBytes;
    const std::unique_ptr<rocksdb::Iterator> at(
        rocks_.db().NewIterator(options, rocks_.family(Family::kRecords)));
    int count = 0;
    for (at->Seek(to_slice(after_)); at->Valid() && count < kRecordsOfStep; ++count, at->Next()) {
        const std::string_view key = at->key().ToStringView();
        if (const auto place = NotedReads::place_of(to_bytes_view(at->value()))) {
            places_.learn(key, *place, before);
        } else {
            search(key);
        }
        places_.tell(key);
        if (count + 1 == kRecordsOfStep) after_.assign(key).push_back('\0');
    }
    if (!at->status().ok()) return Step::kFailed;
    return count == kRecordsOfStep ? Step::kMore : Step::kEnd;
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
