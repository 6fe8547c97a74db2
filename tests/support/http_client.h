#pragma once

#include <sys/socket.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "tests/support/client.h"
#include "tests/support/tls_socket.h"

/// HTTP as rude as a test wants: any octets out, every answer in.
namespace idnode::testing {

struct HttpReply {
    unsigned status = 0;
    std::map<std::string, std::string> fields;  // names in lower case; repeated ones joined
    std::string body;

    std::string field(const std::string& name) const;
};

/// A request as text, with Host, and Content-Length when there is a body.
std::string http_request(std::string_view method, std::string_view path,
                         const std::map<std::string, std::string>& fields = {},
                         std::string_view body = {});
/// A message of the protocol as a POST of §3.7.
std::string tunnel_request(BytesView message, std::string_view path = "/");

class HttpClient {
  public:
    explicit HttpClient(std::uint16_t port)
        : stream_(std::in_place_type<Socket>, SOCK_STREAM, "127.0.0.1", port) {}
    HttpClient(std::uint16_t port, const TlsOptions& tls)
        : stream_(std::in_place_type<TlsSocket>, port, tls) {}

    /// A connection that was closed meanwhile is no error here.
    void send(std::string_view octets);
    /// The next answer; nothing when the connection ended or none came in time. The answer to a
    /// HEAD has no body, whatever its length says.
    std::optional<HttpReply> receive(milliseconds patience = kPatience, bool to_head = false);
    /// All octets until the other side closes, or none come for so long.
    std::string receive_all(milliseconds patience = kPatience);
    /// Throws when no answer comes.
    HttpReply ask(std::string_view request);
    /// The answer of the tunnel, which must be one message.
    Reply ask(const Request& request);

    /// Whether the other side closes within the time; answers before that are skipped.
    bool is_closed_within(milliseconds patience = kPatience);
    const TlsSocket& tls() const { return std::get<TlsSocket>(stream_); }

  private:
    bool read_more(milliseconds patience);

    std::variant<Socket, TlsSocket> stream_;
    std::string received_;
    bool closed_ = false;
};

}  // namespace idnode::testing
