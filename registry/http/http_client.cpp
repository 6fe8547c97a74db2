#include "registry/http/http_client.h"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/parser.hpp>
#include <exception>
#include <optional>

#include "registry/http/transport.h"
#include "resolver/crypto/certificate.h"
#include "resolver/forward/asio_endpoint.h"

namespace idnode::http {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using Parser = beast::http::response_parser<beast::http::string_body>;

namespace {

constexpr std::size_t kReceiveBytes = 65'536;

std::string head_of(const resolver::Endpoint& server, const Question& question) {
    const bool is_v6 = question.host.find(':') != std::string::npos;
    const std::string host = is_v6 ? "[" + question.host + "]" : question.host;
    std::string out =
        question.method + " " + question.target + " HTTP/1.1\r\nHost: " +
        (host.empty() ? resolver::to_text(server) : host + ":" + std::to_string(server.port)) +
        "\r\n";
    for (const auto& [name, value] : question.fields) out += name + ": " + value + "\r\n";
    if (!question.body.empty() || question.method != "GET") {
        out += "Content-Length: " + std::to_string(question.body.size()) + "\r\n";
    }
    return out + "Connection: close\r\n\r\n";
}

asio::awaitable<Result<Response>> receive(Transport& transport, std::size_t bytes_max) {
    Parser parser;
    parser.eager(true);
    parser.body_limit(bytes_max);
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
    co_return parser.release();
}

bool holds_key(const Transport& transport, BytesView key) {
    if (key.empty()) return true;
    const auto certificate = crypto::read_certificate(transport.peer_certificate());
    return certificate && std::ranges::equal(certificate->public_key, key);
}

asio::awaitable<Result<Response>> exchange(resolver::Endpoint server, Scheme scheme,
                                           const Question& question) {
    tcp::socket socket(co_await asio::this_coro::executor);
    const tcp::endpoint to(asio_address(server), server.port);
    const auto [error] = co_await socket.async_connect(to, asio::as_tuple(asio::use_awaitable));
    if (error) co_return Error{Errc::kUnavailable, error.message()};
    std::vector<std::byte> buffer(kReceiveBytes);
    Transport transport(std::move(socket), buffer);
    if (scheme == Scheme::kHttps) {
        const bool secure = co_await transport.connect_tls(question.host);
        if (!secure) co_return Error{Errc::kUnavailable, "no TLS connection comes about"};
        if (!holds_key(transport, question.server_key)) {
            co_return Error{Errc::kRefused, "the server has another key than the one expected"};
        }
    }
    const std::string head = head_of(server, question);
    const bool sent = co_await transport.write(std::as_bytes(std::span(head)), question.body);
    if (!sent) co_return Error{Errc::kUnavailable, "the connection ended before the question"};
    co_return co_await receive(transport, question.answer_bytes_max);
}

}  // namespace

Result<Response> ask_http(const resolver::Endpoint& server, Scheme scheme, const Question& question,
                          std::chrono::milliseconds timeout) {
    asio::io_context io(1);
    std::optional<Result<Response>> answer;
    asio::co_spawn(io, exchange(server, scheme, question),
                   [&](const std::exception_ptr& failure, Result<Response> result) {
                       if (failure) std::rethrow_exception(failure);
                       answer = std::move(result);
                   });
    io.run_for(timeout);
    if (!answer) return Error{Errc::kTimeout, "no answer in time"};
    return *std::move(answer);
}

}  // namespace idnode::http
