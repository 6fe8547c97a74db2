#include "bench/histogram.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <vector>

#include "bench/random.h"

using idnode::bench::Histogram;
using idnode::bench::Random;
using std::chrono::nanoseconds;

namespace {

// A bucket is at most 1/64 of its start wide.
constexpr double kErrorMax = 1.0 / 64;

nanoseconds exact_percentile(const std::vector<std::int64_t>& sorted, double share) {
    const auto rank =
        static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
    return nanoseconds{sorted[std::max<std::size_t>(rank, 1) - 1]};
}

}  // namespace

TEST_CASE("percentiles are those of the sorted values, at most one bucket too high") {
    Random random(7);
    Histogram histogram;
    std::vector<std::int64_t> values;
    for (int i = 0; i < 50'000; ++i) {
        // From nanoseconds to minutes, evenly over the orders of magnitude.
        const auto value = static_cast<std::int64_t>(random.next() >> (28U + random.below(36)));
        values.push_back(value);
        histogram.add(nanoseconds{value});
    }
    std::sort(values.begin(), values.end());
    for (const double share : {0.0, 0.001, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0}) {
        const auto exact = exact_percentile(values, share);
        const auto shown = histogram.percentile(share);
        INFO("share " << share << " exact " << exact.count() << " shown " << shown.count());
        CHECK(shown >= exact);
        CHECK(static_cast<double>(shown.count()) <=
              static_cast<double>(exact.count()) * (1 + kErrorMax));
    }
    CHECK(histogram.max() == nanoseconds{values.back()});
    CHECK(histogram.count() == values.size());
}

TEST_CASE("values below 64 ns are kept exactly") {
    for (std::int64_t value = 0; value < 64; ++value) {
        Histogram histogram;
        histogram.add(nanoseconds{value});
        histogram.add(nanoseconds{1'000'000});
        CHECK(histogram.percentile(0.5) == nanoseconds{value});
    }
}

TEST_CASE("merged histograms answer as one that saw all values") {
    Random random(11);
    Histogram one;
    Histogram other;
    Histogram all;
    for (int i = 0; i < 10'000; ++i) {
        const nanoseconds value{random.below(1U << 30U)};
        (i % 3 == 0 ? one : other).add(value);
        all.add(value);
    }
    one.merge(other);
    CHECK(one.count() == all.count());
    CHECK(one.max() == all.max());
    for (const double share : {0.1, 0.5, 0.99})
        CHECK(one.percentile(share) == all.percentile(share));
}

TEST_CASE("the largest duration there is has a bucket") {
    Histogram histogram;
    histogram.add(nanoseconds::max());
    CHECK(histogram.percentile(1.0) == nanoseconds::max());
}

TEST_CASE("an empty histogram answers zero") {
    CHECK(Histogram{}.percentile(0.99) == nanoseconds{0});
    CHECK(Histogram{}.max() == nanoseconds{0});
}
