#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <vector>

#include "bench/choice.h"

using idnode::bench::Choice;
using idnode::bench::Random;
using idnode::bench::Zipf;

namespace {

constexpr std::uint64_t kDraws = 400'000;

std::vector<std::uint64_t> draw(const Zipf& zipf, std::uint64_t count) {
    Random random(3);
    std::vector<std::uint64_t> seen(count + 1);
    for (std::uint64_t i = 0; i < kDraws; ++i) ++seen.at(zipf(random));
    return seen;
}

}  // namespace

TEST_CASE("zipf ranks come as often as 1 / rank^s says") {
    constexpr std::uint64_t kCount = 1'000;
    for (const double exponent : {0.5, 0.99, 1.0, 1.3, 2.0}) {
        const auto seen = draw(Zipf(kCount, exponent), kCount);
        double sum = 0;
        for (std::uint64_t rank = 1; rank <= kCount; ++rank) {
            sum += std::pow(static_cast<double>(rank), -exponent);
        }
        CHECK(seen[0] == 0);
        for (const std::uint64_t rank : {1U, 2U, 3U, 10U, 100U}) {
            const double expected =
                static_cast<double>(kDraws) * std::pow(static_cast<double>(rank), -exponent) / sum;
            INFO("s " << exponent << " rank " << rank << " expected " << expected);
            // Six standard deviations; the seed is fixed, so this passes always or never.
            CHECK(std::abs(static_cast<double>(seen[rank]) - expected) <
                  6 * std::sqrt(expected) + 1);
        }
    }
}

TEST_CASE("zipf over a single record always chooses it") {
    Random random(1);
    const Zipf zipf(1, 1.0);
    for (int i = 0; i < 1'000; ++i) REQUIRE(zipf(random) == 1);
}

TEST_CASE("zipf stays within ten million records and still finds the far ones") {
    constexpr std::uint64_t kCount = 10'000'000;
    Random random(5);
    const Zipf zipf(kCount, 1.0);
    std::uint64_t far = 0;
    for (int i = 0; i < 100'000; ++i) {
        const std::uint64_t rank = zipf(random);
        REQUIRE(rank >= 1);
        REQUIRE(rank <= kCount);
        if (rank > kCount / 2) ++far;
    }
    // ln 2 / ln 10^7 of all: 4 %.
    CHECK(far > 3'000);
    CHECK(far < 6'000);
}

TEST_CASE("uniform choice reaches every record about equally often") {
    Random random(9);
    const Choice choice(Choice::Kind::kUniform, 100, 1.0);
    std::vector<int> seen(100);
    for (int i = 0; i < 100'000; ++i) ++seen.at(choice(random));
    for (const int count : seen) {
        CHECK(count > 800);
        CHECK(count < 1'200);
    }
}
