#pragma once

#include <string_view>

#include "proto/base/bytes.h"
#include "proto/handle/envelope.h"
#include "proto/handle/message.h"
#include "resolver/engine/context.h"
#include "resolver/engine/resolution.h"
#include "resolver/engine/upstream.h"

namespace idnode::resolver {

/// Octets in, octets and decisions out; no I/O of its own but reads through the store. Not
/// thread-safe: each thread has one.
class Engine {
  public:
    explicit Engine(const EngineContext& context) : context_(context), resolution_(context) {}

    /// Takes one complete message and decides (§4.10). The payload is what followed the envelope,
    /// all pieces put together.
    Outcome handle(const handle::Envelope& envelope, BytesView payload, const Peer& peer,
                   Effort effort, Bytes& out, Question& question);

    /// The answer to a message for which `handle` returned kAskUpstream. kRetryOnPool: as there.
    Outcome answer_forwarded(const handle::Envelope& envelope, BytesView payload, const Peer& peer,
                             Effort effort, const UpstreamAnswer& answer, Bytes& out);

    /// An error for a message that cannot be taken at all: a length out of range, too many at once.
    /// Nothing for a response.
    /// `payload`: as much of it as there is.
    void refuse(const handle::Envelope& envelope, BytesView payload, const Peer& peer,
                handle::ResponseCode code, std::string_view text, Bytes& out);

  private:
    Outcome dispatch(const handle::MessageView& message, const Peer& peer, Effort effort,
                     model::TimeMs now, Bytes& out, Question& question);

    const EngineContext& context_;
    Resolution resolution_;
};

}  // namespace idnode::resolver
