#include <catch2/catch.hpp>
#include <functional>
#include <thread>

#include "proto/handle/value.h"
#include "tests/unit/storage/answer_checker.h"
#include "tests/unit/storage/engines.h"

/// Records in memory in front of RocksDB, through the store's door.
namespace idnode::test {
namespace {

constexpr std::uint64_t kBytes = 1U << 20U;

storage::RocksOptions keeping(storage::RocksOptions options, std::uint64_t bytes = kBytes) {
    options.records_bytes = bytes;
    return options;
}

model::StoreCounts::Kept kept(const model::RecordStore& store) {
    const auto counts = store.counts();
    if (!counts) FAIL(counts.error().detail);
    return counts->kept;
}

/// As many as one change may well have.
void put_many(model::RecordStore& store, int count) {
    std::vector<model::Edit> edits;
    for (int i = 0; i < count; ++i) {
        edits.push_back(put("88.100.7/" + std::to_string(i), "data " + std::to_string(i)));
    }
    must_commit(store, std::move(edits));
}

/// What threads of low priority bring about, on a machine that is busy.
bool soon(const std::function<bool()>& condition) {
    for (int i = 0; i < 6'000 && !condition(); ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return condition();
}

TEST_CASE("after opening all records come into memory that there is room for", "[kept]") {
    TemporaryFolder folder;
    SetClock clock;
    constexpr int kCount = 10'000;  // more than one step
    put_many(*must_open(create_in(folder.path()), clock), kCount);

    const auto store = must_open(keeping(open_in(folder.path()), 8U << 20U), clock);
    CHECK(soon([&] { return kept(*store).records == kCount; }));
    const auto before = kept(*store);
    CHECK(data_of(*store, "88.100.7/9999") == "data 9999");
    CHECK(kept(*store).hits == before.hits + 1);
    CHECK(kept(*store).bytes <= kept(*store).bytes_max);
}

/// Whether it is known from memory alone that there is no such record.
bool is_denied(const model::RecordStore& store, std::string_view handle) {
    const std::uint64_t before = kept(store).misses;
    CHECK_FALSE(find(store, handle));
    return kept(store).misses == before;
}

TEST_CASE("where all records are in memory the disk is not asked for what is not there", "[kept]") {
    TemporaryFolder folder;
    SetClock clock;
    put_many(*must_open(create_in(folder.path()), clock), 10'000);
    const auto store = must_open(keeping(open_in(folder.path()), 8U << 20U), clock);
    CHECK(soon([&] { return is_denied(*store, "88.100.7/absent"); }));

    must_commit(*store, {put("88.100.7/absent", "new"), erase("88.100.7/5")});
    CHECK(data_of(*store, "88.100.7/absent") == "new");
    CHECK(is_denied(*store, "88.100.7/5"));
    must_commit(*store, {erase("88.100.7/absent")});
    CHECK(is_denied(*store, "88.100.7/absent"));

    // A record that is too large for memory is known to be there.
    must_commit(*store, {put("88.100.7/large", std::string(100'000, 'x'))});
    CHECK(data_of(*store, "88.100.7/large").size() == 100'000);
    CHECK(is_denied(*store, "88.100.7/absent"));
}

TEST_CASE("where there is not room for all records the disk says what is not there", "[kept]") {
    TemporaryFolder folder;
    SetClock clock;
    put_many(*must_open(create_in(folder.path()), clock), 20'000);
    const auto store = must_open(keeping(open_in(folder.path())), clock);
    CHECK_FALSE(is_denied(*store, "88.100.7/absent"));
    for (int i = 0; i < 20'000; ++i) {
        const std::string handle = "88.100.7/" + std::to_string(i);
        if (data_of(*store, handle) != "data " + std::to_string(i)) FAIL(handle);
    }
    CHECK_FALSE(is_denied(*store, "88.100.7/absent"));
}

TEST_CASE("a store that holds more than fits into memory serves all of it", "[kept]") {
    TemporaryFolder folder;
    SetClock clock;
    constexpr int kCount = 20'000;
    put_many(*must_open(create_in(folder.path()), clock), kCount);
    const auto store = must_open(keeping(open_in(folder.path())), clock);
    for (int i = 0; i < kCount; ++i) {
        const std::string handle = "88.100.7/" + std::to_string(i);
        if (data_of(*store, handle) != "data " + std::to_string(i)) FAIL(handle);
    }
    CHECK(kept(*store).records < kCount);
    CHECK(kept(*store).records > 1'000);
}

TEST_CASE("a store can be closed while its records come into memory", "[kept]") {
    TemporaryFolder folder;
    SetClock clock;
    put_many(*must_open(create_in(folder.path()), clock), 20'000);
    for (int i = 0; i < 5; ++i) {
        const auto store = must_open(keeping(open_in(folder.path()), 8U << 20U), clock);
        CHECK(data_of(*store, "88.100.7/1") == "data 1");
    }
}

TEST_CASE("a store that is opened to read keeps nothing: it sees the moment of opening", "[kept]") {
    TemporaryFolder folder;
    SetClock clock;
    const auto writer = must_open(keeping(create_in(folder.path())), clock);
    must_commit(*writer, {put("88.100.7/a", "old")});
    auto options = keeping(open_in(folder.path()));
    options.read_only = true;
    const auto reader = must_open(options, clock);
    CHECK(data_of(*reader, "88.100.7/a") == "old");
    CHECK(kept(*reader).bytes_max == 0);
    CHECK(kept(*reader).records == 0);
    CHECK(kept(*writer).bytes_max == kBytes);
}

TEST_CASE("of several changes that one group commits the last one is in memory", "[kept]") {
    TemporaryFolder folder;
    SetClock clock;
    const auto store = must_open(keeping(create_in(folder.path())), clock);
    must_commit(*store, {put("88.100.7/a", "1"), erase("88.100.7/a"), put("88.100.7/a", "2"),
                         put("88.100.7/b", "1"), erase("88.100.7/b")});
    CHECK(kept(*store).records == 1);
    CHECK(data_of(*store, "88.100.7/a") == "2");
    CHECK_FALSE(find(*store, "88.100.7/b"));
}

TEST_CASE("after a replacement nothing of before is in memory", "[kept]") {
    TemporaryFolder folder;
    SetClock clock;
    const auto store = must_open(keeping(create_in(folder.path())), clock);
    put_many(*store, 100);
    CHECK(data_of(*store, "88.100.7/5") == "data 5");
    auto replacement = store->begin_replacement("1:0.NA/88");
    REQUIRE(replacement);
    REQUIRE((*replacement)->add("88.100.7/1", model::SuffixCase::kFold, values_of({{1, "new"}})));
    CHECK(data_of(*store, "88.100.7/1") == "data 1");
    REQUIRE((*replacement)->finish({}));
    CHECK(data_of(*store, "88.100.7/1") == "new");
    CHECK_FALSE(find(*store, "88.100.7/5"));
    CHECK(data_of(*store, "88.100.7/1") == "new");
    CHECK(kept(*store).records == 1);
}

TEST_CASE("after a replacement all records come into memory that there is room for", "[kept]") {
    TemporaryFolder folder;
    SetClock clock;
    const auto store = must_open(keeping(create_in(folder.path())), clock);
    auto replacement = store->begin_replacement("1:0.NA/88");
    REQUIRE(replacement);
    for (int i = 0; i < 100; ++i) {
        REQUIRE((*replacement)
                    ->add("88.100.7/" + std::to_string(i), model::SuffixCase::kFold,
                          values_of({{1, "new"}})));
    }
    REQUIRE((*replacement)->finish({}));
    CHECK(soon([&] { return kept(*store).records == 100; }));
    CHECK(soon([&] { return is_denied(*store, "88.100.7/absent"); }));
}

TEST_CASE("keys of all kinds can be foreseen", "[kept]") {
    TemporaryFolder folder;
    SetClock clock;
    const auto store = must_open(keeping(create_in(folder.path())), clock);
    put_many(*store, 200);
    std::vector<std::string> keys{"", std::string(3'000, 'x'), "absent"};
    for (int i = 0; i < 200; ++i) keys.push_back(model::key_of("88.100.7/" + std::to_string(i)));
    store->foresee({});
    store->foresee(std::vector<std::string_view>(keys.begin(), keys.end()));
    CHECK(data_of(*store, "88.100.7/199") == "data 199");
}

/// Files, with a dictionary, as an import leaves them.
void replace_by(model::RecordStore& store, int count) {
    auto replacement = store.begin_replacement("1:0.NA/88");
    REQUIRE(replacement);
    for (int i = 0; i < count; ++i) {
        const std::string number = std::to_string(i);
        REQUIRE((*replacement)
                    ->add("88.100.7/" + number, model::SuffixCase::kFold,
                          values_of({{1, "data " + number}})));
    }
    REQUIRE((*replacement)->finish({}));
}

/// Without waiting for the disk, if that is possible.
std::string text_in_memory(const model::RecordStore& store, const std::string& handle) {
    std::string out = "nothing";
    const auto show = [&out](const model::RecordView& view) {
        const auto values = handle::decode_values(view.values);
        out = values ? std::string(as_text(values->front().data)) : "no values";
    };
    const auto read = store.read(model::key_of(handle), model::ReadTier::kMemory, show);
    if (!read) throw std::runtime_error(read.error().detail);
    if (*read == model::Lookup::kNotInMemory) {
        const auto again = store.read(model::key_of(handle), model::ReadTier::kAny, show);
        if (!again) throw std::runtime_error(again.error().detail);
    }
    return out;
}

TEST_CASE("where there is not room for all records they are kept as they lie in the files",
          "[kept]") {
    TemporaryFolder folder;
    SetClock clock;
    constexpr int kCount = 10'000;  // more than the table of 1 MB has slots for whole ones
    replace_by(*must_open(create_in(folder.path()), clock), kCount);
    const auto store = must_open(keeping(open_in(folder.path())), clock);
    CHECK(soon([&] { return kept(*store).records == kCount; }));
    CHECK(soon([&] { return is_denied(*store, "88.100.7/absent"); }));
    must_commit(*store, {put("88.100.7/5", "changed"), erase("88.100.7/6")});
    const std::uint64_t misses = kept(*store).misses;
    for (int i = 7; i < kCount; ++i) {
        const std::string number = std::to_string(i);
        if (data_of(*store, "88.100.7/" + number) != "data " + number) FAIL(number);
    }
    CHECK(data_of(*store, "88.100.7/5") == "changed");
    CHECK_FALSE(find(*store, "88.100.7/6"));
    CHECK(kept(*store).misses == misses);
}

/// What the checker does with a store.
AnswerChecker::Store to_check(model::RecordStore& store) {
    return {.write =
                [&](const std::string& handle, const std::optional<std::string>& text) {
                    const auto done =
                        store.commit(change_of({text ? put(handle, *text) : erase(handle)}));
                    if (!done) throw std::runtime_error(done.error().detail);
                },
            .read =
                [&](const std::string& handle) {
                    const std::string text = text_in_memory(store, handle);
                    return text == "nothing" ? std::nullopt : std::optional(text);
                },
            .foresee =
                [&](const std::vector<std::string>& handles) {
                    std::vector<std::string> keys;
                    for (const std::string& handle : handles) {
                        keys.push_back(model::key_of(handle));
                    }
                    store.foresee(std::vector<std::string_view>(keys.begin(), keys.end()));
                }};
}

TEST_CASE("four writers and four readers of a store never see a stale, torn or foreign record",
          "[kept]") {
    TemporaryFolder folder;
    SetClock clock;
    // In the larger memory there is room for all records.
    const std::uint64_t bytes = GENERATE(512U << 10U, 8U << 20U);
    const auto store = must_open(keeping(create_in(folder.path()), bytes), clock);
    AnswerChecker checker(to_check(*store), 4'000);
    const auto outcome = checker.run(checking_time());
    CHECK(outcome.fault == "");
    CHECK(outcome.writes > 0);
    CHECK(kept(*store).hits > 0);
}

storage::RocksOptions placing(storage::RocksOptions options, bool mapped) {
    options.places_bytes = 1U << 20U;
    options.mapped = mapped;
    return options;
}

TEST_CASE("after opening and after a replacement it is found out where records lie", "[placed]") {
    TemporaryFolder folder;
    SetClock clock;
    const bool mapped = GENERATE(false, true);
    constexpr int kCount = 10'000;
    {
        const auto store = must_open(placing(create_in(folder.path()), mapped), clock);
        replace_by(*store, kCount);
        CHECK(soon([&] { return store->counts()->placed.records == kCount; }));
    }
    const auto store = must_open(placing(open_in(folder.path()), mapped), clock);
    CHECK(soon([&] { return store->counts()->placed.records == kCount; }));
    for (int i = 0; i < kCount; i += 7) {
        const std::string number = std::to_string(i);
        if (text_in_memory(*store, "88.100.7/" + number) != "data " + number) FAIL(number);
    }
    CHECK(store->counts()->placed.hits > kCount / 8);

    must_commit(*store, {put("88.100.7/5", "new"), erase("88.100.7/6")});
    CHECK(text_in_memory(*store, "88.100.7/5") == "new");
    CHECK(text_in_memory(*store, "88.100.7/6") == "nothing");
    CHECK(store->counts()->placed.records == kCount - 1);
    replace_by(*store, 10);
    CHECK(text_in_memory(*store, "88.100.7/5") == "data 5");
    CHECK(text_in_memory(*store, "88.100.7/10") == "nothing");
}

TEST_CASE("where all records are in memory nobody needs to know where they lie", "[placed]") {
    TemporaryFolder folder;
    SetClock clock;
    const auto options = keeping(placing(create_in(folder.path()), false), 8U << 20U);
    const auto store = must_open(options, clock);
    replace_by(*store, 1'000);
    CHECK(soon([&] { return kept(*store).records == 1'000; }));
    CHECK(data_of(*store, "88.100.7/5") == "data 5");
    CHECK(store->counts()->placed.records == 0);
}

TEST_CASE("readers of files that are written, merged and closed meanwhile see no wrong record",
          "[placed]") {
    TemporaryFolder folder;
    SetClock clock;
    const bool mapped = GENERATE(false, true);
    const auto store = must_open(placing(create_in(folder.path()), mapped), clock);
    replace_by(*store, 4'000);  // makes the dictionary
    REQUIRE(soon([&] { return store->counts()->placed.records >= 4'000; }));
    AnswerChecker checker(to_check(*store), 4'000);
    // A backup writes what is in memory into a new file; four of those are merged.
    std::jthread flushing([&](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            clock.set(clock.now() + 1);  // each has a name of its own
            if (!store->back_up()) return;
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
    });
    const auto outcome = checker.run(checking_time());
    CHECK(outcome.fault == "");
    CHECK(outcome.writes > 0);
    flushing.request_stop();
    flushing.join();
    clock.set(clock.now() + 1);
    REQUIRE(store->back_up());
    for (int i = 0; i < 4'000; ++i) {
        const std::string handle = "88.100.7/R-" + std::to_string(i);
        CHECK(text_in_memory(*store, handle) == text_in_memory(*store, handle));
    }
    CHECK(store->counts()->placed.hits > 0);
}

}  // namespace
}  // namespace idnode::test
