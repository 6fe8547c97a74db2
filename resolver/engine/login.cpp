// The login of industrial clients, §9.3: bound to a TCP connection and to a session id that the
// client chose.

#include "proto/handle/challenge.h"
#include "proto/handle/requests.h"
#include "resolver/engine/engine.h"
#include "resolver/engine/guess_limit.h"
#include "resolver/engine/logins.h"
#include "resolver/engine/requesters.h"

namespace idnode::resolver {

namespace {

using handle::ResponseCode;

Bytes copy_of(BytesView octets) {
    return {octets.begin(), octets.end()};
}

/// Octet by octet the same, as in sessions (§5.7).
bool is_same_user(const handle::Reference& login, const handle::ChallengeAnswer& answer) {
    return login.handle == answer.user_handle && login.index == answer.user_index;
}

}  // namespace

/// Step 2: nobody is logged in yet, whatever the request says.
void Engine::begin_login(const ReplyTo& to) {
    const auto user = handle::decode_login_request(to.request.body);
    if (!user || user->handle.size() > limits::kHandleBytesMax) {
        Reply(to).error(ResponseCode::kError, "login request cannot be decoded");
        return;
    }
    const handle::Envelope& envelope = to.request.envelope;
    Challenge challenge;
    challenge.session_id =
        envelope.session_id != 0 ? envelope.session_id : random_session_id(context_.entropy);
    context_.entropy.fill(challenge.nonce);
    challenge.digest = request_digest(context_.digests, handle::reply_version(envelope),
                                      to.request.header_and_body);
    challenge.request = std::make_shared<const ChallengedRequest>(
        ChallengedRequest{envelope, copy_of(to.request.header_and_body)});
    to.peer.logins->begin(challenge, to.now);
    Reply(to).challenge(challenge);
}

/// Step 3: the response is that of the login, under the request id of the answer.
void Engine::complete_login(const ReplyTo& to, const Challenge& challenge) {
    const auto answer = handle::decode_challenge_answer(to.request.body);
    auto login = handle::decode_message(challenge.request->envelope, challenge.request->payload);
    if (!answer || !login) {
        Reply(to).error(ResponseCode::kError, "challenge answer cannot be decoded");
        return;
    }
    login->envelope = to.request.envelope;
    Answerer answerer({.answer = *answer,
                       .challenge = challenge,
                       .version = to.request.envelope.version,
                       .is_industrial = true},
                      directory_, context_.proofs);
    const ReplyTo out{context_, *login, to.peer, to.now, to.out, to.session, answerer.claimed()};
    const auto user = handle::decode_login_request(login->body);
    if (!user || !is_same_user(*user, *answer)) {
        Reply(out).error(ResponseCode::kInvalidAdmin, "not the user who wanted to log in");
        return;
    }
    // Nothing but the proof stands between a stranger and a login, so guesses are bounded.
    if (!context_.guesses.allows(to.peer, answer->user_handle, to.now)) {
        Reply(out).error(ResponseCode::kServerBusy, "too many wrong answers: wait a minute");
        return;
    }
    const ResponseCode proved = answerer.prove();
    if (proved != ResponseCode::kSuccess) {
        context_.guesses.count_wrong(to.peer, answer->user_handle, to.now);
        Reply(out).error(proved);
        return;
    }
    to.peer.logins->complete(challenge.session_id, *answerer.claimed());
    Reply(out).finish(ResponseCode::kSuccess);
}

}  // namespace idnode::resolver
