#pragma once

#include <cstdint>
#include <string_view>

#include "proto/base/bytes.h"
#include "proto/handle/header.h"
#include "proto/handle/message.h"
#include "registry/model/ports.h"
#include "resolver/engine/challenges.h"
#include "resolver/engine/context.h"
#include "resolver/engine/sessions.h"

namespace idnode::resolver {

/// What is being answered, and where the answer goes. The request may be incomplete when it could
/// not be decoded: what was read of envelope and header is echoed. For an answered challenge it is
/// the challenged request in the envelope of the answer.
struct ReplyTo {
    const EngineContext& context;
    const handle::MessageView& request;
    const Peer& peer;
    model::TimeMs now;
    Bytes& out;                  // appended to
    Session* session = nullptr;  // the live session the request belongs to
    /// Who the requester claims to be, where no session says it.
    const service::Identity* claimed = nullptr;
    /// The challenge that was answered; where the requester must be challenged, it is put again.
    const Challenge* answered = nullptr;
};

/// Tells the audit that a proof, an identity or a session was not accepted.
void record_refusal(const ReplyTo& to, handle::ResponseCode code);
/// Tells the audit that something was changed; a transaction of 0 means that nothing was.
/// `handle`: where it is not the one that the request names.
void record_change(const ReplyTo& to, std::string_view handle, model::TransactionId transaction);

/// The digest that answers to this request carry in this version (§3.3), without algorithm octet.
Bytes request_digest(const model::Digests& digests, handle::Version version,
                     BytesView header_and_body);

/// The envelope that every answer has, but for its length; a challenge changes the session.
handle::Envelope reply_envelope(const handle::Envelope& request);
/// The header that every answer to `request` has, but for what its body adds. `is_authoritative`:
/// it was this node's to give.
handle::Header reply_header(const EngineContext& context, const handle::Header& request,
                            handle::ResponseCode code, handle::Version version,
                            bool is_authoritative, std::uint32_t expiration);
/// Of answers that are given at `now`; Unix seconds.
std::uint32_t reply_expiration(model::TimeMs now);

/// Whether an answer with so many octets of header and body may be sent (§3.5).
enum class Fitting : std::uint8_t { kFits, kTooLargeForUdp, kTooLarge };
Fitting fitting(const EngineContext& context, Carrier carrier, std::size_t bytes);

/// One response message in the making: envelope and header by the rules of §3 and §4.2, the
/// request digest in front of the body, the signature or MAC behind it, encryption around it.
/// Exactly one of `finish`, `error` and `challenge` ends it.
class Reply {
  public:
    explicit Reply(const ReplyTo& to);

    /// The body after the digest.
    ByteWriter& body() { return writer_.body(); }

    /// Drops the body written so far.
    void rewind_body();
    /// A body that is too large for the carrier becomes an error that tells the client to come by
    /// TCP.
    void finish(handle::ResponseCode code);
    /// Drops the body written so far. The text is for people; no client parses it.
    void error(handle::ResponseCode code, std::string_view text = {});
    /// Asks who the requester is (§5.1), with the challenge that was answered if there is one
    /// (§5.4).
    void challenge();
    /// As above, with a challenge that was made for the request.
    void challenge(const Challenge& issued);

    void mark_not_authoritative() { authoritative_ = false; }
    /// Something existing was replaced.
    void mark_replaced() { extra_flags_ |= handle::flag::kOverwrite; }
    /// More messages follow for this request.
    void mark_continued() { extra_flags_ |= handle::flag::kContinuous; }
    /// The body holds something that not everyone may read: in a session it is encrypted (§5.8).
    void mark_restricted() { restricted_ = true; }

  private:
    void begin_body(bool with_digest);
    void seal(handle::ResponseCode code);
    handle::Header header(handle::ResponseCode code) const;
    Bytes credential(const handle::Header& header);
    Bytes signature_credential(const handle::Header& header);
    Bytes mac_credential(const handle::Header& header);
    bool is_encrypted() const;
    void encrypt();

    const ReplyTo& to_;
    handle::Envelope envelope_;
    std::size_t begin_;
    handle::MessageWriter writer_;
    bool has_digest_ = false;
    bool authoritative_ = true;
    bool restricted_ = false;
    std::uint32_t extra_flags_ = 0;
};

}  // namespace idnode::resolver
