#include "storage/record_walk.h"

#include <rocksdb/db.h>
#include <sys/resource.h>
#include <unistd.h>

#include <memory>

namespace idnode::storage {
namespace {

constexpr int kRecordsOfStep = 4096;
constexpr std::size_t kReadaheadBytes = 512U << 10U;
constexpr int kNiceness = 10;

}  // namespace

RecordWalk::RecordWalk(const RocksDb& rocks) : rocks_(rocks) {
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNiceness);
}

RecordWalk::Step RecordWalk::step(const Visit& visit) {
    rocksdb::ReadOptions options;
    options.fill_cache = false;
    options.readahead_size = kReadaheadBytes;
    const std::unique_ptr<rocksdb::Iterator> at(
        rocks_.db().NewIterator(options, rocks_.family(Family::kRecords)));
    int count = 0;
    for (at->Seek(to_slice(next_)); at->Valid() && count < kRecordsOfStep; ++count, at->Next()) {
        const std::string_view key = at->key().ToStringView();
        if (!visit(key, to_bytes_view(at->value()))) return Step::kFailed;
        if (count + 1 == kRecordsOfStep) next_.assign(key).push_back('\0');
    }
    if (!at->status().ok()) return Step::kFailed;
    return count == kRecordsOfStep ? Step::kMore : Step::kEnd;
}

}  // namespace idnode::storage
