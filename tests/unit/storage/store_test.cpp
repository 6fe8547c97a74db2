#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <thread>

#include "storage/codec.h"
#include "storage/keys.h"
#include "tests/unit/storage/engines.h"

/// What every engine promises (registry/model/ports.h).
namespace idnode::test {
namespace {

using model::Action;
using Strings = std::vector<std::string>;

TEMPLATE_LIST_TEST_CASE("a record is read as it was written", "[store]", Engines) {
    TestType engine;
    engine.clock.set(1'700'000'001'999);
    must_commit(*engine.store, {put("88.100.7/Pump-1", {{1, "a"}, {3, "b", false}})});

    const auto found = find(*engine.store, "88.100.7/PUMP-1");
    REQUIRE(found);
    CHECK(found->handle == "88.100.7/Pump-1");
    CHECK(found->version == 1);
    CHECK_FALSE(found->all_public);
    CHECK(found->lines ==
          std::vector<Line>{{1, "a", true, 1'700'000'001}, {3, "b", false, 1'700'000'001}});
    CHECK_FALSE(find(*engine.store, "88.100.7/Pump-2"));
}

TEMPLATE_LIST_TEST_CASE("a record of public values only says so", "[store]", Engines) {
    TestType engine;
    must_commit(*engine.store, {put("88.100.7/a", {{1, "x"}, {2, "y"}}),
                                put("88.100.7/empty", std::vector<Line>{})});
    CHECK(find(*engine.store, "88.100.7/a")->all_public);
    CHECK(find(*engine.store, "88.100.7/empty")->all_public);
    must_commit(*engine.store, {put("88.100.7/a", {{1, "x"}, {2, "y", false}})});
    CHECK_FALSE(find(*engine.store, "88.100.7/a")->all_public);
}

TEMPLATE_LIST_TEST_CASE("suffixes that are kept in case are different records", "[store]",
                        Engines) {
    TestType engine;
    model::Edit lower = put("88.100.7/x", "lower");
    lower.suffix_case = model::SuffixCase::kKeep;
    model::Edit upper = put("88.100.7/X", "upper");
    upper.suffix_case = model::SuffixCase::kKeep;
    must_commit(*engine.store, {lower, upper});
    CHECK(find(*engine.store, "88.100.7/x", model::SuffixCase::kKeep)->lines[0].data == "lower");
    CHECK(find(*engine.store, "88.100.7/X", model::SuffixCase::kKeep)->lines[0].data == "upper");
    const auto log = whole_log(*engine.store);
    REQUIRE(log.size() == 2);
    CHECK(log[0].key == model::key_of("88.100.7/x", model::SuffixCase::kKeep));
}

TEMPLATE_LIST_TEST_CASE("an update keeps the spelling of the registration", "[store]", Engines) {
    TestType engine;
    must_commit(*engine.store, {put("88.100.7/Pump", "a")});
    must_commit(*engine.store, {put("88.100.7/pump", "b")});
    CHECK(find(*engine.store, "88.100.7/PUMP")->handle == "88.100.7/Pump");
    CHECK(whole_log(*engine.store)[1].handle == "88.100.7/pump");
}

TEMPLATE_LIST_TEST_CASE("a change that fails at its last edit leaves nothing behind", "[store]",
                        Engines) {
    TestType engine;
    must_commit(*engine.store, {put("88.100.7/old", "a")});
    model::Edit must_be_new = put("88.100.7/old", "b");
    must_be_new.expected_version = 0;

    const auto refused = engine.store->commit(
        change_of({put("88.100.7/new", "x"), put("88.100.7/old", "y"), home("0.NA/88.100.7"),
                   erase("88.100.7/old"), put("88.100.7/old", "z"), must_be_new}));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::kConflict);
    CHECK_FALSE(find(*engine.store, "88.100.7/new"));
    CHECK(data_of(*engine.store, "88.100.7/old") == "a");
    CHECK(engine.store->prefixes().current()->size() == 0);
    CHECK(whole_log(*engine.store).size() == 1);
    // Its transaction ids were not used up either.
    CHECK(must_commit(*engine.store, {put("88.100.7/new", "x")}).first == 2);
}

TEMPLATE_LIST_TEST_CASE("an expected version must hold", "[store]", Engines) {
    TestType engine;
    const auto attempt = [&engine](model::Edit edit, model::TransactionId expected) {
        edit.expected_version = expected;
        return engine.store->commit(change_of({std::move(edit)}));
    };
    CHECK(attempt(put("88.100.7/a", "1"), 1).error().code == Errc::kConflict);
    CHECK(attempt(erase("88.100.7/a"), 1).error().code == Errc::kConflict);
    REQUIRE(attempt(put("88.100.7/a", "1"), 0));
    CHECK(attempt(put("88.100.7/a", "2"), 0).error().detail.find("exists already") !=
          std::string::npos);
    CHECK(attempt(put("88.100.7/a", "1"), 7).error().code == Errc::kConflict);
    REQUIRE(attempt(put("88.100.7/a", "2"), 1));
    CHECK(attempt(erase("88.100.7/a"), 1).error().code == Errc::kConflict);
    REQUIRE(attempt(erase("88.100.7/a"), 2));
    CHECK_FALSE(find(*engine.store, "88.100.7/a"));
}

TEMPLATE_LIST_TEST_CASE("a later edit of one change sees the earlier ones", "[store]", Engines) {
    TestType engine;
    const auto committed = must_commit(
        *engine.store, {put("88.100.7/a", "1"), put("88.100.7/A", "2"), erase("88.100.7/b"),
                        put("88.100.7/b", "3"), erase("88.100.7/b"), put("88.100.7/a", "2")});
    CHECK(committed.first == 1);
    CHECK(committed.last == 4);
    CHECK(committed.changed == 4);
    CHECK(data_of(*engine.store, "88.100.7/a") == "2");
    CHECK_FALSE(find(*engine.store, "88.100.7/b"));
    std::vector<Action> actions;
    for (const auto& entry : whole_log(*engine.store)) actions.push_back(entry.action);
    CHECK(actions ==
          std::vector{Action::kCreate, Action::kUpdate, Action::kCreate, Action::kDelete});
}

TEMPLATE_LIST_TEST_CASE(
    "what another node decided is put as it is given, timestamps and spelling too", "[store]",
    Engines) {
    TestType engine;
    must_commit(*engine.store, {put("88.100.7/Pump", {{1, "a", true, 5}})});
    model::Change change = change_of({put("88.100.7/pump", {{1, "a", true, 99}})});
    change.replicated = true;
    change.mirror_state = to_bytes("at 7");
    REQUIRE(engine.store->commit(change)->changed == 1);
    const auto found = find(*engine.store, "88.100.7/PUMP");
    REQUIRE(found);
    CHECK(found->handle == "88.100.7/pump");
    CHECK(found->lines == std::vector<Line>{{1, "a", true, 99}});
    CHECK(as_text(*engine.store->mirror_state()) == "at 7");

    change.mirror_state = to_bytes("at 8");
    CHECK(engine.store->commit(change)->changed == 0);  // the same again
    CHECK(as_text(*engine.store->mirror_state()) == "at 8");
    CHECK(whole_log(*engine.store).size() == 2);
}

TEMPLATE_LIST_TEST_CASE(
    "a replacement leaves exactly what was added, each difference with its log entry", "[store]",
    Engines) {
    TestType engine;
    must_commit(*engine.store, {home("0.NA/88.100.6"), home("0.NA/88.100.7"),
                                put("88.100.7/a", {{1, "old", true, 5}}), put("88.100.7/gone", "x"),
                                put("88.100.7/zz", "last")});
    const Found kept = *find(*engine.store, "88.100.7/a");
    auto replacement = engine.store->begin_replacement("mirror");
    REQUIRE(replacement);
    const auto add = [&](std::string_view handle, const std::vector<Line>& lines) {
        REQUIRE((*replacement)->add(handle, model::SuffixCase::kFold, values_of(lines)));
    };
    add("88.100.7/New", {{1, "new", true, 77}});
    add("88.100.7/A", {{1, "old", true, 6}});
    REQUIRE((*replacement)->home("0.NA/88.100.7", model::SuffixCase::kFold));
    REQUIRE((*replacement)->home("0.NA/88.100.8", model::SuffixCase::kFold));
    CHECK(*find(*engine.store, "88.100.7/a") == kept);  // until it is finished
    const auto counts = (*replacement)->finish(as_bytes_view("state"));
    REQUIRE(counts);

    CHECK(scan(*engine.store, {}) == std::vector<std::string>{"88.100.7/A", "88.100.7/New"});
    CHECK(find(*engine.store, "88.100.7/a")->lines == std::vector<Line>{{1, "old", true, 6}});
    CHECK(as_text(*engine.store->mirror_state()) == "state");
    const auto homed = engine.store->prefixes().current();
    CHECK(homed->size() == 2);
    CHECK(homed->contains("0.NA/88.100.8"));
    const auto log = whole_log(*engine.store);
    CHECK(log.size() == 5 + 6);  // two prefixes and four records differ
    CHECK(engine.store->counts()->log_end.front() == log.back().id);
    // Commits go on behind it.
    CHECK(must_commit(*engine.store, {put("88.100.7/next", "1")}).first == log.back().id + 1);
}

TEMPLATE_LIST_TEST_CASE("a replacement that is dropped leaves the store as it is", "[store]",
                        Engines) {
    TestType engine;
    must_commit(*engine.store, {put("88.100.7/a", "1")});
    {
        auto replacement = engine.store->begin_replacement("mirror");
        REQUIRE(replacement);
        REQUIRE((*replacement)->add("88.100.7/b", model::SuffixCase::kFold, values_of({{1, "2"}})));
    }
    CHECK(scan(*engine.store, {}) == std::vector<std::string>{"88.100.7/a"});
    CHECK(engine.store->mirror_state()->empty());
}

TEMPLATE_LIST_TEST_CASE("edits that change nothing write nothing", "[store]", Engines) {
    TestType engine;
    must_commit(*engine.store, {put("88.100.7/a", "1"), home("0.NA/88.100.7")});
    engine.clock.set(1'800'000'000'000);
    const auto committed =
        must_commit(*engine.store, {put("88.100.7/a", {{1, "1", true, 99}}), home("0.na/88.100.7"),
                                    erase("88.100.7/none"), unhome("0.NA/88.100.8")});
    CHECK(committed.first == 0);
    CHECK(committed.changed == 0);
    CHECK(whole_log(*engine.store).size() == 2);
    CHECK(find(*engine.store, "88.100.7/a")->version == 1);
    CHECK(must_commit(*engine.store, {}).changed == 0);
}

TEMPLATE_LIST_TEST_CASE("values that stay keep their timestamps, others get the commit's time",
                        "[store]", Engines) {
    TestType engine;
    engine.clock.set(1'000'000);
    must_commit(*engine.store, {put("88.100.7/a", {{1, "x"}, {2, "y"}, {5, "gone"}})});
    engine.clock.set(2'000'500);
    must_commit(
        *engine.store,
        {put("88.100.7/a", {{1, "x", true, 77}, {2, "Y", true, 78}, {3, "new", true, 79}})});
    CHECK(find(*engine.store, "88.100.7/a")->lines ==
          std::vector<Line>{{1, "x", true, 1000}, {2, "Y", true, 2000}, {3, "new", true, 2000}});
}

TEMPLATE_LIST_TEST_CASE("times in the log never go back, though the clock does", "[store]",
                        Engines) {
    TestType engine;
    must_commit(*engine.store, {put("88.100.7/a", "1")});
    const auto first = whole_log(*engine.store).front().time;
    engine.clock.set(first - 60'000);
    must_commit(*engine.store, {put("88.100.7/a", "2")});
    CHECK(whole_log(*engine.store).back().time == first);
    engine.clock.set(first + 1'000);
    must_commit(*engine.store, {put("88.100.7/a", "3")});
    CHECK(whole_log(*engine.store).back().time == first + 1'000);
}

TEMPLATE_LIST_TEST_CASE("values that are not well-formed are refused", "[store]", Engines) {
    TestType engine;
    model::Edit edit = put("88.100.7/a", "x");
    SECTION("cut short") {
        edit.values.pop_back();
    }
    SECTION("with octets left over") {
        edit.values.push_back(std::byte{0});
    }
    SECTION("descending") {
        edit.values = values_of({{2, "x"}, {1, "y"}});
    }
    SECTION("an index twice") {
        edit.values = values_of({{2, "x"}, {2, "y"}});
    }
    SECTION("index 0") {
        edit.values = values_of({{0, "x"}});
    }
    SECTION("without a count") {
        edit.values.clear();
    }
    SECTION("a handle that is empty") {
        edit.handle.clear();
    }
    SECTION("a handle that is too long") {
        edit.handle.append(2048, 'x');
    }
    const auto refused = engine.store->commit(change_of({edit}));
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == Errc::kInvalid);
    CHECK(whole_log(*engine.store).empty());
}

TEMPLATE_LIST_TEST_CASE("the log and its before images give every earlier state", "[store]",
                        Engines) {
    TestType engine;
    using State = std::map<std::string, Bytes>;
    const auto state_now = [&engine] {
        State state;
        for (const std::string& handle : scan(*engine.store, {})) {
            const auto key = model::key_of(handle);
            (void)engine.store->read(key, model::ReadTier::kAny, [&](const auto& view) {
                storage::encode_record(
                    {key, view.handle, view.version, view.all_public, view.values}, state[key]);
            });
        }
        return state;
    };
    std::vector<State> states{state_now()};
    for (const auto& edit : {put("88.100.7/a", "1"), put("88.100.7/B", "2"), put("88.100.7/a", "3"),
                             erase("88.100.7/b"), put("88.100.7/b", "4"), erase("88.100.7/a")}) {
        must_commit(*engine.store, {edit});
        states.push_back(state_now());
    }

    State state = states.back();
    const auto log = whole_log(*engine.store);
    REQUIRE(log.size() + 1 == states.size());
    for (std::size_t i = log.size(); i-- > 0;) {
        CHECK(log[i].id == i + 1);
        CHECK(log[i].who == "300:0.NA/88.100");
        CHECK(log[i].before.empty() == (log[i].action == Action::kCreate));
        if (log[i].before.empty()) {
            state.erase(log[i].key);
        } else {
            state[log[i].key] = log[i].before;
        }
        CHECK(state == states[i]);
    }
}

TEMPLATE_LIST_TEST_CASE("the log is read in pieces, in order", "[store]", Engines) {
    TestType engine;
    for (int i = 0; i < 10; ++i) must_commit(*engine.store, {put("88.100.7/a", std::to_string(i))});
    const auto piece = engine.store->read_log(0, 4, 3);
    REQUIRE(piece);
    REQUIRE(piece->size() == 3);
    CHECK(piece->front().id == 5);
    CHECK(piece->back().id == 7);
    CHECK(engine.store->read_log(0, 10, 3)->empty());
    CHECK(engine.store->read_log(0, ~model::TransactionId{0}, 3)->empty());
    CHECK(engine.store->read_log(1, 0, 3).error().code == Errc::kInvalid);
}

TEMPLATE_LIST_TEST_CASE("homing shows at once to whoever looks through a reader", "[store]",
                        Engines) {
    TestType engine;
    model::PrefixReader reader(engine.store->prefixes());
    CHECK(reader.table().size() == 0);
    must_commit(*engine.store, {home("0.na/88.100"), home("0.NA/0.na/88.100"), home("88.200")});
    CHECK(reader.table().contains("0.NA/88.100"));
    CHECK(reader.table().contains("0.NA/0.NA/88.100"));
    CHECK(reader.table().find("0.NA/88.200") == model::SuffixCase::kFold);
    must_commit(*engine.store, {home("88.200", model::SuffixCase::kKeep), unhome("0.NA/88.100")});
    CHECK_FALSE(reader.table().contains("0.NA/88.100"));
    CHECK(reader.table().find("0.NA/88.200") == model::SuffixCase::kKeep);
    const auto log = whole_log(*engine.store);
    REQUIRE(log.size() == 5);
    CHECK(log[0].action == Action::kHomePrefix);
    CHECK(log[0].before.empty());
    CHECK(log[3].action == Action::kHomePrefix);
    CHECK_FALSE(log[3].before.empty());
    CHECK(log[4].action == Action::kUnhomePrefix);
    CHECK(engine.store->commit(change_of({home("88.100.7/x")})).error().code == Errc::kInvalid);
}

TEMPLATE_LIST_TEST_CASE("a scan walks one prefix and no neighbour", "[store]", Engines) {
    TestType engine;
    must_commit(*engine.store,
                {put("88.100.70/a", "1"), put("88.100.7/b", "1"), put("88.100.7/a", "1"),
                 put("88.100.7.1/a", "1"), put("88.100.6/z", "1"), put("88.100.7", "1")});
    const auto key = [](std::string_view text) { return model::key_of(text); };
    CHECK(scan(*engine.store, key("88.100.7/")) == Strings{"88.100.7/a", "88.100.7/b"});
    CHECK(scan(*engine.store, key("88.100.7/"), key("88.100.7/a")) == Strings{"88.100.7/b"});
    CHECK(scan(*engine.store, key("88.100.7/"), key("88.100.7/aa")) == Strings{"88.100.7/b"});
    CHECK(scan(*engine.store, key("88.100.7/"), key("88.100.7/b")).empty());
    CHECK(scan(*engine.store, key("88.100.7/"), key("88.100.6/z")).size() == 2);
    CHECK(scan(*engine.store, key("88.100.7/"), key("88.100.70/a")).empty());
    CHECK(scan(*engine.store, {}) == Strings{"88.100.7", "88.100.6/z", "88.100.7.1/a", "88.100.7/a",
                                             "88.100.7/b", "88.100.70/a"});
}

TEMPLATE_LIST_TEST_CASE("a scan shows the store as it was when it began", "[store]", Engines) {
    TestType engine;
    must_commit(*engine.store, {put("88.100.7/a", "1"), put("88.100.7/b", "1")});
    const auto cursor = engine.store->scan(model::key_of("88.100.7/"));
    must_commit(*engine.store,
                {erase("88.100.7/b"), put("88.100.7/a", "2"), put("88.100.7/c", "1")});
    const auto first = cursor->next();
    REQUIRE((first && *first));
    CHECK(lines_of((*first)->values)[0].data == "1");
    const auto second = cursor->next();
    REQUIRE((second && *second));
    CHECK((*second)->handle == "88.100.7/b");
    CHECK_FALSE(*cursor->next());
    CHECK_FALSE(*cursor->next());
}

TEMPLATE_LIST_TEST_CASE("counts tell the end of the log and the homed prefixes", "[store]",
                        Engines) {
    TestType engine;
    must_commit(*engine.store, {home("88.100"), put("88.100/a", "1"), put("88.100/b", "1")});
    const auto counts = engine.store->counts();
    REQUIRE(counts);
    CHECK(counts->records == 2);
    CHECK(counts->homed_prefixes == 1);
    CHECK(counts->log_end == model::LogPosition{3});
    CHECK(engine.store->partition_count() == 1);
    CHECK(engine.store->partition_of(model::key_of("88.100/a")) == 0);
}

TEMPLATE_LIST_TEST_CASE("writers at the same time all get what they were told", "[store]",
                        Engines) {
    constexpr int kWriters = 8;
    constexpr int kCommits = 60;
    TestType engine;
    std::atomic<int> failures{0};
    std::vector<std::vector<model::TransactionId>> ids(kWriters);
    {
        std::vector<std::jthread> writers;
        for (int w = 0; w < kWriters; ++w) {
            writers.emplace_back([&engine, &ids, &failures, w] {
                const std::string name = "88.100.7/" + std::to_string(w) + "-";
                for (int i = 0; i < kCommits; ++i) {
                    const auto committed = engine.store->commit(change_of(
                        {put(name + std::to_string(i), "x"), put(name, std::to_string(i))}));
                    // A reader sees the change as soon as its writer knows of it.
                    bool seen = false;
                    (void)engine.store->read(
                        model::key_of(name), model::ReadTier::kAny, [&](const auto& view) {
                            seen = committed && view.version == committed->last;
                        });
                    if (!seen) ++failures;
                    if (committed) ids[static_cast<std::size_t>(w)].push_back(committed->last);
                }
            });
        }
    }
    CHECK(failures == 0);
    const auto log = whole_log(*engine.store);
    REQUIRE(log.size() == 2U * kWriters * kCommits);
    for (std::size_t i = 0; i < log.size(); ++i) REQUIRE(log[i].id == i + 1);
    for (int w = 0; w < kWriters; ++w) {
        const std::string name = "88.100.7/" + std::to_string(w) + "-";
        for (int i = 0; i < kCommits; ++i) {
            const auto found = find(*engine.store, name + std::to_string(i));
            REQUIRE(found);
            CHECK(found->version + 1 ==
                  ids[static_cast<std::size_t>(w)][static_cast<std::size_t>(i)]);
        }
    }
}

TEMPLATE_LIST_TEST_CASE("only one of several writers that expect the same version succeeds",
                        "[store]", Engines) {
    constexpr int kWriters = 6;
    TestType engine;
    std::atomic<int> winners{0};
    std::atomic<int> conflicts{0};
    {
        std::vector<std::jthread> writers;
        for (int w = 0; w < kWriters; ++w) {
            writers.emplace_back([&, w] {
                model::Edit edit = put("88.100.7/a", std::to_string(w));
                edit.expected_version = 0;
                const auto committed = engine.store->commit(change_of({edit}));
                if (committed) ++winners;
                if (!committed && committed.error().code == Errc::kConflict) ++conflicts;
            });
        }
    }
    CHECK(winners == 1);
    CHECK(conflicts == kWriters - 1);
}

/// Invariants: after every change the store holds what an obvious map holds; refused changes leave
/// no trace; the log has one entry for each edit that changed something.
TEMPLATE_LIST_TEST_CASE("a random history leaves what a plain map would hold", "[store]", Engines) {
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const auto below = [&random](unsigned n) { return static_cast<unsigned>(random()) % n; };
    TestType engine;
    struct Modelled {
        std::vector<Line> lines;
        model::TransactionId version = 0;
    };
    std::map<std::string, Modelled> expected;
    model::TransactionId last = 0;

    for (int step = 0; step < 300; ++step) {
        const model::TimeMs now = 1'000'000 + 1000 * step;
        engine.clock.set(now);
        auto draft = expected;
        model::TransactionId draft_last = last;
        bool conflict = false;
        std::vector<model::Edit> edits;
        for (unsigned e = below(5) + 1; e-- > 0;) {
            const std::string handle = "88.100.7/" + std::to_string(below(12));
            Modelled& record = draft[handle];
            const bool is_erase = below(4) == 0;
            std::vector<Line> lines;
            for (int index = 1; index < 4; ++index) {
                if (below(3) > 0) lines.push_back({index, std::to_string(below(2)), below(2) == 0});
            }
            model::Edit edit = is_erase ? erase(handle) : put(handle, lines);
            if (below(3) == 0) {
                edit.expected_version = below(5) == 0 ? record.version + 1 : record.version;
                conflict = conflict || *edit.expected_version != record.version;
            }
            edits.push_back(std::move(edit));
            if (is_erase) {
                if (record.version != 0) ++draft_last;
                record = {};
                continue;
            }
            bool changed = record.version == 0 || lines.size() != record.lines.size();
            for (Line& line : lines) {
                line.timestamp = static_cast<std::uint32_t>(now / 1000);
                for (const Line& old : record.lines) {
                    if (old.index == line.index && old.data == line.data &&
                        old.is_public == line.is_public) {
                        line.timestamp = old.timestamp;
                    }
                }
                changed = changed || std::ranges::find(record.lines, line) == record.lines.end();
            }
            if (changed) record = {lines, ++draft_last};
        }
        const auto committed = engine.store->commit(change_of(std::move(edits)));
        REQUIRE(committed.has_value() == !conflict);
        if (!conflict) {
            CHECK(committed->changed == draft_last - last);
            expected = std::move(draft);
            last = draft_last;
        }
        for (unsigned n = 0; n < 12; ++n) {
            const std::string handle = "88.100.7/" + std::to_string(n);
            const auto found = find(*engine.store, handle);
            REQUIRE(found.has_value() == (expected[handle].version != 0));
            if (!found) continue;
            REQUIRE(found->lines == expected[handle].lines);
            REQUIRE(found->version == expected[handle].version);
        }
    }
    CHECK(whole_log(*engine.store).size() == last);
}

}  // namespace
}  // namespace idnode::test
