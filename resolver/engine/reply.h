#pragma once

#include <cstdint>
#include <string_view>

#include "proto/base/bytes.h"
#include "proto/handle/header.h"
#include "proto/handle/message.h"
#include "registry/model/ports.h"
#include "resolver/engine/challenges.h"
#include "resolver/engine/context.h"

namespace idnode::resolver {

/// The response to one request in the making: envelope and header by the rules of §3 and §4.2, the
/// request digest in front of the body, the signature behind it. Exactly one of `finish`, `error`
/// and `challenge` ends it.
class Reply {
  public:
    /// `request` may be incomplete when it could not be decoded: what was read of envelope and
    /// header is echoed. Appends to `out`.
    Reply(const EngineContext& context, const handle::MessageView& request, Carrier carrier,
          model::TimeMs now, Bytes& out);

    /// The body after the digest.
    ByteWriter& body() { return writer_.body(); }

    /// A body that is too large for the carrier becomes an error that tells the client to come by
    /// TCP.
    void finish(handle::ResponseCode code);
    /// Drops the body written so far. The text is for people; no client parses it.
    void error(handle::ResponseCode code, std::string_view text = {});
    void challenge(const Challenge& challenge);
    void mark_not_authoritative() { authoritative_ = false; }

  private:
    void begin_body(bool with_digest);
    void seal(handle::ResponseCode code);
    handle::Header header(handle::ResponseCode code) const;
    Bytes signature_credential(const handle::Header& header);

    const EngineContext& context_;
    const handle::MessageView& request_;
    const Carrier carrier_;
    const model::TimeMs now_;
    handle::Envelope envelope_;
    handle::MessageWriter writer_;
    bool has_digest_ = false;
    bool authoritative_ = true;
};

}  // namespace idnode::resolver
