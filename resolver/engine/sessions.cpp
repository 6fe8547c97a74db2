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
    const auto own = by_source_.find(terms.source);
    if (own != by_source_.end() && own->second.size() >= limits_.sessions_per_source_max) {
        erase(sessions_.find(own->second.first()));
    }
    if (sessions_.size() >= limits_.sessions_max) erase(sessions_.find(all_.first()));
    do {
        terms.id = random_session_id(entropy_);
    } while (sessions_.contains(terms.id));

    Entry entry;
    entry.among_all = all_.unauthenticated.insert(all_.unauthenticated.end(), terms.id);
    Order& of_source = by_source_[terms.source].unauthenticated;
    entry.of_source = of_source.insert(of_source.end(), terms.id);
    entry.session = std::make_shared<Session>(std::move(terms), now);
    const SessionPtr session = entry.session;
    sessions_.emplace(session->terms().id, std::move(entry));
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
        erase(at);
        return nullptr;
    }
    at->second.session->touch(now);
    return at->second.session;
}

void SessionTable::mark_authenticated(Session& session) {
    const std::scoped_lock lock(mutex_);
    session.mark_authenticated();
    const auto at = sessions_.find(session.terms().id);
    if (at == sessions_.end() || at->second.is_authenticated) return;
    Entry& entry = at->second;
    entry.is_authenticated = true;
    Queue& own = by_source_.at(session.terms().source);
    all_.authenticated.splice(all_.authenticated.end(), all_.unauthenticated, entry.among_all);
    own.authenticated.splice(own.authenticated.end(), own.unauthenticated, entry.of_source);
}

void SessionTable::close(std::uint32_t id) {
    const std::scoped_lock lock(mutex_);
    const auto at = sessions_.find(id);
    if (at != sessions_.end()) erase(at);
}

std::size_t SessionTable::size() const {
    const std::scoped_lock lock(mutex_);
    return sessions_.size();
}

SessionTable::Entries::iterator SessionTable::erase(Entries::iterator at) {
    const Entry& entry = at->second;
    all_.of(entry.is_authenticated).erase(entry.among_all);
    const auto own = by_source_.find(entry.session->terms().source);
    own->second.of(entry.is_authenticated).erase(entry.of_source);
    if (own->second.size() == 0) by_source_.erase(own);
    return sessions_.erase(at);
}

void SessionTable::drop_idle(model::TimeMs now) {
    if (now < next_sweep_) return;
    next_sweep_ = now + kSweepIntervalMs;
    for (auto at = sessions_.begin(); at != sessions_.end();) {
        at = at->second.session->is_idle(now) ? erase(at) : std::next(at);
    }
}

}  // namespace idnode::resolver
