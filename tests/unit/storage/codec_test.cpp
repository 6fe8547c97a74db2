#include "storage/codec.h"

#include <catch2/catch.hpp>

#include "proto/base/hex.h"
#include "storage/keys.h"
#include "tests/unit/storage/store_fixture.h"

/// The octets on the disk. Each vector here is a promise to stores that exist.
namespace idnode::test {
namespace {

const model::Key kKey = model::key_of("88.100.7/Ab");

Bytes stored_record(std::string_view handle) {
    Bytes out;
    const Bytes no_values = values_of({});
    storage::encode_record({kKey, handle, 0x0102030405060708, true, no_values}, out);
    return out;
}

TEST_CASE("a stored record has the octets that README.md draws") {
    CHECK(to_hex(stored_record("88.100.7/Ab")) ==
          "0101"
          "0102030405060708"
          "000b"
          "38382e3130302e372f4162"
          "00000000");
    // Spelled as in the key: the handle is left out.
    CHECK(to_hex(stored_record("88.100.7/AB")) ==
          "0103"
          "0102030405060708"
          "0000"
          "00000000");
}

TEST_CASE("a stored record reads back, and its version can be set afterwards") {
    for (const std::string_view handle : {"88.100.7/Ab", "88.100.7/AB"}) {
        Bytes stored = stored_record(handle);
        storage::set_record_version(stored, 77);
        const auto view = storage::decode_record(kKey, stored);
        REQUIRE(view);
        CHECK(view->handle == handle);
        CHECK(view->version == 77);
        CHECK(view->all_public);
        CHECK(same_octets(view->values, values_of({})));
    }
}

TEST_CASE("a stored record that is cut short is damaged, a newer one unsupported") {
    const Bytes stored = stored_record("88.100.7/Ab");
    for (std::size_t size = 0; size < stored.size(); ++size) {
        const Bytes cut(stored.begin(), stored.begin() + static_cast<std::ptrdiff_t>(size));
        const auto view = storage::decode_record(kKey, cut);
        REQUIRE_FALSE(view);
        CHECK(view.error().code == Errc::kDamaged);
        CHECK(view.error().detail.find("'88.100.7/AB'") != std::string::npos);
    }
    Bytes newer = stored;
    newer[0] = std::byte{2};
    CHECK(storage::decode_record(kKey, newer).error().code == Errc::kUnsupported);
    newer[0] = std::byte{0};
    CHECK(storage::decode_record(kKey, newer).error().code == Errc::kDamaged);
}

Result<model::LogEntry> decoded_entry(model::TransactionId id, BytesView stored) {
    std::vector<model::LogEntry> entries;
    auto decoded = storage::decode_log_entries(id, stored, id - 1, 1, entries);
    if (!decoded) return std::move(decoded).error();
    REQUIRE(entries.size() == 1);
    return std::move(entries.front());
}

TEST_CASE("a log entry has the octets that README.md draws and reads back") {
    Bytes stored;
    const Bytes before = to_bytes("old");
    storage::encode_log_entry({model::Action::kUpdate, model::SuffixCase::kKeep, 0x0102, "300:x",
                               "88.100.7/Ab", before, "::1"},
                              stored);
    CHECK(to_hex(stored) ==
          "020301"
          "0000000000000102"
          "00000005"
          "3330303a78"
          "00000003"
          "3a3a31"
          "0000000b"
          "38382e3130302e372f4162"
          "6f6c64");
    const auto entry = decoded_entry(9, stored);
    REQUIRE(entry);
    CHECK(entry->id == 9);
    CHECK(entry->time == 0x0102);
    CHECK(entry->action == model::Action::kUpdate);
    CHECK(entry->who == "300:x");
    CHECK(entry->from == "::1");
    CHECK(entry->handle == "88.100.7/Ab");
    CHECK(entry->key == model::key_of("88.100.7/Ab", model::SuffixCase::kKeep));
    CHECK(entry->before == before);

    for (std::size_t size = 0; size < stored.size() - before.size(); ++size) {
        const Bytes cut(stored.begin(), stored.begin() + static_cast<std::ptrdiff_t>(size));
        CHECK(decoded_entry(9, cut).error().code == Errc::kDamaged);
    }
    for (const auto& [at, code] : {std::pair(0U, Errc::kUnsupported), std::pair(1U, Errc::kDamaged),
                                   std::pair(2U, Errc::kDamaged)}) {
        Bytes bad = stored;
        bad[at] = std::byte{99};
        CHECK(decoded_entry(9, bad).error().code == code);
    }
}

storage::LogCreates three_creates() {
    storage::LogCreates creates("import", 0x0102);
    creates.add(7, model::SuffixCase::kFold, "88.100.7/P-01");
    creates.add(8, model::SuffixCase::kFold, "88.100.7/P-02x");
    creates.add(9, model::SuffixCase::kFold, "88.100.7/P");
    return creates;
}

TEST_CASE("creates of a load that share a log entry have the octets that codec.h draws") {
    const storage::LogCreates creates = three_creates();
    CHECK(creates.last_id() == 9);
    CHECK(to_hex(creates.octets()) ==
          "0300"
          "0000000000000102"
          "00000006"
          "696d706f7274"
          "00000003"
          "000d"
          "38382e3130302e372f502d3031"
          "0c02"
          "3278"
          "0a00");
}

TEST_CASE("creates that share a log entry are found by their ids") {
    const storage::LogCreates creates = three_creates();
    std::vector<model::LogEntry> entries;
    REQUIRE(storage::decode_log_entries(9, creates.octets(), 0, 100, entries));
    REQUIRE(entries.size() == 3);
    CHECK(entries[0].id == 7);
    CHECK(entries[0].handle == "88.100.7/P-01");
    CHECK(entries[0].key == model::key_of("88.100.7/P-01"));
    CHECK(entries[0].action == model::Action::kCreate);
    CHECK(entries[0].time == 0x0102);
    CHECK(entries[0].who == "import");
    CHECK(entries[0].from.empty());
    CHECK(entries[0].before.empty());
    CHECK(entries[1].handle == "88.100.7/P-02x");
    CHECK(entries[2].id == 9);
    CHECK(entries[2].handle == "88.100.7/P");

    entries.clear();
    REQUIRE(storage::decode_log_entries(9, creates.octets(), 7, 1, entries));
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].id == 8);
    entries.clear();
    REQUIRE(storage::decode_log_entries(9, creates.octets(), 9, 1, entries));
    CHECK(entries.empty());
}

TEST_CASE("only creates that follow each other and fold alike share a log entry") {
    storage::LogCreates creates = three_creates();
    CHECK(creates.takes(10, model::SuffixCase::kFold));
    CHECK_FALSE(creates.takes(11, model::SuffixCase::kFold));
    CHECK_FALSE(creates.takes(10, model::SuffixCase::kKeep));
    for (model::TransactionId id = 10; creates.takes(id, model::SuffixCase::kFold); ++id) {
        creates.add(id, model::SuffixCase::kFold, "88.100.7/more");
    }
    CHECK(creates.last_id() == 6 + storage::LogCreates::kCountMax);
    creates.clear();
    CHECK(creates.takes(5, model::SuffixCase::kKeep));
}

TEST_CASE("creates that are damaged are refused wherever they are cut or changed") {
    const storage::LogCreates creates = three_creates();
    const Bytes stored(creates.octets().begin(), creates.octets().end());
    std::vector<model::LogEntry> entries;
    const auto decode = [&](BytesView octets) {
        return storage::decode_log_entries(9, octets, 0, 100, entries);
    };
    for (std::size_t size = 0; size < stored.size(); ++size) {
        CHECK(decode(BytesView(stored).first(size)).error().code == Errc::kDamaged);
    }
    for (std::size_t at = 0; at < stored.size(); ++at) {
        for (unsigned octet = 0; octet < 256; ++octet) {
            Bytes changed = stored;
            changed[at] = static_cast<std::byte>(octet);
            (void)decode(changed);  // whatever it says, it stays within the octets
        }
    }
    const auto with = [&](std::size_t at, unsigned octet) {
        Bytes changed = stored;
        changed[at] = static_cast<std::byte>(octet);
        return decode(changed).error().code;
    };
    CHECK(with(0, 4) == Errc::kUnsupported);
    CHECK(with(1, 2) == Errc::kDamaged);                   // suffix case
    CHECK(with(23, 0) == Errc::kDamaged);                  // no creates
    CHECK(with(stored.size() - 2, 15) == Errc::kDamaged);  // shares more than there is
    entries.clear();
    CHECK(storage::decode_log_entries(2, stored, 0, 100, entries).error().code == Errc::kDamaged);
}

TEST_CASE("a prefix entry has the octets that README.md draws and reads back") {
    Bytes stored;
    storage::encode_prefix_entry({model::SuffixCase::kKeep, 5}, stored);
    CHECK(to_hex(stored) ==
          "0101"
          "0000000000000005");
    const auto entry = storage::decode_prefix_entry("0.NA/88", stored);
    REQUIRE(entry);
    CHECK(entry->suffix_case == model::SuffixCase::kKeep);
    CHECK(entry->version == 5);
    stored.push_back(std::byte{0});
    CHECK(storage::decode_prefix_entry("0.NA/88", stored).error().code == Errc::kDamaged);
    stored[0] = std::byte{2};
    CHECK(storage::decode_prefix_entry("0.NA/88", stored).error().code == Errc::kUnsupported);
}

TEST_CASE("log keys sort as their numbers do") {
    CHECK(to_hex(as_bytes_view(storage::log_key(0x0102030405060708))) == "0102030405060708");
    CHECK(storage::log_key(255) < storage::log_key(256));
    CHECK(storage::log_id(storage::log_key(1234567)) == 1234567);
    CHECK(storage::log_id("short") == 0);
}

TEST_CASE("the key after a prefix is above all keys that begin with it") {
    CHECK(storage::key_after_prefix("88.100.7/") == "88.100.70");
    CHECK(storage::key_after_prefix("a\xFF\xFF") == "b");
    CHECK(storage::key_after_prefix("\xFF").empty());
    CHECK(storage::key_after_prefix("").empty());
}

TEST_CASE("values are the same when nothing but their timestamps differs") {
    const auto same = [](const std::vector<Line>& a, const std::vector<Line>& b) {
        return storage::same_values(values_of(a), values_of(b));
    };
    CHECK(same({}, {}));
    CHECK(same({{1, "a", true, 5}, {2, "b"}}, {{1, "a", true, 6}, {2, "b", true, 9}}));
    CHECK_FALSE(same({{1, "a"}}, {{2, "a"}}));
    CHECK_FALSE(same({{1, "a"}}, {{1, "b"}}));
    CHECK_FALSE(same({{1, "a"}}, {{1, "a", false}}));
    CHECK_FALSE(same({{1, "a"}}, {{1, "a"}, {2, "b"}}));
    CHECK_FALSE(same({{1, "aa"}, {2, "b"}}, {{1, "a"}, {2, "bb"}}));
}

}  // namespace
}  // namespace idnode::test
