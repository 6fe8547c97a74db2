// The store behind its port, without network: reads from memory, durable commits, bulk load. The
// data folder lies in TMPDIR: point it at the disk that is to be measured.

#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "bench/micro/sample.h"
#include "bench/random.h"
#include "proto/base/assert.h"
#include "registry/model/record.h"
#include "storage/bulk_load.h"
#include "storage/stores.h"
#include "tools/system_clock.h"

namespace idnode::bench {
namespace {

constexpr std::uint64_t kRecords = 200'000;

const tools::SystemClock& system_clock() {
    static const tools::SystemClock clock;
    return clock;
}

/// A new folder, removed with the object.
class TemporaryFolder {
  public:
    TemporaryFolder() {
        std::string name =
            (std::filesystem::temp_directory_path() / "idnode-micro-XXXXXX").string();
        IDNODE_ASSERT(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder() { std::filesystem::remove_all(path_); }
    std::filesystem::path data() const { return path_ / "data"; }

  private:
    std::filesystem::path path_;
};

storage::RocksOptions store_options(const TemporaryFolder& folder, bool create) {
    storage::RocksOptions out;
    out.dir = folder.data();
    out.create = create;
    return out;
}

std::unique_ptr<model::RecordStore> open_store(const TemporaryFolder& folder, bool create) {
    auto store = storage::open_rocks_store(store_options(folder, create), system_clock());
    IDNODE_ASSERT(store.has_value());
    return std::move(*store);
}

std::string handle_of(std::uint64_t number) {
    return "88.100.7/P-" + std::to_string(number);
}

Bytes sample_record() {
    auto values = model::encode_record_values({std::string(kSampleHandle), sample_values()});
    IDNODE_ASSERT(values.has_value());
    return std::move(*values);
}

void load(const TemporaryFolder& folder, std::uint64_t count) {
    storage::BulkLoad::Options options;
    options.store = store_options(folder, false);
    auto bulk = storage::BulkLoad::begin(options, system_clock());
    IDNODE_ASSERT(bulk.has_value());
    const Bytes values = sample_record();
    for (std::uint64_t i = 0; i < count; ++i) {
        IDNODE_ASSERT((*bulk)->add(handle_of(i), model::SuffixCase::kFold, values, i).has_value());
    }
    IDNODE_ASSERT((*bulk)->finish([](std::uint64_t, std::uint64_t) {}).has_value());
}

/// A loaded store of which every block has been read once, so that it lies in the block cache.
struct WarmStore {
    WarmStore() {
        open_store(folder, true).reset();
        load(folder, kRecords);
        store = open_store(folder, false);
        std::string key;
        for (std::uint64_t i = 0; i < kRecords; ++i) {
            model::write_key(handle_of(i), model::SuffixCase::kFold, key);
            const auto found =
                store->read(key, model::ReadTier::kAny, [](const model::RecordView&) {});
            IDNODE_ASSERT(found.has_value() && *found == model::Lookup::kFound);
        }
    }
    TemporaryFolder folder;
    std::unique_ptr<model::RecordStore> store;
};

const WarmStore& warm_store() {
    static const WarmStore warm;
    return warm;
}

/// Looks at every cache line, as an answer that copies them does.
std::size_t sum_of(BytesView octets) {
    std::size_t sum = 0;
    for (std::size_t at = 0; at < octets.size(); at += 64) {
        sum += std::to_integer<std::size_t>(octets[at]);
    }
    return sum;
}

void read_memory(benchmark::State& state, std::string_view end, model::Lookup expected) {
    const auto& store = *warm_store().store;
    Random random(static_cast<std::uint64_t>(state.thread_index()) + 1);
    std::string key;
    std::size_t octets = 0;
    for (auto _ : state) {
        model::write_key(handle_of(random.below(kRecords)).append(end), model::SuffixCase::kFold,
                         key);
        const auto found =
            store.read(key, model::ReadTier::kMemory,
                       [&](const model::RecordView& record) { octets += record.values.size(); });
        if (!found || *found != expected) {
            state.SkipWithError("not the answer that memory should give");
            break;
        }
    }
    benchmark::DoNotOptimize(octets);
    state.SetItemsProcessed(state.iterations());
}

void read_hit(benchmark::State& state) {
    read_memory(state, "", model::Lookup::kFound);
}
BENCHMARK(read_hit)->Threads(1)->Threads(2)->UseRealTime();

void read_miss(benchmark::State& state) {
    read_memory(state, "-absent", model::Lookup::kNotFound);
}
BENCHMARK(read_miss)->Threads(1)->Threads(2)->UseRealTime();

/// A store all of whose records are in memory, and its keys in random order.
struct KeptStore {
    static constexpr std::uint64_t kCount = 2'000'000;

    KeptStore() {
        open_store(folder, true).reset();
        load(folder, kCount);
        auto options = store_options(folder, false);
        options.records_bytes = kCount * 400;
        auto opened = storage::open_rocks_store(options, system_clock());
        IDNODE_ASSERT(opened.has_value());
        store = std::move(*opened);
        while (store->counts()->kept.records < kCount) {
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        Random random(1);
        for (std::uint64_t i = 0; i < kCount; ++i) {
            keys.push_back(model::key_of(handle_of(random.below(kCount))));
        }
        views.assign(keys.begin(), keys.end());
    }
    TemporaryFolder folder;
    std::unique_ptr<model::RecordStore> store;
    std::vector<std::string> keys;
    std::vector<std::string_view> views;
};

/// A batch of questions: its keys are told to the store first, as the node does, or not.
void read_kept(benchmark::State& state) {
    constexpr std::size_t kBatch = 32;
    static const KeptStore kept;
    const bool foresees = state.range(0) != 0;
    std::size_t octets = 0;
    std::size_t at = 0;
    for (auto _ : state) {
        const auto batch = std::span(kept.views).subspan(at, kBatch);
        at = at + 2 * kBatch > kept.views.size() ? 0 : at + kBatch;
        if (foresees) kept.store->foresee(batch);
        for (const std::string_view key : batch) {
            (void)kept.store->read(
                key, model::ReadTier::kMemory,
                [&](const model::RecordView& record) { octets += sum_of(record.values); });
        }
    }
    benchmark::DoNotOptimize(octets);
    state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBatch));
}
BENCHMARK(read_kept)->ArgName("foreseen")->Arg(0)->Arg(1);

/// Each iteration is one registration, acknowledged and on stable storage.
void commit(benchmark::State& state) {
    static std::unique_ptr<TemporaryFolder> folder;
    static std::unique_ptr<model::RecordStore> store;
    static std::atomic<std::uint64_t> next;
    if (state.thread_index() == 0) {
        folder = std::make_unique<TemporaryFolder>();
        store = open_store(*folder, true);
        next = 0;
    }
    model::Change change;
    change.who = "300:0.NA/88.100";
    change.edits.emplace_back();
    change.edits[0].values = sample_record();
    for (auto _ : state) {
        change.edits[0].handle = handle_of(next.fetch_add(1));
        if (!store->commit(change)) {
            state.SkipWithError("commit failed");
            break;
        }
    }
    state.SetItemsProcessed(state.iterations());
    if (state.thread_index() == 0) {
        store.reset();
        folder.reset();
    }
}
BENCHMARK(commit)->Threads(1)->Threads(8)->Threads(32)->UseRealTime();

void bulk_load(benchmark::State& state) {
    const auto count = static_cast<std::uint64_t>(state.range(0));
    for (auto _ : state) {
        state.PauseTiming();
        auto folder = std::make_unique<TemporaryFolder>();
        open_store(*folder, true).reset();
        state.ResumeTiming();
        load(*folder, count);
        state.PauseTiming();
        folder.reset();
        state.ResumeTiming();
    }
    state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(bulk_load)->Arg(500'000)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace idnode::bench
