#include "resolver/engine/guess_limit.h"

#include <algorithm>

#include "proto/base/limits.h"
#include "proto/base/text.h"

namespace idnode::resolver {

namespace {

constexpr double kMinuteMs = 60'000;
constexpr std::size_t kNetworkBytes = 8;  // of an IPv6 address

bool is_v4(const Address& address) {
    return address[10] == std::byte{0xFF} && address[11] == std::byte{0xFF} &&
           std::all_of(address.begin(), address.begin() + 10,
                       [](std::byte octet) { return octet == std::byte{0}; });
}

char carrier_mark(const Peer& peer) {
    return peer.carrier == Carrier::kUdp ? 'u' : 't';
}

std::string source_key(const Peer& peer) {
    const std::string_view octets = as_text(peer.address);
    return carrier_mark(peer) +
           std::string(is_v4(peer.address) ? octets : octets.substr(0, kNetworkBytes));
}

std::string handle_key(const Peer& peer, std::string_view handle) {
    return carrier_mark(peer) + fold_ascii(handle.substr(0, limits::kHandleBytesMax));
}

}  // namespace

double WrongCounter::wrong_now(const Bucket& bucket, model::TimeMs now) const {
    const double run_down = static_cast<double>(now - bucket.at) * per_minute_ / kMinuteMs;
    return std::max(0.0, bucket.wrong - std::max(0.0, run_down));
}

bool WrongCounter::is_exhausted(const std::string& key, model::TimeMs now) const {
    const auto at = by_key_.find(key);
    return at != by_key_.end() && wrong_now(*at->second, now) > per_minute_ - 1;
}

void WrongCounter::count(const std::string& key, model::TimeMs now) {
    const auto at = by_key_.find(key);
    if (at != by_key_.end()) {
        Bucket& bucket = *at->second;
        bucket.wrong = wrong_now(bucket, now) + 1;
        bucket.at = now;
        buckets_.splice(buckets_.begin(), buckets_, at->second);
        return;
    }
    if (buckets_.size() >= keys_max_) {
        by_key_.erase(buckets_.back().key);
        buckets_.pop_back();
    }
    buckets_.push_front({key, 1, now});
    by_key_.emplace(key, buckets_.begin());
}

void GuessLimit::set_limits(const Limits& limits) {
    const std::scoped_lock lock(mutex_);
    by_source_.set_per_minute(limits.per_source_a_minute);
    by_handle_.set_per_minute(limits.per_handle_a_minute);
}

bool GuessLimit::allows(const Peer& peer, std::string_view handle, model::TimeMs now) const {
    const std::scoped_lock lock(mutex_);
    return !by_source_.is_exhausted(source_key(peer), now) &&
           !by_handle_.is_exhausted(handle_key(peer, handle), now);
}

void GuessLimit::count_wrong(const Peer& peer, std::string_view handle, model::TimeMs now) {
    const std::scoped_lock lock(mutex_);
    by_source_.count(source_key(peer), now);
    by_handle_.count(handle_key(peer, handle), now);
}

}  // namespace idnode::resolver
