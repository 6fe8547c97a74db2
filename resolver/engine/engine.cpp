#include "resolver/engine/engine.h"

#include "proto/base/limits.h"
#include "resolver/engine/admin_operations.h"
#include "resolver/engine/challenges.h"
#include "resolver/engine/logins.h"
#include "resolver/engine/operations.h"
#include "resolver/engine/peer_text.h"
#include "resolver/engine/replication.h"
#include "resolver/engine/requesters.h"
#include "resolver/engine/sessions.h"

namespace idnode::resolver {

namespace {

using handle::ResponseCode;
namespace flag = handle::flag;

// One answer for bad padding, form and MAC: whoever alters an encrypted message must not learn how
// far it came (§5.8, §10.2 H24).
constexpr std::string_view kUnreadable = "cannot be decrypted";

/// As much of a message as can be read, so that an error can echo it.
handle::MessageView what_is_readable(const handle::Envelope& envelope, BytesView payload) {
    handle::MessageView out;
    out.envelope = envelope;
    if (payload.size() >= limits::kHeaderBytes) {
        if (const auto header = handle::decode_header(payload.first(limits::kHeaderBytes))) {
            out.header = *header;
        }
    }
    // Without the whole message there is no digest to give and nothing to sign for.
    out.header.flags &= ~(flag::kRequestDigest | flag::kCertify);
    return out;
}

bool has_macs(const Session* session) {
    return session != nullptr && !session->terms().of_connection;
}

bool can_be_session(std::uint32_t id) {
    return id > 0 && id <= 0x7FFFFFFFU;
}

}  // namespace

Engine::Engine(const EngineContext& context)
    : context_(context),
      directory_(context.store, context.administration.own_prefix, context.remote),
      authority_(directory_, context.authority),
      administration_(context.store, directory_, authority_, context.entropy,
                      context.administration),
      resolution_(context, administration_),
      plain_lookups_(context) {}

Outcome Engine::handle(const handle::Envelope& envelope, BytesView payload, const Peer& peer,
                       Effort effort, Bytes& out, Question& question) {
    stream_ = nullptr;
    const model::TimeMs now = context_.clock.now();
    const SessionPtr session = find_session(envelope.session_id, peer, now);
    const auto refuse_with = [&](BytesView readable, ResponseCode code, std::string_view text) {
        const handle::MessageView message = what_is_readable(envelope, readable);
        // Answering a response would let two servers talk for ever (§10.2 H8).
        if (message.header.response != ResponseCode::kNone) return Outcome::kSilent;
        Reply({context_, message, peer, now, out, session.get()}).error(code, text);
        return Outcome::kReply;
    };
    if (envelope.compressed) {
        return refuse_with({}, ResponseCode::kProtocolError, "compression is not supported");
    }
    Bytes plain;
    if (envelope.encrypted) {
        if (!can_be_session(envelope.session_id)) {
            return refuse_with({}, ResponseCode::kSessionFailed, "encrypted without a session");
        }
        if (!session) return refuse_with({}, ResponseCode::kSessionTimeout, "no such session");
        if (effort == Effort::kInline) return Outcome::kRetryOnPool;
        const Session::Terms& terms = session->terms();
        auto decrypted =
            context_.cryptography.decrypt(terms.cipher, terms.key, terms.version, payload);
        if (!decrypted) return refuse_with({}, ResponseCode::kSessionFailed, kUnreadable);
        plain = std::move(*decrypted);
        payload = plain;
    }
    if (!envelope.encrypted && payload.size() < limits::kHeaderBytes) {
        return refuse_with(payload, ResponseCode::kProtocolError,
                           "message shorter than its header");
    }
    const auto message = handle::decode_message(envelope, payload);
    if (envelope.encrypted &&
        (!message ||
         !(message->credential.empty() || has_mac_of(*message, *session, context_.cryptography)))) {
        return refuse_with({}, ResponseCode::kSessionFailed, kUnreadable);
    }
    if (!message) {
        const bool reserved =
            what_is_readable(envelope, payload).header.op == handle::OpCode::kReserved;
        return refuse_with(payload, reserved ? ResponseCode::kProtocolError : ResponseCode::kError,
                           "message cannot be decoded");
    }
    if (message->header.response != ResponseCode::kNone) return Outcome::kSilent;
    if (message->header.op == handle::OpCode::kReserved) {
        return refuse_with(payload, ResponseCode::kProtocolError, "operation 0");
    }
    return dispatch({context_, *message, peer, now, out, session.get()}, effort, question);
}

SessionPtr Engine::find_session(std::uint32_t id, const Peer& peer, model::TimeMs now) {
    if (!can_be_session(id)) return nullptr;
    if (peer.logins != nullptr) {
        if (SessionPtr own = peer.logins->find_session(id)) return own;
    }
    return context_.sessions.find(id, now);
}

/// §4.10 step 6. Industrial clients choose ids of their own (§9.3), but answer to challenges only.
bool Engine::is_known_id(const ReplyTo& to) {
    const std::uint32_t id = to.request.envelope.session_id;
    if (id == 0 || to.session != nullptr || context_.challenges.is_known(id, to.now)) return true;
    if (to.peer.logins == nullptr || !can_be_session(id)) return false;
    return to.request.header.op != handle::OpCode::kChallengeResponse ||
           to.peer.logins->is_pending(id, to.now);
}

Outcome Engine::dispatch(const ReplyTo& to, Effort effort, Question& question) {
    const handle::Header& header = to.request.header;
    const Operation* operation = find_operation(header.op);
    if (operation != nullptr && operation->part == Part::kLogin && to.peer.logins == nullptr) {
        operation = nullptr;
    }
    // A signature costs more than a hundred lookups, and whatever changes or checks something waits
    // for the disk: never on the thread that serves lookups.
    const bool is_plain = operation == nullptr || operation->part == Part::kResolution ||
                          operation->part == Part::kSiteInfo ||
                          operation->part == Part::kNotSupported;
    const bool needs_pool = header.has(flag::kCertify) || to.session != nullptr || !is_plain;
    if (needs_pool && effort == Effort::kInline) return Outcome::kRetryOnPool;
    directory_.begin_request();

    const auto refuse_with = [&](ResponseCode code, std::string_view text) {
        Reply(to).error(code, text);
        return Outcome::kReply;
    };
    if (operation != nullptr && operation->service == Service::kAdmin &&
        to.peer.carrier == Carrier::kUdp) {
        return refuse_with(ResponseCode::kProtocolError, "admin request on a non-admin interface");
    }
    if (!is_known_id(to)) {
        return refuse_with(ResponseCode::kSessionTimeout, "no such session");
    }
    if (operation == nullptr) return refuse_with(ResponseCode::kError, "unknown operation");
    if (operation->primary_only && context_.is_mirror) {
        return refuse_with(ResponseCode::kServerNotResponsible,
                           "this server is a mirror: ask the primary");
    }
    switch (operation->part) {
        case Part::kSiteInfo: {
            Reply reply(to);
            reply.body().raw(context_.site);
            reply.finish(ResponseCode::kSuccess);
            return Outcome::kReply;
        }
        case Part::kAuthentication:
            return authenticate(to);
        case Part::kLogin:
            begin_login(to);
            return Outcome::kReply;
        case Part::kNotSupported:
            return refuse_with(ResponseCode::kOperationNotSupported,
                               "operation not supported by this server");
        case Part::kResolution:
        case Part::kAdministration:
        case Part::kReplication:
            break;
    }
    if (has_macs(to.session)) {
        SessionPeer peer(to.request, *to.session, context_.cryptography);
        return carry_out(to, operation->part, effort, peer, question);
    }
    // Public values are for everyone, so plain lookups need not know who is logged in.
    const bool is_for_everyone =
        operation->part == Part::kResolution && header.has(flag::kPublicOnly);
    if (to.peer.logins != nullptr && !is_for_everyone) {
        if (auto login = to.peer.logins->find_login(to.request.envelope.session_id)) {
            if (effort == Effort::kInline) return Outcome::kRetryOnPool;
            Proved user(*std::move(login));
            return carry_out(to, operation->part, effort, user, question);
        }
    }
    Stranger stranger;
    return carry_out(to, operation->part, effort, stranger, question);
}

Outcome Engine::carry_out(const ReplyTo& to, Part part, Effort effort,
                          service::Requester& requester, Question& question) {
    if (part == Part::kResolution) return resolve(to, effort, requester, question);
    if (part == Part::kReplication) {
        stream_ = answer_replication(to, administration_, requester);
    } else {
        administration_.come_from(to_text(to.peer.address));
        stream_ = answer_administration(to, administration_, requester);
    }
    return Outcome::kReply;
}

Outcome Engine::resolve(const ReplyTo& to, Effort effort, service::Requester& requester,
                        Question& question) {
    const std::size_t begin = to.out.size();
    Reply reply(to);
    if (has_macs(to.session) && !to.request.header.has(flag::kPublicOnly)) {
        // In a session everything but public-only questions proves that it belongs there (§4.3).
        const ResponseCode belongs = requester.prove();
        if (belongs != ResponseCode::kSuccess) {
            write_refusal(belongs, {}, reply);
            return Outcome::kReply;
        }
    }
    const auto request = handle::decode_resolution_request(to.request.body);
    if (!request) {
        reply.error(ResponseCode::kError, "resolution request cannot be decoded");
        return Outcome::kReply;
    }
    const handle::Header& header = to.request.header;
    const Resolved resolved = resolution_.answer(
        {*request, header.flags, header.recursion_count, to.peer.address, effort}, requester,
        reply.body(), question);
    if (resolved.outcome == Outcome::kReply) {
        write_resolved(request->handle, resolved, reply);
    } else {
        to.out.resize(begin);
    }
    return resolved.outcome;
}

Outcome Engine::answer_forwarded(const handle::Envelope& envelope, BytesView payload,
                                 const Peer& peer, Effort effort, const UpstreamAnswer& answer,
                                 Bytes& out) {
    const auto message = handle::decode_message(envelope, payload);
    if (!message) return Outcome::kSilent;
    if (message->header.has(flag::kCertify) && effort == Effort::kInline) {
        return Outcome::kRetryOnPool;
    }
    const auto request = handle::decode_resolution_request(message->body);
    if (!request) return Outcome::kSilent;
    const ReplyTo to{context_, *message, peer, context_.clock.now(), out};
    Reply reply(to);
    write_forwarded(request->handle, answer, reply);
    return Outcome::kReply;
}

void Engine::refuse(const handle::Envelope& envelope, BytesView payload, const Peer& peer,
                    ResponseCode code, std::string_view text, Bytes& out) {
    const handle::MessageView readable =
        what_is_readable(envelope, envelope.encrypted ? BytesView{} : payload);
    if (readable.header.response != ResponseCode::kNone) return;
    const ReplyTo to{context_, readable, peer, context_.clock.now(), out};
    Reply(to).error(code, text);
}

}  // namespace idnode::resolver
