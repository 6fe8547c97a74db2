#pragma once

#include <google/protobuf/message.h>

#include <optional>
#include <string_view>

#include "registry/http/api/routes.h"
#include "registry/registration/refusal.h"

/// Bodies of requests and answers, as JSON or as `application/x-protobuf`.
namespace idnode::http {

inline constexpr std::string_view kProtobufType = "application/x-protobuf";

/// The body into `message`. kInvalid, kLimit: what is wrong, and where.
registration::Outcome<void> read_body(const ApiCall& call, google::protobuf::Message& message);

bool has_protobuf_body(const Request& request);
/// What a reader of JSON found wrong.
registration::Refusal body_fault(const Error& error);

/// In the form that the request accepts, JSON unless it asks for the other.
Response answer(const ApiCall& call, Status status, const google::protobuf::Message& message);
Response refuse(const Request& request, const registration::Refusal& refusal);
inline Response refuse(const ApiCall& call, const registration::Refusal& refusal) {
    return refuse(call.request, refusal);
}
/// 204
Response nothing();

/// The validator (ETag) of an object or record.
void set_version(Response& response, model::TransactionId version);

/// What came out: an object with its validator, or why not.
template <class Message>
Response answer_outcome(const ApiCall& call, Status status,
                        const registration::Outcome<Message>& outcome) {
    if (!outcome) return refuse(call, outcome.error());
    Response out = answer(call, status, *outcome);
    if constexpr (requires { outcome->version(); }) set_version(out, outcome->version());
    return out;
}
inline Response answer_outcome(const ApiCall& call, const registration::Outcome<void>& outcome) {
    return outcome ? nothing() : refuse(call, outcome.error());
}

/// The version that If-Match names; nothing: any. kInvalid: no validator of ours.
registration::Outcome<std::optional<model::TransactionId>> expected_version(const Request& request);
/// `If-None-Match: *`: it must not exist.
bool must_be_new(const Request& request);

/// `limit` of the query: 1 to 1,000, else 100.
std::size_t page_size(const ApiCall& call);
std::string_view parameter(const ApiCall& call, std::string_view name);
/// A number in the path or query; 0 where it is none.
std::uint64_t number_of(std::string_view text);

}  // namespace idnode::http
