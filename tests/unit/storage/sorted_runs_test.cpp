#include "storage/sorted_runs.h"

#include <catch2/catch.hpp>
#include <map>
#include <random>

#include "tests/unit/storage/store_fixture.h"

/// Sorting beyond memory, against a plain map. Invariants: keys ascend, each once, with what
/// arrived last.
namespace idnode::test {
namespace {

/// Keys that share long beginnings, end in zeros, or come again.
std::string random_key(std::mt19937& random) {
    std::string key = "\x10";
    for (auto parts = random() % 4; parts-- > 0;) {
        key += std::array{"88.100.7/SN-2026-0000", "x", "88.100.70/", "\xFF"}[random() % 4];
    }
    for (auto octets = random() % 5; octets-- > 0;) key += static_cast<char>(random() % 3);
    key.append(random() % 12, '\0');
    return key;
}

TEST_CASE("sorted runs give every key once, in order, as it arrived last") {
    const auto seed = std::random_device{}();
    INFO("seed " << seed);
    std::mt19937 random(seed);
    for (const std::uint64_t memory_bytes : {0U, 64U << 10U, 64U << 20U}) {
        TemporaryFolder folder;
        storage::SortedRuns runs(folder.path(), memory_bytes);
        std::map<std::string, std::string> expected;
        for (int i = 0; i < 5000; ++i) {
            const std::string key = random_key(random);
            const std::string handle = std::to_string(i) + std::string(random() % 100, 'x');
            REQUIRE(runs.add(key, as_bytes_view(handle), static_cast<std::uint64_t>(i)));
            expected[key] = handle;
        }
        const auto merge = runs.merge();
        REQUIRE(merge);
        CHECK((runs.spilled_runs() > 0) == (memory_bytes < (1U << 20U)));
        for (const auto& [key, handle] : expected) {
            const auto entry = (*merge)->next();
            REQUIRE((entry && *entry));
            REQUIRE((*entry)->key == key);
            REQUIRE(as_text((*entry)->stored) == handle);
        }
        CHECK_FALSE(*(*merge)->next());
    }
}

TEST_CASE("a folder that cannot take runs makes adding fail with the reason") {
    TemporaryFolder folder;
    storage::SortedRuns runs(folder.path() / "missing", 0);
    Result<void> added;
    for (int i = 0; i < 100'000 && added; ++i) {
        const std::string key = "\x10" + std::to_string(i);
        added = runs.add(key, as_bytes_view(key), 0);
    }
    REQUIRE_FALSE(added);
    CHECK(added.error().code == Errc::kStorage);
    CHECK(added.error().detail.starts_with(folder.path().string()));
    CHECK_FALSE(runs.merge());
}

}  // namespace
}  // namespace idnode::test
