#include "registry/http/epcis/problem.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "registry/events/capture_jobs.h"

namespace idnode::http {

using boost::beast::http::status;

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
            .type = events::exception_of(refusal.code),
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
