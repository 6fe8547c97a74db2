#include "storage/places.h"

#include <catch2/catch.hpp>
#include <deque>
#include <map>
#include <stdexcept>
#include <thread>

#include "tests/unit/storage/answer_checker.h"

/// Where records lie in the files, without files.
namespace idnode::test {
namespace {

using storage::OpenTable;
using storage::OpenTables;
using storage::Places;
using storage::TablePlace;

/// A file that grows to a fixed size, and that may not be in the page cache.
class MemoryTable final : public OpenTable {
  public:
    static constexpr std::size_t kBytesMax = 64U << 10U;

    explicit MemoryTable(OpenTables& tables) : tables_(tables), number_(tables.add(*this)) {
        octets_.reserve(kBytesMax);
    }
    ~MemoryTable() override { tables_.remove(number_); }

    std::optional<BytesView> read_at_once(std::uint32_t offset, std::uint32_t bytes,
                                          Bytes& scratch) const override {
        if (is_on_disk) return std::nullopt;
        const std::byte* const begin = octets_.data() + offset;
        scratch.assign(begin, begin + bytes);
        return BytesView(scratch);
    }
    void prefetch(std::uint32_t offset, std::uint32_t bytes) const override {
        if (offset + bytes > kBytesMax) throw std::out_of_range("not in the file");
    }

    bool has_room(std::string_view text) const { return octets_.size() + text.size() <= kBytesMax; }
    TablePlace append(std::string_view text) {
        const TablePlace place{number_, static_cast<std::uint32_t>(octets_.size()),
                               static_cast<std::uint32_t>(text.size())};
        octets_.insert(octets_.end(), as_bytes_view(text).begin(), as_bytes_view(text).end());
        return place;
    }

    std::atomic<bool> is_on_disk{false};

  private:
    OpenTables& tables_;
    const std::uint32_t number_;
    Bytes octets_;
};

std::unique_ptr<Places> make_places(const std::shared_ptr<OpenTables>& tables,
                                    std::uint64_t bytes = 64U << 10U) {
    auto places = Places::make(bytes, tables);
    REQUIRE(places);
    (*places)->begin_walk();
    return *std::move(places);
}

std::optional<std::string> at_once(const Places& places, std::string_view key) {
    Bytes scratch;
    std::optional<std::string> out;
    places.read(key, scratch, [&out](BytesView octets) { out = as_text(octets); });
    return out;
}

Places::Found found(const Places& places, std::string_view key) {
    Bytes scratch;
    return places.read(key, scratch, [](BytesView) {});
}

struct OneTable {
    std::shared_ptr<OpenTables> tables = std::make_shared<OpenTables>();
    std::unique_ptr<Places> places = make_places(tables);
    MemoryTable table{*tables};

    void learn(std::string_view key, std::string_view text) {
        places->learn(key, table.append(text), places->now());
    }
};

TEST_CASE("a record is read where it was found", "[places]") {
    OneTable one;
    CHECK(found(*one.places, "a") == Places::Found::kUnknown);
    one.learn("a", "first");
    one.learn("b", "second");
    CHECK(at_once(*one.places, "a") == "first");
    CHECK(at_once(*one.places, "b") == "second");
    CHECK(one.places->count() == 2);
    one.learn("a", "moved");
    CHECK(at_once(*one.places, "a") == "moved");
    CHECK(one.places->count() == 2);

    one.table.is_on_disk = true;
    CHECK(found(*one.places, "a") == Places::Found::kOnDisk);
}

TEST_CASE("what is under a change, or was read before it, is not learned", "[places]") {
    OneTable one;
    one.learn("a", "old");
    const auto before = one.places->now();
    const TablePlace old = one.table.append("old");
    one.places->begin_change("a");
    CHECK(found(*one.places, "a") == Places::Found::kUnknown);
    one.places->learn("a", old, one.places->now());
    CHECK(found(*one.places, "a") == Places::Found::kUnknown);
    one.places->end_change("a", true);
    one.places->learn("a", old, before);
    CHECK(found(*one.places, "a") == Places::Found::kUnknown);
    one.learn("a", "new");
    CHECK(at_once(*one.places, "a") == "new");
    CHECK(one.places->count() == 1);
}

TEST_CASE("once all is known, what has no entry is not there", "[places]") {
    OneTable one;
    CHECK(found(*one.places, "a") == Places::Found::kUnknown);
    one.learn("a", "text");
    one.places->tell("a");
    one.places->tell("long");
    one.places->end_walk();
    CHECK(at_once(*one.places, "a") == "text");
    CHECK(found(*one.places, "long") == Places::Found::kUnknown);
    CHECK(found(*one.places, "b") == Places::Found::kAbsent);

    one.places->begin_change("b");
    CHECK(found(*one.places, "b") == Places::Found::kUnknown);
    one.places->end_change("b", true);
    CHECK(found(*one.places, "b") == Places::Found::kUnknown);
    one.places->begin_change("b");
    one.places->end_change("b", false);
    CHECK(found(*one.places, "b") == Places::Found::kAbsent);

    one.places->begin_replacement();
    one.places->end_replacement();
    CHECK(found(*one.places, "b") == Places::Found::kUnknown);
}

TEST_CASE("a change that failed leaves it to the store what is there", "[places]") {
    OneTable one;
    one.places->end_walk();
    CHECK(found(*one.places, "a") == Places::Found::kAbsent);
    one.places->begin_change("a");
    CHECK(found(*one.places, "a") == Places::Found::kUnknown);
}

TEST_CASE("what had to be forgotten is not denied", "[places]") {
    OneTable one;
    one.places->end_walk();
    constexpr int kCount = 5'000;  // of 4,096
    for (int i = 0; i < kCount; ++i) one.places->tell(std::to_string(i));
    for (int i = 0; i < kCount; ++i) {
        CHECK(found(*one.places, std::to_string(i)) == Places::Found::kUnknown);
    }
    one.places->begin_replacement();
    one.places->end_replacement();
    one.places->begin_walk();
    one.places->end_walk();
    CHECK(found(*one.places, "1") == Places::Found::kAbsent);
}

TEST_CASE("before the first walk nothing is kept", "[places]") {
    const auto tables = std::make_shared<OpenTables>();
    const auto places = *Places::make(64U << 10U, tables);
    MemoryTable table(*tables);
    places->learn("a", table.append("text"), places->now());
    places->begin_change("b");
    places->end_change("b", true);
    CHECK(places->count() == 0);
    CHECK(found(*places, "c") == Places::Found::kUnknown);
}

TEST_CASE("after a replacement no place is known, and those of before are not learned",
          "[places]") {
    OneTable one;
    one.learn("a", "old");
    const auto before = one.places->now();
    const TablePlace old = one.table.append("old");
    one.places->begin_replacement();
    one.places->learn("a", old, one.places->now());
    one.places->end_replacement();
    one.places->learn("a", old, before);
    CHECK(found(*one.places, "a") == Places::Found::kUnknown);
    CHECK(one.places->count() == 0);
}

TEST_CASE("places in a file that was closed mean nothing", "[places]") {
    const auto tables = std::make_shared<OpenTables>();
    const auto places = make_places(tables);
    {
        MemoryTable table(*tables);
        places->learn("a", table.append("gone"), places->now());
        CHECK(at_once(*places, "a") == "gone");
    }
    MemoryTable next(*tables);
    (void)next.append("else");
    CHECK(found(*places, "a") == Places::Found::kUnknown);
}

TEST_CASE("more places than there is room for push one another out", "[places]") {
    OneTable one;
    constexpr int kCount = 20'000;  // of 4,096
    const TablePlace place = one.table.append("text");
    for (int i = 0; i < kCount; ++i) {
        one.places->learn(std::to_string(i), place, one.places->now());
    }
    int known = 0;
    for (int i = 0; i < kCount; ++i) {
        if (found(*one.places, std::to_string(i)) == Places::Found::kRecord) ++known;
    }
    CHECK(static_cast<std::uint64_t>(known) == one.places->count());
    CHECK(one.places->count() > one.places->room());
    CHECK(one.places->count() <= 4'096);
}

TEST_CASE("as many places as there is room for are nearly all kept", "[places]") {
    OneTable one;
    const TablePlace place = one.table.append("text");
    const auto room = one.places->room();
    for (std::uint64_t i = 0; i < room; ++i) {
        one.places->learn(std::to_string(i), place, one.places->now());
    }
    CHECK(one.places->count() >= room * 97 / 100);
}

TEST_CASE("records that are long, or lie far behind in a file, are left to the search",
          "[places]") {
    OneTable one;
    one.places->learn("a", {1, 0, Places::kStoredBytesMax + 1}, one.places->now());
    one.places->learn("b", {1, Places::kOffsetMax + 1, 1}, one.places->now());
    CHECK(one.places->count() == 0);
}

/// A disk that writes records into files and closes old ones after it has moved what is in them.
class Disk {
  public:
    Disk(std::shared_ptr<OpenTables> tables, Places& places)
        : tables_(std::move(tables)), places_(places) {}

    void write(const std::string& key, const std::optional<std::string>& text) {
        places_.begin_change(key);
        {
            const std::scoped_lock lock(mutex_);
            if (text) {
                records_[key] = {*text, append(*text)};
            } else {
                records_.erase(key);
            }
        }
        close_old();
        places_.end_change(key, text.has_value());
    }
    std::optional<std::string> read(const std::string& key) {
        if (auto text = at_once(places_, key)) {
            ++hits_;
            return text;
        }
        if (found(places_, key) == Places::Found::kAbsent) {
            ++denied_;
            return std::nullopt;
        }
        const auto before = places_.now();
        const auto record = find(key);
        if (!record) return std::nullopt;
        places_.learn(key, record->place, before);
        return record->text;
    }
    /// In steps, as that over a store.
    void walk() {
        constexpr std::size_t kStep = 100;
        places_.begin_walk();
        std::string after;
        for (bool more = true; more;) {
            std::vector<std::string> keys;
            {
                const std::scoped_lock lock(mutex_);
                auto at = records_.upper_bound(after);
                for (; at != records_.end() && keys.size() < kStep; ++at) keys.push_back(at->first);
            }
            more = !keys.empty();
            if (more) after = keys.back();
            for (const std::string& key : keys) {
                const auto before = places_.now();
                if (const auto record = find(key)) places_.learn(key, record->place, before);
                places_.tell(key);
            }
        }
        places_.end_walk();
    }
    std::uint64_t hits() const { return hits_; }
    std::uint64_t denied() const { return denied_; }

  private:
    static constexpr std::size_t kOpenMax = 40;

    struct Record {
        std::string text;
        TablePlace place;
    };

    std::optional<Record> find(const std::string& key) {
        const std::scoped_lock lock(mutex_);
        const auto at = records_.find(key);
        return at == records_.end() ? std::nullopt : std::optional(at->second);
    }
    TablePlace append(const std::string& text) {
        if (open_.empty() || !open_.back()->has_room(text)) {
            open_.push_back(std::make_unique<MemoryTable>(*tables_));
        }
        return open_.back()->append(text);
    }
    void close_old() {
        std::vector<std::unique_ptr<MemoryTable>> old;
        const std::scoped_lock lock(mutex_);
        if (open_.size() <= kOpenMax) return;
        for (; open_.size() > 1; open_.pop_front()) old.push_back(std::move(open_.front()));
        for (auto& [key, record] : records_) record.place = append(record.text);
    }

    const std::shared_ptr<OpenTables> tables_;
    Places& places_;
    std::mutex mutex_;
    std::map<std::string, Record> records_;
    std::deque<std::unique_ptr<MemoryTable>> open_;
    std::atomic<std::uint64_t> hits_{0};
    std::atomic<std::uint64_t> denied_{0};
};

TEST_CASE("four writers and four readers never see a stale, torn or foreign record where it lies",
          "[places]") {
    const auto tables = std::make_shared<OpenTables>();
    // In the smaller one they push one another out.
    const std::uint64_t bytes = GENERATE(64U << 10U, 1U << 20U);
    const auto places = make_places(tables, bytes);
    Disk disk(tables, *places);
    AnswerChecker checker(
        {.write = [&](const auto& key, const auto& text) { disk.write(key, text); },
         .read = [&](const auto& key) { return disk.read(key); },
         .foresee =
             [&](const std::vector<std::string>& keys) {
                 places->foresee(std::vector<std::string_view>(keys.begin(), keys.end()));
             }},
        8'000);
    std::jthread walking([&](const std::stop_token& stop) {
        while (!stop.stop_requested()) disk.walk();
    });
    const auto outcome = checker.run(checking_time());
    CHECK(outcome.fault == "");
    CHECK(outcome.writes > 0);
    CHECK(disk.hits() > 0);
    if (bytes > 64U << 10U) CHECK(disk.denied() > 0);
}

}  // namespace
}  // namespace idnode::test
