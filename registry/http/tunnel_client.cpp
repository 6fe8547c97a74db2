#include "registry/http/tunnel_client.h"

#include "proto/base/limits.h"
#include "registry/http/tunnel.h"

namespace idnode::http {

namespace {

// A list may come as many messages in one body.
constexpr std::size_t kAnswerBytesMax = 64 * limits::kMessageBytesMax;

}  // namespace

Result<Bytes> ask_through_tunnel(const resolver::Endpoint& server, Scheme scheme, BytesView message,
                                 std::chrono::milliseconds timeout) {
    const std::string type(kTunnelMediaType);
    const auto response = ask_http(server, scheme,
                                   {.method = "POST",
                                    .fields = {{"Content-Type", type}, {"Accept", type}},
                                    .body = message,
                                    .answer_bytes_max = kAnswerBytesMax},
                                   timeout);
    if (!response) return response.error();
    if (response->result() != boost::beast::http::status::ok ||
        (*response)[boost::beast::http::field::content_type] != kTunnelMediaType) {
        return Error{Errc::kInvalid, "no tunnel: HTTP status " +
                                         std::to_string(response->result_int()) +
                                         " instead of a message"};
    }
    return to_bytes(response->body());
}

}  // namespace idnode::http
