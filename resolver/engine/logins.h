#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>

#include "registry/model/ports.h"
#include "registry/service/identity.h"
#include "resolver/engine/challenges.h"
#include "resolver/engine/sessions.h"

namespace idnode::resolver {

/// What one TCP connection of an industrial client has agreed on, §9.3 and §9.5: who is logged in
/// and which session keys there are, each under a session id that the client chose. The ids are no
/// secret and requests carry no MAC, so all of it counts on this connection only and ends with it.
///
/// Bounded; the entry used first makes room. Thread-safe: a client need not wait for one answer
/// before it asks the next.
class Logins {
  public:
    /// One client's login and session; more when several clients share a connection.
    static constexpr std::size_t kEntriesMax = 8;

    /// Somebody wants to log in under the challenge's session id and was challenged; an earlier
    /// challenge under this id is void, an earlier login is not.
    void begin(Challenge challenge, model::TimeMs now);
    /// Whether an answer is awaited under this id.
    bool is_pending(std::uint32_t id, model::TimeMs now) const;
    /// The challenge that an answer is for; each is handed out once (§5.1).
    std::optional<Challenge> take(std::uint32_t id, model::TimeMs now);
    /// The answer was right.
    void complete(std::uint32_t id, service::Identity identity);

    /// Who is logged in under this id. 0: the one login of the connection, for clients that forget
    /// their id once they are logged in.
    std::optional<service::Identity> find_login(std::uint32_t id) const;

    void open_session(SessionPtr session);
    /// Null: none.
    SessionPtr find_session(std::uint32_t id) const;

    /// Ends login and session. Whether there was one.
    bool close(std::uint32_t id);

  private:
    struct Entry {
        std::uint32_t id = 0;
        std::optional<Challenge> challenge{};
        model::TimeMs challenge_expires = 0;
        std::optional<service::Identity> identity{};
        SessionPtr session{};

        bool awaits_answer(model::TimeMs now) const { return challenge && now < challenge_expires; }
    };

    const Entry* find(std::uint32_t id) const;
    Entry& find_or_add(std::uint32_t id);

    mutable std::mutex mutex_;
    std::list<Entry> entries_;  // oldest first
};

}  // namespace idnode::resolver
