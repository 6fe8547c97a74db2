#include "registry/http/rest/refusals.h"

#include "registry/http/rest/answers.h"
#include "registry/json/record_json.h"

namespace idnode::http {

namespace {

using handle::ResponseCode;

model::AuditEvent audit_event(const Matter& matter, ResponseCode outcome) {
    model::AuditEvent out;
    out.from = matter.call.caller.peer.address;
    out.port = matter.call.caller.peer.port;
    out.operation = matter.operation;
    out.handle = matter.handle;
    out.outcome = outcome;
    return out;
}

void record(const Matter& matter, model::AuditEvent event) {
    const service::Identity* claimed = matter.login.requester->claimed();
    const std::string who = claimed ? service::to_text(*claimed) : std::string();
    event.who = who;
    matter.context.node.audit.record(event);
}

/// What only the proof of an identity can come to.
bool is_failed_proof(ResponseCode code) {
    return code == ResponseCode::kAuthenticationFailed || code == ResponseCode::kInvalidCredential;
}

JsonObject answer_object(const Matter& matter, ResponseCode code) {
    JsonObject out;
    out.number("responseCode", static_cast<std::int64_t>(code));
    if (!matter.handle.empty()) out.name("handle", matter.handle);
    return out;
}

/// What to tell people where the rules have only a code.
std::string explanation(const Matter& matter, ResponseCode code) {
    const service::Identity* claimed = matter.login.requester->claimed();
    if (code == ResponseCode::kAuthenticationNeeded) {
        return matter.call.caller.secure ? matter.login.error
                                         : "this needs authentication, which works only over HTTPS";
    }
    if (code == ResponseCode::kInvalidAdmin && claimed != nullptr) {
        return service::to_text(*claimed) + " has not the right to do this";
    }
    if (code == ResponseCode::kServerBusy) return "not now: try again in a minute";
    if (code == ResponseCode::kInsufficientPermissions) {
        return "the permissions of a value allow this to nobody";
    }
    return {};
}

}  // namespace

Response refuse(const Matter& matter, ResponseCode code, std::string_view text) {
    const bool failed = is_failed_proof(code);
    if (failed) matter.login.error = "the secret or key is not that of this identity";
    if (failed || code == ResponseCode::kInvalidAdmin) record(matter, audit_event(matter, code));
    if (failed) code = ResponseCode::kAuthenticationNeeded;
    const std::string message = text.empty() ? explanation(matter, code) : std::string(text);
    JsonObject json = answer_object(matter, code);
    if (!message.empty()) json.text("message", message);
    const bool secure = matter.call.caller.secure;
    Response out = json_response(status_of(code, secure), json.finish());
    if (code == ResponseCode::kAuthenticationNeeded && secure) {
        add_challenge(matter.call, matter.login, matter.context, out);
    }
    return out;
}

Response refuse(const Matter& matter, const service::Verdict& verdict) {
    if (verdict.condition_failed) {
        return json_response(
            Status::precondition_failed,
            answer_object(matter, verdict.code).text("message", verdict.text).finish());
    }
    if (verdict.code != ResponseCode::kPrefixReferral) {
        return refuse(matter, verdict.code, verdict.text);
    }
    return json_response(
        Status::multiple_choices,
        answer_object(matter, verdict.code).raw("values", values_json(verdict.referral)).finish());
}

void record_change(const Matter& matter, const service::Verdict& verdict) {
    if (verdict.transaction == 0) return;
    model::AuditEvent event = audit_event(matter, ResponseCode::kSuccess);
    event.what = model::AuditEvent::What::kChanged;
    event.transaction = verdict.transaction;
    if (!verdict.handle.empty()) event.handle = verdict.handle;
    record(matter, event);
}

std::string values_json(BytesView values) {
    std::string out = "[";
    ByteReader in(values);
    handle::ValuesReader reader(in);
    while (const auto value = reader.next()) {
        if (out.size() > 1) out += ',';
        json::write_value(*value, out);
    }
    return out + "]";
}

}  // namespace idnode::http
