#include "registry/registration/rate_limits.h"

#include <algorithm>
#include <cmath>

namespace idnode::registration {

namespace {

constexpr double kSeconds = 2;
constexpr double kMsPerSecond = 1'000;
constexpr std::size_t kBucketsMax = 65'536;

}  // namespace

RateLimits::Rate RateLimits::take(const std::string& whose, std::uint32_t limit,
                                  std::uint64_t amount, model::TimeMs now) {
    if (limit == 0) return {};
    const double full = limit * kSeconds;
    const std::scoped_lock lock(mutex_);
    // A bucket that nobody used for so long is full, as a new one is.
    if (buckets_.size() >= kBucketsMax) {
        std::erase_if(buckets_, [now](const auto& entry) {
            return static_cast<double>(now - entry.second.filled) > kSeconds * kMsPerSecond;
        });
    }
    const auto [at, is_new] = buckets_.try_emplace(whose, Bucket{full, now});
    Bucket& bucket = at->second;
    const double passed = static_cast<double>(std::max<model::TimeMs>(0, now - bucket.filled));
    bucket.level = std::min(full, bucket.level + limit * passed / kMsPerSecond);
    bucket.filled = now;
    const double needed = std::min(full, static_cast<double>(amount));
    Rate out{.limit = limit};
    if (bucket.level < needed) {
        out.wait_s = static_cast<std::uint32_t>(std::ceil((needed - bucket.level) / limit));
    } else {
        bucket.level -= static_cast<double>(amount);
    }
    out.remaining = static_cast<std::uint32_t>(std::max(0.0, bucket.level));
    return out;
}

}  // namespace idnode::registration
