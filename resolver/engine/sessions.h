#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <unordered_map>

#include "proto/handle/credential.h"
#include "proto/handle/message.h"
#include "proto/handle/session.h"
#include "registry/model/ports.h"
#include "registry/service/identity.h"
#include "resolver/engine/upstream.h"

namespace idnode::resolver {

/// Counters that were seen, §5.6: a repeated one, 0, and those at or below the oldest that was
/// forgotten are refused. A peer that skips ahead is not locked out. Not thread-safe.
class ReplayWindow {
  public:
    bool accept(std::uint32_t counter);

  private:
    static constexpr std::size_t kRemembered = 200;
    std::set<std::uint32_t> seen_;
    std::uint32_t floor_ = 0;  // everything up to it is refused
};

/// One session, §5.7. The fixed part may be read freely; the rest is behind functions that lock.
class Session : public std::enable_shared_from_this<Session> {
  public:
    struct Terms {
        std::uint32_t id = 0;
        std::optional<service::Identity> identity;  // as claimed in the setup; none: anonymous
        handle::Version version;                    // of the setup response
        handle::SessionCipher cipher = handle::SessionCipher::kAes;
        handle::KeyExchangeMode mode = handle::KeyExchangeMode::kDiffieHellman;
        Bytes key;  // empty in mode 2 until the client has sent it
        Address source{};
        std::chrono::milliseconds timeout{};
        /// Of an industrial client, under its own id, on one connection (§9.5): a key that encrypts
        /// and no more; there are no MACs.
        bool of_connection = false;
    };

    explicit Session(Terms terms, model::TimeMs now) : terms_(std::move(terms)), last_used_(now) {}

    const Terms& terms() const { return terms_; }

    bool is_authenticated() const;
    void mark_authenticated();
    /// The number for the next message of ours, from 1.
    std::uint32_t next_counter();
    /// Whether a message with this counter may still be acted on; takes it.
    bool accept_counter(std::uint32_t counter);
    void touch(model::TimeMs now);
    bool is_idle(model::TimeMs now) const;

  private:
    const Terms terms_;
    mutable std::mutex mutex_;
    bool authenticated_ = false;
    std::uint32_t counter_ = 0;
    ReplayWindow window_;
    model::TimeMs last_used_;
};
using SessionPtr = std::shared_ptr<Session>;

/// The live sessions, bounded in number, per source and by idle time. Thread-safe.
class SessionTable {
  public:
    struct Limits {
        std::size_t sessions_max = 65'536;
        std::size_t sessions_per_source_max = 1'024;
        std::chrono::seconds timeout_default{86'400};  // §5.7
        std::chrono::seconds timeout_max{86'400};      // a client's wish is capped
    };

    SessionTable(Limits limits, model::Entropy& entropy) : limits_(limits), entropy_(entropy) {}

    /// A new session under a fresh id. `timeout_wish`: 0 means the default. A source with too many
    /// loses its oldest unauthenticated one (else its oldest), a full table likewise.
    SessionPtr open(Session::Terms terms, std::uint32_t timeout_wish, model::TimeMs now);
    /// Puts another in place of one with the same id: a key that came later (mode 2).
    void replace(SessionPtr session);
    /// The live session, marked as used now; null: none.
    SessionPtr find(std::uint32_t id, model::TimeMs now);
    /// Its peer has proved to be who the session was set up for.
    void mark_authenticated(Session& session);
    void close(std::uint32_t id);
    std::size_t size() const;

  private:
    using Order = std::list<std::uint32_t>;  // ids, oldest first
    /// Sessions in the order in which they make room: the unauthenticated ones first.
    struct Queue {
        Order unauthenticated;
        Order authenticated;

        Order& of(bool is_authenticated) {
            return is_authenticated ? authenticated : unauthenticated;
        }
        std::size_t size() const { return unauthenticated.size() + authenticated.size(); }
        std::uint32_t first() const {
            return unauthenticated.empty() ? authenticated.front() : unauthenticated.front();
        }
    };
    struct Entry {
        SessionPtr session;
        bool is_authenticated = false;  // in which order of both queues it stands
        Order::iterator among_all;
        Order::iterator of_source;
    };
    using Entries = std::unordered_map<std::uint32_t, Entry>;

    Entries::iterator erase(Entries::iterator at);
    void drop_idle(model::TimeMs now);

    const Limits limits_;
    model::Entropy& entropy_;
    mutable std::mutex mutex_;
    Entries sessions_;
    Queue all_;
    std::unordered_map<Address, Queue, AddressHash> by_source_;
    model::TimeMs next_sweep_ = 0;
};

}  // namespace idnode::resolver
