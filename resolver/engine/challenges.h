#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <unordered_map>

#include "registry/model/ports.h"
#include "resolver/engine/upstream.h"

namespace idnode::resolver {

using Nonce = std::array<std::byte, 16>;

struct Challenge {
    std::uint32_t session_id = 0;  // > 0, unpredictable, unique among what is pending
    Nonce nonce{};
};

/// The challenges that were handed out and not answered yet (§5.1), bounded in number, per source
/// and in time. Thread-safe.
class ChallengeTable {
  public:
    struct Limits {
        std::size_t pending_max = 65'536;
        std::size_t pending_per_source_max = 256;
        std::chrono::seconds lifetime = limits::kChallengeLifetime;
    };

    ChallengeTable(Limits limits, model::Entropy& entropy) : limits_(limits), entropy_(entropy) {}

    /// A new challenge for `source`. A full table drops its oldest one, a source with too many its
    /// own oldest: a flood hurts nobody else.
    Challenge issue(const Address& source, model::TimeMs now);
    bool is_pending(std::uint32_t session_id, model::TimeMs now);
    std::size_t size() const;

  private:
    struct Entry {
        std::uint32_t session_id;
        Nonce nonce;
        Address source;
        model::TimeMs expires;
    };
    using Entries = std::list<Entry>;  // oldest first
    struct AddressHash {
        std::size_t operator()(const Address& address) const;
    };

    void drop(Entries::iterator entry);
    void drop_expired(model::TimeMs now);
    std::uint32_t fresh_id();

    const Limits limits_;
    model::Entropy& entropy_;
    mutable std::mutex mutex_;
    Entries entries_;
    std::unordered_map<std::uint32_t, Entries::iterator> by_id_;
    std::unordered_map<Address, std::list<Entries::iterator>, AddressHash> by_source_;
};

}  // namespace idnode::resolver
