// `/api/handles/{handle}`: lookups and changes of one record.

#include <utility>

#include "registry/http/rest/answers.h"
#include "registry/http/rest/ask_upstream.h"
#include "registry/http/rest/etag.h"
#include "registry/http/rest/record_body.h"
#include "registry/http/rest/refusals.h"
#include "registry/http/rest/resources.h"

namespace idnode::http {

namespace {

using Field = boost::beast::http::field;
using handle::OpCode;
using handle::ResponseCode;
using resolver::UpstreamAnswer;
namespace flag = handle::flag;

std::string_view field_text(const Request& request, Field field) {
    const auto text = request[field];
    return {text.data(), text.size()};
}

/// §8.3: a GET is a resolution with the recursive flag.
std::uint32_t flags_of(const Parameters& parameters, bool public_only) {
    std::uint32_t out = flag::kRecursive;
    if (parameters.flag("auth")) out |= flag::kAuthoritative;
    if (parameters.flag("cert")) out |= flag::kCertify;
    if (parameters.flag("doNotRefer")) out |= flag::kDoNotRefer;
    if (public_only) out |= flag::kPublicOnly;
    return out;
}

Response show_values(std::string_view handle, BytesView values) {
    return json_response(Status::ok, JsonObject()
                                         .number("responseCode", 1)
                                         .name("handle", handle)
                                         .raw("values", values_json(values))
                                         .finish());
}

Response show_no_values(std::string_view handle) {
    return json_response(
        Status::ok,
        JsonObject()
            .number("responseCode", static_cast<std::int64_t>(ResponseCode::kValuesNotFound))
            .raw("values", "[]")
            .name("handle", handle)
            .finish());
}

Response show_referral(const Matter& matter, ResponseCode code, BytesView body) {
    const auto referral = handle::decode_referral(body);
    if (!referral) return refuse(matter, ResponseCode::kError, "the referral cannot be read");
    JsonObject json;
    json.number("responseCode", static_cast<std::int64_t>(code)).name("handle", matter.handle);
    if (!referral->handle.empty()) json.name("referralHandle", referral->handle);
    if (referral->values) json.raw("values", values_json(*referral->values));
    return json_response(Status::multiple_choices, json.finish());
}

/// `body`: as the resolution wrote it; for answers of other nodes, what they sent.
Response show(const Matter& matter, ResponseCode code, std::string_view text, BytesView body) {
    switch (code) {
        case ResponseCode::kSuccess:
            return show_values(matter.handle, body);
        case ResponseCode::kValuesNotFound:
            return show_no_values(matter.handle);
        case ResponseCode::kServiceReferral:
        case ResponseCode::kPrefixReferral:
            return show_referral(matter, code, body);
        default:
            return refuse(matter, code, text);
    }
}

Response show_forwarded(const Matter& matter, const UpstreamAnswer& answer) {
    switch (answer.code) {
        case ResponseCode::kSuccess:
        case ResponseCode::kValuesNotFound:
        case ResponseCode::kServiceReferral:
        case ResponseCode::kPrefixReferral:
            return show(matter, answer.code, {}, answer.content);
        default: {
            // Whatever the other node thinks of identities, it is not about our client's.
            JsonObject json;
            json.number("responseCode", static_cast<std::int64_t>(answer.code))
                .name("handle", matter.handle);
            if (!answer.content.empty()) json.text("message", as_text(answer.content));
            return json_response(status_of(answer.code, false), json.finish());
        }
    }
}

/// RFC 9110, 13.1: the answer of a lookup as its validators want it.
Response only_if_asked_for(const Request& request, std::string_view etag, Response response) {
    if (request.method() != Method::get && request.method() != Method::head) return response;
    const std::string_view match = field_text(request, Field::if_match);
    const std::string_view none_match = field_text(request, Field::if_none_match);
    if (!match.empty() && !names_etag(match, etag, false)) {
        response = refusal(Status::precondition_failed, ResponseCode::kError,
                           "the record is not in the expected state");
    } else if (!none_match.empty() && names_etag(none_match, etag, true)) {
        response = Response(Status::not_modified, 11);
    }
    response.set(Field::etag, etag);
    return response;
}

Response show_local(const Matter& matter, const resolver::Resolved& resolved, BytesView body,
                    bool public_only) {
    BytesView shown = body;
    if (resolved.code == ResponseCode::kSuccess) {
        const auto values = handle::decode_resolution_response(body);
        if (!values) return refuse(matter, ResponseCode::kError, "the record is damaged");
        shown = values->values;
    }
    Response response = show(matter, resolved.code, resolved.text, shown);
    if (resolved.restricted) response.set(Field::cache_control, "no-store");
    if (resolved.version == 0 || response.result() != Status::ok) return response;
    return only_if_asked_for(matter.call.request, etag_of(resolved.version, public_only),
                             std::move(response));
}

Response get_handle(Call& call, RestContext& context) {
    if (auto read = add_body_parameters(call); !read) {
        return bad_request(read.error().detail);
    }
    const auto indexes = read_indexes(call.parameters, false);
    if (!indexes) return bad_request(indexes.error().detail);
    std::vector<std::string> types;
    for (const std::string_view type : call.parameters.all("type")) types.emplace_back(type);
    Bytes request;
    ByteWriter writer(request);
    handle::encode_resolution_request(call.subject, indexes->indexes, types, writer);
    const auto decoded = handle::decode_resolution_request(request);
    if (!decoded) return bad_request("the handle is too long");

    Rules rules(context.node, call.caller);
    Login login = log_in(call, context, rules);
    const bool public_only = call.parameters.flag("publicOnly", !login.shows_credentials);
    const Matter matter{call, context, login, OpCode::kResolution, call.subject};
    Bytes body;
    ByteWriter out(body);
    resolver::Question question;
    const resolver::Resolved resolved =
        rules.resolution.answer({*decoded, flags_of(call.parameters, public_only), 0,
                                 call.caller.peer.address, resolver::Effort::kPool},
                                *login.requester, out, question);
    if (resolved.outcome == resolver::Outcome::kAskUpstream) {
        return show_forwarded(matter, *ask_upstream(context.node.upstream, std::move(question),
                                                    context.settings.upstream_wait));
    }
    if (resolved.forwarded) return show_forwarded(matter, *resolved.forwarded);
    return show_local(matter, resolved, body, public_only);
}

/// RFC 9110, 13.1, for changes: decided together with the commit.
void set_condition(const Request& request, service::Administration& administration) {
    const std::string match(field_text(request, Field::if_match));
    const std::string none_match(field_text(request, Field::if_none_match));
    if (match.empty() && none_match.empty()) return;
    administration.change_only_if([=](std::optional<model::TransactionId> version) {
        if (!match.empty() && (!version || !names_version(match, *version))) return false;
        return none_match.empty() || !version || !names_version(none_match, *version);
    });
}

Response show_change(const Matter& matter, const service::Verdict& verdict, Status status) {
    if (verdict.code != ResponseCode::kSuccess) return refuse(matter, verdict);
    record_change(matter, verdict);
    const std::string_view handle =
        verdict.handle.empty() ? matter.handle : std::string_view(verdict.handle);
    Response response = json_response(
        status, JsonObject().number("responseCode", 1).name("handle", handle).finish());
    if (status == Status::created) {
        response.set(Field::location, "/api/handles/" + percent_encode(handle));
    }
    return response;
}

Response put_handle(Call& call, RestContext& context) {
    if (!has_media_type(call.request, "application/json")) {
        return bad_request("Content-Type: must be application/json");
    }
    const auto values = read_record_body(call.request.body(), call.subject);
    if (!values) return bad_request(values.error().detail);
    const auto indexes = read_indexes(call.parameters, true);
    if (!indexes) return bad_request(indexes.error().detail);
    if (!indexes->various && !indexes->indexes.empty() && !has_exactly(*values, indexes->indexes)) {
        return bad_request("parameter index: must name exactly the values of the body");
    }
    const bool overwrite = call.parameters.flag("overwrite", true);
    const bool refer = !call.parameters.flag("doNotRefer");
    Rules rules(context.node, call.caller);
    Login login = log_in(call, context, rules);
    set_condition(call.request, rules.administration);
    const bool adds = call.parameters.has("index");
    const Matter matter{call, context, login, adds ? OpCode::kAddValue : OpCode::kCreateHandle,
                        call.subject};
    const service::Verdict verdict = change(matter, [&] {
        if (adds) {
            return rules.administration.add_values(call.subject, *values, overwrite, refer,
                                                   *login.requester);
        }
        return rules.administration.create(
            call.subject, *values, {overwrite, call.parameters.flag("mintNewSuffix"), refer},
            *login.requester);
    });
    return show_change(matter, verdict, verdict.replaced ? Status::ok : Status::created);
}

Response delete_handle(Call& call, RestContext& context) {
    const auto indexes = read_indexes(call.parameters, false);
    if (!indexes) return bad_request(indexes.error().detail);
    Rules rules(context.node, call.caller);
    Login login = log_in(call, context, rules);
    set_condition(call.request, rules.administration);
    const bool refer = !call.parameters.flag("doNotRefer");
    const bool removes = call.parameters.has("index");
    const Matter matter{call, context, login,
                        removes ? OpCode::kRemoveValue : OpCode::kDeleteHandle, call.subject};
    const service::Verdict verdict = change(matter, [&] {
        if (!removes) return rules.administration.delete_handle(call.subject, *login.requester);
        return rules.administration.remove_values(call.subject, indexes->indexes, refer,
                                                  *login.requester);
    });
    return show_change(matter, verdict, Status::ok);
}

}  // namespace

void add_handle_routes(Router& router, RestContext& context) {
    const std::string pattern = "/api/handles/*";
    router.add({Method::get, Method::post}, pattern,
               [&context](Call& call) { return get_handle(call, context); });
    router.add({Method::put}, pattern,
               [&context](Call& call) { return put_handle(call, context); });
    router.add({Method::delete_}, pattern,
               [&context](Call& call) { return delete_handle(call, context); });
}

}  // namespace idnode::http
