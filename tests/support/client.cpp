#include "tests/support/client.h"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <random>
#include <stdexcept>
#include <utility>

#include "proto/base/limits.h"
#include "proto/handle/fragment.h"
#include "proto/handle/resolution.h"

namespace idnode::testing {
namespace {

using Clock = std::chrono::steady_clock;

std::uint32_t fresh_request_id() {
    static std::mt19937 generator{std::random_device{}()};
    return std::uniform_int_distribution<std::uint32_t>(1, 0x7FFFFFFF)(generator);
}

milliseconds left_until(Clock::time_point until) {
    const auto left = std::chrono::duration_cast<milliseconds>(until - Clock::now());
    return std::max(left, milliseconds{0});
}

int open_socket(int type, const std::string& address, std::uint16_t port) {
    addrinfo hints{};
    hints.ai_socktype = type;
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    addrinfo* found = nullptr;
    if (::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) {
        throw std::runtime_error("not an address: " + address);
    }
    const int descriptor = ::socket(found->ai_family, type | SOCK_CLOEXEC, 0);
    const bool connected = ::connect(descriptor, found->ai_addr, found->ai_addrlen) == 0;
    ::freeaddrinfo(found);
    if (connected) return descriptor;
    ::close(descriptor);
    throw std::runtime_error("cannot connect to " + address + ":" + std::to_string(port));
}

Bytes joined(const std::vector<Bytes>& pieces, Bytes envelope) {
    for (const Bytes& piece : pieces) envelope.insert(envelope.end(), piece.begin(), piece.end());
    return envelope;
}

handle::Envelope envelope_of(BytesView octets) {
    const auto envelope = handle::decode_envelope(octets);
    if (!envelope) throw std::runtime_error("a datagram without envelope came");
    return *envelope;
}

}  // namespace

Request resolution(std::string_view handle, std::vector<std::int32_t> indexes,
                   std::vector<std::string> types) {
    Request out;
    ByteWriter body(out.body);
    handle::encode_resolution_request(handle, indexes, types, body);
    return out;
}

Request about(handle::OpCode op, std::string_view handle) {
    Request out;
    out.op = op;
    ByteWriter(out.body).text_u32(handle);
    return out;
}

Bytes encode(const Request& request) {
    Bytes out;
    handle::MessageWriter writer(out);
    writer.body().raw(BytesView(request.body));
    handle::Envelope envelope;
    envelope.version = request.version;
    envelope.suggested = request.suggested;
    envelope.session_id = request.session_id;
    envelope.request_id = request.request_id != 0 ? request.request_id : fresh_request_id();
    handle::Header header;
    header.op = request.op;
    header.response = request.response;
    header.flags = request.flags;
    header.recursion_count = request.recursion_count;
    header.expiration = 0x7F000000;
    writer.finish(envelope, header);
    return out;
}

BytesView header_and_body(BytesView message) {
    return message.subspan(limits::kEnvelopeBytes, message.size() - limits::kEnvelopeBytes - 4);
}

Reply::Reply(Bytes message) : message_(std::move(message)) {
    const auto envelope = envelope_of(message_);
    const auto view =
        handle::decode_message(envelope, BytesView(message_).subspan(limits::kEnvelopeBytes));
    if (!view) throw std::runtime_error(std::string("malformed response: ") + view.error().field);
    view_ = *view;
}

std::string Reply::handle() const {
    const auto decoded = handle::decode_resolution_response(body());
    if (!decoded) throw std::runtime_error("not the body of a resolution response");
    return std::string(decoded->handle);
}

std::vector<handle::Value> Reply::values() const {
    const auto decoded = handle::decode_resolution_response(body());
    if (!decoded) throw std::runtime_error("not the body of a resolution response");
    auto values = handle::decode_values(decoded->values);
    if (!values) throw std::runtime_error("the values are not well-formed");
    return std::move(*values);
}

std::vector<std::int32_t> Reply::indexes() const {
    std::vector<std::int32_t> out;
    for (const handle::Value& value : values()) out.push_back(value.index);
    return out;
}

std::string Reply::text() const {
    ByteReader in(body());
    return std::string(in.text_u32("message", limits::kFieldBytesMax));
}

Socket::Socket(int type, const std::string& address, std::uint16_t port)
    : descriptor_(open_socket(type, address, port)) {}

Socket::Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

Socket::~Socket() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

bool Socket::wait_readable(milliseconds patience) const {
    pollfd waiting{descriptor_, POLLIN, 0};
    return ::poll(&waiting, 1, static_cast<int>(patience.count())) > 0;
}

UdpClient::UdpClient(std::uint16_t port, const std::string& address)
    : socket_(SOCK_DGRAM, address, port) {}

void UdpClient::send(BytesView datagram) {
    // A refused connection is reported by the next send: that datagram went nowhere, try once more.
    if (::send(socket_.descriptor(), datagram.data(), datagram.size(), 0) < 0) {
        ::send(socket_.descriptor(), datagram.data(), datagram.size(), 0);
    }
}

std::optional<Bytes> UdpClient::receive(milliseconds patience) {
    if (!socket_.wait_readable(patience)) return std::nullopt;
    Bytes out(65'536);
    const ssize_t size = ::recv(socket_.descriptor(), out.data(), out.size(), 0);
    if (size < 0) return std::nullopt;
    out.resize(static_cast<std::size_t>(size));
    return out;
}

Reply UdpClient::ask(const Request& request, milliseconds patience) {
    const Bytes message = encode(request);
    for (const Bytes& datagram : datagrams(message)) send(datagram);
    return receive_reply(envelope_of(message).request_id, patience);
}

Reply UdpClient::receive_reply(std::uint32_t request_id, milliseconds patience) {
    const auto until = Clock::now() + patience;
    std::vector<Bytes> pieces;
    std::size_t missing = 0;
    for (;;) {
        const auto datagram = receive(left_until(until));
        if (!datagram) throw std::runtime_error("no response over UDP");
        const auto envelope = envelope_of(*datagram);
        if (envelope.request_id != request_id) continue;
        if (pieces.empty()) {
            missing = handle::datagram_count(envelope.message_length);
            pieces.resize(missing);
        }
        auto& piece = pieces.at(envelope.sequence);
        if (!piece.empty()) continue;
        piece.assign(datagram->begin() + limits::kEnvelopeBytes, datagram->end());
        if (--missing == 0) {
            return Reply(
                joined(pieces, {datagram->begin(), datagram->begin() + limits::kEnvelopeBytes}));
        }
    }
}

TcpClient::TcpClient(std::uint16_t port, const std::string& address)
    : socket_(SOCK_STREAM, address, port) {}

void TcpClient::send(BytesView octets) {
    while (!octets.empty()) {
        const ssize_t sent =
            ::send(socket_.descriptor(), octets.data(), octets.size(), MSG_NOSIGNAL);
        if (sent <= 0) return;
        octets = octets.subspan(static_cast<std::size_t>(sent));
    }
}

std::size_t TcpClient::read_some(std::span<std::byte> out, milliseconds patience) {
    if (closed_ || !socket_.wait_readable(patience)) return 0;
    const ssize_t size = ::recv(socket_.descriptor(), out.data(), out.size(), 0);
    if (size <= 0) {
        closed_ = true;
        return 0;
    }
    return static_cast<std::size_t>(size);
}

std::optional<Bytes> TcpClient::receive(milliseconds patience) {
    const auto until = Clock::now() + patience;
    Bytes out(limits::kEnvelopeBytes);
    std::size_t have = 0;
    while (have < out.size()) {
        const std::size_t size = read_some(std::span(out).subspan(have), left_until(until));
        if (size == 0) return std::nullopt;
        have += size;
        if (have == limits::kEnvelopeBytes) {
            const std::size_t length = envelope_of(out).message_length;
            if (length > limits::kMessageBytesMax) throw std::runtime_error("absurd length came");
            out.resize(limits::kEnvelopeBytes + length);
        }
    }
    return out;
}

Reply TcpClient::receive_reply(milliseconds patience) {
    auto message = receive(patience);
    if (!message) throw std::runtime_error("no response over TCP");
    return Reply(std::move(*message));
}

Reply TcpClient::ask(const Request& request, milliseconds patience) {
    send(encode(request));
    return receive_reply(patience);
}

Bytes TcpClient::receive_some(milliseconds patience) {
    Bytes out(limits::kMessageBytesMax);
    out.resize(read_some(out, patience));
    return out;
}

bool TcpClient::is_closed_within(milliseconds patience) {
    const auto until = Clock::now() + patience;
    std::array<std::byte, 4096> skipped;
    while (!closed_ && Clock::now() < until) read_some(skipped, left_until(until));
    return closed_;
}

std::vector<Bytes> datagrams(BytesView message) {
    std::vector<Bytes> out(handle::datagram_count(message.size() - limits::kEnvelopeBytes));
    for (std::size_t i = 0; i < out.size(); ++i) {
        handle::write_datagram(message, static_cast<std::uint32_t>(i), out[i]);
    }
    return out;
}

}  // namespace idnode::testing
