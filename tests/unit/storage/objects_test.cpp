#include <catch2/catch.hpp>

#include "storage/codec.h"
#include "storage/plan.h"
#include "tests/unit/storage/engines.h"

/// What a store keeps besides records.
namespace idnode::test {
namespace {

using model::Table;

model::ObjectEdit object(Table table, std::string key, std::string_view octets,
                         std::optional<model::TransactionId> expected = {}) {
    return {table, std::move(key), to_bytes(octets), expected};
}

model::Change change_of_objects(std::vector<model::ObjectEdit> objects,
                                std::vector<model::Edit> edits = {}) {
    model::Change out = change_of(std::move(edits));
    out.from = "192.0.2.7";
    out.objects = std::move(objects);
    return out;
}

std::string octets_of(const model::RecordStore& store, Table table, std::string_view key) {
    const auto found = store.read_object(table, key);
    REQUIRE(found);
    return *found ? std::string(as_text((*found)->value)) : "none";
}

std::vector<std::string> keys_of(const std::vector<model::StoredObject>& objects) {
    std::vector<std::string> out;
    for (const auto& object : objects) out.push_back(object.key);
    return out;
}

TEMPLATE_LIST_TEST_CASE("records and objects are committed together or not at all", "[store]",
                        Engines) {
    TestType engine;
    const auto committed = engine.store->commit(
        change_of_objects({object(Table::kAccounts, "ann", "1")}, {put("88.100.7/a", "1")}));
    REQUIRE(committed);
    CHECK(committed->changed == 2);
    CHECK(octets_of(*engine.store, Table::kAccounts, "ann") == "1");

    const auto refused = engine.store->commit(change_of_objects(
        {object(Table::kAccounts, "ben", "1"), object(Table::kAccounts, "ann", "2", 0)},
        {put("88.100.7/b", "1")}));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::kConflict);
    CHECK_FALSE(find(*engine.store, "88.100.7/b"));
    CHECK(octets_of(*engine.store, Table::kAccounts, "ben") == "none");
    CHECK(whole_log(*engine.store).size() == 2);
}

TEMPLATE_LIST_TEST_CASE("the log tells who changed an object, from where, and what it was",
                        "[store]", Engines) {
    TestType engine;
    REQUIRE(engine.store->commit(change_of_objects({object(Table::kAccounts, "ann", "1")})));
    REQUIRE(engine.store->commit(change_of_objects({object(Table::kAccounts, "ann", "2", 1)})));
    REQUIRE(engine.store->commit(change_of_objects({object(Table::kAccounts, "ann", "2")})));
    REQUIRE(engine.store->commit(change_of_objects({{Table::kAccounts, "ann", {}, 2}})));
    const auto log = whole_log(*engine.store);
    REQUIRE(log.size() == 3);
    CHECK(log[0].action == model::Action::kPutObject);
    CHECK(log[0].before_version == 0);
    CHECK(log[1].table == Table::kAccounts);
    CHECK(log[1].key == "ann");
    CHECK(log[1].from == "192.0.2.7");
    CHECK(as_text(log[1].before) == "1");
    CHECK(log[1].before_version == 1);
    CHECK(log[2].action == model::Action::kRemoveObject);
    CHECK(as_text(log[2].before) == "2");
    CHECK(octets_of(*engine.store, Table::kAccounts, "ann") == "none");
}

TEMPLATE_LIST_TEST_CASE("an index has no log entries, and the version of what it came with",
                        "[store]", Engines) {
    TestType engine;
    REQUIRE(engine.store->commit(change_of_objects({object(Table::kCounters, "n", "1", 0)})));
    CHECK_FALSE(engine.store->commit(change_of_objects({object(Table::kCounters, "n", "1", 0)})));
    REQUIRE(engine.store->commit(change_of_objects(
        {object(Table::kCounters, "n", "2")}, {put("88.100.7/a", "1"), put("88.100.7/b", "1")})));
    CHECK(whole_log(*engine.store).size() == 2);
    CHECK(engine.store->read_object(Table::kCounters, "n").value()->version == 2);
}

TEMPLATE_LIST_TEST_CASE("objects are listed table by table, from behind a cursor", "[store]",
                        Engines) {
    TestType engine;
    REQUIRE(engine.store->commit(
        change_of_objects({object(Table::kAccounts, "b2", "x"), object(Table::kAccounts, "a", "x"),
                           object(Table::kAccounts, "b1", "x"), object(Table::kAccounts, "b3", "x"),
                           object(Table::kPrefixes, "b4", "x")})));
    const auto list = [&](std::string_view prefix, std::string_view after, std::size_t count) {
        return keys_of(engine.store->scan_objects(Table::kAccounts, prefix, after, count).value());
    };
    CHECK(list("", "", 9) == std::vector<std::string>{"a", "b1", "b2", "b3"});
    CHECK(list("b", "", 2) == std::vector<std::string>{"b1", "b2"});
    CHECK(list("b", "b2", 9) == std::vector<std::string>{"b3"});
    CHECK(list("b", "a", 9) == std::vector<std::string>{"b1", "b2", "b3"});
}

TEMPLATE_LIST_TEST_CASE("a record that is erased leaves a way to its history", "[store]", Engines) {
    TestType engine;
    const model::Key key = model::key_of("88.100.7/a");
    for (std::size_t round = 0; round < storage::kErasuresKept + 2; ++round) {
        must_commit(*engine.store, {put("88.100.7/a", std::to_string(round))});
        must_commit(*engine.store, {erase("88.100.7/a")});
    }
    const auto erasures = engine.store->read_object(Table::kErasures, key).value();
    REQUIRE(erasures);
    CHECK(erasures->value.size() == storage::kErasuresKept * 8);
    const auto log = whole_log(*engine.store);
    CHECK(erasures->version == log.back().id);
    const auto before = engine.store->before_image(log.back()).value();
    REQUIRE(before);
    CHECK(before->version == log[log.size() - 2].id);
    CHECK_FALSE(engine.store->commit(change_of_objects({object(Table::kErasures, "x", "1")})));
}

TEST_CASE("log entries of format 1 are read") {
    Bytes stored =
        to_bytes(std::string_view("\x01\x01\x00"
                                  "\0\0\0\0\0\0\0\x05"
                                  "\0\0\0\x01"
                                  "w"
                                  "\0\0\0\x03"
                                  "8/a",
                                  23));
    std::vector<model::LogEntry> entries;
    REQUIRE(storage::decode_log_entries(4, stored, 3, 1, entries));
    REQUIRE(entries.size() == 1);
    CHECK(entries[0].who == "w");
    CHECK(entries[0].handle == "8/a");
    CHECK(entries[0].from.empty());
}

}  // namespace
}  // namespace idnode::test
