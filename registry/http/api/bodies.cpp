#include "registry/http/api/bodies.h"

#include <algorithm>
#include <charconv>

#include "proto/base/text.h"
#include "proto/idnode/v1/error.pb.h"
#include "registry/http/api/message_json.h"
#include "registry/json/parse.h"

namespace idnode::http {

namespace {

using Field = boost::beast::http::field;
using registration::Code;
using registration::Outcome;
using registration::Refusal;

constexpr std::string_view kJsonType = "application/json";

std::string_view field_of(const Request& request, Field field) {
    const auto value = request[field];
    return {value.data(), value.size()};
}

bool is_protobuf(std::string_view type) {
    type = type.substr(0, type.find(';'));
    while (type.ends_with(' ')) type.remove_suffix(1);
    return equal_folded(type, kProtobufType) || equal_folded(type, "application/protobuf");
}

void write_answer(const Request& request, const google::protobuf::Message& message, Response& out) {
    if (is_protobuf(field_of(request, Field::accept))) {
        out.set(Field::content_type, kProtobufType);
        message.SerializeToString(&out.body());
        return;
    }
    out.set(Field::content_type, kJsonType);
    write_message(message, out.body());
}

/// The place at the beginning of what the JSON readers say: `values[2].index: must be …`.
std::string place_in(std::string_view detail) {
    const std::size_t colon = detail.find(": ");
    const std::string_view place = detail.substr(0, colon);
    const bool is_place = colon != std::string_view::npos && place.find(' ') == place.npos;
    return std::string(is_place ? place : std::string_view{});
}

}  // namespace

Outcome<void> read_body(const ApiCall& call, google::protobuf::Message& message) {
    const std::string& body = call.request.body();
    if (has_protobuf_body(call.request)) {
        if (message.ParseFromString(body)) return {};
        return Refusal{.code = Code::kInvalid,
                       .message = "the body is no " + message.GetDescriptor()->name()};
    }
    const auto parsed = json::parse(body, body.size());
    if (!parsed) return body_fault(parsed.error());
    if (const auto read = read_message(*parsed, message); !read) return body_fault(read.error());
    return {};
}

bool has_protobuf_body(const Request& request) {
    return is_protobuf(field_of(request, Field::content_type));
}

Refusal body_fault(const Error& error) {
    return {.code = error.code == Errc::kLimit ? Code::kLimit : Code::kInvalid,
            .message = error.detail,
            .field = place_in(error.detail),
            .remedy = "see /openapi.json"};
}

Response answer(const ApiCall& call, Status status, const google::protobuf::Message& message) {
    Response out(status, 11);
    write_answer(call.request, message, out);
    return out;
}

Response refuse(const Request& request, const Refusal& refusal) {
    v1::ErrorReply reply;
    v1::Error& error = *reply.mutable_error();
    error.set_code(std::string(name_of(refusal.code)));
    error.set_message(is_utf8(refusal.message) ? refusal.message : "the request is not UTF-8");
    error.set_field(is_utf8(refusal.field) ? refusal.field : "");
    error.set_remedy(refusal.remedy);
    Response out(static_cast<Status>(http_status(refusal.code)), 11);
    out.set("X-IDN-Code", name_of(refusal.code));
    if (refusal.code == Code::kNotAuthenticated) out.set(Field::www_authenticate, "Bearer");
    if (out.result() == Status::service_unavailable) out.set(Field::retry_after, "1");
    if (refusal.retry_after_s > 0) {
        out.set(Field::retry_after, std::to_string(refusal.retry_after_s));
    }
    write_answer(request, reply, out);
    return out;
}

Response nothing() {
    return Response(Status::no_content, 11);
}

void set_version(Response& response, model::TransactionId version) {
    response.set(Field::etag, "\"" + std::to_string(version) + "\"");
}

Outcome<std::optional<model::TransactionId>> expected_version(const Request& request) {
    const std::string_view match = field_of(request, Field::if_match);
    if (match.empty() || match == "*") return std::optional<model::TransactionId>{};
    const bool quoted = match.size() > 2 && match.front() == '"' && match.back() == '"';
    const std::uint64_t version = quoted ? number_of(match.substr(1, match.size() - 2)) : 0;
    if (version == 0) {
        return registration::invalid("If-Match", "must be one ETag that this node gave, or *");
    }
    return std::optional<model::TransactionId>(version);
}

bool must_be_new(const Request& request) {
    return field_of(request, Field::if_none_match) == "*";
}

std::size_t page_size(const ApiCall& call) {
    constexpr std::uint64_t kUsual = 100;
    constexpr std::uint64_t kMax = 1'000;
    const std::uint64_t wanted = number_of(parameter(call, "limit"));
    return static_cast<std::size_t>(std::min(wanted == 0 ? kUsual : wanted, kMax));
}

std::string_view parameter(const ApiCall& call, std::string_view name) {
    return call.parameters.first(name).value_or(std::string_view{});
}

std::uint64_t number_of(std::string_view text) {
    std::uint64_t out = 0;
    const auto [at, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
    return failed == std::errc{} && at == text.data() + text.size() ? out : 0;
}

}  // namespace idnode::http
