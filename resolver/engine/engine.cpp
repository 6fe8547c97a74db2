#include "resolver/engine/engine.h"

#include "proto/base/limits.h"
#include "resolver/engine/challenges.h"
#include "resolver/engine/operations.h"
#include "resolver/engine/reply.h"

namespace idnode::resolver {

namespace {

using handle::ResponseCode;
namespace flag = handle::flag;

/// As much of a message as can be read, so that an error can echo it.
handle::MessageView what_is_readable(const handle::Envelope& envelope, BytesView payload) {
    handle::MessageView out;
    out.envelope = envelope;
    if (!envelope.encrypted && payload.size() >= limits::kHeaderBytes) {
        if (const auto header = handle::decode_header(payload.first(limits::kHeaderBytes))) {
            out.header = *header;
        }
    }
    // Without the whole message there is no digest to give and nothing to sign for.
    out.header.flags &= ~(flag::kRequestDigest | flag::kCertify);
    return out;
}

bool is_encrypted_session(std::uint32_t session_id) {
    return session_id > 0 && session_id <= 0x7FFFFFFFU;
}

}  // namespace

Outcome Engine::handle(const handle::Envelope& envelope, BytesView payload, const Peer& peer,
                       Effort effort, Bytes& out, Question& question) {
    const model::TimeMs now = context_.clock.now();
    const handle::MessageView readable = what_is_readable(envelope, payload);
    // Answering a response would let two servers talk for ever (§10.2 H8).
    if (readable.header.response != ResponseCode::kNone) return Outcome::kSilent;

    const auto refuse_with = [&](ResponseCode code, std::string_view text) {
        Reply(context_, readable, peer.carrier, now, out).error(code, text);
        return Outcome::kReply;
    };
    if (envelope.compressed)
        return refuse_with(ResponseCode::kProtocolError, "compression is not supported");
    if (envelope.encrypted) {
        return is_encrypted_session(envelope.session_id)
                   ? refuse_with(ResponseCode::kSessionTimeout, "no such session")
                   : refuse_with(ResponseCode::kSessionFailed, "encrypted without a session");
    }
    if (payload.size() < limits::kHeaderBytes) {
        return refuse_with(ResponseCode::kProtocolError, "message shorter than its header");
    }
    if (readable.header.op == handle::OpCode::kReserved) {
        return refuse_with(ResponseCode::kProtocolError, "operation 0");
    }
    const auto message = handle::decode_message(envelope, payload);
    if (!message) return refuse_with(ResponseCode::kError, "message cannot be decoded");
    return dispatch(*message, peer, effort, now, out, question);
}

Outcome Engine::dispatch(const handle::MessageView& message, const Peer& peer, Effort effort,
                         model::TimeMs now, Bytes& out, Question& question) {
    // A signature costs more than a hundred lookups: never on the thread that serves them.
    if (message.header.has(flag::kCertify) && effort == Effort::kInline)
        return Outcome::kRetryOnPool;

    const std::size_t reply_at = out.size();
    Reply reply(context_, message, peer.carrier, now, out);
    const auto refuse_with = [&](ResponseCode code, std::string_view text) {
        reply.error(code, text);
        return Outcome::kReply;
    };

    const Operation* operation = find_operation(message.header.op);
    if (operation != nullptr && operation->service == Service::kAdmin &&
        peer.carrier == Carrier::kUdp) {
        return refuse_with(ResponseCode::kProtocolError, "admin request on a non-admin interface");
    }
    const std::uint32_t session_id = message.envelope.session_id;
    const bool answers_challenge =
        operation != nullptr && operation->part == Part::kChallengeAnswer;
    if (session_id != 0 && !context_.challenges.is_pending(session_id, now)) {
        return refuse_with(ResponseCode::kSessionTimeout, "no such session");
    }
    if (operation == nullptr) return refuse_with(ResponseCode::kError, "unknown operation");
    if (answers_challenge && session_id == 0) {
        return refuse_with(ResponseCode::kAuthenticationTimeout, "no such challenge");
    }

    switch (operation->part) {
        case Part::kResolution: {
            const Outcome outcome = resolution_.answer(message, peer, effort, now, reply, question);
            if (outcome != Outcome::kReply) out.resize(reply_at);
            return outcome;
        }
        case Part::kSiteInfo:
            reply.body().raw(context_.site);
            reply.finish(ResponseCode::kSuccess);
            return Outcome::kReply;
        case Part::kChallengeAnswer:
            return refuse_with(ResponseCode::kAuthenticationError,
                               "this server cannot check identities yet");
        case Part::kNotSupported:
            break;
    }
    return refuse_with(ResponseCode::kOperationNotSupported,
                       "operation not supported by this server");
}

Outcome Engine::answer_forwarded(const handle::Envelope& envelope, BytesView payload,
                                 const Peer& peer, Effort effort, const UpstreamAnswer& answer,
                                 Bytes& out) {
    const auto message = handle::decode_message(envelope, payload);
    if (!message) return Outcome::kSilent;
    if (message->header.has(flag::kCertify) && effort == Effort::kInline)
        return Outcome::kRetryOnPool;
    const auto request = handle::decode_resolution_request(message->body);
    if (!request) return Outcome::kSilent;
    Reply reply(context_, *message, peer.carrier, context_.clock.now(), out);
    write_forwarded(request->handle, answer, reply);
    return Outcome::kReply;
}

void Engine::refuse(const handle::Envelope& envelope, BytesView payload, const Peer& peer,
                    ResponseCode code, std::string_view text, Bytes& out) {
    const handle::MessageView readable = what_is_readable(envelope, payload);
    if (readable.header.response != ResponseCode::kNone) return;
    Reply(context_, readable, peer.carrier, context_.clock.now(), out).error(code, text);
}

}  // namespace idnode::resolver
