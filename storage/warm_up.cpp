#include "storage/warm_up.h"

#include <rocksdb/db.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <memory>

namespace idnode::storage {
namespace {

/// Of one snapshot. Records that change while it is read must be read again; and the store can be
/// closed only between two of them.
constexpr int kRecordsOfStep = 4096;
constexpr std::size_t kReadaheadBytes = 512U << 10U;
constexpr int kNiceness = 10;
/// A change takes a flush; but one that failed stays under way.
constexpr int kReadAgainMax = 100;
constexpr std::chrono::milliseconds kReadAgainAfter{1};

}  // namespace

WarmUp::WarmUp(const RocksDb& rocks, HotRecords& hot, bool packed)
    : rocks_(rocks),
      hot_(hot),
      packed_(packed),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void WarmUp::run(const std::stop_token& stop) {
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNiceness);
    hot_.begin_walk();
    Step done = Step::kMore;
    while (done == Step::kMore && !stop.stop_requested()) {
        done = step();
        read_again();
    }
    has_all_ = has_all_ && done == Step::kEnd;
    if (has_all_) hot_.end_walk();
    has_ended_.store(true);
}

/// An error ends it: lookups will meet it and say so.
WarmUp::Step WarmUp::step() {
    const HotRecords::Moment moment = hot_.now();
    rocksdb::ReadOptions options;
    options.fill_cache = false;
    options.readahead_size = kReadaheadBytes;
    const std::unique_ptr<rocksdb::Iterator> at(
        rocks_.db().NewIterator(options, rocks_.family(Family::kRecords)));
    bool has_room = false;
    int count = 0;
    for (at->Seek(to_slice(after_)); at->Valid() && count < kRecordsOfStep; ++count, at->Next()) {
        const std::string_view key = at->key().ToStringView();
        const auto filled = fill(key, to_bytes_view(at->value()), moment);
        if (!filled) return Step::kFailed;
        if (filled == HotRecords::Filled::kChanged) changed_.emplace_back(key);
        if (filled == HotRecords::Filled::kNoRoom) {
            has_all_ = false;
        } else {
            has_room = true;
        }
        if (count + 1 == kRecordsOfStep)
            after_.assign(key).push_back('\0');  // the next possible key
    }
    if (!at->status().ok()) return Step::kFailed;
    if (count > 0 && !has_room) return Step::kNoRoom;
    return count == kRecordsOfStep ? Step::kMore : Step::kEnd;
}

void WarmUp::read_again() {
    for (const std::string& key : changed_) {
        auto filled = read_again(key);
        for (int i = 0; has_all_ && i < kReadAgainMax && filled == HotRecords::Filled::kChanged;
             ++i) {
            std::this_thread::sleep_for(kReadAgainAfter);
            filled = read_again(key);
        }
        if (filled != HotRecords::Filled::kKept) has_all_ = false;
    }
    changed_.clear();
}

/// Nothing: it cannot be read.
std::optional<HotRecords::Filled> WarmUp::read_again(const std::string& key) {
    const HotRecords::Moment moment = hot_.now();
    rocksdb::PinnableSlice value;
    const rocksdb::Status status =
        rocks_.db().Get({}, rocks_.family(Family::kRecords), to_slice(key), &value);
    if (status.IsNotFound()) return HotRecords::Filled::kKept;
    if (!status.ok()) return std::nullopt;
    return fill(key, to_bytes_view(value), moment);
}

std::optional<HotRecords::Filled> WarmUp::fill(std::string_view key, BytesView octets,
                                               HotRecords::Moment moment) {
    if (packed_) return hot_.fill(key, octets, moment);
    const auto stored = unpack_record(key, octets, rocks_.dictionaries(), unpacked_);
    if (!stored) return std::nullopt;
    return hot_.fill(key, *stored, moment);
}

}  // namespace idnode::storage
