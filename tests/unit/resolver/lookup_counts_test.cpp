#include "resolver/engine/lookup_counts.h"

#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace idnode::resolver {

TEST_CASE("lookups of several threads are counted once each, while somebody gathers") {
    constexpr std::size_t kThreads = 4;
    constexpr int kEach = 20'000;
    LookupCounts counts;
    std::vector<std::thread> threads;
    for (std::size_t at = 0; at < kThreads; ++at) {
        threads.emplace_back([&counts, at] {
            const std::string own = "88.100." + std::to_string(at);
            for (int i = 0; i < kEach; ++i) {
                counts.count("88.100.7");
                counts.count(own);
            }
        });
    }
    std::map<std::string, std::uint64_t> sum;
    const auto gather = [&] {
        for (const auto& [prefix, count] : counts.take()) sum[prefix] += count;
    };
    for (int i = 0; i < 20; ++i) gather();
    for (std::thread& thread : threads) thread.join();
    gather();
    CHECK(sum.size() == kThreads + 1);
    CHECK(sum["88.100.7"] == kThreads * kEach);
    CHECK(sum["88.100.3"] == kEach);
    CHECK(counts.take().empty());
}

TEST_CASE("more prefixes than there is room for neither grow a table nor spoil others' counts") {
    LookupCounts counts;
    constexpr int kPrefixes = 100'000;
    counts.count("88.100.7");
    for (int i = 0; i < kPrefixes; ++i) counts.count("88." + std::to_string(i));
    counts.count(std::string(2'000, '8'));
    counts.count("88.100.7");
    const auto taken = counts.take();
    CHECK(taken.size() <= 4'096);
    CHECK(taken.at("88.100.7") == 2);
    for (const auto& [prefix, count] : taken) CHECK(count == (prefix == "88.100.7" ? 2 : 1));
}

}  // namespace idnode::resolver
