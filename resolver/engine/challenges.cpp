#include "resolver/engine/challenges.h"

#include <algorithm>
#include <functional>
#include <ranges>
#include <utility>

namespace idnode::resolver {

std::size_t ChallengeTable::Entry::bytes() const {
    std::size_t out = sizeof(Entry) + challenge.request->payload.size();
    for (const Answered& one : answered) out += one.payload.size() + one.response.size();
    return out;
}

Challenge ChallengeTable::issue(const Address& source, std::uint32_t session_id,
                                ChallengedRequest request, Bytes digest, model::TimeMs now) {
    const std::scoped_lock lock(mutex_);
    drop_expired(now);
    if (const auto at = by_id_.find(session_id); session_id != 0 && at != by_id_.end()) {
        const Challenge& earlier = at->second->challenge;
        const bool repeated = at->second->answered.empty() &&
                              earlier.request->envelope.request_id == request.envelope.request_id &&
                              same_octets(earlier.digest, digest);
        if (repeated) return earlier;
        drop(at->second);
    }
    Challenge challenge;
    entropy_.fill(challenge.nonce);
    challenge.session_id = session_id != 0 ? session_id : fresh_id();
    challenge.digest = std::move(digest);
    challenge.request = std::make_shared<const ChallengedRequest>(std::move(request));

    const model::TimeMs expires =
        now + std::chrono::duration_cast<std::chrono::milliseconds>(limits_.lifetime).count();
    Entry entry{challenge, source, expires};
    make_room(source, entry.bytes());
    bytes_ += entry.bytes();
    entries_.push_back(std::move(entry));
    const auto at = std::prev(entries_.end());
    by_id_.emplace(challenge.session_id, at);
    by_source_[source].push_back(at);
    return challenge;
}

void ChallengeTable::make_room(const Address& source, std::size_t bytes) {
    const auto own = by_source_.find(source);
    if (own != by_source_.end() && own->second.size() >= limits_.pending_per_source_max) {
        drop(own->second.front());
    }
    while (!entries_.empty() &&
           (entries_.size() >= limits_.pending_max || bytes_ + bytes > limits_.bytes_max)) {
        drop(entries_.begin());
    }
}

void ChallengeTable::ask_again(const Challenge& challenge) {
    const std::scoped_lock lock(mutex_);
    const auto at = by_id_.find(challenge.session_id);
    if (at == by_id_.end()) return;  // dropped meanwhile
    Challenge& kept = at->second->challenge;
    // In a session a later request may have been challenged meanwhile, under the same id.
    if (same_octets(kept.nonce, challenge.nonce)) kept.suggested = challenge.suggested;
}

bool ChallengeTable::is_known(std::uint32_t session_id, model::TimeMs now) {
    const std::scoped_lock lock(mutex_);
    drop_expired(now);
    return by_id_.contains(session_id);
}

ChallengeTable::Claimed ChallengeTable::take(std::uint32_t session_id, std::uint32_t answer_id,
                                             BytesView answer, model::TimeMs now) {
    const std::scoped_lock lock(mutex_);
    drop_expired(now);
    const auto at = by_id_.find(session_id);
    if (at == by_id_.end()) return {};
    Entry& entry = *at->second;
    for (const Answered& earlier : entry.answered) {
        if (earlier.request_id == answer_id && same_octets(earlier.payload, answer)) {
            return {Claim::kRepeated, {}, earlier.response};
        }
    }
    if (!entry.takes_answer()) return {Claim::kSpent, {}, {}};
    entry.answered.push_back({answer_id, Bytes(answer.begin(), answer.end()), {}});
    bytes_ += answer.size();
    return {Claim::kFirst, entry.challenge, {}};
}

void ChallengeTable::remember(std::uint32_t session_id, std::uint32_t answer_id,
                              BytesView response) {
    const std::scoped_lock lock(mutex_);
    const auto at = by_id_.find(session_id);
    if (at == by_id_.end()) return;  // dropped meanwhile
    // The last one: a second answer may have the request id of the first.
    for (Answered& answered : at->second->answered | std::views::reverse) {
        if (answered.request_id != answer_id) continue;
        bytes_ += response.size() - answered.response.size();
        answered.response.assign(response.begin(), response.end());
        return;
    }
}

std::size_t ChallengeTable::size() const {
    const std::scoped_lock lock(mutex_);
    return entries_.size();
}

void ChallengeTable::drop(Entries::iterator entry) {
    bytes_ -= entry->bytes();
    by_id_.erase(entry->challenge.session_id);
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
        const std::uint32_t id = random_session_id(entropy_);
        if (!by_id_.contains(id)) return id;
    }
}

std::uint32_t random_session_id(model::Entropy& entropy) {
    for (;;) {
        std::array<std::byte, 4> octets{};
        entropy.fill(octets);
        std::uint32_t id = 0;
        for (const std::byte octet : octets)
            id = (id << 8U) | std::to_integer<std::uint32_t>(octet);
        id &= 0x7FFFFFFFU;  // peers read it as a signed number and want it positive
        if (id != 0) return id;
    }
}

}  // namespace idnode::resolver
