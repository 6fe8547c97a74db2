#include "resolver/engine/sessions.h"

#include <algorithm>
#include <utility>

#include "resolver/engine/challenges.h"

namespace idnode::resolver {

namespace {

constexpr model::TimeMs kSweepIntervalMs = 60'000;

}  // namespace

bool ReplayWindow::accept(std::uint32_t counter) {
    if (counter <= floor_ || !seen_.insert(counter).second) return false;
    if (seen_.size() > kRemembered) {
        floor_ = *seen_.begin();
        seen_.erase(seen_.begin());
    }
    return true;
}

bool Session::is_authenticated() const {
    const std::scoped_lock lock(mutex_);
    return authenticated_;
}

void Session::mark_authenticated() {
    const std::scoped_lock lock(mutex_);
    authenticated_ = true;
}

std::uint32_t Session::next_counter() {
    const std::scoped_lock lock(mutex_);
    return ++counter_;
}

bool Session::accept_counter(std::uint32_t counter) {
    const std::scoped_lock lock(mutex_);
    return window_.accept(counter);
}

void Session::touch(model::TimeMs now) {
    const std::scoped_lock lock(mutex_);
    last_used_ = std::max(last_used_, now);
}

bool Session::is_idle(model::TimeMs now) const {
    const std::scoped_lock lock(mutex_);
    return now - last_used_ > terms_.timeout.count();
}

SessionPtr SessionTable::open(Session::Terms terms, std::uint32_t timeout_wish, model::TimeMs now) {
    const std::chrono::seconds wish =
        timeout_wish > 0 ? std::chrono::seconds{timeout_wish} : limits_.timeout_default;
    terms.timeout = std::min(wish, limits_.timeout_max);

    const std::scoped_lock lock(mutex_);
    drop_idle(now);
    if (of_source(terms.source) >= limits_.sessions_per_source_max) drop_one(&terms.source);
    if (sessions_.size() >= limits_.sessions_max) drop_one(nullptr);
    do {
        terms.id = random_session_id(entropy_);
    } while (sessions_.contains(terms.id));

    const std::uint32_t id = terms.id;
    ++per_source_[std::string(as_text(terms.source))];
    order_.push_back(id);
    auto session = std::make_shared<Session>(std::move(terms), now);
    sessions_.emplace(id, Entry{session, std::prev(order_.end())});
    return session;
}

void SessionTable::replace(SessionPtr session) {
    const std::scoped_lock lock(mutex_);
    const auto at = sessions_.find(session->terms().id);
    if (at != sessions_.end()) at->second.session = std::move(session);
}

SessionPtr SessionTable::find(std::uint32_t id, model::TimeMs now) {
    const std::scoped_lock lock(mutex_);
    const auto at = sessions_.find(id);
    if (at == sessions_.end()) return nullptr;
    if (at->second.session->is_idle(now)) {
        erase(id);
        return nullptr;
    }
    at->second.session->touch(now);
    return at->second.session;
}

void SessionTable::close(std::uint32_t id) {
    const std::scoped_lock lock(mutex_);
    erase(id);
}

std::size_t SessionTable::size() const {
    const std::scoped_lock lock(mutex_);
    return sessions_.size();
}

void SessionTable::erase(std::uint32_t id) {
    const auto at = sessions_.find(id);
    if (at == sessions_.end()) return;
    const auto own = per_source_.find(std::string(as_text(at->second.session->terms().source)));
    if (--own->second == 0) per_source_.erase(own);
    order_.erase(at->second.at);
    sessions_.erase(at);
}

/// The oldest unauthenticated session, of `source` if given; without one the oldest.
void SessionTable::drop_one(const Address* source) {
    const Session* oldest = nullptr;
    for (const std::uint32_t id : order_) {
        const Session& session = *sessions_.at(id).session;
        if (source != nullptr && session.terms().source != *source) continue;
        if (oldest == nullptr) oldest = &session;
        if (!session.is_authenticated()) {
            oldest = &session;
            break;
        }
    }
    if (oldest != nullptr) erase(oldest->terms().id);
}

std::size_t SessionTable::of_source(const Address& source) const {
    const auto at = per_source_.find(std::string(as_text(source)));
    return at == per_source_.end() ? 0 : at->second;
}

void SessionTable::drop_idle(model::TimeMs now) {
    if (now < next_sweep_) return;
    next_sweep_ = now + kSweepIntervalMs;
    for (auto at = order_.begin(); at != order_.end();) {
        const std::uint32_t id = *at++;
        if (sessions_.at(id).session->is_idle(now)) erase(id);
    }
}

}  // namespace idnode::resolver
