#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

#include "registry/model/change.h"

namespace idnode::registration {

/// How many requests and identifiers a second somebody may send: a bucket for each account and
/// enterprise, which holds what two seconds bring. Thread-safe; bounded.
class RateLimits {
  public:
    struct Rate {
        std::uint32_t limit = 0;      // a second; 0: none
        std::uint32_t remaining = 0;  // now
        std::uint32_t wait_s = 0;     // until enough is there again; 0: it was granted
    };
    /// Takes `amount` out of the bucket `whose`, or says for how long not. More than the bucket
    /// holds is granted when it is full, and has to be earned afterwards.
    Rate take(const std::string& whose, std::uint32_t limit, std::uint64_t amount,
              model::TimeMs now);

  private:
    struct Bucket {
        double level = 0;
        model::TimeMs filled = 0;
    };
    std::mutex mutex_;
    std::unordered_map<std::string, Bucket> buckets_;
};

}  // namespace idnode::registration
