// `/api/sessions`: sessions that a client opens, authenticates and ends by itself (§8.7).

#include <utility>

#include "registry/http/rest/answers.h"
#include "registry/http/rest/login.h"
#include "registry/http/rest/resources.h"
#include "registry/json/encoding.h"
#include "registry/json/parse.h"
#include "resolver/engine/requesters.h"

namespace idnode::http {

namespace {

using Field = boost::beast::http::field;
using handle::ResponseCode;

// The longest members are Base64 of signatures.
constexpr std::size_t kBodyBytesMax = 64U << 10U;

Response refuse_session(std::string_view why) {
    return refusal(Status::forbidden, ResponseCode::kSessionTimeout, why);
}

/// What the request says: in its body, else in its field. A session id in the field counts for
/// both.
Result<HandleCredentials> read_credentials(const Request& request) {
    HandleCredentials out;
    const auto field = request[Field::authorization];
    const std::string_view authorization(field.data(), field.size());
    if (scheme_of(authorization) == Scheme::kHandle) {
        auto in_field = read_handle(authorization);
        if (!in_field) return in_field;
        out = std::move(*in_field);
    }
    if (request.body().empty()) return out;
    const auto parsed = json::parse(request.body(), kBodyBytesMax);
    if (!parsed) return parsed.error();
    auto in_body = read_handle(*parsed);
    if (in_body && in_body->session_id.empty()) in_body->session_id = out.session_id;
    return in_body;
}

std::string base64(BytesView octets) {
    std::string out;
    json::append_base64(octets, out);
    return out;
}

JsonObject session_object(const WebSession& session) {
    JsonObject out;
    out.text("sessionId", session.id).text("nonce", base64(session.nonce));
    return out;
}

JsonObject session_state(const WebSession& session) {
    JsonObject out = session_object(session);
    out.boolean("authenticated", session.identity.has_value());
    if (session.identity) out.text("id", service::to_text(*session.identity));
    return out;
}

/// Secrets must not stay in caches on the way.
Response private_answer(Status status, JsonObject json) {
    Response out = json_response(status, json.finish());
    out.set(Field::cache_control, "no-store");
    return out;
}

Response open_session(Call& call, RestContext& context) {
    if (!call.caller.secure) return refuse_session("sessions work only over HTTPS");
    const auto credentials = read_credentials(call.request);
    if (!credentials) return bad_request(credentials.error().detail);
    const WebSession session =
        context.sessions.open(call.caller.peer.address, context.node.clock.now());
    JsonObject json = session_object(session);
    if (!credentials->cnonce.empty()) {
        const auto proof = server_proof(context.node, session.nonce, credentials->cnonce);
        if (!proof)
            return refusal(Status::internal_server_error, ResponseCode::kError,
                           "the server cannot sign");
        json.text("serverAlg", proof->algorithm).text("serverSignature", proof->signature);
    }
    Response out = private_answer(Status::created, std::move(json));
    out.set(Field::location, "/api/sessions/this");
    return out;
}

Response authenticate_session(Call& call, RestContext& context,
                              const HandleCredentials& credentials) {
    Rules rules(context.node, call.caller);
    auto proved = credentials.is_proof()
                      ? prove_to_session(credentials, call.caller, context, rules)
                      : prove_by_certificate(call.caller, rules);
    if (proved && !credentials.is_proof()) {
        context.sessions.take_nonce(credentials.session_id, context.node.clock.now());
        context.sessions.authenticate(credentials.session_id, *proved);
    }
    const auto session = context.sessions.find(credentials.session_id, context.node.clock.now());
    if (!session) return refuse_session("the session ended meanwhile");
    if (proved) return private_answer(Status::ok, session_state(*session));

    Login login{.requester = std::make_unique<resolver::Stranger>()};
    login.session_id = session->id;
    login.error = proved.error().detail;
    Response out = private_answer(Status::unauthorized,
                                  session_object(*session)
                                      .boolean("authenticated", session->identity.has_value())
                                      .text("error", login.error));
    add_challenge(call, login, context, out);
    return out;
}

/// GET (and POST as a GET), PUT and DELETE of the session that the request names.
Response use_session(Call& call, RestContext& context) {
    if (!call.caller.secure) return refuse_session("sessions work only over HTTPS");
    const auto credentials = read_credentials(call.request);
    if (!credentials) return bad_request(credentials.error().detail);
    const auto session = context.sessions.find(credentials->session_id, context.node.clock.now());
    if (!session) {
        return refuse_session(
            "no such session: begin one with POST /api/sessions and name it in "
            "Authorization: Handle sessionId=\"…\"");
    }
    switch (call.request.method()) {
        case Method::put:
            return authenticate_session(call, context, *credentials);
        case Method::delete_:
            context.sessions.close(session->id);
            return Response(Status::no_content, 11);
        default:
            return private_answer(Status::ok, session_state(*session));
    }
}

}  // namespace

void add_session_routes(Router& router, RestContext& context) {
    router.add({Method::post}, "/api/sessions",
               [&context](Call& call) { return open_session(call, context); });
    router.add({Method::get, Method::post, Method::put, Method::delete_}, "/api/sessions/this",
               [&context](Call& call) { return use_session(call, context); });
}

}  // namespace idnode::http
