#include "resolver/engine/logins.h"

#include <algorithm>
#include <utility>

#include "proto/base/limits.h"

namespace idnode::resolver {

void Logins::begin(Challenge challenge, model::TimeMs now) {
    constexpr std::chrono::milliseconds kLifetime = limits::kChallengeLifetime;
    const std::scoped_lock lock(mutex_);
    Entry& entry = find_or_add(challenge.session_id);
    entry.challenge = std::move(challenge);
    entry.challenge_expires = now + kLifetime.count();
}

bool Logins::is_pending(std::uint32_t id, model::TimeMs now) const {
    const std::scoped_lock lock(mutex_);
    const Entry* entry = find(id);
    return entry != nullptr && entry->awaits_answer(now);
}

std::optional<Challenge> Logins::take(std::uint32_t id, model::TimeMs now) {
    const std::scoped_lock lock(mutex_);
    const auto at = std::ranges::find(entries_, id, &Entry::id);
    if (at == entries_.end() || !at->awaits_answer(now)) return std::nullopt;
    return std::exchange(at->challenge, std::nullopt);
}

void Logins::complete(std::uint32_t id, service::Identity identity) {
    const std::scoped_lock lock(mutex_);
    find_or_add(id).identity = std::move(identity);
}

std::optional<service::Identity> Logins::find_login(std::uint32_t id) const {
    const std::scoped_lock lock(mutex_);
    if (const Entry* entry = find(id)) return entry->identity;
    const auto is_login = [](const Entry& entry) { return entry.identity.has_value(); };
    if (id != 0 || std::ranges::count_if(entries_, is_login) != 1) return std::nullopt;
    return std::ranges::find_if(entries_, is_login)->identity;
}

void Logins::open_session(SessionPtr session) {
    const std::scoped_lock lock(mutex_);
    Entry& entry = find_or_add(session->terms().id);
    entry.session = std::move(session);
}

SessionPtr Logins::find_session(std::uint32_t id) const {
    const std::scoped_lock lock(mutex_);
    const Entry* entry = find(id);
    return entry != nullptr ? entry->session : nullptr;
}

bool Logins::close(std::uint32_t id) {
    const std::scoped_lock lock(mutex_);
    return std::erase_if(entries_, [id](const Entry& entry) { return entry.id == id; }) > 0;
}

const Logins::Entry* Logins::find(std::uint32_t id) const {
    const auto at = std::ranges::find(entries_, id, &Entry::id);
    return at == entries_.end() ? nullptr : &*at;
}

Logins::Entry& Logins::find_or_add(std::uint32_t id) {
    const auto at = std::ranges::find(entries_, id, &Entry::id);
    if (at != entries_.end()) return *at;
    if (entries_.size() >= kEntriesMax) entries_.pop_front();
    return entries_.emplace_back(Entry{.id = id});
}

}  // namespace idnode::resolver
