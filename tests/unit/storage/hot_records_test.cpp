#include "storage/hot_records.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <thread>

#include "tests/support/effort.h"
#include "tests/unit/storage/answer_checker.h"

/// The records in memory alone, in front of a map that plays the disk: so the thread sanitizer sees
/// all of it.
namespace idnode::test {
namespace {

using storage::HotRecords;

std::unique_ptr<HotRecords> make_hot(std::uint64_t bytes) {
    auto hot = HotRecords::make(bytes);
    if (!hot) FAIL(hot.error().detail);
    return *std::move(hot);
}

using Found = HotRecords::Found;
using Filled = HotRecords::Filled;

std::optional<std::string> kept(const HotRecords& hot, std::string_view key) {
    std::optional<std::string> out;
    const Found found =
        hot.read(key, [&out](BytesView stored) { out = std::string(as_text(stored)); });
    CHECK((found == Found::kRecord) == out.has_value());
    return out;
}

Found look(const HotRecords& hot, std::string_view key) {
    return hot.read(key, [](BytesView /*stored*/) {});
}

/// Nothing is on the disk.
void walk_over_nothing(HotRecords& hot) {
    hot.begin_walk();
    hot.end_walk();
}

std::string key_number(std::size_t number) {
    return "88.100.7/" + std::to_string(number);
}

/// What a store does, with a map for the disk. One commit at a time.
class Front {
  public:
    explicit Front(HotRecords& hot) : hot_(hot) {}

    void write(const std::string& key, const std::optional<std::string>& text) {
        const std::scoped_lock one_commit(committing_);
        hot_.begin_change(key);
        {
            const std::scoped_lock lock(mutex_);
            if (text) {
                disk_[key] = *text;
            } else {
                disk_.erase(key);
            }
        }
        hot_.end_change(key, text ? std::optional(as_bytes_view(*text)) : std::nullopt);
    }
    void replace_all(std::map<std::string, std::string> records) {
        const std::scoped_lock one_commit(committing_);
        hot_.begin_replacement();
        {
            const std::scoped_lock lock(mutex_);
            disk_ = std::move(records);
        }
        hot_.end_replacement();
    }
    std::optional<std::string> read(const std::string& key) {
        std::optional<std::string> out;
        switch (hot_.read(key, [&out](BytesView stored) { out = std::string(as_text(stored)); })) {
            case Found::kRecord:
                return out;
            case Found::kAbsent:
                ++denied_;
                return std::nullopt;
            case Found::kUnknown:
                break;
        }
        const HotRecords::Moment before = hot_.now();
        {
            const std::scoped_lock lock(mutex_);
            const auto at = disk_.find(key);
            if (at != disk_.end()) out = at->second;
        }
        if (out) hot_.offer(key, as_bytes_view(*out), before);
        return out;
    }
    void foresee(const std::vector<std::string>& keys) {
        hot_.foresee(std::vector<std::string_view>(keys.begin(), keys.end()));
    }
    /// What the warm-up does. False: there is not room for all.
    bool walk() {
        bool has_all = true;
        hot_.begin_walk();
        std::string after;
        for (;;) {
            const HotRecords::Moment moment = hot_.now();
            const auto [key, text] = next(after);
            if (key.empty()) break;
            const Filled filled = hot_.fill(key, as_bytes_view(text), moment);
            if (filled == Filled::kNoRoom) has_all = false;
            if (filled != Filled::kChanged) after = key;
        }
        if (has_all) hot_.end_walk();
        return has_all;
    }
    /// How often it was known without the disk that there is no record.
    std::uint64_t denied() const { return denied_; }

  private:
    std::pair<std::string, std::string> next(const std::string& after) {
        const std::scoped_lock lock(mutex_);
        const auto at = disk_.upper_bound(after);
        if (at == disk_.end()) return {};
        return *at;
    }

    HotRecords& hot_;
    std::atomic<std::uint64_t> denied_{0};
    std::mutex committing_;
    std::mutex mutex_;
    std::map<std::string, std::string> disk_;
};

/// The model says what is right, in one thread. How often absence was known, of how many reads.
struct Denied {
    std::uint64_t known = 0;
    std::uint64_t of = 0;
};

Denied check_against_model(HotRecords& hot, std::size_t keys) {
    Front front(hot);
    Denied denied;
    std::map<std::string, std::string> model;
    std::minstd_rand random(20261121);
    const auto text = [&] {
        return std::string(random() % 900, static_cast<char>(random() % 256));
    };
    for (int step = 0; step < testing::effort(200'000); ++step) {
        // A tenth of the keys gets half of the questions.
        const std::size_t among = random() % 2 == 0 ? keys / 10 : keys;
        const std::string key = key_number(random() % among);
        const auto what = random() % 1'000;
        if (what < 200) {
            front.write(key, model[key] = text());
        } else if (what < 250) {
            front.write(key, std::nullopt);
            model.erase(key);
        } else if (what == 250 && random() % 20 == 0) {
            for (auto& [each, octets] : model) octets = text();
            front.replace_all(model);
        } else if (what == 251) {
            front.walk();
        } else {
            const auto at = model.find(key);
            const auto right = at == model.end() ? std::nullopt : std::optional(at->second);
            if (!right) ++denied.of;
            if (front.read(key) != right) FAIL("step " << step << ": another record than stored");
        }
    }
    denied.known = front.denied();
    return denied;
}

TEST_CASE("what is kept in memory is what the disk holds, whatever was done", "[hot]") {
    const auto hot = make_hot(HotRecords::kBytesMin);
    check_against_model(*hot, 2'500);  // twice what fits
    const HotRecords::Counts counts = hot->counts();
    CHECK(counts.hits > counts.misses / 4);
    CHECK(counts.records > 100);
    CHECK(counts.records < 2'000);
    CHECK(counts.bytes <= counts.bytes_max);
    CHECK(counts.bytes_max == HotRecords::kBytesMin);
}

TEST_CASE("what is not there is known without the disk, mostly, where everything fits", "[hot]") {
    const auto hot = make_hot(4U << 20U);
    const Denied denied = check_against_model(*hot, 2'500);
    CHECK(denied.of > 0);
    CHECK(denied.known > denied.of / 2);
}

TEST_CASE("a record is denied only after a walk over the disk, and as long as nothing is lost",
          "[hot]") {
    const auto hot = make_hot(HotRecords::kBytesMin);
    CHECK(look(*hot, "absent") == Found::kUnknown);
    hot->begin_walk();
    CHECK(hot->fill("key", as_bytes_view("record"), hot->now()) == Filled::kKept);
    CHECK(look(*hot, "absent") == Found::kUnknown);
    hot->end_walk();
    CHECK(look(*hot, "absent") == Found::kAbsent);
    CHECK(look(*hot, "key") == Found::kRecord);
    SECTION("a change takes nothing away, but is waited for") {
        hot->begin_change("key");
        CHECK(look(*hot, "key") == Found::kUnknown);
        SECTION("written") {
            hot->end_change("key", as_bytes_view("new"));
            CHECK(look(*hot, "key") == Found::kRecord);
        }
        SECTION("erased") {
            hot->end_change("key", std::nullopt);
            CHECK(look(*hot, "key") == Found::kAbsent);
        }
        SECTION("too large to be kept") {
            const std::string large(HotRecords::kStoredBytesMax + 1, 'x');
            hot->end_change("key", as_bytes_view(large));
            CHECK(look(*hot, "key") == Found::kUnknown);
        }
        if (look(*hot, "key") != Found::kUnknown) CHECK(look(*hot, "absent") == Found::kAbsent);
    }
    SECTION("something leaves for something else") {
        const std::string text(300, 'x');
        for (std::size_t i = 0; i < 4'000; ++i) {
            hot->begin_change(key_number(i));
            hot->end_change(key_number(i), as_bytes_view(text));
        }
        CHECK(look(*hot, "absent") == Found::kUnknown);
        for (std::size_t i = 0; i < 4'000; ++i) {
            CHECK(look(*hot, key_number(i)) != Found::kAbsent);
        }
    }
    SECTION("everything is replaced") {
        hot->begin_replacement();
        CHECK(look(*hot, "absent") == Found::kUnknown);
        hot->end_replacement();
        CHECK(look(*hot, "key") == Found::kUnknown);
        walk_over_nothing(*hot);
        CHECK(look(*hot, "key") == Found::kAbsent);
    }
}

TEST_CASE("what was lost during a walk over the disk is not denied after it", "[hot]") {
    const auto hot = make_hot(HotRecords::kBytesMin);
    hot->begin_walk();
    hot->begin_replacement();
    hot->end_replacement();
    hot->end_walk();
    CHECK(look(*hot, "key") == Found::kUnknown);
}

TEST_CASE("several changes of neighbours are over when the last one is", "[hot]") {
    const auto hot = make_hot(HotRecords::kBytesMin);
    walk_over_nothing(*hot);
    constexpr std::size_t kCount = 5'000;  // more than stripes
    for (std::size_t i = 0; i < kCount; ++i) hot->begin_change(key_number(i));
    for (std::size_t i = 0; i + 1 < kCount; ++i) {
        hot->end_change(key_number(i), std::nullopt);
        if (look(*hot, key_number(kCount - 1)) != Found::kUnknown) FAIL("after " << i);
    }
    hot->end_change(key_number(kCount - 1), std::nullopt);
    CHECK(look(*hot, key_number(kCount - 1)) == Found::kAbsent);
}

TEST_CASE("everything stays in memory that fits", "[hot]") {
    const auto hot = make_hot(64U << 20U);
    const std::string text(260, 'x');
    constexpr std::size_t kCount = testing::effort(180'000);
    for (std::size_t i = 0; i < kCount; ++i) {
        REQUIRE(hot->fill(key_number(i), as_bytes_view(text), hot->now()) == Filled::kKept);
    }
    std::size_t found = 0;
    for (std::size_t i = 0; i < kCount; ++i) found += kept(*hot, key_number(i)) ? 1 : 0;
    CHECK(found == kCount);
    CHECK(hot->counts().records == kCount);
}

TEST_CASE("nothing leaves a table that is nearly full", "[hot]") {
    const auto hot = make_hot(64U << 20U);
    const std::string text(250, 'x');
    constexpr std::size_t kCount = testing::effort(227'000);  // of 239,000 slots
    for (std::size_t i = 0; i < kCount; ++i) {
        REQUIRE(hot->fill(key_number(i), as_bytes_view(text), hot->now()) == Filled::kKept);
    }
    CHECK(hot->counts().records == kCount);
}

TEST_CASE("what is not full takes no more memory than it needs", "[hot]") {
    const auto hot = make_hot(1U << 30U);
    CHECK(hot->counts().bytes == 0);
    CHECK(hot->counts().bytes_max == 1U << 30U);
    REQUIRE(hot->fill("key", as_bytes_view("record"), hot->now()) == Filled::kKept);
    CHECK(hot->counts().bytes < 16U << 20U);
}

TEST_CASE("a record that was read before a change of it is not kept after it began", "[hot]") {
    const auto hot = make_hot(HotRecords::kBytesMin);
    const auto before = hot->now();
    hot->begin_change("key");
    hot->offer("key", as_bytes_view("old"), before);
    CHECK_FALSE(kept(*hot, "key"));
    const auto meanwhile = hot->now();
    hot->offer("key", as_bytes_view("old"), meanwhile);
    CHECK_FALSE(kept(*hot, "key"));
    SECTION("written") {
        hot->end_change("key", as_bytes_view("new"));
        CHECK(kept(*hot, "key") == "new");
        hot->offer("key", as_bytes_view("old"), before);
        hot->offer("key", as_bytes_view("old"), meanwhile);
        CHECK(kept(*hot, "key") == "new");
    }
    SECTION("erased") {
        hot->end_change("key", std::nullopt);
        hot->offer("key", as_bytes_view("old"), before);
        hot->offer("key", as_bytes_view("old"), meanwhile);
        CHECK(hot->fill("key", as_bytes_view("old"), meanwhile) == Filled::kChanged);
        CHECK_FALSE(kept(*hot, "key"));
        hot->offer("key", as_bytes_view("newer"), hot->now());
        CHECK(kept(*hot, "key") == "newer");
    }
    SECTION("not ended, because the disk failed") {
        hot->offer("key", as_bytes_view("old"), hot->now());
        CHECK_FALSE(kept(*hot, "key"));
    }
}

TEST_CASE("a record that was read before everything was replaced is not kept after it", "[hot]") {
    const auto hot = make_hot(HotRecords::kBytesMin);
    hot->offer("a", as_bytes_view("old"), hot->now());
    CHECK(kept(*hot, "a") == "old");
    const auto before = hot->now();
    hot->begin_replacement();
    CHECK_FALSE(kept(*hot, "a"));
    const auto meanwhile = hot->now();
    hot->offer("a", as_bytes_view("old"), before);
    hot->end_replacement();
    hot->offer("b", as_bytes_view("old"), before);
    hot->offer("c", as_bytes_view("old"), meanwhile);
    CHECK(hot->counts().records == 0);
    hot->offer("c", as_bytes_view("new"), hot->now());
    CHECK(kept(*hot, "c") == "new");
}

/// Fills it with records that nobody reads, until something must leave for the next one.
std::size_t fill_up(HotRecords& hot) {
    const std::string text(300, 'x');
    std::size_t number = 0;
    while (hot.fill("filler/" + std::to_string(number), as_bytes_view(text), hot.now()) ==
           Filled::kKept) {
        ++number;
    }
    return number;
}

TEST_CASE("of a full memory only what is asked for again gets a part", "[hot]") {
    const auto hot = make_hot(HotRecords::kBytesMin);
    fill_up(*hot);
    hot->offer("key", as_bytes_view("record"), hot->now());
    CHECK_FALSE(kept(*hot, "key"));
    hot->offer("key", as_bytes_view("record"), hot->now());
    CHECK(kept(*hot, "key") == "record");
}

TEST_CASE("what is read stays, what is not read leaves", "[hot]") {
    const auto hot = make_hot(HotRecords::kBytesMin);
    const std::size_t fit = fill_up(*hot);
    const std::string text(300, 'x');
    for (int i = 0; i < 2; ++i) hot->offer("popular", as_bytes_view("record"), hot->now());
    for (std::size_t i = 0; i < 5 * fit; ++i) {
        for (int twice = 0; twice < 2; ++twice) {
            hot->offer(key_number(i), as_bytes_view(text), hot->now());
        }
        if (i % 100 == 0) REQUIRE(kept(*hot, "popular") == "record");
    }
    CHECK_FALSE(kept(*hot, "filler/0"));
    CHECK_FALSE(kept(*hot, key_number(0)));
    CHECK(kept(*hot, key_number(5 * fit - 1)));
}

TEST_CASE("a record that changes all the time does not push out the others", "[hot]") {
    const auto hot = make_hot(HotRecords::kBytesMin);
    const std::string text(300, 'x');
    for (std::size_t i = 0; i < 500; ++i) {
        REQUIRE(hot->fill(key_number(i), as_bytes_view(text), hot->now()) == Filled::kKept);
    }
    for (int i = 0; i < 20'000; ++i) {
        hot->begin_change("busy");
        hot->end_change("busy", as_bytes_view(text));
    }
    CHECK(hot->counts().records == 501);
}

TEST_CASE("records that are too large are left to the disk", "[hot]") {
    const auto hot = make_hot(HotRecords::kBytesMin);
    const std::string largest(HotRecords::kStoredBytesMax, 'x');
    const std::string too_large = largest + 'x';
    hot->offer("largest", as_bytes_view(largest), hot->now());
    CHECK(kept(*hot, "largest") == largest);
    hot->offer("too-large", as_bytes_view(too_large), hot->now());
    CHECK_FALSE(kept(*hot, "too-large"));
    hot->begin_change("largest");
    hot->end_change("largest", as_bytes_view(too_large));
    CHECK_FALSE(kept(*hot, "largest"));
}

TEST_CASE("more small records than the table has slots push one another out", "[hot]") {
    const auto hot = make_hot(HotRecords::kBytesMin);
    constexpr std::size_t kCount = 6'000;
    for (std::size_t i = 0; i < kCount; ++i) {
        hot->offer(key_number(i), as_bytes_view(std::to_string(i)), hot->now());
    }
    std::size_t found = 0;
    for (std::size_t i = 0; i < kCount; ++i) {
        const auto text = kept(*hot, key_number(i));
        if (!text) continue;
        CHECK(text == std::to_string(i));
        ++found;
    }
    CHECK(found == hot->counts().records);
    CHECK(found > 1'800);
    CHECK(found < kCount);
}

TEST_CASE("four writers and four readers never see a stale, torn or foreign record", "[hot]") {
    // In the larger one there is room for all records: what is erased is known without the disk.
    const bool has_room = GENERATE(false, true);
    const auto hot = make_hot(has_room ? 8U << 20U : HotRecords::kBytesMin);
    Front front(*hot);
    REQUIRE(front.walk());
    AnswerChecker checker(
        {.write = [&](const auto& key, const auto& text) { front.write(key, text); },
         .read = [&](const auto& key) { return front.read(key); },
         .foresee = [&](const auto& keys) { front.foresee(keys); }},
        4'000);
    std::jthread walking([&](const std::stop_token& stop) {
        while (!stop.stop_requested()) front.walk();
    });
    const auto outcome = checker.run(checking_time());
    CHECK(outcome.fault == "");
    CHECK(outcome.writes > 0);
    CHECK(hot->counts().hits > 0);
    CHECK(hot->counts().misses > 0);
    if (has_room) CHECK(front.denied() > 0);
}

TEST_CASE("a record is never denied while others change places in a full table", "[hot]") {
    const auto hot = make_hot(HotRecords::kBytesMin);
    walk_over_nothing(*hot);
    // Small records: most of the table is taken, and little of the arena.
    constexpr std::size_t kStay = 700;
    constexpr std::size_t kCome = 900;
    const auto write = [&](std::size_t number, std::optional<BytesView> stored) {
        hot->begin_change(key_number(number));
        hot->end_change(key_number(number), stored);
    };
    for (std::size_t i = 0; i < kStay; ++i) write(i, as_bytes_view("stays"));
    std::atomic<std::size_t> denied{0};
    std::atomic<std::size_t> absent{0};
    {
        std::jthread reader([&](const std::stop_token& stop) {
            while (!stop.stop_requested()) {
                for (std::size_t i = 0; i < kStay; ++i) {
                    if (look(*hot, key_number(i)) == Found::kAbsent) ++denied;
                }
                if (look(*hot, "absent") == Found::kAbsent) ++absent;
            }
        });
        const auto end = std::chrono::steady_clock::now() + checking_time();
        for (std::size_t next = kStay; std::chrono::steady_clock::now() < end; next += kCome) {
            for (std::size_t i = 0; i < kCome; ++i) write(next + i, as_bytes_view("comes"));
            for (std::size_t i = 0; i < kCome; ++i) write(next + i, std::nullopt);
        }
    }
    CHECK(denied == 0);
    CHECK(absent > 0);
}

}  // namespace
}  // namespace idnode::test
