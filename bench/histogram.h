#pragma once

#include <array>
#include <chrono>
#include <cstdint>

namespace idnode::bench {

/// Counts durations in buckets whose width grows with the value: 64 in each doubling, so a
/// percentile is at most 1.6 % too high. Fixed memory, no allocation, cheap to add and to merge.
class Histogram {
  public:
    using Duration = std::chrono::nanoseconds;

    void add(Duration value);
    void merge(const Histogram& other);

    std::uint64_t count() const { return count_; }
    Duration max() const { return max_; }
    /// The smallest value that at least `share` (0 … 1) of all values do not exceed, rounded up to
    /// its bucket's end and never above `max`. Zero when nothing was added.
    Duration percentile(double share) const;

  private:
    static constexpr unsigned kSubBits = 6;
    static constexpr std::size_t kSubBuckets = 1U << kSubBits;
    // Values below 64 ns have a bucket of their own; each doubling above has 64 up to 2^63.
    static constexpr std::size_t kBuckets = (64 - kSubBits) * kSubBuckets;

    static std::size_t bucket_of(std::uint64_t value);
    static std::uint64_t end_of(std::size_t bucket);

    std::array<std::uint64_t, kBuckets> buckets_{};
    std::uint64_t count_ = 0;
    Duration max_{0};
};

}  // namespace idnode::bench
