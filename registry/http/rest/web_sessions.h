#pragma once

#include <cstddef>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "registry/http/rest/settings.h"
#include "registry/model/ports.h"
#include "registry/service/identity.h"
#include "resolver/engine/challenges.h"

namespace idnode::http {

/// A session as it is at one moment.
struct WebSession {
    std::string id;                             // secret: who has it is its peer
    resolver::Nonce nonce{};                    // what the next proof has to be about
    std::optional<service::Identity> identity;  // who proved it was theirs
};

/// The sessions of §8.7, bounded in number, per source and by idle time. Thread-safe.
///
/// An id is 8 octets by which the session is found and 16 that are its secret, compared in constant
/// time: how long a search takes says nothing about the secret.
class WebSessions {
  public:
    WebSessions(const RestSettings& settings, model::Entropy& entropy)
        : settings_(settings), entropy_(entropy) {}

    /// A new one of nobody. A source with too many loses its oldest one of nobody, a full table the
    /// one used least recently, those of nobody first.
    WebSession open(const resolver::Address& source, model::TimeMs now);
    /// The live session, marked as used now.
    std::optional<WebSession> find(std::string_view id, model::TimeMs now);
    /// As `find`, and puts another nonce in place of the one returned: only one proof can be about
    /// it.
    std::optional<WebSession> take_nonce(std::string_view id, model::TimeMs now);
    void authenticate(std::string_view id, service::Identity identity);
    void close(std::string_view id);
    std::size_t size() const;

  private:
    struct Entry {
        WebSession session;
        resolver::Address source{};
        model::TimeMs used = 0;
    };
    using Entries = std::list<Entry>;  // by last use, oldest first

    Entries::iterator look_up(std::string_view id);
    Entries::iterator touch(std::string_view id, model::TimeMs now);
    Entries& list_of(const Entry& entry) {
        return entry.session.identity ? authenticated_ : anonymous_;
    }
    void drop(Entries::iterator entry);
    void forget_source(Entries::iterator entry);
    void drop_idle(model::TimeMs now);
    void make_room(const resolver::Address& source);
    std::string fresh_id();

    const RestSettings settings_;
    model::Entropy& entropy_;
    mutable std::mutex mutex_;
    Entries anonymous_;
    Entries authenticated_;
    std::unordered_map<std::string, Entries::iterator> by_selector_;
    std::unordered_map<std::string, std::list<Entries::iterator>> anonymous_of_;  // by source
};

}  // namespace idnode::http
