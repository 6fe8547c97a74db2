#include "bench/spread.h"

#include <catch2/catch.hpp>

using namespace idnode::bench;

TEST_CASE("the median of rounds is the middle one, or between the middle two") {
    const Spread odd = spread_of({3, 1, 200});
    CHECK(odd.median == 3);
    CHECK(odd.least == 1);
    CHECK(odd.most == 200);
    CHECK(spread_of({4, 1, 2, 200}).median == 3);
    CHECK(spread_of({7}).median == 7);
}

TEST_CASE("ratios are taken round by round") {
    CHECK(ratios({2, 9}, {4, 3}) == std::vector<double>{0.5, 3});
}

TEST_CASE("a spread is printed with as many digits as it is worth") {
    CHECK(in_thousands({39'123, 34'500, 42'600}) == "39.1 k [34.5..42.6]");
    CHECK(in_hundredths({0.812, 0.79, 0.838}) == "0.81 [0.79..0.84]");
}
