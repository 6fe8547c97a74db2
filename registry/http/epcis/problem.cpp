#include "registry/http/epcis/problem.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

namespace idnode::http {

namespace {

using boost::beast::http::status;
using registration::Code;

std::string_view exception_of(Code code) {
    switch (code) {
        case Code::kNotAuthenticated:
        case Code::kWrongLogin:
        case Code::kNotAllowed:
        case Code::kForeignPrefix:
        case Code::kPrefixDisabled:
        case Code::kReadOnly:
            return "SecurityException";
        case Code::kNotFound:
            return "NoSuchResourceException";
        case Code::kExists:
        case Code::kIdentifierExists:
        case Code::kKeyReused:
            return "ResourceAlreadyExistsException";
        case Code::kLimit:
            return "CaptureLimitExceededException";
        case Code::kTooMany:
        case Code::kQuota:
        case Code::kBusy:
        case Code::kStorage:
        case Code::kInternal:
            return "ImplementationException";
        default:
            return "ValidationException";
    }
}

}  // namespace

Response problem(const Problem& problem) {
    boost::json::object body;
    body["type"] = "epcisException:" + std::string(problem.type);
    body["title"] = problem.type;
    body["status"] = static_cast<unsigned>(problem.status);
    body["detail"] = problem.detail;
    if (!problem.field.empty()) body["field"] = problem.field;
    if (!problem.code.empty()) body["code"] = problem.code;
    return json_answer(problem.status, boost::json::serialize(body), "application/problem+json");
}

Problem to_problem(const registration::Refusal& refusal) {
    std::string detail = refusal.message;
    if (!refusal.remedy.empty()) detail += "; " + refusal.remedy;
    return {.status = static_cast<status>(registration::http_status(refusal.code)),
            .type = exception_of(refusal.code),
            .detail = std::move(detail),
            .field = refusal.field,
            .code = std::string(registration::name_of(refusal))};
}

Response json_answer(status status, std::string body, std::string_view content_type) {
    Response out(status, 11);
    out.set(boost::beast::http::field::content_type, content_type);
    out.body() = std::move(body);
    return out;
}

}  // namespace idnode::http
