#pragma once

#include <span>
#include <string_view>
#include <utility>

#include "proto/base/bytes.h"
#include "proto/handle/envelope.h"
#include "proto/handle/message.h"
#include "proto/handle/session.h"
#include "registry/service/administration.h"
#include "registry/service/authority.h"
#include "resolver/engine/context.h"
#include "resolver/engine/operations.h"
#include "resolver/engine/plain_lookups.h"
#include "resolver/engine/remote.h"
#include "resolver/engine/reply.h"
#include "resolver/engine/requesters.h"
#include "resolver/engine/resolution.h"
#include "resolver/engine/sessions.h"
#include "resolver/engine/stream.h"
#include "resolver/engine/upstream.h"

namespace idnode::resolver {

/// Octets in, octets and decisions out; no I/O of its own but through the store. Not thread-safe:
/// each thread has one.
class Engine {
  public:
    explicit Engine(const EngineContext& context);

    /// Takes one complete message and decides (§4.10). The payload is what followed the envelope,
    /// all pieces put together.
    Outcome handle(const handle::Envelope& envelope, BytesView payload, const Peer& peer,
                   Effort effort, Bytes& out, Question& question);

    /// Before a batch is handled one by one: see `PlainLookups`. Of `peer` only the carrier and the
    /// logins count, which all have in common.
    void foresee(std::span<const BytesView> messages, const Peer& peer) {
        plain_lookups_.foresee(messages, peer);
    }
    static constexpr std::size_t kBatchMax = PlainLookups::kBatchMax;
    /// The answer to the message of that number, if it can be given at once. False: `handle` it.
    bool answer_foreseen(std::size_t number, Bytes& out) {
        return plain_lookups_.answer(number, out);
    }

    /// What follows the messages that the last call of `handle` appended, on the same connection;
    /// mostly nothing. Only Effort::kPool makes one.
    StreamPtr take_stream() { return std::move(stream_); }

    /// The answer to a message for which `handle` returned kAskUpstream. kRetryOnPool: as there.
    Outcome answer_forwarded(const handle::Envelope& envelope, BytesView payload, const Peer& peer,
                             Effort effort, const UpstreamAnswer& answer, Bytes& out);

    /// An error for a message that cannot be taken at all: a length out of range, too many at once.
    /// Nothing for a response.
    /// `payload`: as much of it as there is.
    void refuse(const handle::Envelope& envelope, BytesView payload, const Peer& peer,
                handle::ResponseCode code, std::string_view text, Bytes& out);

  private:
    SessionPtr find_session(std::uint32_t id, const Peer& peer, model::TimeMs now);
    bool is_known_id(const ReplyTo& to);
    Outcome dispatch(const ReplyTo& to, Effort effort, Question& question);
    Outcome carry_out(const ReplyTo& to, Part part, Effort effort, service::Requester& requester,
                      Question& question);
    Outcome resolve(const ReplyTo& to, Effort effort, service::Requester& requester,
                    Question& question);

    Outcome authenticate(const ReplyTo& to);
    Outcome take_challenge_answer(const ReplyTo& to);
    void carry_out_challenged(const ReplyTo& to, const Challenge& challenge);
    void verify_answer(const ReplyTo& to);
    void set_up_session(const ReplyTo& to);
    Result<model::SessionCryptography::Exchanged> exchange_key(
        const handle::SessionSetupRequest& request, const Session::Terms& terms, const Peer& peer);
    Result<Bytes> exchange_key_of(const handle::SessionSetupRequest& request, const Peer& peer);
    void exchange_session_key(const ReplyTo& to);
    void terminate_session(const ReplyTo& to);

    void begin_login(const ReplyTo& to);
    void complete_login(const ReplyTo& to, const Challenge& challenge);

    const EngineContext& context_;
    NodeDirectory directory_;
    service::Authority authority_;
    service::Administration administration_;
    Resolution resolution_;
    PlainLookups plain_lookups_;
    StreamPtr stream_;
};

}  // namespace idnode::resolver
