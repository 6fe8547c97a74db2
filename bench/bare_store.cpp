#include "bench/bare_store.h"

#include <fmt/format.h>
#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "bench/exchange.h"
#include "bench/random.h"

namespace idnode::bench {
namespace {

// What `idnode-bench register` makes the store keep of one identifier.
constexpr std::size_t kRecordBytes = 280;
constexpr std::size_t kLogBytes = 70;

std::string noise(std::size_t bytes) {
    Random random(1);
    std::string out;
    while (out.size() < bytes) out += static_cast<char>('a' + random.below(26));
    return out;
}

/// Writes batches until `end`.
rocksdb::Status write_until(rocksdb::DB& db, rocksdb::ColumnFamilyHandle* log, const BareLoad& load,
                            TimePoint end, std::atomic<std::uint64_t>& next) {
    const std::string record = noise(kRecordBytes);
    const std::string entry = noise(kLogBytes);
    rocksdb::WriteOptions durable;
    durable.sync = true;
    while (SteadyClock::now() < end) {
        rocksdb::WriteBatch batch;
        const std::uint64_t first = next.fetch_add(load.batch);
        for (std::uint64_t number = first; number < first + load.batch; ++number) {
            (void)batch.Put(fmt::format("88.100.7/{:08x}-{:09}", load.batch, number), record);
            (void)batch.Put(log, fmt::format("{:08x}", number), entry);
        }
        const rocksdb::Status status = db.Write(durable, &batch);
        if (!status.ok()) return status;
    }
    return rocksdb::Status::OK();
}

}  // namespace

Result<double> run_bare_store(const BareLoad& load) {
    rocksdb::Options options;
    options.create_if_missing = true;
    options.error_if_exists = true;
    rocksdb::DB* opened = nullptr;
    rocksdb::Status status = rocksdb::DB::Open(options, load.folder, &opened);
    const std::unique_ptr<rocksdb::DB> db(opened);
    rocksdb::ColumnFamilyHandle* log = nullptr;
    if (status.ok()) status = db->CreateColumnFamily({}, "log", &log);
    if (!status.ok()) return Error{Errc::kStorage, status.ToString()};
    std::atomic<std::uint64_t> next = 0;
    std::vector<rocksdb::Status> outcomes(load.writers);
    const TimePoint begun = SteadyClock::now();
    {
        std::vector<std::jthread> writers;
        for (rocksdb::Status& outcome : outcomes) {
            writers.emplace_back(
                [&] { outcome = write_until(*db, log, load, begun + load.duration, next); });
        }
    }
    const std::chrono::duration<double> passed = SteadyClock::now() - begun;
    (void)db->DestroyColumnFamilyHandle(log);
    for (const rocksdb::Status& outcome : outcomes) {
        if (!outcome.ok()) return Error{Errc::kStorage, outcome.ToString()};
    }
    return static_cast<double>(next) / passed.count();
}

}  // namespace idnode::bench
