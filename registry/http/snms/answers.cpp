#include "registry/http/snms/answers.h"

#include "proto/base/text.h"
#include "registry/json/encoding.h"

namespace idnode::http::snms {

namespace {

using Field = boost::beast::http::field;
using registration::Code;

constexpr std::string_view kJsonType = "application/json;charset=UTF-8";
constexpr std::string_view kCodeField = "X-IDN-Code";
constexpr std::string_view kNoFault = "OK";
constexpr std::string_view kStrictField = "X-IDN-Strict";

/// §1.1: 200 for every answer with the envelope, and what is not.
Status http_status(const SnmsCall& call, const Fault& fault) {
    if (fault.code == Code::kTooMany) return Status::too_many_requests;
    const bool strict = call.field(kStrictField) == "1";
    return fault.status == kNotLoggedIn && strict ? Status::unauthorized : Status::ok;
}

}  // namespace

std::string success_body(std::string_view data) {
    std::string out = R"({"message":"success","status":1,"data":)";
    return out.append(data).append("}");
}

std::string failure_body(const SnmsCall& call, const Fault& fault) {
    std::string text = fault.text(call.in_english);
    if (fault.status == kInternalError) text.append(" (").append(call.request_id).append(")");
    std::string out = R"({"message":)";
    json::append_json_string(is_utf8(text) ? text : "UTF-8?", out);
    return out.append(R"(,"status":)")
        .append(std::to_string(fault.status))
        .append(R"(,"data":null})");
}

Response answer(std::string body, std::string_view code) {
    Response out(Status::ok, 11);
    out.set(Field::content_type, kJsonType);
    out.set(kCodeField, code.empty() ? kNoFault : code);
    out.body() = std::move(body);
    return out;
}

Response refuse(const SnmsCall& call, const Fault& fault) {
    return refuse(call, fault, http_status(call, fault));
}

Response refuse(const SnmsCall& call, const Fault& fault, Status status) {
    Response out = answer(failure_body(call, fault), name_of(fault.code));
    out.result(status);
    if (fault.retry_after_s > 0) out.set(Field::retry_after, std::to_string(fault.retry_after_s));
    return out;
}

}  // namespace idnode::http::snms
