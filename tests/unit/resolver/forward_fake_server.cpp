#include "forward_fake_server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <ctime>
#include <stdexcept>

#include "proto/base/limits.h"
#include "proto/handle/value.h"

namespace idnode::test {
namespace {

using handle::Transport;

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

bool bind_to(int socket, std::uint16_t port) {
    const int on = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    const sockaddr_in address = loopback(port);
    return ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

std::uint16_t port_of(int socket) {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
    return ntohs(address.sin_port);
}

void send_datagrams(int socket, const sockaddr_in& to, BytesView message) {
    const std::size_t count = handle::datagram_count(message.size() - limits::kEnvelopeBytes);
    for (std::uint32_t sequence = 0; sequence < count; ++sequence) {
        Bytes datagram;
        handle::write_datagram(message, sequence, datagram);
        ::sendto(socket, datagram.data(), datagram.size(), 0,
                 reinterpret_cast<const sockaddr*>(&to), sizeof to);
    }
}

bool read_exactly(int socket, Bytes& out) {
    std::size_t have = 0;
    while (have < out.size()) {
        const ssize_t got = ::recv(socket, out.data() + have, out.size() - have, 0);
        if (got <= 0) return false;
        have += static_cast<std::size_t>(got);
    }
    return true;
}

void write_number(Bytes& message, std::size_t at, std::uint32_t value) {
    ByteWriter(message).patch_u32(at, value);
}

}  // namespace

FakeServer::FakeServer(Behaviour behaviour, std::uint16_t port) : behaviour_(std::move(behaviour)) {
    // A port that is free for both transports takes a few attempts at worst.
    for (int attempt = 0; attempt < 50 && port_ == 0; ++attempt) {
        udp_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        tcp_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (bind_to(tcp_, port) && bind_to(udp_, port_of(tcp_)) && ::listen(tcp_, 64) == 0) {
            port_ = port_of(tcp_);
        } else {
            ::close(udp_);
            ::close(tcp_);
        }
    }
    if (port_ == 0) throw std::runtime_error("no free port for a fake server");
    thread_ = std::thread([this] { run(); });
}

FakeServer::~FakeServer() {
    stopping_ = true;
    thread_.join();
    for (const int connection : connections_) ::close(connection);
    ::close(udp_);
    ::close(tcp_);
}

resolver::Endpoint FakeServer::endpoint() const {
    return {*resolver::parse_address("127.0.0.1"), port_};
}

void FakeServer::run() {
    while (!stopping_) {
        std::array<pollfd, 2> ready{pollfd{udp_, POLLIN, 0}, pollfd{tcp_, POLLIN, 0}};
        if (::poll(ready.data(), ready.size(), 20) <= 0) continue;
        if ((ready[0].revents & POLLIN) != 0) take_datagram();
        if ((ready[1].revents & POLLIN) != 0) take_connection();
    }
}

void FakeServer::take_datagram() {
    Bytes buffer(2'048);
    sockaddr_in client{};
    socklen_t size = sizeof client;
    const ssize_t got = ::recvfrom(udp_, buffer.data(), buffer.size(), 0,
                                   reinterpret_cast<sockaddr*>(&client), &size);
    if (got < static_cast<ssize_t>(limits::kEnvelopeBytes)) return;
    buffer.resize(static_cast<std::size_t>(got));
    const auto envelope = handle::decode_envelope(buffer);
    const BytesView piece = BytesView(buffer).subspan(limits::kEnvelopeBytes);
    const std::array source{static_cast<std::byte>(client.sin_port >> 8U),
                            static_cast<std::byte>(client.sin_port & 0xFFU)};
    const auto payload =
        envelope->message_length == piece.size()
            ? std::optional<Bytes>(Bytes(piece.begin(), piece.end()))
            : pieces_.add(source, *envelope, piece, std::chrono::steady_clock::now());
    if (!payload) return;
    const auto message = handle::decode_message(*envelope, *payload);
    if (!message) return;
    const Request request{*message, Transport::kUdp, ++udp_requests_, client};
    for (const Bytes& reply : behaviour_(request)) send_datagrams(udp_, client, reply);
}

void FakeServer::take_connection() {
    const int connection = ::accept4(tcp_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) return;
    connections_.push_back(connection);
    const timeval patience{.tv_sec = 5, .tv_usec = 0};
    ::setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    Bytes head(limits::kEnvelopeBytes);
    if (!read_exactly(connection, head)) return;
    const auto envelope = handle::decode_envelope(head);
    Bytes payload(envelope->message_length);
    if (!read_exactly(connection, payload)) return;
    const auto message = handle::decode_message(*envelope, payload);
    if (!message) return;
    const Request request{*message, Transport::kTcp, ++tcp_requests_, {}};
    for (const Bytes& reply : behaviour_(request)) {
        ::send(connection, reply.data(), reply.size(), MSG_NOSIGNAL);
    }
}

DeadPort::DeadPort() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (!bind_to(socket_, 0)) throw std::runtime_error("no free port");
    port_ = port_of(socket_);  // bound but not listening: connections are refused
}

DeadPort::~DeadPort() {
    release();
}

void DeadPort::release() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
}

Bytes response(const FakeServer::Request& request, handle::ResponseCode code, BytesView body) {
    Bytes out;
    handle::MessageWriter writer(out);
    writer.body().raw(body);
    handle::Envelope envelope;
    envelope.request_id = request.message.envelope.request_id;
    handle::Header header;
    header.op = request.message.header.op;
    header.response = code;
    header.flags = request.message.header.flags | handle::flag::kAuthoritative;
    header.expiration = static_cast<std::uint32_t>(std::time(nullptr)) + 43'200;
    writer.finish(envelope, header);
    return out;
}

Bytes found(const FakeServer::Request& request, std::string_view data, std::uint32_t ttl) {
    ByteReader in(request.message.body);
    Bytes body;
    ByteWriter out(body);
    out.text_u32(in.text_u32("handle", 4'096));
    handle::Value value;
    value.index = 1;
    value.ttl = ttl;
    value.type = "URL";
    value.data = to_bytes(data);
    out.raw(handle::encode_values(std::span(&value, 1)));
    return response(request, handle::ResponseCode::kSuccess, body);
}

Bytes error(const FakeServer::Request& request, handle::ResponseCode code, std::string_view text) {
    Bytes body;
    ByteWriter(body).text_u32(text);
    return response(request, code, body);
}

Bytes with_request_id(Bytes message, std::uint32_t id) {
    write_number(message, 8, id);
    return message;
}

Bytes with_op(Bytes message, handle::OpCode op) {
    write_number(message, limits::kEnvelopeBytes, static_cast<std::uint32_t>(op));
    return message;
}

void send_from_elsewhere(const sockaddr_in& client, BytesView message) {
    const int socket = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    send_datagrams(socket, client, message);
    ::close(socket);
}

}  // namespace idnode::test
