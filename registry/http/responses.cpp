#include "registry/http/responses.h"

#include <array>
#include <ctime>

#include "proto/handle/header.h"

namespace idnode::http {

namespace beast = boost::beast;
using beast::http::field;
using beast::http::status;

namespace {

/// The one that tells a REST client best what to do: come back, or do not send this again.
handle::ResponseCode code_for(status status) {
    switch (status) {
        case status::service_unavailable:
            return handle::ResponseCode::kServerBusy;
        case status::internal_server_error:
            return handle::ResponseCode::kError;
        default:
            return handle::ResponseCode::kProtocolError;
    }
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`; the program stays in the C locale.
std::string http_date(model::TimeMs now) {
    const std::time_t seconds = now / 1'000;
    std::tm parts{};
    ::gmtime_r(&seconds, &parts);
    std::array<char, 40> text{};
    const std::size_t size =
        std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
    return {text.data(), size};
}

bool has_body(status status) {
    return beast::http::to_status_class(status) != beast::http::status_class::informational &&
           status != status::no_content && status != status::not_modified;
}

/// A line end in a value would begin another field.
void append_value(std::string& out, std::string_view value) {
    for (const char octet : value)
        out += octet == '\r' || octet == '\n' || octet == '\0' ? ' ' : octet;
}

}  // namespace

Response refusal_response(status status, std::string_view text) {
    Response out(status, 11);
    out.set(field::content_type, "application/json");
    if (status == status::service_unavailable) out.set(field::retry_after, "1");
    out.body() = "{\"responseCode\":";
    out.body() += std::to_string(static_cast<std::uint32_t>(code_for(status)));
    out.body().append(",\"message\":\"").append(text).append("\"}");
    out.keep_alive(false);
    return out;
}

void complete(Response& response, model::TimeMs now) {
    response.set(field::server, "idnode");
    response.set(field::date, http_date(now));
    if (has_body(response.result())) {
        response.content_length(response.body().size());
    } else {
        response.body().clear();
        response.content_length(boost::none);
    }
}

std::string header_text(const Response& response) {
    std::string out = response.version() == 10 ? "HTTP/1.0 " : "HTTP/1.1 ";
    out += std::to_string(response.result_int());
    out.append(" ").append(response.reason()).append("\r\n");
    for (const auto& line : response.base()) {
        out.append(line.name_string()).append(": ");
        append_value(out, line.value());
        out += "\r\n";
    }
    return out += "\r\n";
}

}  // namespace idnode::http
