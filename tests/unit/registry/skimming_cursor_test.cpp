#include "registry/events/skimming_cursor.h"

#include <catch2/catch.hpp>
#include <random>

#include "event_histories.h"

namespace {

using namespace idnode;

}  // namespace

TEST_CASE("14 a cursor that skims finds what a search finds, whatever it did before") {
    std::mt19937_64 chance(3);
    const auto store = tests::store_with(tests::random_history(chance, {.events_max = 14}));
    const auto table = model::Table::kEventsByIdentifier;
    std::vector<std::string> keys{std::string(), "\xFF"};
    const auto all = store->walk_objects(table);
    for (auto there = all->seek({}); *there; there = all->next()) {
        keys.emplace_back(all->key());
        keys.push_back(keys.back() + '\x00');
        keys.push_back(keys.back().substr(0, keys.back().size() / 2));
    }
    events::SkimmingCursor skimming(store->walk_objects(table));
    const auto plain = store->walk_objects(table);
    bool is_there = false;
    for (int round = 0; round < 20'000; ++round) {
        const std::string& key = keys[chance() % keys.size()];
        Result<bool> found = false;
        Result<bool> expected = false;
        switch (chance() % 4) {
            case 0:
                if (!is_there) continue;
                found = skimming.next();
                expected = plain->next();
                break;
            case 1:
                found = skimming.seek_before(key);
                expected = plain->seek_before(key);
                break;
            default:
                found = skimming.seek(key);
                expected = plain->seek(key);
        }
        REQUIRE(found);
        is_there = *expected;
        if (*found != is_there || (is_there && skimming.key() != plain->key())) {
            FAIL("round " << round);
        }
    }
}
