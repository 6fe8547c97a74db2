#pragma once

#include <cstdint>

namespace idnode::bench {

/// Spreads every input bit over the whole word; a bijection, so distinct inputs stay distinct.
constexpr std::uint64_t mix64(std::uint64_t x) {
    x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
    x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
    return x ^ (x >> 31U);
}

/// SplitMix64: eight octets of state, good enough for data and choices, and the same on every
/// machine and library, which the distributions of the standard library are not.
class Random {
  public:
    constexpr explicit Random(std::uint64_t seed) : state_(seed) {}

    constexpr std::uint64_t next() {
        state_ += 0x9E3779B97F4A7C15U;
        return mix64(state_);
    }

    /// 0 ≤ result < `bound`; a bias of at most `bound` / 2^32 is nothing here.
    constexpr std::uint32_t below(std::uint32_t bound) {
        return static_cast<std::uint32_t>(((next() >> 32U) * bound) >> 32U);
    }
    constexpr bool one_in(std::uint32_t count) { return below(count) == 0; }

    /// 0 ≤ result < 1, with 53 bits.
    constexpr double unit() { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }

  private:
    std::uint64_t state_;
};

}  // namespace idnode::bench
