#pragma once

#include <string>
#include <string_view>

#include "registry/http/handler.h"
#include "registry/registration/refusal.h"

namespace idnode::http {

/// Errors as EPCIS 2.0 has them: `application/problem+json` (RFC 7807).
struct Problem {
    boost::beast::http::status status;
    std::string_view type;  // `ValidationException`, without `epcisException:`
    std::string detail;
    std::string field{};  // of the request; an addition of ours, as is
    std::string code{};   // the stable name of the refusal
};
Response problem(const Problem& problem);
/// The exception that fits the refusal's code.
Problem to_problem(const registration::Refusal& refusal);
inline Response problem(const registration::Refusal& refusal) {
    return problem(to_problem(refusal));
}

/// A JSON answer.
Response json_answer(boost::beast::http::status status, std::string body,
                     std::string_view content_type = "application/json");

}  // namespace idnode::http
