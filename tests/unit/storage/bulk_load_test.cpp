#include "storage/bulk_load.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <map>
#include <numeric>
#include <random>
#include <thread>

#include "storage/keys.h"
#include "tests/unit/storage/engines.h"

/// Bulk loads into a real store.
namespace idnode::test {
namespace {

namespace fs = std::filesystem;

struct LoadedStore {
    TemporaryFolder folder;
    SetClock clock;
    /// Small enough for several spilled runs of a few hundred records.
    std::uint64_t memory_bytes = 16U << 10U;

    LoadedStore() { must_open(create_in(folder.path()), clock); }

    std::unique_ptr<model::RecordStore> open() { return must_open(open_in(folder.path()), clock); }
    std::unique_ptr<storage::BulkLoad> begin() {
        storage::BulkLoad::Options options;
        options.store = open_in(folder.path());
        options.memory_bytes = memory_bytes;
        auto load = storage::BulkLoad::begin(options, clock);
        if (!load) throw std::runtime_error(load.error().detail);
        return *std::move(load);
    }
    std::size_t import_folders() const {
        std::size_t count = 0;
        for (const auto& entry : fs::directory_iterator(folder.path())) {
            if (entry.path().filename().string().starts_with(".import-")) ++count;
        }
        return count;
    }
};

void add(storage::BulkLoad& load, const std::string& handle, const std::string& data,
         model::SuffixCase suffix_case = model::SuffixCase::kFold) {
    static std::atomic<std::uint64_t> order = 0;
    const auto added = load.add(handle, suffix_case, values_of({{1, data, true, 77}}), order++);
    if (!added) FAIL(added.error().detail);
}

storage::BulkCounts must_finish(storage::BulkLoad& load) {
    const auto counts = load.finish(nullptr);
    if (!counts) FAIL(counts.error().detail);
    return *counts;
}

std::string name_of(unsigned i) {
    return "88.100.7/Item-" + std::to_string(i);
}

TEST_CASE("a bulk load leaves what commits would have left", "[rocksdb]") {
    LoadedStore loaded;
    SECTION("with spilled runs") {}
    SECTION("all in memory") {
        loaded.memory_bytes = 64U << 20U;
    }
    std::mt19937 random(7);
    MemoryEngine committed;
    {
        const auto store = loaded.open();
        for (model::RecordStore* each : {store.get(), committed.store.get()}) {
            must_commit(*each, {home("88.100"), put("88.100.7/item-5", "old"),
                                put("88.100.7/item-6", "new")});
        }
    }
    const auto load = loaded.begin();
    REQUIRE(load->home("0.NA/88.100.7", model::SuffixCase::kFold));
    REQUIRE(load->home("88.100", model::SuffixCase::kFold));
    must_commit(*committed.store, {home("88.100.7")});
    std::vector<unsigned> numbers(1000);
    std::iota(numbers.begin(), numbers.end(), 0U);
    std::ranges::shuffle(numbers, random);
    for (const unsigned i : numbers) {
        add(*load, name_of(i), "new");
        must_commit(*committed.store, {put(name_of(i), "new")});
    }
    const auto counts = must_finish(*load);
    CHECK(counts.created == 998);
    CHECK(counts.replaced == 1);
    CHECK(counts.unchanged == 1);
    CHECK(counts.homed == 1);

    const model::RecordStore& store = load->store();
    CHECK(scan(store, {}) == scan(*committed.store, {}));
    CHECK(data_of(store, "88.100.7/ITEM-5") == "new");
    CHECK(find(store, "88.100.7/ITEM-5")->handle == "88.100.7/item-5");
    CHECK(store.prefixes().current()->contains("0.NA/88.100.7"));
    // In another order, but the same entries.
    const auto entries_of = [](const model::RecordStore& each) {
        std::map<model::Key, std::pair<model::Action, bool>> entries;
        for (const auto& entry : *each.read_log(0, 3, 5000)) {
            entries[entry.key] = {entry.action, entry.before.empty()};
        }
        return entries;
    };
    CHECK(entries_of(store) == entries_of(*committed.store));
}

TEST_CASE("a large load packs its records, and nobody sees it", "[rocksdb]") {
    constexpr unsigned kCount = 6000;
    LoadedStore loaded;
    loaded.memory_bytes = 64U << 20U;
    const auto data = [](unsigned i) {
        return "https://id.example.cn/products/servo-motor-SM130?serial=" + std::to_string(i);
    };
    {
        const auto load = loaded.begin();
        std::vector<Bytes> sample;
        SECTION("with what its first records have in common") {}
        SECTION("with what a sample has in common") {
            for (unsigned i = 0; i < 200; ++i) {
                sample.push_back(values_of({{1, data(i * 7), true, 77}}));
            }
        }
        REQUIRE(load->learn(sample));
        for (unsigned i = 0; i < kCount; ++i) add(*load, name_of(i), data(i));
        CHECK(must_finish(*load).created == kCount);
        // 150 octets as they go over the wire, and those of the log.
        CHECK(load->store().counts()->disk_bytes < 100UZ * kCount);
    }
    const auto store = loaded.open();
    CHECK(data_of(*store, name_of(4711)) == data(4711));
    CHECK(find(*store, name_of(17))->lines == std::vector<Line>{{1, data(17), true, 77}});
    CHECK(scan(*store,
               "\x10"
               "88.100.7/")
              .size() == kCount);
    must_commit(*store, {put(name_of(5), "other"), erase(name_of(6))});
    CHECK(data_of(*store, name_of(5)) == "other");
    const auto log = *store->read_log(0, kCount, 10);
    REQUIRE(log.size() == 2);
    for (unsigned i = 0; i < 2; ++i) {
        const auto before = store->before_image(log[i]);
        REQUIRE((before && *before));
        CHECK(lines_of((*before)->values).front().data == data(5 + i));
    }
}

TEST_CASE("a bulk load survives reopening, and commits go on after its ids", "[rocksdb]") {
    LoadedStore loaded;
    must_commit(*loaded.open(), {put("88.100.7/before", "x")});
    {
        const auto load = loaded.begin();
        REQUIRE(load->home("88.100.7", model::SuffixCase::kKeep));
        for (unsigned i = 0; i < 500; ++i) add(*load, name_of(i), "x", model::SuffixCase::kKeep);
        must_finish(*load);
    }
    const auto store = loaded.open();
    CHECK(store->prefixes().current()->find("0.NA/88.100.7") == model::SuffixCase::kKeep);
    const auto log = whole_log(*store);
    REQUIRE(log.size() == 502);
    model::TransactionId expected = 1;
    for (const auto& entry : log) {
        REQUIRE(entry.id == expected++);
        if (entry.id < 3) continue;
        CHECK(entry.action == model::Action::kCreate);
        CHECK(entry.who == "import");
        const auto found = find(*store, entry.handle, model::SuffixCase::kKeep);
        REQUIRE(found);
        CHECK(found->version == entry.id);
        CHECK(entry.key == model::key_of(entry.handle, model::SuffixCase::kKeep));
        // An import keeps the timestamps of its source.
        CHECK(found->lines == std::vector<Line>{{1, "x", true, 77}});
    }
    CHECK(must_commit(*store, {put("88.100.7/after", "x")}).first == 503);
}

TEST_CASE("any piece of the log of a load is that piece of the whole", "[rocksdb]") {
    LoadedStore loaded;
    {
        const auto store = loaded.open();
        for (unsigned i = 0; i < 400; i += 40) must_commit(*store, {put(name_of(i), "old")});
    }
    {
        const auto load = loaded.begin();
        for (unsigned i = 0; i < 400; ++i) {
            // Registered in their own case, some differ from others in nothing else.
            add(*load, name_of(i), "new",
                i % 7 == 0 ? model::SuffixCase::kKeep : model::SuffixCase::kFold);
        }
        must_finish(*load);
    }
    const auto store = loaded.open();
    const auto whole = whole_log(*store);
    std::mt19937 random(11);
    for (int i = 0; i < 500; ++i) {
        const model::TransactionId after = random() % (whole.size() + 3);
        const std::size_t count_max = random() % 200 + 1;
        const auto piece = *store->read_log(0, after, count_max);
        const std::size_t left = after < whole.size() ? whole.size() - after : 0;
        REQUIRE(piece.size() == std::min(count_max, left));
        for (std::size_t at = 0; at < piece.size(); ++at) {
            const model::LogEntry& expected = whole[after + at];
            REQUIRE(piece[at].id == expected.id);
            REQUIRE(piece[at].id == after + at + 1);
            REQUIRE(piece[at].handle == expected.handle);
            REQUIRE(piece[at].key == expected.key);
            REQUIRE(piece[at].action == expected.action);
            REQUIRE(piece[at].before == expected.before);
        }
    }
}

TEST_CASE("of a handle that comes several times the last one counts", "[rocksdb]") {
    LoadedStore loaded;
    const auto load = loaded.begin();
    for (const char* data : {"first", "second", "last"}) {
        for (unsigned i = 0; i < 300; ++i) add(*load, name_of(i), data);
    }
    const auto counts = must_finish(*load);
    CHECK(counts.created == 300);
    CHECK(counts.replaced == 0);
    CHECK(whole_log(load->store()).size() == 300);
    for (unsigned i = 0; i < 300; ++i) REQUIRE(data_of(load->store(), name_of(i)) == "last");
}

TEST_CASE("replaced records have their before images in the log", "[rocksdb]") {
    LoadedStore loaded;
    {
        const auto store = loaded.open();
        for (unsigned i = 0; i < 200; ++i) must_commit(*store, {put(name_of(i), "old")});
    }
    const auto load = loaded.begin();
    for (unsigned i = 0; i < 300; ++i) add(*load, name_of(i), i < 100 ? "old" : "new");
    const auto counts = must_finish(*load);
    CHECK(counts.unchanged == 100);
    CHECK(counts.replaced == 100);
    CHECK(counts.created == 100);
    for (const auto& entry : *load->store().read_log(0, 200, 1000)) {
        CHECK(entry.before.empty() == (entry.action == model::Action::kCreate));
    }
}

TEST_CASE("nothing of a bulk load shows before it is finished", "[rocksdb]") {
    LoadedStore loaded;
    must_commit(*loaded.open(), {put("88.100.7/a", "1")});
    const auto load = loaded.begin();
    for (unsigned i = 0; i < 500; ++i) add(*load, name_of(i), "x");
    REQUIRE(load->home("88.100.7", model::SuffixCase::kFold));
    CHECK(scan(load->store(), {}).size() == 1);
    CHECK(load->store().prefixes().current()->size() == 0);
    CHECK(load->store().counts()->log_end == model::LogPosition{1});
    must_finish(*load);
    CHECK(scan(load->store(), {}).size() == 501);
}

TEST_CASE("a bulk load that is given up leaves the store as it was", "[rocksdb]") {
    LoadedStore loaded;
    must_commit(*loaded.open(), {put("88.100.7/a", "1")});
    {
        const auto load = loaded.begin();
        for (unsigned i = 0; i < 500; ++i) add(*load, name_of(i), "x");
        CHECK(loaded.import_folders() == 1);
    }
    CHECK(loaded.import_folders() == 0);
    const auto store = loaded.open();
    CHECK(scan(*store, {}).size() == 1);
    CHECK(whole_log(*store).size() == 1);
}

TEST_CASE("what an interrupted bulk load left behind is removed at the next opening", "[rocksdb]") {
    LoadedStore loaded;
    fs::create_directory(loaded.folder.path() / ".import-abcdef");
    std::FILE* file = std::fopen((loaded.folder.path() / ".import-abcdef/run-0").c_str(), "wb");
    REQUIRE(file != nullptr);
    std::fclose(file);
    SECTION("not when it is opened to read: the load may be under way") {
        auto options = open_in(loaded.folder.path());
        options.read_only = true;
        must_open(options, loaded.clock);
        CHECK(loaded.import_folders() == 1);
    }
    SECTION("but when it is opened to write") {
        loaded.open();
        CHECK(loaded.import_folders() == 0);
    }
}

TEST_CASE("an empty bulk load changes nothing and can be finished once", "[rocksdb]") {
    LoadedStore loaded;
    const auto load = loaded.begin();
    CHECK(must_finish(*load).created == 0);
    CHECK(load->finish(nullptr).error().code == Errc::kInvalid);
    CHECK(load->add("88.100.7/a", model::SuffixCase::kFold, values_of({}), 0).error().code ==
          Errc::kInvalid);
    CHECK(whole_log(load->store()).empty());
}

TEST_CASE("a bulk load refuses what a commit refuses", "[rocksdb]") {
    LoadedStore loaded;
    const auto load = loaded.begin();
    CHECK_FALSE(load->add("", model::SuffixCase::kFold, values_of({}), 0));
    CHECK_FALSE(load->add("88.100.7/a", model::SuffixCase::kFold, to_bytes("xyz"), 0));
    CHECK_FALSE(load->home("88.100.7/a", model::SuffixCase::kFold));
    storage::BulkLoad::Options second;
    second.store = open_in(loaded.folder.path());
    CHECK(storage::BulkLoad::begin(second, loaded.clock).error().code == Errc::kUnavailable);
    CHECK(must_finish(*load).created == 0);
}

TEST_CASE("several threads may add to a bulk load, which tells how far it is", "[rocksdb]") {
    LoadedStore loaded;
    const auto load = loaded.begin();
    {
        std::vector<std::jthread> threads;
        for (unsigned t = 0; t < 4; ++t) {
            threads.emplace_back([&load, t] {
                for (unsigned i = t; i < 2000; i += 4) {
                    if (!load->add(name_of(i), model::SuffixCase::kFold, values_of({{1, "x"}}),
                                   i)) {
                        std::abort();
                    }
                }
            });
        }
    }
    std::uint64_t done = 0;
    std::uint64_t total = 0;
    REQUIRE(load->finish([&](std::uint64_t d, std::uint64_t t) { done = d, total = t; }));
    CHECK(done == 2000);
    CHECK(total == 2000);
    CHECK(scan(load->store(), {}).size() == 2000);
}

std::string ordered_name(unsigned i) {
    return "88.100.7/" + std::to_string(100'000 + i);
}

/// Two threads bring ten blocks of a hundred records, the higher half of each block's number first.
void bring_blocks(storage::BulkLoad& load) {
    const auto low = load.block_adder();
    const auto high = load.block_adder();
    const auto bring = [](storage::BulkLoad::BlockAdder& adder, unsigned first) {
        for (unsigned block = first; block < 10; block += 2) {
            for (unsigned i = block * 100; i < (block + 1) * 100; ++i) {
                if (!adder.add(ordered_name(i), model::SuffixCase::kFold, values_of({{1, "x"}}), i))
                    std::abort();
            }
            if (!adder.end_block(block)) std::abort();
        }
    };
    {
        const std::jthread other([&] { bring(*high, 1); });
        bring(*low, 0);
    }
    load.end_blocks(10);
}

TEST_CASE("blocks that come in order are written beside what is there and what is added",
          "[rocksdb]") {
    LoadedStore loaded;
    {
        const auto before = loaded.begin();
        add(*before, ordered_name(3), "old");
        add(*before, ordered_name(5000), "old");
        must_finish(*before);
    }
    const auto load = loaded.begin();
    add(*load, ordered_name(150) + "-between", "y");
    bring_blocks(*load);
    const auto counts = must_finish(*load);
    CHECK(counts.created == 1000);
    CHECK(counts.replaced == 1);
    CHECK(scan(load->store(), {}).size() == 1002);
}

TEST_CASE("blocks out of order fail as such, and nothing is loaded", "[rocksdb]") {
    LoadedStore loaded;
    for (const std::vector<unsigned>& order :
         {std::vector{1U, 0U}, std::vector{0U, 0U}, std::vector{0U, 1U, 2U, 2U}}) {
        const auto load = loaded.begin();
        const auto adder = load->block_adder();
        std::uint64_t number = 0;
        for (const unsigned i : order) {
            REQUIRE(
                adder->add(ordered_name(i), model::SuffixCase::kFold, values_of({{1, "x"}}), i));
            if (number < 2) REQUIRE(adder->end_block(number++));
        }
        REQUIRE(adder->end_block(number++));
        load->end_blocks(number);
        CHECK_FALSE(load->finish(nullptr));
        CHECK(load->is_out_of_order());
    }
    CHECK(scan(*loaded.open(), {}).empty());
}

TEST_CASE("a load whose blocks are given up leaves the store as it was, and nobody waits",
          "[rocksdb]") {
    LoadedStore loaded;
    const auto load = loaded.begin();
    const auto adder = load->block_adder();
    REQUIRE(adder->add(ordered_name(1), model::SuffixCase::kFold, values_of({{1, "x"}}), 1));
    REQUIRE(adder->end_block(0));
    load->fail_blocks(Error{Errc::kInvalid, "the source is damaged"});
    const auto counts = load->finish(nullptr);
    REQUIRE_FALSE(counts);
    CHECK(counts.error().detail == "the source is damaged");
    CHECK_FALSE(load->is_out_of_order());
    CHECK_FALSE(adder->end_block(1));
    CHECK(scan(load->store(), {}).empty());
}

}  // namespace
}  // namespace idnode::test
