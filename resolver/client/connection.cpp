#include "resolver/client/connection.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <memory>
#include <utility>

namespace idnode::client {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Most answers come in one read; a stream of records in few.
constexpr std::size_t kReadBytes = 65'536;

int left_until(SteadyTime deadline) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now()).count();
    return static_cast<int>(std::clamp<milliseconds::rep>(left, 0, 3'600'000));
}

enum class Wait : std::uint8_t { kReady, kTimeout };

/// Ready also when the socket has failed: the next call on it says how.
Wait wait_for(int descriptor, short events, SteadyTime deadline) {
    for (;;) {
        pollfd entry{descriptor, events, 0};
        const int ready = ::poll(&entry, 1, left_until(deadline));
        if (ready > 0 || (ready < 0 && errno != EINTR)) return Wait::kReady;
        if (ready == 0 && Clock::now() >= deadline) return Wait::kTimeout;
    }
}

using AddressList = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Result<AddressList> look_up(const ServerAddress& server) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    addrinfo* found = nullptr;
    const int failure =
        ::getaddrinfo(server.host.c_str(), std::to_string(server.port).c_str(), &hints, &found);
    if (failure != 0) {
        return Error{Errc::kUnavailable, server.host + ": " + ::gai_strerror(failure)};
    }
    return AddressList(found, &::freeaddrinfo);
}

/// A connected socket, or -1 with errno set.
int connect_to(const addrinfo& address, SteadyTime deadline) {
    const int descriptor =
        ::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0) return -1;
    int failure = 0;
    if (::connect(descriptor, address.ai_addr, address.ai_addrlen) != 0) failure = errno;
    if (failure == EINPROGRESS) {
        socklen_t size = sizeof failure;
        if (wait_for(descriptor, POLLOUT, deadline) == Wait::kTimeout) {
            failure = ETIMEDOUT;
        } else if (::getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &failure, &size) != 0) {
            failure = errno;
        }
    }
    if (failure != 0) {
        ::close(descriptor);
        errno = failure;
        return -1;
    }
    // A request is one write; waiting for more of it would only delay it.
    const int on = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return descriptor;
}

}  // namespace

std::string ServerAddress::text() const {
    const bool brackets = host.find(':') != std::string::npos;
    return (brackets ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Connection::Connection(int descriptor, ServerAddress server)
    : descriptor_(descriptor), server_(std::move(server)) {}

Connection::Connection(Connection&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      server_(std::move(other.server_)),
      buffer_(std::move(other.buffer_)),
      at_(other.at_),
      between_messages_(other.between_messages_) {}

Connection& Connection::operator=(Connection&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    std::swap(server_, other.server_);
    std::swap(buffer_, other.buffer_);
    std::swap(at_, other.at_);
    std::swap(between_messages_, other.between_messages_);
    return *this;
}

Connection::~Connection() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

Error Connection::error(Errc code, std::string_view what) const {
    return {code, server_.text() + ": " + std::string(what)};
}

Result<Connection> Connection::open(const ServerAddress& server, SteadyTime deadline) {
    const Result<AddressList> addresses = look_up(server);
    if (!addresses) return addresses.error();
    int failure = 0;
    for (const addrinfo* at = addresses->get(); at != nullptr; at = at->ai_next) {
        // A silent address leaves time for the next one.
        const auto now = Clock::now();
        const SteadyTime until = at->ai_next == nullptr ? deadline : now + (deadline - now) / 2;
        const int descriptor = connect_to(*at, until);
        if (descriptor >= 0) return Connection(descriptor, server);
        failure = errno;
    }
    return Error{failure == ETIMEDOUT ? Errc::kTimeout : Errc::kUnavailable,
                 server.text() + ": cannot connect: " + std::strerror(failure)};
}

Result<void> Connection::send(BytesView octets, SteadyTime deadline) {
    while (!octets.empty()) {
        const ssize_t sent = ::send(descriptor_, octets.data(), octets.size(), MSG_NOSIGNAL);
        if (sent >= 0) {
            octets = octets.subspan(static_cast<std::size_t>(sent));
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            if (wait_for(descriptor_, POLLOUT, deadline) == Wait::kTimeout) {
                return error(Errc::kTimeout, "does not take the request");
            }
        } else if (errno != EINTR) {
            return error(Errc::kUnavailable,
                         std::string("the connection ended: ") + std::strerror(errno));
        }
    }
    return {};
}

Result<std::size_t> Connection::read_some(std::span<std::byte> out, SteadyTime deadline) {
    if (at_ < buffer_.size()) {
        const std::size_t size = std::min(out.size(), buffer_.size() - at_);
        std::memcpy(out.data(), buffer_.data() + at_, size);
        at_ += size;
        return size;
    }
    for (;;) {
        const ssize_t got = ::recv(descriptor_, out.data(), out.size(), 0);
        if (got >= 0) return static_cast<std::size_t>(got);
        if (errno == EAGAIN || errno == EWOULDBLOCK) {
            if (wait_for(descriptor_, POLLIN, deadline) == Wait::kTimeout) {
                return error(Errc::kTimeout, "no answer in time");
            }
        } else if (errno != EINTR) {
            return error(Errc::kUnavailable,
                         std::string("the connection ended: ") + std::strerror(errno));
        }
    }
}

Result<void> Connection::read_exactly(std::span<std::byte> out, SteadyTime deadline) {
    while (!out.empty()) {
        if (at_ == buffer_.size()) {
            buffer_.resize(kReadBytes);
            at_ = kReadBytes;  // nothing in it yet
            const auto got = read_some(buffer_, deadline);
            at_ = 0;
            buffer_.resize(got.value_or(0));
            if (!got) return got.error();
            if (*got == 0) {
                return error(Errc::kUnavailable, between_messages_
                                                     ? "closed the connection without an answer"
                                                     : "closed the connection within an answer");
            }
        }
        between_messages_ = false;
        const auto got = read_some(out, deadline);
        if (!got) return got.error();
        out = out.subspan(*got);
    }
    return {};
}

Result<Frame> Connection::receive(SteadyTime deadline, std::size_t payload_bytes_max) {
    between_messages_ = true;
    std::array<std::byte, limits::kEnvelopeBytes> front{};
    if (auto read = read_exactly(front, deadline); !read) return read.error();
    const auto envelope = handle::decode_envelope(front);
    if (!envelope) return error(Errc::kInvalid, "sent no envelope");
    // A negative length is a large one here (§0.2).
    if (envelope->message_length > payload_bytes_max) {
        return error(Errc::kLimit, "announced an answer of " +
                                       std::to_string(envelope->message_length) + " octets, " +
                                       std::to_string(payload_bytes_max) + " are accepted");
    }
    Frame out{*envelope, Bytes(envelope->message_length)};
    if (auto read = read_exactly(out.payload, deadline); !read) return read.error();
    return out;
}

bool Connection::is_quiet() const {
    std::byte octet{};
    return at_ == buffer_.size() && ::recv(descriptor_, &octet, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
           (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace idnode::client
