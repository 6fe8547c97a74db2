#include "storage/warm_up.h"

#include <rocksdb/db.h>

#include <chrono>

namespace idnode::storage {
namespace {

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
    using Step = RecordWalk::Step;
    RecordWalk walk(rocks_);
    hot_.begin_walk();
    std::optional<Step> done = Step::kMore;
    while (done == Step::kMore && !stop.stop_requested()) {
        done = step(walk);
        read_again();
    }
    has_all_ = has_all_ && done == Step::kEnd;
    if (has_all_) hot_.end_walk();
    has_ended_.store(true);
}

/// An error ends it: lookups will meet it and say so. Records that change meanwhile must be read
/// again.
std::optional<RecordWalk::Step> WarmUp::step(RecordWalk& walk) {
    const HotRecords::Moment moment = hot_.now();
    bool has_room = false;
    bool is_empty = true;
    const RecordWalk::Step done = walk.step([&](std::string_view key, BytesView octets) {
        is_empty = false;
        const auto filled = fill(key, octets, moment);
        if (filled == HotRecords::Filled::kChanged) changed_.emplace_back(key);
        if (filled == HotRecords::Filled::kNoRoom) {
            has_all_ = false;
        } else {
            has_room = true;
        }
        return filled.has_value();
    });
    if (done != RecordWalk::Step::kFailed && !is_empty && !has_room) return std::nullopt;
    return done;
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
