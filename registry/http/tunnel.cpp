#include "registry/http/tunnel.h"

#include <boost/beast/core/string.hpp>

#include "proto/base/limits.h"
#include "registry/http/responses.h"

namespace idnode::http {

namespace beast = boost::beast;
using beast::http::field;
using beast::http::status;
using handle::ResponseCode;

bool is_tunnel(const Request::header_type& header) {
    if (header.method() != beast::http::verb::post) return false;
    std::string_view type = header[field::content_type];
    type = type.substr(0, type.find(';'));
    while (type.ends_with(' ')) type.remove_suffix(1);
    return beast::iequals(type, kTunnelMediaType);
}

std::optional<TunnelMessage> split_message(BytesView body) {
    if (body.size() < limits::kEnvelopeBytes) return std::nullopt;
    const auto envelope = handle::decode_envelope(body);
    if (!envelope) return std::nullopt;
    TunnelMessage out{*envelope, body.subspan(limits::kEnvelopeBytes)};
    if (envelope->message_length > limits::kMessageBytesMax) {
        out.code = ResponseCode::kError;
        out.fault = "message length out of range";
    } else if (envelope->truncated) {
        out.code = ResponseCode::kProtocolError;
        out.fault = "a message in several pieces over HTTP is not supported";
    } else if (envelope->message_length != out.payload.size()) {
        out.code = ResponseCode::kProtocolError;
        out.fault = "the message is not as long as its body";
    }
    return out;
}

Response message_response(BytesView messages) {
    if (messages.empty()) {
        return refusal_response(status::bad_request, "the body is no request of the protocol");
    }
    Response out(status::ok, 11);
    out.set(field::content_type, kTunnelMediaType);
    out.body().assign(reinterpret_cast<const char*>(messages.data()), messages.size());
    return out;
}

}  // namespace idnode::http
