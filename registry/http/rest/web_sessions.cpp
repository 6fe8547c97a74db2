#include "registry/http/rest/web_sessions.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <utility>

#include "proto/base/hex.h"

namespace idnode::http {

namespace {

constexpr std::size_t kIdOctets = 24;
constexpr std::size_t kSelectorChars = 16;  // of its 48

std::string selector_of(std::string_view id) {
    return std::string(id.substr(0, kSelectorChars));
}

std::string source_key(const resolver::Address& source) {
    return std::string(as_text(source));
}

}  // namespace

std::string WebSessions::fresh_id() {
    for (;;) {
        std::array<std::byte, kIdOctets> octets{};
        entropy_.fill(octets);
        std::string id = to_hex(octets);
        if (!by_selector_.contains(selector_of(id))) return id;
    }
}

WebSession WebSessions::open(const resolver::Address& source, model::TimeMs now) {
    const std::scoped_lock lock(mutex_);
    drop_idle(now);
    make_room(source);
    Entry entry{{fresh_id(), {}, std::nullopt}, source, now};
    entropy_.fill(entry.session.nonce);
    anonymous_.push_back(std::move(entry));
    const auto at = std::prev(anonymous_.end());
    by_selector_.emplace(selector_of(at->session.id), at);
    anonymous_of_[source_key(source)].push_back(at);
    return at->session;
}

void WebSessions::make_room(const resolver::Address& source) {
    const auto own = anonymous_of_.find(source_key(source));
    if (own != anonymous_of_.end() && own->second.size() >= settings_.sessions_per_source_max) {
        drop(own->second.front());
    }
    if (by_selector_.size() < settings_.sessions_max) return;
    drop(anonymous_.empty() ? authenticated_.begin() : anonymous_.begin());
}

void WebSessions::drop(Entries::iterator entry) {
    by_selector_.erase(selector_of(entry->session.id));
    if (!entry->session.identity) forget_source(entry);
    list_of(*entry).erase(entry);
}

void WebSessions::forget_source(Entries::iterator entry) {
    const auto own = anonymous_of_.find(source_key(entry->source));
    own->second.erase(std::ranges::find(own->second, entry));
    if (own->second.empty()) anonymous_of_.erase(own);
}

void WebSessions::drop_idle(model::TimeMs now) {
    const auto idle = std::chrono::duration_cast<std::chrono::milliseconds>(settings_.session_idle);
    for (Entries* entries : {&anonymous_, &authenticated_}) {
        while (!entries->empty() && now - entries->front().used > idle.count()) {
            drop(entries->begin());
        }
    }
}

/// The end of the anonymous ones where there is none.
WebSessions::Entries::iterator WebSessions::look_up(std::string_view id) {
    const auto at = by_selector_.find(selector_of(id));
    if (at == by_selector_.end()) return anonymous_.end();
    const std::string& known = at->second->session.id;
    const bool same =
        known.size() == id.size() && CRYPTO_memcmp(known.data(), id.data(), id.size()) == 0;
    return same ? at->second : anonymous_.end();
}

WebSessions::Entries::iterator WebSessions::touch(std::string_view id, model::TimeMs now) {
    drop_idle(now);
    const auto at = look_up(id);
    if (at == anonymous_.end()) return at;
    at->used = now;
    Entries& entries = list_of(*at);
    entries.splice(entries.end(), entries, at);
    return at;
}

std::optional<WebSession> WebSessions::find(std::string_view id, model::TimeMs now) {
    const std::scoped_lock lock(mutex_);
    const auto at = touch(id, now);
    if (at == anonymous_.end()) return std::nullopt;
    return at->session;
}

std::optional<WebSession> WebSessions::take_nonce(std::string_view id, model::TimeMs now) {
    const std::scoped_lock lock(mutex_);
    const auto at = touch(id, now);
    if (at == anonymous_.end()) return std::nullopt;
    WebSession taken = at->session;
    entropy_.fill(at->session.nonce);
    return taken;
}

void WebSessions::authenticate(std::string_view id, service::Identity identity) {
    const std::scoped_lock lock(mutex_);
    const auto at = look_up(id);
    if (at == anonymous_.end()) return;  // dropped meanwhile
    if (!at->session.identity) {
        forget_source(at);
        authenticated_.splice(authenticated_.end(), anonymous_, at);
    }
    at->session.identity = std::move(identity);
}

void WebSessions::close(std::string_view id) {
    const std::scoped_lock lock(mutex_);
    const auto at = look_up(id);
    if (at != anonymous_.end()) drop(at);
}

std::size_t WebSessions::size() const {
    const std::scoped_lock lock(mutex_);
    return by_selector_.size();
}

}  // namespace idnode::http
