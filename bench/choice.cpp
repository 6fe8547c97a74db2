#include "bench/choice.h"

#include <algorithm>
#include <cmath>

#include "proto/base/assert.h"

namespace idnode::bench {
namespace {

// Below this distance from 1 the general antiderivative loses its digits, and the logarithm is
// right.
constexpr double kNearOne = 1e-9;

}  // namespace

Zipf::Zipf(std::uint64_t count, double exponent)
    : count_(static_cast<double>(count)), exponent_(exponent) {
    IDNODE_ASSERT(count > 0 && exponent > 0);
    integral_first_ = integral(1.5) - 1.0;
    integral_last_ = integral(count_ + 0.5);
    accept_within_ = 2.0 - integral_inverse(integral(2.5) - weight(2.0));
}

double Zipf::weight(double x) const {
    return std::exp(-exponent_ * std::log(x));
}

double Zipf::integral(double x) const {
    const double power = 1.0 - exponent_;
    if (std::abs(power) < kNearOne) return std::log(x);
    return std::expm1(power * std::log(x)) / power;
}

double Zipf::integral_inverse(double y) const {
    const double power = 1.0 - exponent_;
    if (std::abs(power) < kNearOne) return std::exp(y);
    return std::exp(std::log1p(std::max(power * y, -1.0)) / power);
}

std::uint64_t Zipf::operator()(Random& random) const {
    for (;;) {
        const double area = integral_last_ + random.unit() * (integral_first_ - integral_last_);
        const double x = integral_inverse(area);
        const double rank = std::clamp(std::round(x), 1.0, count_);
        // The first test is right most of the time and spares the powers of the second.
        if (rank - x <= accept_within_ || area >= integral(rank + 0.5) - weight(rank)) {
            return static_cast<std::uint64_t>(rank);
        }
    }
}

}  // namespace idnode::bench
