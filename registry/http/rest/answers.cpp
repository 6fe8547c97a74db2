#include "registry/http/rest/answers.h"

#include <algorithm>

#include "proto/base/text.h"
#include "registry/json/encoding.h"
#include "registry/json/record_json.h"

namespace idnode::http {

namespace {

using Field = boost::beast::http::field;
using handle::ResponseCode;

constexpr std::string_view kJsonType = "application/json;charset=utf-8";
constexpr std::string_view kScriptType = "application/javascript;charset=utf-8";

bool is_letter(char one) {
    const char folded = fold_ascii(one);
    return (folded >= 'A' && folded <= 'Z') || one == '_' || one == '$';
}

bool is_digit(char one) {
    return one >= '0' && one <= '9';
}

void break_line(std::size_t depth, std::string& out) {
    out += '\n';
    out.append(depth * 2, ' ');
}

/// The string that begins at `at`, with its quotes.
std::string_view quoted_at(std::string_view json, std::size_t at) {
    std::size_t end = at + 1;
    while (end < json.size() && json[end] != '"') end += json[end] == '\\' ? 2 : 1;
    return json.substr(at, end + 1 - at);
}

/// Old engines end a script's string at these two characters, which JSON allows in one.
std::string as_script(std::string_view json) {
    std::string out;
    while (!json.empty()) {
        const std::size_t at = std::min(json.find("\xE2\x80\xA8"), json.find("\xE2\x80\xA9"));
        out += json.substr(0, at);
        if (at == std::string_view::npos) break;
        out += json[at + 2] == '\xA8' ? "\\u2028" : "\\u2029";
        json.remove_prefix(at + 3);
    }
    return out;
}

}  // namespace

void JsonObject::begin(std::string_view name) {
    if (text_.size() > 1) text_ += ',';
    json::append_json_string(name, text_);
    text_ += ':';
}

JsonObject& JsonObject::number(std::string_view name, std::int64_t value) {
    begin(name);
    text_ += std::to_string(value);
    return *this;
}

JsonObject& JsonObject::boolean(std::string_view name, bool value) {
    begin(name);
    text_ += value ? "true" : "false";
    return *this;
}

JsonObject& JsonObject::text(std::string_view name, std::string_view value) {
    begin(name);
    if (is_utf8(value)) {
        json::append_json_string(value, text_);
    } else {
        std::string safe(value);
        std::ranges::replace_if(
            safe, [](char one) { return static_cast<unsigned char>(one) >= 0x80; }, '?');
        json::append_json_string(safe, text_);
    }
    return *this;
}

JsonObject& JsonObject::name(std::string_view name, std::string_view handle) {
    begin(name);
    json::write_name(handle, text_);
    return *this;
}

JsonObject& JsonObject::raw(std::string_view name, std::string_view json) {
    begin(name);
    text_ += json;
    return *this;
}

JsonObject& JsonObject::members_of(std::string_view object) {
    if (text_.size() > 1) text_ += ',';
    text_ += object.substr(1, object.size() - 2);
    return *this;
}

bool has_media_type(const Request& request, std::string_view type) {
    const auto field = request[Field::content_type];
    std::string_view given(field.data(), field.size());
    given = given.substr(0, given.find(';'));
    while (given.ends_with(' ')) given.remove_suffix(1);
    return equal_folded(given, type);
}

Response json_response(Status status, std::string json) {
    Response out(status, 11);
    out.set(Field::content_type, kJsonType);
    out.body() = std::move(json);
    return out;
}

Response refusal(Status status, ResponseCode code, std::string_view message) {
    return json_response(status, JsonObject()
                                     .number("responseCode", static_cast<std::int64_t>(code))
                                     .text("message", message)
                                     .finish());
}

Response bad_request(std::string_view message) {
    return refusal(Status::bad_request, ResponseCode::kProtocolError, message);
}

Status status_of(ResponseCode code, bool secure) {
    switch (code) {
        case ResponseCode::kSuccess:
            return Status::ok;
        case ResponseCode::kHandleNotFound:
            return Status::not_found;
        case ResponseCode::kValuesNotFound:
        case ResponseCode::kInvalidHandle:
        case ResponseCode::kInvalidValue:
        case ResponseCode::kServerNotResponsible:
        case ResponseCode::kProtocolError:
            return Status::bad_request;
        case ResponseCode::kHandleAlreadyExists:
        case ResponseCode::kValueAlreadyExists:
            return Status::conflict;
        case ResponseCode::kAuthenticationNeeded:
            return secure ? Status::unauthorized : Status::forbidden;
        case ResponseCode::kInvalidAdmin:
        case ResponseCode::kInsufficientPermissions:
        case ResponseCode::kAuthenticationFailed:
        case ResponseCode::kInvalidCredential:
            return Status::forbidden;
        case ResponseCode::kServiceReferral:
        case ResponseCode::kPrefixReferral:
            return Status::multiple_choices;
        case ResponseCode::kOperationNotSupported:
            return Status::not_implemented;
        case ResponseCode::kServerBusy:
        case ResponseCode::kServerBackup:
            return Status::service_unavailable;
        default:
            return Status::internal_server_error;
    }
}

std::string indented(std::string_view json) {
    std::string out;
    out.reserve(json.size() * 2);
    std::size_t depth = 0;
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char one = json[i];
        const bool opens = one == '{' || one == '[';
        if (one == '"') {
            const std::string_view quoted = quoted_at(json, i);
            out += quoted;
            i += quoted.size() - 1;
        } else if (opens && i + 1 < json.size() && (json[i + 1] == '}' || json[i + 1] == ']')) {
            out += json.substr(i++, 2);
        } else if (opens) {
            out += one;
            break_line(++depth, out);
        } else if (one == '}' || one == ']') {
            break_line(--depth, out);
            out += one;
        } else if (one == ',') {
            out += one;
            break_line(depth, out);
        } else {
            out += one;
            if (one == ':') out += ' ';
        }
    }
    return out;
}

std::string callback_name(std::string_view name) {
    std::string out;
    for (const char one : name) {
        const bool fits = is_letter(one) || (is_digit(one) && !out.empty());
        out += fits ? one : '_';
    }
    return out;
}

void present(Response& response, const Parameters& parameters) {
    if (response.body().empty()) return;
    if (parameters.flag("pretty")) response.body() = indented(response.body());
    const auto callback = parameters.first("callback");
    if (!callback || callback->empty()) return;
    response.body() = callback_name(*callback) + "(" + as_script(response.body()) + ");";
    response.set(Field::content_type, kScriptType);
}

void add_common_fields(const Request& request, Response& response) {
    response.set("X-Content-Type-Options", "nosniff");
    response.set(Field::vary, "Origin, Authorization");
    const auto origin = request[Field::origin];
    if (origin.empty()) return;
    response.set(Field::access_control_allow_origin, origin);
    if (request.method() != Method::options) {
        response.set(Field::access_control_expose_headers, "Content-Length");
        return;
    }
    response.set(Field::access_control_allow_methods, "GET, POST, HEAD, PUT, DELETE");
    response.set(Field::access_control_allow_headers,
                 "X-Requested-With, Authorization, Origin, Accept, Content-Type");
    response.set(Field::access_control_max_age, "86400");
}

}  // namespace idnode::http
