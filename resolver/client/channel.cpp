#include "resolver/client/channel.h"

#include <array>
#include <utility>

#include "proto/handle/challenge.h"
#include "proto/handle/requests.h"
#include "proto/handle/site.h"
#include "resolver/crypto/digests.h"

namespace idnode::client {
namespace {

using handle::OpCode;
using handle::ResponseCode;
namespace flag = handle::flag;

// A second one comes when the verifying server is older than the challenging one (§5.4).
constexpr int kChallengeRoundsMax = 2;

/// Whether anybody may ask it, so that no session is worth the while.
bool is_open_to_all(const Request& request) {
    switch (request.op) {
        case OpCode::kResolution:
            return (request.flags & flag::kPublicOnly) != 0;
        case OpCode::kGetSiteInfo:
        case OpCode::kVerifyResponse:
            return true;
        default:
            return false;
    }
}

Bytes blank_handle_body() {
    Bytes body;
    ByteWriter out(body);
    handle::encode_handle_request(handle::kBlankHandle, out);
    return body;
}

/// The key of the server in a site that was reached at this address; a site's only one otherwise.
const Bytes* key_of(const handle::Site& site, const ServerAddress& reached) {
    for (const handle::Server& server : site.servers) {
        if (handle::format_site_address(server.address) == reached.host) return &server.public_key;
    }
    return site.servers.empty() ? nullptr : &site.servers.front().public_key;
}

}  // namespace

Channel::Channel(ServerAddress server, ChannelOptions options, ServerIdentity identity)
    : server_(std::move(server)),
      options_(options),
      identity_(std::move(identity)),
      entropy_(crypto::make_entropy()) {}

Channel::~Channel() = default;
Channel::Channel(Channel&&) noexcept = default;
Channel& Channel::operator=(Channel&&) noexcept = default;

void Channel::authenticate_as(Authenticator authenticator) {
    authenticator_ = std::move(authenticator);
    session_.reset();
}

SteadyTime Channel::deadline_from_now() const {
    return std::chrono::steady_clock::now() + options_.timeout;
}

Trust Channel::trust() const {
    return {.server_key = identity_.public_key, .session = session_ ? &*session_ : nullptr};
}

std::uint32_t Channel::new_request_id() {
    for (;;) {
        std::array<std::byte, 4> octets{};
        entropy_->fill(octets);
        const std::uint32_t id = ByteReader(octets).u32("request id") & 0x7FFFFFFFU;
        if (id != 0 && !pending_.contains(id)) return id;
    }
}

bool Channel::needs_session(const Request& request) const {
    return options_.use_session && authenticator_ && !is_open_to_all(request);
}

/// A request as it is sent now. In a session everything is signed both ways (§5.6).
Result<Sent> Channel::prepare(const Request& request, Session* session) {
    Request out = request;
    out.flags |= flag::kRequestDigest;
    if (session != nullptr || options_.certify) out.flags |= flag::kCertify;
    if (session != nullptr && options_.encrypt) {
        out.flags |= flag::kEncrypt;
        out.confidential = true;
    }
    return encode_request(out, {.version = lower_of(identity_.version, handle::kOwnVersion),
                                .request_id = new_request_id(),
                                .session_id = session != nullptr ? session->id() : 0,
                                .session = session});
}

Result<void> Channel::connect(SteadyTime deadline) {
    // Reference servers close after each response (§3.6).
    if (connection_ && connection_->is_quiet()) return {};
    connection_.reset();
    auto opened = Connection::open(server_, deadline);
    if (!opened) return opened.error();
    connection_.emplace(std::move(*opened));
    return {};
}

/// Sends and waits. A connection that was kept may end just then: the same octets go out again,
/// once. Nothing is done twice by that: a request that was carried out had been challenged, and a
/// challenge is answered once, or had a session's counter, which counts once.
Result<Frame> Channel::receive_frame(const Sent& sent, SteadyTime deadline) {
    repeated_ = false;
    for (;;) {
        const bool kept = connection_ && connection_->is_quiet();
        if (auto connected = connect(deadline); !connected) return connected.error();
        Result<void> written = connection_->send(sent.octets, deadline);
        Result<Frame> frame = written ? connection_->receive(deadline, options_.response_bytes_max)
                                      : Result<Frame>(written.error());
        if (frame) return frame;
        const bool came_too_late = frame.error().code == Errc::kUnavailable &&
                                   (!written || connection_->ended_between_messages());
        connection_.reset();
        if (!kept || !came_too_late || repeated_) return frame;
        repeated_ = true;
    }
}

CallResult<Response> Channel::exchange(const Sent& sent, SteadyTime deadline) {
    auto frame = receive_frame(sent, deadline);
    if (!frame) return CallError(frame.error());
    auto response = read_response(sent, std::move(*frame), trust());
    if (!response) {
        connection_.reset();
        return CallError({response.error().code, server_.text() + ": " + response.error().detail});
    }
    return std::move(*response);
}

CallResult<Response> Channel::call(const Request& request) {
    const SteadyTime deadline = deadline_from_now();
    auto response = call_until(request, deadline);
    if (!response || !session_ || !loses_session(response->code)) return response;
    session_.reset();
    if (repeated_) {
        return CallError({Errc::kUnavailable,
                          server_.text() + ": the connection ended before the answer came; the "
                                           "request may have been carried out"});
    }
    return call_until(request, deadline);
}

CallResult<Response> Channel::call_until(const Request& request, SteadyTime deadline) {
    IDNODE_ASSERT(pending_.empty());
    if (needs_session(request) && !session_) {
        if (auto opened = set_up_session(deadline); !opened) return opened.error();
    }
    const bool certified = options_.certify || (request.flags & flag::kCertify) != 0;
    if (certified && identity_.public_key.empty()) {
        if (auto learnt = learn_identity(deadline); !learnt) return learnt.error();
    }
    auto sent = prepare(request, session_ ? &*session_ : nullptr);
    if (!sent) return CallError(sent.error());
    auto response = exchange(*sent, deadline);
    if (!response) return response;
    if (response->code == ResponseCode::kAuthenticationNeeded) {
        return answer_challenges(request, std::move(*sent), std::move(*response), deadline);
    }
    last_ = std::move(*sent);
    return response;
}

CallResult<Response> Channel::answer_challenges(const Request& request, Sent original,
                                                Response challenged, SteadyTime deadline) {
    for (int round = 0; round < kChallengeRoundsMax; ++round) {
        if (!authenticator_) {
            return CallError({Errc::kRefused, server_.text() + ": wants to know who asks"},
                             ResponseCode::kAuthenticationNeeded);
        }
        const auto challenge =
            handle::decode_challenge(challenged.body, challenged.envelope.version);
        if (!challenge) {
            return CallError({Errc::kInvalid, server_.text() + ": its challenge is broken"});
        }
        // Otherwise somebody would have us prove our identity for a request of his (§5.2).
        if (!is_about(challenge->digest, original.header_and_body)) {
            return CallError({Errc::kInvalid, server_.text() + ": challenges another request"});
        }
        auto body = authenticator_->answer(*challenge, challenged.envelope);
        if (!body) return CallError(body.error());

        Request answer{.op = OpCode::kChallengeResponse, .flags = request.flags};
        answer.body = std::move(*body);
        answer.flags |= flag::kRequestDigest;
        Session* session = session_ ? &*session_ : nullptr;
        if (session != nullptr || options_.certify) answer.flags |= flag::kCertify;
        auto sent = encode_request(answer, {.version = challenged.envelope.version,
                                            .request_id = new_request_id(),
                                            .session_id = challenged.envelope.session_id,
                                            .session = session});
        if (!sent) return CallError(sent.error());
        sent->op = original.op;
        sent->challenged = original.header_and_body;
        auto response = exchange(*sent, deadline);
        if (!response) return response;
        if (response->code != ResponseCode::kAuthenticationNeeded) {
            last_ = std::move(*sent);
            return response;
        }
        challenged = std::move(*response);
    }
    return challenged;
}

CallResult<Response> Channel::next_message() {
    if (!connection_) return CallError({Errc::kUnavailable, server_.text() + ": not connected"});
    auto frame = connection_->receive(deadline_from_now(), options_.response_bytes_max);
    auto response =
        frame ? read_response(last_, std::move(*frame), trust()) : Result<Response>(frame.error());
    if (response) return std::move(*response);
    connection_.reset();
    return CallError(response.error());
}

CallResult<void> Channel::open_session() {
    return session_ ? CallResult<void>() : set_up_session(deadline_from_now());
}

CallResult<void> Channel::set_up_session(SteadyTime deadline) {
    if (identity_.public_key.empty()) {
        if (auto learnt = learn_identity(deadline); !learnt) return learnt.error();
    }
    const auto exchange_of_keys = KeyExchange::begin();
    if (!exchange_of_keys) return CallError(exchange_of_keys.error());
    Request request{.op = OpCode::kSessionSetup};
    request.flags |= flag::kCertify | flag::kRequestDigest;
    request.body = exchange_of_keys->setup_body(
        authenticator_ ? authenticator_->identity() : handle::Reference{},
        options_.session_timeout);
    const auto sent = prepare(request, nullptr);
    if (!sent) return CallError(sent.error());
    const auto response = exchange(*sent, deadline);
    if (!response) return response.error();
    if (!response->is_success()) {
        CallError error = response->error();
        error.detail = server_.text() + ": no session: " + error.detail;
        return error;
    }
    auto session = exchange_of_keys->finish(response->body, response->envelope.session_id,
                                            response->envelope.version);
    if (!session) return CallError(session.error());
    session_.emplace(std::move(*session));
    return {};
}

CallResult<void> Channel::learn_identity(SteadyTime deadline) {
    Request request{.op = OpCode::kGetSiteInfo, .body = blank_handle_body()};
    request.flags |= flag::kRequestDigest;
    const auto sent =
        encode_request(request, {.version = lower_of(identity_.version, handle::kOwnVersion),
                                 .request_id = new_request_id()});
    if (!sent) return CallError(sent.error());
    const auto response = exchange(*sent, deadline);
    if (!response) return response.error();
    if (!response->is_success()) return response->error();
    const auto site = handle::decode_site(response->body);
    const Bytes* key = site ? key_of(*site, server_) : nullptr;
    if (key == nullptr || key->empty()) {
        return CallError({Errc::kInvalid, server_.text() + ": its site record names no key"});
    }
    identity_ = {.version = lower_of(site->protocol, handle::kOwnVersion), .public_key = *key};
    return {};
}

/// Nothing more can be heard of what is under way.
CallError Channel::abandon(Error error) {
    connection_.reset();
    pending_.clear();
    return error;
}

CallResult<std::uint32_t> Channel::send(const Request& request) {
    const SteadyTime deadline = deadline_from_now();
    if (pending_.empty()) {
        if (auto connected = connect(deadline); !connected) return CallError(connected.error());
    }
    auto sent = prepare(request, session_ ? &*session_ : nullptr);
    if (!sent) return CallError(sent.error());
    if (auto written = connection_->send(sent->octets, deadline); !written) {
        return abandon(written.error());
    }
    const std::uint32_t id = sent->request_id;
    sent->octets = {};  // only its digest is needed from now on
    pending_.emplace(id, std::move(*sent));
    return id;
}

CallResult<Channel::Arrived> Channel::receive() {
    if (pending_.empty()) {
        return CallError({Errc::kUnavailable, server_.text() + ": nothing is under way"});
    }
    auto frame = connection_->receive(deadline_from_now(), options_.response_bytes_max);
    if (!frame) return abandon(frame.error());
    const auto at = pending_.find(frame->envelope.request_id);
    if (at == pending_.end()) {
        return abandon({Errc::kInvalid, server_.text() + ": answers what nobody asked"});
    }
    const std::uint32_t id = at->first;
    auto response = read_response(at->second, std::move(*frame), trust());
    if (!response) return abandon(response.error());
    pending_.erase(at);
    return Arrived{id, std::move(*response)};
}

void Channel::close() {
    // A server that no longer listens ends the session by itself, after its time-out.
    if (session_ && connection_ && pending_.empty()) {
        Session session = std::move(*session_);
        session_.reset();
        const Request request{.op = OpCode::kSessionTerminate, .body = blank_handle_body()};
        const auto sent =
            encode_request(request, {.version = lower_of(identity_.version, handle::kOwnVersion),
                                     .request_id = new_request_id(),
                                     .session_id = session.id(),
                                     .session = &session});
        if (sent) (void)exchange(*sent, deadline_from_now());
    }
    session_.reset();
    pending_.clear();
    connection_.reset();
}

Result<Connection> Channel::release_connection() {
    if (!connection_) return Error{Errc::kUnavailable, server_.text() + ": not connected"};
    Connection out = std::move(*connection_);
    connection_.reset();
    return out;
}

}  // namespace idnode::client
