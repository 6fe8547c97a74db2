#include "storage/warm_up.h"

#include <rocksdb/db.h>
#include <sys/resource.h>
#include <unistd.h>

#include <memory>

namespace idnode::storage {
namespace {

/// Of one snapshot. Records that change while it is read are left out; and the store can be closed
/// only between two of them.
constexpr int kRecordsOfStep = 4096;
constexpr std::size_t kReadaheadBytes = 512U << 10U;
constexpr int kNiceness = 10;

}  // namespace

WarmUp::WarmUp(const RocksDb& rocks, HotRecords& hot)
    : rocks_(rocks), hot_(hot), thread_([this](const std::stop_token& stop) { run(stop); }) {}

void WarmUp::run(const std::stop_token& stop) {
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNiceness);
    std::string after;
    while (!stop.stop_requested() && step(after)) {
    }
}

/// An error ends it: lookups will meet it and say so.
bool WarmUp::step(std::string& after) {
    const HotRecords::Moment moment = hot_.now();
    rocksdb::ReadOptions options;
    options.fill_cache = false;
    options.readahead_size = kReadaheadBytes;
    const std::unique_ptr<rocksdb::Iterator> at(
        rocks_.db().NewIterator(options, rocks_.family(Family::kRecords)));
    at->Seek(to_slice(after));
    bool has_room = false;
    int count = 0;
    Bytes unpacked;
    for (; at->Valid() && count < kRecordsOfStep; ++count, at->Next()) {
        const std::string_view key = at->key().ToStringView();
        const auto stored =
            unpack_record(key, to_bytes_view(at->value()), rocks_.dictionaries(), unpacked);
        if (!stored) return false;
        if (hot_.fill(key, *stored, moment)) has_room = true;
        if (count + 1 == kRecordsOfStep)
            after.assign(key).push_back('\0');  // the next possible key
    }
    return has_room && count == kRecordsOfStep;
}

}  // namespace idnode::storage
