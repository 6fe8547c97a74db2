#include "tests/support/http_client.h"

#include <sys/socket.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <limits>
#include <stdexcept>
#include <utility>

namespace idnode::testing {
namespace {

namespace beast = boost::beast;
using Parser = beast::http::response_parser<beast::http::string_body>;

HttpReply reply_of(const Parser& parser) {
    HttpReply out;
    out.status = parser.get().result_int();
    out.body = parser.get().body();
    for (const auto& line : parser.get()) {
        std::string name(line.name_string());
        for (char& letter : name) letter = beast::detail::ascii_tolower(letter);
        std::string& field = out.fields[name];
        field.append(field.empty() ? "" : ", ").append(line.value());
    }
    return out;
}

}  // namespace

std::string HttpReply::field(const std::string& name) const {
    const auto at = fields.find(name);
    return at == fields.end() ? std::string() : at->second;
}

std::string http_request(std::string_view method, std::string_view path,
                         const std::map<std::string, std::string>& fields, std::string_view body) {
    std::string out = std::string(method) + " " + std::string(path) + " HTTP/1.1\r\nHost: test\r\n";
    for (const auto& [name, value] : fields) out += name + ": " + value + "\r\n";
    if (!body.empty()) out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    return out.append("\r\n").append(body);
}

std::string tunnel_request(BytesView message, std::string_view path) {
    const std::string_view body(reinterpret_cast<const char*>(message.data()), message.size());
    return http_request(
        "POST", path,
        {{"Content-Type", "application/x-hdl-message"}, {"Accept", "application/x-hdl-message"}},
        body);
}

void HttpClient::send(std::string_view octets) {
    if (auto* tls = std::get_if<TlsSocket>(&stream_)) {
        tls->send(std::as_bytes(std::span(octets)));
        return;
    }
    const int descriptor = std::get<Socket>(stream_).descriptor();
    while (!octets.empty()) {
        const ssize_t sent = ::send(descriptor, octets.data(), octets.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;
        octets.remove_prefix(static_cast<std::size_t>(sent));
    }
}

bool HttpClient::read_more(milliseconds patience) {
    std::array<std::byte, 16'384> octets;
    std::size_t size = 0;
    if (auto* tls = std::get_if<TlsSocket>(&stream_)) {
        size = tls->read_some(octets, patience);
        closed_ = tls->is_closed();
    } else {
        const Socket& socket = std::get<Socket>(stream_);
        if (closed_ || !socket.wait_readable(patience)) return false;
        const ssize_t got = ::recv(socket.descriptor(), octets.data(), octets.size(), 0);
        closed_ = got <= 0;
        size = closed_ ? 0 : static_cast<std::size_t>(got);
    }
    received_.append(reinterpret_cast<const char*>(octets.data()), size);
    return size > 0;
}

std::optional<HttpReply> HttpClient::receive(milliseconds patience, bool to_head) {
    Parser parser;
    parser.eager(true);
    parser.body_limit(std::numeric_limits<std::uint64_t>::max());
    parser.skip(to_head);
    boost::system::error_code error;
    while (!parser.is_done()) {
        const std::size_t taken =
            received_.empty() ? 0 : parser.put(boost::asio::buffer(received_), error);
        received_.erase(0, taken);
        if (error && error != beast::http::error::need_more) {
            throw std::runtime_error("not HTTP: " + error.message());
        }
        if (parser.is_done()) break;
        if (!read_more(patience)) {
            if (closed_ && parser.is_header_done()) parser.put_eof(error);
            if (!parser.is_done()) return std::nullopt;
        }
    }
    return reply_of(parser);
}

std::string HttpClient::receive_all(milliseconds patience) {
    while (read_more(patience)) {
    }
    return std::exchange(received_, {});
}

HttpReply HttpClient::ask(std::string_view request) {
    send(request);
    auto reply = receive(kPatience, request.starts_with("HEAD "));
    if (!reply) throw std::runtime_error("no answer over HTTP");
    return std::move(*reply);
}

Reply HttpClient::ask(const Request& request) {
    const HttpReply reply = ask(tunnel_request(encode(request)));
    if (reply.status != 200) throw std::runtime_error("no message: " + reply.body);
    return Reply(to_bytes(reply.body));
}

bool HttpClient::is_closed_within(milliseconds patience) {
    const auto until = std::chrono::steady_clock::now() + patience;
    while (!closed_ && std::chrono::steady_clock::now() < until) {
        read_more(
            std::chrono::duration_cast<milliseconds>(until - std::chrono::steady_clock::now()));
    }
    return closed_;
}

}  // namespace idnode::testing
