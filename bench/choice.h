#pragma once

#include <cstddef>
#include <cstdint>

#include "bench/random.h"

namespace idnode::bench {

/// Chooses 1 … `count` with probability proportional to 1 / rank^`exponent`: rejection-inversion,
/// which needs no table whatever the count.
class Zipf {
  public:
    Zipf(std::uint64_t count, double exponent);  // count ≥ 1, exponent > 0
    std::uint64_t operator()(Random& random) const;

  private:
    double integral(double x) const;
    double integral_inverse(double y) const;
    double weight(double x) const;

    double count_;
    double exponent_;
    double integral_first_;
    double integral_last_;
    double accept_within_;
};

/// Which record is asked for next.
class Choice {
  public:
    enum class Kind : std::uint8_t { kUniform, kZipf };

    Choice(Kind kind, std::size_t count, double zipf_exponent)
        : kind_(kind), count_(count), zipf_(count, zipf_exponent) {}

    /// 0 ≤ result < count. In the Zipf case record 0 is the most wanted one: the data have no order
    /// by handle, so its neighbours in rank lie far away in the store.
    std::size_t operator()(Random& random) const {
        if (kind_ == Kind::kZipf) return zipf_(random) - 1;
        return random.next() % count_;
    }

  private:
    Kind kind_;
    std::size_t count_;
    Zipf zipf_;
};

}  // namespace idnode::bench
