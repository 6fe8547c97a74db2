// What the node says about itself: `/api/site`; and of secrets that it keeps: `/api/verifications`.

#include <boost/json/serialize.hpp>

#include "registry/http/rest/answers.h"
#include "registry/http/rest/refusals.h"
#include "registry/http/rest/resources.h"
#include "registry/json/site_json.h"
#include "registry/model/identifier.h"
#include "resolver/engine/guess_limit.h"
#include "resolver/engine/requesters.h"

namespace idnode::http {

namespace {

using handle::OpCode;
using handle::ResponseCode;

constexpr handle::Version kProofVersion{2, 11};

Response get_site(Call& call, RestContext& context) {
    if (auto read = add_body_parameters(call); !read) {
        return bad_request(read.error().detail);
    }
    const auto site = json::write_site(context.node.site);
    if (!site) {
        return refusal(Status::internal_server_error, ResponseCode::kError,
                       "the site record cannot be shown as JSON");
    }
    return json_response(
        Status::ok,
        JsonObject().number("responseCode", 1).raw("site", boost::json::serialize(*site)).finish());
}

/// The parameters of a verification: those of a proof with a secret key, and its nonce.
struct Verification {
    Bytes nonce;
    Bytes cnonce;
    Bytes proof;  // in its native form
};

Result<Verification> read_verification(const Parameters& parameters) {
    const auto text = [&](std::string_view name) {
        return std::string(parameters.first(name).value_or(""));
    };
    Verification out;
    HandleCredentials credentials;
    struct Octets {
        std::string_view name;
        Bytes& into;
    };
    for (const auto& [name, into] :
         {Octets{"nonce", out.nonce}, Octets{"cnonce", out.cnonce},
          Octets{"signature", credentials.signature}, Octets{"salt", credentials.salt}}) {
        auto octets = read_octets("parameter " + std::string(name), text(name));
        if (!octets) return octets.error();
        into = std::move(*octets);
    }
    credentials.type = handle::kSecretKeyAuthentication;
    credentials.algorithm = text("alg");
    credentials.iterations = text("iterations");
    credentials.length = text("length");
    auto proof = native_proof(credentials);
    if (!proof) return proof.error();
    out.proof = std::move(*proof);
    return out;
}

/// Operation 201 (§5.4).
Response get_verification(Call& call, RestContext& context) {
    if (auto read = add_body_parameters(call); !read) {
        return bad_request(read.error().detail);
    }
    const auto whose = model::parse_value_reference(call.subject);
    if (!whose) return bad_request(whose.error().detail);
    const auto asked = read_verification(call.parameters);
    if (!asked) return bad_request(asked.error().detail);
    Rules rules(context.node, call.caller);
    Login nobody{.requester = std::make_unique<resolver::Stranger>()};
    const Matter matter{call, context, nobody, OpCode::kVerifyResponse, whose->handle};
    if (!rules.directory.is_here(whose->handle)) {
        return refuse(matter, ResponseCode::kServerNotResponsible,
                      "prefix is not homed on this server");
    }
    const resolver::Peer& peer = call.caller.peer;
    const model::TimeMs now = context.node.clock.now();
    if (!context.node.guesses.allows(peer, whose->handle, now)) {
        return refuse(matter, ResponseCode::kServerBusy, "too many wrong answers: wait a minute");
    }
    const auto record = rules.directory.values(whose->handle);
    const bool valid = record && resolver::is_answer_of_secret(
                                     *record, whose->index, {asked->nonce, asked->cnonce},
                                     asked->proof, kProofVersion, context.node.proofs);
    if (!valid) {
        context.node.guesses.count_wrong(peer, whose->handle, now);
        record_failed_proof(context.node, call.caller, OpCode::kVerifyResponse,
                            {whose->handle, whose->index});
    }
    return json_response(Status::ok, JsonObject()
                                         .number("responseCode", 1)
                                         .name("handle", whose->handle)
                                         .boolean("isValid", valid)
                                         .finish());
}

}  // namespace

void add_node_routes(Router& router, RestContext& context) {
    router.add({Method::get, Method::post}, "/api/site",
               [&context](Call& call) { return get_site(call, context); });
    router.add({Method::get, Method::post}, "/api/verifications/*",
               [&context](Call& call) { return get_verification(call, context); });
}

}  // namespace idnode::http
