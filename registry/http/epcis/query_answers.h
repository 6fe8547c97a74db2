#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "registry/events/queries.h"
#include "registry/events/query_answer.h"
#include "registry/http/epcis/problem.h"
#include "registry/http/epcis/routes.h"

/// What the routes of queries share.
namespace idnode::http {

inline constexpr std::string_view kJsonType = "application/json";
inline constexpr std::string_view kEventStreamType = "text/event-stream";

Response problem(const events::QueryRefusal& refusal);
/// As `problem`, of a query that is looked for by its name.
Response no_such_name(const registration::Refusal& refusal);

/// Whether the header `Accept` has one of the types, or is not there.
bool accepts(const RequestHeader& header, std::span<const std::string_view> types);
/// What a caller is told whose `Accept` has none of ours; nothing: it has.
std::optional<Response> not_acceptable(const RequestHeader& header);

/// A value as it stands in the query of a URL.
std::string query_encoded(std::string_view value);

/// The parameters of a query as they stand in a URL: repeated, or with `|` between values.
std::vector<events::QueryParameter> query_parameters(const Parameters& parameters);

/// In which form the caller wants events. kInvalid: the header has no value that EPCIS knows.
registration::Outcome<events::AnswerForm> answer_form(const EpcisCall& call);

/// The same question, but for the token of the next page.
std::string next_link(const EpcisCall& call, std::string_view token);

/// Header `X-IDN-Epc`: not every identifier could have the URN that was asked for (§6.5).
void note_missing_urn(bool lacks_urn, Response& out);

/// The page that the query asks for, as a query document, with the link to the next one.
Response answer_query(EpcisCall& call, const events::Query& query,
                      std::string_view query_name = "SimpleEventQuery");

/// kNotAllowed: there is a caller whose token is not for reading events.
registration::Outcome<void> may_query(const EpcisCall& call);

}  // namespace idnode::http
