// The operations that make identities known: challenge answers, verification for other servers,
// sessions (§5). All of them run on the pool.

#include <algorithm>
#include <memory>
#include <utility>

#include "proto/handle/challenge.h"
#include "proto/handle/key.h"
#include "proto/handle/requests.h"
#include "proto/handle/responses.h"
#include "proto/handle/session.h"
#include "resolver/engine/challenges.h"
#include "resolver/engine/engine.h"
#include "resolver/engine/guess_limit.h"
#include "resolver/engine/logins.h"
#include "resolver/engine/requesters.h"
#include "resolver/engine/sessions.h"

namespace idnode::resolver {

namespace {

using handle::KeyExchangeMode;
using handle::OpCode;
using handle::ResponseCode;

Outcome end_with(const ReplyTo& to, ResponseCode code, std::string_view text = {}) {
    Reply(to).error(code, text);
    return Outcome::kReply;
}

/// An answer that comes too late, or again with other octets: whose it claims to be is for the
/// audit.
Outcome refuse_answer(const ReplyTo& to) {
    const auto answer = handle::decode_challenge_answer(to.request.body);
    service::Identity claimed;
    ReplyTo out = to;
    if (answer) {
        claimed = {std::string(answer->user_handle), answer->user_index};
        out.claimed = &claimed;
    }
    return end_with(out, ResponseCode::kAuthenticationTimeout, "no such challenge");
}

/// Whether an industrial client names the id of a session itself: then it is one of its connection
/// (§9.5). An id that is a session's already means that one.
bool is_of_connection(const ReplyTo& to, KeyExchangeMode mode) {
    const bool is_own = to.session == nullptr || to.session->terms().of_connection;
    return to.peer.logins != nullptr && mode == KeyExchangeMode::kHandleCipher &&
           to.request.envelope.session_id != 0 && is_own;
}

/// The identity a session was set up for: octet by octet the same (§5.7).
bool is_same(const std::optional<service::Identity>& identity, const service::Identity& other) {
    return identity && identity->handle == other.handle && identity->index == other.index;
}

}  // namespace

Outcome Engine::authenticate(const ReplyTo& to) {
    switch (to.request.header.op) {
        case OpCode::kChallengeResponse:
            return take_challenge_answer(to);
        case OpCode::kVerifyResponse:
            verify_answer(to);
            break;
        case OpCode::kSessionSetup:
            set_up_session(to);
            break;
        case OpCode::kSessionExchangeKey:
            exchange_session_key(to);
            break;
        default:
            terminate_session(to);
            break;
    }
    return Outcome::kReply;
}

Outcome Engine::take_challenge_answer(const ReplyTo& to) {
    const handle::Envelope& envelope = to.request.envelope;
    if (to.peer.logins != nullptr) {
        if (const auto challenge = to.peer.logins->take(envelope.session_id, to.now)) {
            complete_login(to, *challenge);
            return Outcome::kReply;
        }
    }
    ChallengeTable::Claimed claimed;
    if (envelope.session_id != 0) {
        claimed = context_.challenges.take(envelope.session_id, envelope.request_id,
                                           to.request.header_and_body, to.now);
    }
    switch (claimed.claim) {
        case ChallengeTable::Claim::kUnknown:
        case ChallengeTable::Claim::kSpent:
            return refuse_answer(to);
        case ChallengeTable::Claim::kRepeated:
            if (claimed.response.empty()) return Outcome::kSilent;
            to.out.insert(to.out.end(), claimed.response.begin(), claimed.response.end());
            return Outcome::kReply;
        case ChallengeTable::Claim::kFirst:
            break;
    }
    const std::size_t begin = to.out.size();
    carry_out_challenged(to, claimed.challenge);
    // A stream cannot be sent again: its request is not answered twice.
    const std::size_t end = stream_ ? begin : to.out.size();
    context_.challenges.remember(envelope.session_id, envelope.request_id,
                                 BytesView(to.out).subspan(begin, end - begin));
    return Outcome::kReply;
}

/// The response is that of the challenged operation, in the envelope of the answer (§5.3).
void Engine::carry_out_challenged(const ReplyTo& to, const Challenge& challenge) {
    const auto answer = handle::decode_challenge_answer(to.request.body);
    const auto original =
        handle::decode_message(challenge.request->envelope, challenge.request->payload);
    if (!answer || !original) {
        end_with(to, ResponseCode::kError, "challenge answer cannot be decoded");
        return;
    }
    handle::MessageView request = *original;
    request.envelope = to.request.envelope;
    Answerer answerer({.answer = *answer,
                       .challenge = challenge,
                       .version = to.request.envelope.version,
                       .is_industrial = to.peer.logins != nullptr,
                       .may_ask_again = true},
                      directory_, context_.proofs);
    const ReplyTo challenged{context_,
                             request,
                             to.peer,
                             to.now,
                             to.out,
                             to.session,
                             answerer.claimed(),
                             &answerer.challenge()};

    if (to.session != nullptr) {
        // The MACs come before anything that they would vouch for (§5.7).
        // The second round was preceded by a first, in which the request's counter was taken.
        ResponseCode belongs = ResponseCode::kSuccess;
        if (!challenge.is_second_round()) {
            belongs = check_mac(*original, *to.session, context_.cryptography);
        }
        if (belongs == ResponseCode::kSuccess && !to.request.credential.empty()) {
            belongs = check_mac(to.request, *to.session, context_.cryptography);
        }
        if (belongs != ResponseCode::kSuccess) {
            end_with(challenged, belongs);
            return;
        }
    }
    Question question;
    const Part part = find_operation(challenged.request.header.op)->part;
    if (carry_out(challenged, part, Effort::kPool, answerer, question) != Outcome::kReply) {
        end_with(challenged, ResponseCode::kServerNotResponsible);
    }
    if (to.session != nullptr && answerer.has_proved() &&
        is_same(to.session->terms().identity, *answerer.claimed())) {
        context_.sessions.mark_authenticated(*to.session);
    }
}

/// §5.4: a server that does not hold the secret asks whether an answer is right.
void Engine::verify_answer(const ReplyTo& to) {
    const auto request = handle::decode_verify_request(to.request.body);
    if (!request) {
        end_with(to, ResponseCode::kError, "request cannot be decoded");
        return;
    }
    if (!directory_.is_here(request->user_handle)) {
        end_with(to, ResponseCode::kServerNotResponsible, "prefix is not homed on this server");
        return;
    }
    if (!context_.guesses.allows(to.peer, request->user_handle, to.now)) {
        // Over UDP the source may be forged; RC 2 sends an honest client on to TCP (§4.2).
        end_with(
            to, to.peer.carrier == Carrier::kUdp ? ResponseCode::kError : ResponseCode::kServerBusy,
            "too many wrong answers: wait a minute");
        return;
    }
    const auto record = directory_.values(request->user_handle);
    const bool valid =
        record &&
        is_answer_of_secret(*record, request->user_index, {request->nonce, request->digest},
                            request->signed_response, to.request.envelope.version, context_.proofs);
    if (!valid) {
        context_.guesses.count_wrong(to.peer, request->user_handle, to.now);
        const service::Identity claimed{std::string(request->user_handle), request->user_index};
        ReplyTo asked = to;
        asked.claimed = &claimed;
        record_refusal(asked, ResponseCode::kAuthenticationFailed);
    }
    Reply reply(to);
    handle::encode_flag_response(valid, reply.body());
    reply.finish(ResponseCode::kSuccess);
}

void Engine::set_up_session(const ReplyTo& to) {
    const auto request = handle::decode_session_setup_request(to.request.body);
    if (!request) {
        end_with(to, ResponseCode::kError, "session setup cannot be decoded");
        return;
    }
    const handle::Envelope& envelope = to.request.envelope;
    Session::Terms terms;
    terms.mode = request->mode;
    terms.version = handle::reply_version(envelope);
    terms.source = to.peer.address;
    if (!request->identity_handle.empty()) {
        terms.identity = {std::string(request->identity_handle), request->identity_index};
    }
    const bool with_cipher = handle::has_cipher_number(request->mode, terms.version);
    terms.cipher = with_cipher ? handle::SessionCipher::kAes : handle::SessionCipher::kDes;

    auto exchanged = exchange_key(*request, terms, to.peer);
    if (!exchanged) {
        end_with(to, ResponseCode::kSessionFailed, exchanged.error().detail);
        return;
    }
    terms.key = std::move(exchanged->key);
    const bool of_connection = is_of_connection(to, request->mode);
    SessionPtr session;
    if (of_connection) {
        terms.id = envelope.session_id;
        terms.of_connection = true;
        session = std::make_shared<Session>(std::move(terms), to.now);
        to.peer.logins->open_session(session);
    } else {
        session = context_.sessions.open(std::move(terms), request->timeout, to.now);
    }

    // The response carries the new id and is signed with the server's key: the peer cannot check a
    // MAC yet.
    handle::MessageView in_session = to.request;
    in_session.envelope.session_id = session->terms().id;
    const ReplyTo answer{context_, in_session, to.peer, to.now, to.out};
    Reply reply(answer);
    handle::encode_session_setup_response(
        {.mode = request->mode, .data = exchanged->data, .surplus = true}, reply.body());
    reply.finish(ResponseCode::kSuccess);
}

/// What goes into the response and the key of the session, by mode (§5.7).
Result<model::SessionCryptography::Exchanged> Engine::exchange_key(
    const handle::SessionSetupRequest& request, const Session::Terms& terms, const Peer& peer) {
    const handle::SessionCipher cipher = terms.cipher;
    const bool with_cipher = handle::has_cipher_number(terms.mode, terms.version);
    const model::SessionCryptography& cryptography = context_.cryptography;
    switch (request.mode) {
        case KeyExchangeMode::kDiffieHellman: {
            auto out = cryptography.diffie_hellman(request.public_key, cipher);
            if (out) out->data = handle::encode_cipher_and_key({cipher, out->data}, with_cipher);
            return out;
        }
        case KeyExchangeMode::kClientCipher:
            return cryptography.encrypt_new_key(request.public_key, cipher, with_cipher);
        case KeyExchangeMode::kHandleCipher: {
            const auto key = exchange_key_of(request, peer);
            if (!key) return key.error();
            return cryptography.encrypt_new_key(*key, cipher, with_cipher);
        }
        case KeyExchangeMode::kServerCipher:
            if (context_.signer.is_dsa())
                return Error{Errc::kUnsupported, "the server has no RSA key"};
            return model::SessionCryptography::Exchanged{context_.signer.public_key(), {}};
    }
    return Error{Errc::kUnsupported, "unknown key exchange mode"};
}

/// Mode 3: the key of a handle, which a stranger names: no other node is bothered for them.
Result<Bytes> Engine::exchange_key_of(const handle::SessionSetupRequest& request,
                                      const Peer& peer) {
    if (!directory_.is_here(request.exchange_key_handle)) {
        return Error{Errc::kUnavailable, "the exchange key lies on another node"};
    }
    auto record = directory_.values(request.exchange_key_handle);
    if (!record) return Error{Errc::kNotFound, "the exchange key's handle was not found"};
    const auto at = std::ranges::find_if(*record, [&](const handle::Value& value) {
        return static_cast<std::uint32_t>(value.index) == request.exchange_key_index;
    });
    if (at == record->end()) return Error{Errc::kNotFound, "the exchange key was not found"};
    if (peer.logins == nullptr && !handle::decode_public_key(at->data)) {
        return Error{Errc::kUnsupported, "the exchange key is of no known kind"};
    }
    return std::move(at->data);
}

/// Mode 2: the client made the key and encrypted it for this server.
void Engine::exchange_session_key(const ReplyTo& to) {
    if (to.session == nullptr) {
        end_with(to, ResponseCode::kSessionTimeout, "no such session");
        return;
    }
    Session::Terms terms = to.session->terms();
    const auto cipher_text = handle::decode_exchange_key_request(to.request.body);
    if (!cipher_text || terms.mode != KeyExchangeMode::kServerCipher || !terms.key.empty()) {
        end_with(to, ResponseCode::kSessionFailed, "no key is expected");
        return;
    }
    const auto plain = context_.cryptography.decrypt_with_server_key(*cipher_text);
    const auto key = plain ? handle::decode_cipher_and_key(
                                 *plain, handle::has_cipher_number(terms.mode, terms.version))
                           : Result<handle::CipherAndKey, WireError>(WireError{});
    if (!key || key->key.empty()) {
        end_with(to, ResponseCode::kSessionFailed, "the key cannot be read");
        return;
    }
    terms.cipher = key->cipher;
    terms.key.assign(key->key.begin(), key->key.end());
    context_.sessions.replace(std::make_shared<Session>(std::move(terms), to.now));
    Reply(to).finish(ResponseCode::kSuccess);
}

void Engine::terminate_session(const ReplyTo& to) {
    if (to.peer.logins != nullptr && to.peer.logins->close(to.request.envelope.session_id)) {
        Reply(to).finish(ResponseCode::kSuccess);
        return;
    }
    if (to.session == nullptr) {
        end_with(to, ResponseCode::kSessionTimeout, "no such session");
        return;
    }
    const ResponseCode belongs = check_mac(to.request, *to.session, context_.cryptography);
    if (belongs != ResponseCode::kSuccess) {
        end_with(to, belongs);
        return;
    }
    context_.sessions.close(to.session->terms().id);
    // The session is gone already: the server's own key signs (§5.6).
    ReplyTo alone = to;
    alone.session = nullptr;
    Reply(alone).finish(ResponseCode::kSuccess);
}

}  // namespace idnode::resolver
