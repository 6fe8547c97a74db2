#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "registry/model/ports.h"
#include "resolver/engine/upstream.h"

namespace idnode::resolver {

/// The question's identity for the cache (§1.2, §6.4): the handle with its prefix folded (all of it
/// for global and slashless ones), the selectors sorted, and whether a prefix referral is unwanted.
/// `out` is cleared first.
void write_cache_key(const Question& question, std::string& out);

/// Whether the question may be answered from memory at all: public values only, and no wish for an
/// authoritative answer.
bool may_be_cached(const Question& question);

/// Answers of top-level nodes, as long as §2.1 and §6.4 allow. Bounded in octets and entries; the
/// entry that was used least recently goes first. Thread-safe: shards with a lock each, held for a
/// lookup.
class AnswerCache {
  public:
    struct Limits {
        std::size_t bytes_max = 64U << 20U;
        std::size_t entries_max = 100'000;
        std::chrono::seconds negative{10};  // how long RC 100 and 200 are kept; 0: not at all
    };

    AnswerCache(const Limits& limits, const model::Clock& clock) : limits_(limits), clock_(clock) {}

    /// An answer that is still fresh, else null. Cached answers are not authoritative.
    UpstreamAnswerPtr find(const std::string& key);
    /// Keeps the answer if it may be kept at all.
    void keep(const std::string& key, const UpstreamAnswer& answer);

    std::size_t entries() const;
    std::size_t bytes() const;

  private:
    static constexpr std::size_t kShards = 16;

    struct Entry {
        std::string key;
        UpstreamAnswerPtr answer;
        model::TimeMs until = 0;
        std::size_t bytes = 0;
    };
    struct Shard {
        mutable std::mutex lock;
        std::list<Entry> entries;  // used most recently first
        // Views of the keys inside `entries`, whose nodes do not move.
        std::unordered_map<std::string_view, std::list<Entry>::iterator> by_key;
        std::size_t bytes = 0;

        void erase(std::list<Entry>::iterator entry);
    };

    Shard& shard_of(std::string_view key);
    std::chrono::seconds lifetime(const UpstreamAnswer& answer) const;

    const Limits limits_;
    const model::Clock& clock_;
    std::array<Shard, kShards> shards_;
};

}  // namespace idnode::resolver
