#include "bench/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace idnode::bench {

std::size_t Histogram::bucket_of(std::uint64_t value) {
    if (value < kSubBuckets) return value;
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - kSubBits - 1;
    return (shift + 1) * kSubBuckets + ((value >> shift) - kSubBuckets);
}

std::uint64_t Histogram::end_of(std::size_t bucket) {
    if (bucket < kSubBuckets) return bucket;
    const std::size_t shift = bucket / kSubBuckets - 1;
    const std::uint64_t start = (kSubBuckets + bucket % kSubBuckets) << shift;
    return start + ((std::uint64_t{1} << shift) - 1);
}

void Histogram::add(Duration value) {
    // A clock read twice can stand still but not go back; a negative value would be the caller's
    // slip.
    const auto nanoseconds = static_cast<std::uint64_t>(std::max(value, Duration{0}).count());
    ++buckets_[bucket_of(nanoseconds)];
    ++count_;
    max_ = std::max(max_, value);
}

void Histogram::merge(const Histogram& other) {
    for (std::size_t i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
    count_ += other.count_;
    max_ = std::max(max_, other.max_);
}

Histogram::Duration Histogram::percentile(double share) const {
    if (count_ == 0) return Duration{0};
    const double exact = std::ceil(share * static_cast<double>(count_));
    const auto rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(exact), 1, count_);
    std::uint64_t seen = 0;
    for (std::size_t i = 0; i < kBuckets; ++i) {
        seen += buckets_[i];
        if (seen >= rank) return std::min(Duration{static_cast<std::int64_t>(end_of(i))}, max_);
    }
    return max_;
}

}  // namespace idnode::bench
