#pragma once

#include <cstddef>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "registry/model/ports.h"
#include "resolver/engine/context.h"

namespace idnode::resolver {

/// How often one may be wrong: so many times a minute for each key, and as many at once. Keys are
/// bounded: the one that was wrong longest ago is forgotten first. Not thread-safe.
class WrongCounter {
  public:
    WrongCounter(double per_minute, std::size_t keys_max)
        : per_minute_(per_minute), keys_max_(keys_max) {}

    void set_per_minute(double per_minute) { per_minute_ = per_minute; }
    bool is_exhausted(const std::string& key, model::TimeMs now) const;
    void count(const std::string& key, model::TimeMs now);
    std::size_t size() const { return buckets_.size(); }

  private:
    struct Bucket {
        std::string key;
        double wrong = 0;  // runs down with time
        model::TimeMs at = 0;
    };
    using Buckets = std::list<Bucket>;  // the one counted last first

    double wrong_now(const Bucket& bucket, model::TimeMs now) const;

    double per_minute_;
    std::size_t keys_max_;
    Buckets buckets_;
    std::unordered_map<std::string, Buckets::iterator> by_key_;
};

/// Operation 201 tells anyone whether a guess of a secret is right (§5.4). Wrong guesses are
/// therefore bounded for each source (an IPv6 network of 64 bits counts as one) and for each
/// handle; right ones cost nothing, so that a server that verifies for its clients is not slowed
/// down. UDP counts apart: there the source may be forged to have somebody else refused.
/// Thread-safe.
class GuessLimit {
  public:
    struct Limits {
        std::uint32_t per_source_a_minute = 60;
        std::uint32_t per_handle_a_minute = 600;
        std::size_t keys_max = 65'536;  // of each kind
    };

    explicit GuessLimit(Limits limits)
        : by_source_(limits.per_source_a_minute, limits.keys_max),
          by_handle_(limits.per_handle_a_minute, limits.keys_max) {}

    /// From now on; `keys_max` stays.
    void set_limits(const Limits& limits);

    /// Before a guess is looked at.
    bool allows(const Peer& peer, std::string_view handle, model::TimeMs now) const;
    void count_wrong(const Peer& peer, std::string_view handle, model::TimeMs now);

  private:
    mutable std::mutex mutex_;
    WrongCounter by_source_;
    WrongCounter by_handle_;
};

}  // namespace idnode::resolver
