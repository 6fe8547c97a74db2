#include "resolver/engine/challenges.h"

#include <algorithm>
#include <functional>
#include <span>

namespace idnode::resolver {

std::size_t ChallengeTable::AddressHash::operator()(const Address& address) const {
    return std::hash<std::string_view>{}(as_text(address));
}

Challenge ChallengeTable::issue(const Address& source, model::TimeMs now) {
    Challenge out;
    entropy_.fill(out.nonce);

    const std::scoped_lock lock(mutex_);
    drop_expired(now);
    auto& own = by_source_[source];
    if (own.size() >= limits_.pending_per_source_max) {
        drop(own.front());
    } else if (entries_.size() >= limits_.pending_max) {
        drop(entries_.begin());
    }
    out.session_id = fresh_id();
    const model::TimeMs expires =
        now + std::chrono::duration_cast<std::chrono::milliseconds>(limits_.lifetime).count();
    entries_.push_back({out.session_id, out.nonce, source, expires});
    const auto entry = std::prev(entries_.end());
    by_id_.emplace(out.session_id, entry);
    by_source_[source].push_back(entry);  // dropping may have removed the source's own list
    return out;
}

bool ChallengeTable::is_pending(std::uint32_t session_id, model::TimeMs now) {
    const std::scoped_lock lock(mutex_);
    drop_expired(now);
    return by_id_.contains(session_id);
}

std::size_t ChallengeTable::size() const {
    const std::scoped_lock lock(mutex_);
    return entries_.size();
}

void ChallengeTable::drop(Entries::iterator entry) {
    by_id_.erase(entry->session_id);
    const auto own = by_source_.find(entry->source);
    // Entries are in time order everywhere, so the one dropped is nearly always the first.
    own->second.erase(std::find(own->second.begin(), own->second.end(), entry));
    if (own->second.empty()) by_source_.erase(own);
    entries_.erase(entry);
}

void ChallengeTable::drop_expired(model::TimeMs now) {
    while (!entries_.empty() && entries_.front().expires <= now) drop(entries_.begin());
}

std::uint32_t ChallengeTable::fresh_id() {
    for (;;) {
        std::array<std::byte, 4> octets{};
        entropy_.fill(octets);
        std::uint32_t id = 0;
        for (const std::byte octet : octets)
            id = (id << 8U) | std::to_integer<std::uint32_t>(octet);
        id &= 0x7FFFFFFFU;  // peers read it as a signed number and want it positive
        if (id != 0 && !by_id_.contains(id)) return id;
    }
}

}  // namespace idnode::resolver
