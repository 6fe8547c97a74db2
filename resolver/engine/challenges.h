#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "proto/base/limits.h"
#include "proto/handle/message.h"
#include "registry/model/ports.h"
#include "resolver/engine/upstream.h"

namespace idnode::resolver {

using Nonce = std::array<std::byte, 16>;

/// What a challenge is about, kept until it is answered.
struct ChallengedRequest {
    handle::Envelope envelope;
    Bytes payload;
};

/// A challenge that was handed out (§5.1).
struct Challenge {
    std::uint32_t session_id = 0;  // > 0; fresh, or that of the session the request belongs to
    Nonce nonce{};
    Bytes digest;  // of the request, without algorithm octet
    std::shared_ptr<const ChallengedRequest> request;
    /// What the envelope suggests. Lower in the second round: a form of answer that the node which
    /// keeps the secret can check (§5.4).
    handle::Version suggested = handle::kOwnVersion;

    bool is_second_round() const { return suggested != handle::kOwnVersion; }
};

/// The challenges that wait for their answer and those that had it, bounded in number, in octets,
/// per source and in time. One answer to each round: the same answer again gets the same response,
/// another one is refused, so that nothing is executed twice (§5.1). Thread-safe.
class ChallengeTable {
  public:
    struct Limits {
        std::size_t pending_max = 65'536;
        std::size_t pending_per_source_max = 256;
        std::size_t bytes_max = 64U << 20U;  // of requests and responses kept
        std::chrono::seconds lifetime = limits::kChallengeLifetime;
    };

    ChallengeTable(Limits limits, model::Entropy& entropy) : limits_(limits), entropy_(entropy) {}

    /// A new challenge for `source`. `session_id`: of the live session the request came in, whose
    /// earlier challenge it replaces; 0: a fresh id. A repeated request in a session gets the same
    /// challenge again. A full table drops its oldest one, a source with too many its own oldest: a
    /// flood hurts nobody else.
    Challenge issue(const Address& source, std::uint32_t session_id, ChallengedRequest request,
                    Bytes digest, model::TimeMs now);

    /// Opens the second round of a challenge that had its answer: it takes one more.
    void ask_again(const Challenge& challenge);

    /// Whether there is a challenge with this id, answered or not.
    bool is_known(std::uint32_t session_id, model::TimeMs now);

    enum class Claim : std::uint8_t {
        kFirst,     // carry the request out, then `remember` the response
        kRepeated,  // the same answer came before: send `response` again; empty: still under way
        kSpent,     // another answer came before, or it is too late
        kUnknown,
    };
    struct Claimed {
        Claim claim = Claim::kUnknown;
        Challenge challenge{};
        Bytes response{};
    };
    /// Takes the answer with this request id and payload to the challenge with this id.
    Claimed take(std::uint32_t session_id, std::uint32_t answer_id, BytesView answer,
                 model::TimeMs now);
    /// Keeps the response to an answer for its retransmissions.
    void remember(std::uint32_t session_id, std::uint32_t answer_id, BytesView response);

    std::size_t size() const;

  private:
    struct Answered {
        std::uint32_t request_id;
        Bytes payload;
        Bytes response;
    };
    struct Entry {
        Challenge challenge;
        Address source;
        model::TimeMs expires;
        std::vector<Answered> answered{};  // by round

        std::size_t bytes() const;
        bool takes_answer() const {
            return answered.size() < (challenge.is_second_round() ? 2U : 1U);
        }
    };
    using Entries = std::list<Entry>;  // oldest first

    void drop(Entries::iterator entry);
    void drop_expired(model::TimeMs now);
    void make_room(const Address& source, std::size_t bytes);
    std::uint32_t fresh_id();

    const Limits limits_;
    model::Entropy& entropy_;
    mutable std::mutex mutex_;
    Entries entries_;
    std::size_t bytes_ = 0;
    std::unordered_map<std::uint32_t, Entries::iterator> by_id_;
    std::unordered_map<Address, std::list<Entries::iterator>, AddressHash> by_source_;
};

/// A number above 0 that fits 31 bits, unpredictable.
std::uint32_t random_session_id(model::Entropy& entropy);

}  // namespace idnode::resolver
