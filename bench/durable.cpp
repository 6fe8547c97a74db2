#include "bench/durable.h"

#include <fmt/format.h>
#include <rocksdb/db.h>
#include <rocksdb/write_batch.h>

#include <atomic>
#include <condition_variable>
#include <ctime>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "bench/exchange.h"
#include "bench/random.h"
#include "proto/base/assert.h"
#include "registry/model/identifier.h"
#include "registry/model/record.h"
#include "storage/codec.h"
#include "storage/keys.h"
#include "storage/stores.h"
#include "tools/system_clock.h"

namespace idnode::bench {
namespace {

constexpr std::string_view kWho = "300:0.NA/88.100";

std::string handle_of(std::uint64_t number) {
    return fmt::format("88.100.16/SN-2026-{:010}", number);
}

/// One record's values, such that the stored record has `record_bytes`.
Bytes make_values(std::size_t record_bytes) {
    const auto encode = [](std::size_t noise_bytes) {
        Random random(1);
        handle::Value url;
        url.index = 1;
        url.type = "URL";
        while (url.data.size() < noise_bytes)
            url.data.push_back(static_cast<std::byte>('a' + random.below(26)));
        auto values = model::encode_record_values({handle_of(0), {url}});
        IDNODE_ASSERT(values.has_value());
        return *std::move(values);
    };
    const std::size_t least = storage::kRecordHeaderBytes + encode(0).size();
    return encode(record_bytes > least ? record_bytes - least : 0);
}

Error rocks_failure(const rocksdb::Status& status) {
    return {Errc::kStorage, status.ToString()};
}

rocksdb::Slice slice_of(BytesView octets) {
    return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

/// Where the writers' records go.
class Target {
  public:
    virtual ~Target() = default;
    /// `count` new records from number `first` on, on stable storage when it returns. Thread-safe.
    virtual Result<void> write(std::uint64_t first, std::size_t count) = 0;
};

/// RocksDB with a family for records and one for the log.
class BareRocks {
  public:
    static Result<std::unique_ptr<BareRocks>> open(const DurableLoad& load) {
        rocksdb::Options options;
        options.create_if_missing = true;
        options.error_if_exists = true;
        rocksdb::DB* opened = nullptr;
        rocksdb::Status status = rocksdb::DB::Open(options, load.folder.string(), &opened);
        if (!status.ok()) return rocks_failure(status);
        auto out = std::make_unique<BareRocks>(opened, load.record_bytes);
        status = opened->CreateColumnFamily({}, "log", &out->log_);
        if (!status.ok()) return rocks_failure(status);
        return out;
    }
    BareRocks(rocksdb::DB* db, std::size_t record_bytes) : db_(db) {
        const std::string handle = handle_of(0);
        const Bytes values = make_values(record_bytes);
        storage::encode_record({handle, handle, 1, true, values}, record_);
        storage::encode_log_entry({.action = model::Action::kCreate,
                                   .time = tools::SystemClock().now(),
                                   .who = kWho,
                                   .handle = handle,
                                   .before = {},
                                   .from = {}},
                                  entry_);
    }
    BareRocks(const BareRocks&) = delete;
    BareRocks& operator=(const BareRocks&) = delete;
    ~BareRocks() {
        if (log_ != nullptr) (void)db_->DestroyColumnFamilyHandle(log_);
    }

    void put(std::uint64_t first, std::size_t count, rocksdb::WriteBatch& batch) const {
        for (std::uint64_t number = first; number < first + count; ++number) {
            (void)batch.Put(model::key_of(handle_of(number)), slice_of(record_));
            (void)batch.Put(log_, storage::log_key(number + 1), slice_of(entry_));
        }
    }
    Result<void> write(rocksdb::WriteBatch& batch) const {
        rocksdb::WriteOptions durable;
        durable.sync = true;
        const rocksdb::Status status = db_->Write(durable, &batch);
        if (!status.ok()) return rocks_failure(status);
        return {};
    }

  private:
    std::unique_ptr<rocksdb::DB> db_;
    rocksdb::ColumnFamilyHandle* log_ = nullptr;
    Bytes record_;
    Bytes entry_;
};

class RocksGroups final : public Target {
  public:
    explicit RocksGroups(std::unique_ptr<BareRocks> rocks) : rocks_(std::move(rocks)) {}
    Result<void> write(std::uint64_t first, std::size_t count) override {
        rocksdb::WriteBatch batch;
        rocks_->put(first, count, batch);
        return rocks_->write(batch);
    }

  private:
    std::unique_ptr<BareRocks> rocks_;
};

/// The committer at its simplest: everybody who waited while a group was written is in the next.
class RocksCommitter final : public Target {
  public:
    explicit RocksCommitter(std::unique_ptr<BareRocks> rocks)
        : rocks_(std::move(rocks)), committer_([this](const std::stop_token& s) { run(s); }) {}

    Result<void> write(std::uint64_t first, std::size_t count) override {
        std::shared_ptr<Group> group;
        {
            const std::scoped_lock lock(mutex_);
            group = waiting_;
            group->ranges.push_back({first, count});
        }
        work_.notify_one();
        std::unique_lock lock(group->mutex);
        group->is_done.wait(lock, [&] { return group->done; });
        return group->outcome;
    }

  private:
    struct Range {
        std::uint64_t first;
        std::size_t count;
    };
    struct Group {
        std::vector<Range> ranges;
        std::mutex mutex;  // of what follows
        std::condition_variable is_done;
        bool done = false;
        Result<void> outcome;
    };

    void run(const std::stop_token& stop) {
        std::unique_lock lock(mutex_);
        while (work_.wait(lock, stop, [this] { return !waiting_->ranges.empty(); })) {
            const auto group = std::exchange(waiting_, std::make_shared<Group>());
            lock.unlock();
            write(*group);
            lock.lock();
        }
    }
    void write(Group& group) {
        rocksdb::WriteBatch batch;
        for (const Range& range : group.ranges) rocks_->put(range.first, range.count, batch);
        auto outcome = rocks_->write(batch);
        {
            const std::scoped_lock lock(group.mutex);
            group.outcome = std::move(outcome);
            group.done = true;
        }
        group.is_done.notify_all();
    }

    std::unique_ptr<BareRocks> rocks_;
    std::mutex mutex_;
    std::condition_variable_any work_;
    std::shared_ptr<Group> waiting_ = std::make_shared<Group>();
    std::jthread committer_;  // last: it uses everything above
};

class OwnStore final : public Target {
  public:
    static Result<std::unique_ptr<OwnStore>> open(const DurableLoad& load) {
        auto out = std::make_unique<OwnStore>(load.record_bytes);
        storage::RocksOptions options;
        options.dir = load.folder;
        options.create = true;
        auto store = storage::open_rocks_store(options, out->clock_);
        if (!store) return store.error();
        out->store_ = *std::move(store);
        return out;
    }
    explicit OwnStore(std::size_t record_bytes) : values_(make_values(record_bytes)) {}

    Result<void> write(std::uint64_t first, std::size_t count) override {
        model::Change change;
        change.who = kWho;
        change.edits.resize(count);
        for (model::Edit& edit : change.edits) {
            edit.handle = handle_of(first++);
            edit.values = values_;
            edit.expected_version = 0;
        }
        const auto committed = store_->commit(change);
        if (!committed) return committed.error();
        if (committed->changed == count) return {};
        return Error{Errc::kInternal, "a new record was taken for one that is there"};
    }

  private:
    tools::SystemClock clock_;
    Bytes values_;
    std::unique_ptr<model::RecordStore> store_;
};

Result<std::unique_ptr<Target>> open_target(const DurableLoad& load) {
    if (load.path == WritePath::kStore) {
        auto store = OwnStore::open(load);
        if (!store) return store.error();
        return std::unique_ptr<Target>(*std::move(store));
    }
    auto rocks = BareRocks::open(load);
    if (!rocks) return rocks.error();
    if (load.path == WritePath::kRocksGroups)
        return std::unique_ptr<Target>(std::make_unique<RocksGroups>(*std::move(rocks)));
    return std::unique_ptr<Target>(std::make_unique<RocksCommitter>(*std::move(rocks)));
}

struct Writer {
    Result<void> outcome;
    std::uint64_t records = 0;
    Histogram latency;
};

void write_until(TimePoint end, std::size_t batch, Target& target, std::atomic<std::uint64_t>& next,
                 Writer& out) {
    for (TimePoint begun = SteadyClock::now(); begun < end;) {
        out.outcome = target.write(next.fetch_add(batch, std::memory_order_relaxed), batch);
        if (!out.outcome) return;
        const TimePoint done = SteadyClock::now();
        out.latency.add(done - begun);
        out.records += batch;
        begun = done;
    }
}

double process_seconds() {
    timespec used{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

}  // namespace

std::string_view name_of(WritePath path) {
    switch (path) {
        case WritePath::kRocksGroups:
            return "groups";
        case WritePath::kCommitter:
            return "committer";
        case WritePath::kStore:
            break;
    }
    return "store";
}

Result<DurableResult> write_durably(const DurableLoad& load) {
    const auto target = open_target(load);
    if (!target) return target.error();
    std::atomic<std::uint64_t> next = 0;
    std::vector<Writer> writers(load.writers);
    const double cpu_before = process_seconds();
    const TimePoint begun = SteadyClock::now();
    {
        std::vector<std::jthread> threads;
        for (Writer& writer : writers) {
            threads.emplace_back(
                [&] { write_until(begun + load.duration, load.batch, **target, next, writer); });
        }
    }
    const std::chrono::duration<double> passed = SteadyClock::now() - begun;
    const double cpu = process_seconds() - cpu_before;

    DurableResult out;
    std::uint64_t records = 0;
    for (const Writer& writer : writers) {
        if (!writer.outcome) return writer.outcome.error();
        records += writer.records;
        out.latency.merge(writer.latency);
    }
    out.records_per_second = static_cast<double>(records) / passed.count();
    out.cpu_us_per_record = cpu * 1e6 / static_cast<double>(records);
    return out;
}

}  // namespace idnode::bench
