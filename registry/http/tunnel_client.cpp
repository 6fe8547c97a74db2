#include "registry/http/tunnel_client.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "proto/base/limits.h"
#include "registry/http/transport.h"
#include "registry/http/tunnel.h"
#include "resolver/forward/asio_endpoint.h"

namespace idnode::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using Parser = beast::http::response_parser<beast::http::string_body>;

namespace {

constexpr std::size_t kReceiveBytes = 65'536;
// A list may come as many messages in one body.
constexpr std::size_t kAnswerBytesMax = 64 * limits::kMessageBytesMax;

std::string head_of_request(const resolver::Endpoint& server, std::size_t body_bytes) {
    return "POST / HTTP/1.1\r\nHost: " + resolver::to_text(server) +
           "\r\nContent-Type: " + std::string(kTunnelMediaType) +
           "\r\nAccept: " + std::string(kTunnelMediaType) +
           "\r\nContent-Length: " + std::to_string(body_bytes) + "\r\nConnection: close\r\n\r\n";
}

Result<Bytes> body_of(const Parser& parser) {
    const auto& response = parser.get();
    if (response.result() != beast::http::status::ok ||
        response[beast::http::field::content_type] != kTunnelMediaType) {
        return Error{Errc::kInvalid, "no tunnel: HTTP status " +
                                         std::to_string(response.result_int()) +
                                         " instead of a message"};
    }
    return to_bytes(response.body());
}

asio::awaitable<Result<Bytes>> receive(Transport& transport) {
    Parser parser;
    parser.eager(true);
    parser.body_limit(kAnswerBytesMax);
    Bytes pending;
    while (!parser.is_done()) {
        const bool more = co_await transport.read(pending);
        boost::system::error_code error;
        std::size_t taken = 0;
        if (more) {
            taken = parser.put(asio::buffer(pending), error);
        } else if (parser.got_some()) {
            parser.put_eof(error);
        }
        pending.erase(pending.begin(), pending.begin() + static_cast<std::ptrdiff_t>(taken));
        if (error && error != beast::http::error::need_more) {
            co_return Error{Errc::kInvalid, "no HTTP answer: " + error.message()};
        }
        if (!more && !parser.is_done()) {
            co_return Error{Errc::kUnavailable, "the connection ended without an answer"};
        }
    }
    co_return body_of(parser);
}

asio::awaitable<Result<Bytes>> exchange(resolver::Endpoint server, Scheme scheme,
                                        BytesView message) {
    tcp::socket socket(co_await asio::this_coro::executor);
    const tcp::endpoint to(asio_address(server), server.port);
    const auto [error] = co_await socket.async_connect(to, asio::as_tuple(asio::use_awaitable));
    if (error) co_return Error{Errc::kUnavailable, error.message()};
    std::vector<std::byte> buffer(kReceiveBytes);
    Transport transport(std::move(socket), buffer);
    if (scheme == Scheme::kHttps) {
        const bool secure = co_await transport.connect_tls();
        if (!secure) co_return Error{Errc::kUnavailable, "no TLS connection comes about"};
    }
    const std::string head = head_of_request(server, message.size());
    const bool sent = co_await transport.write(std::as_bytes(std::span(head)), message);
    if (!sent) co_return Error{Errc::kUnavailable, "the connection ended before the question"};
    co_return co_await receive(transport);
}

}  // namespace

Result<Bytes> ask_through_tunnel(const resolver::Endpoint& server, Scheme scheme, BytesView message,
                                 std::chrono::milliseconds timeout) {
    asio::io_context io(1);
    std::optional<Result<Bytes>> answer;
    asio::co_spawn(io, exchange(server, scheme, message),
                   [&](const std::exception_ptr& failure, Result<Bytes> result) {
                       if (failure) std::rethrow_exception(failure);
                       answer = std::move(result);
                   });
    io.run_for(timeout);
    if (!answer) return Error{Errc::kTimeout, "no answer in time"};
    return *std::move(answer);
}

}  // namespace idnode::http
