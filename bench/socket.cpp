#include "bench/socket.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace idnode::bench {
namespace {

// Room for the largest window's answers: what the kernel drops would count as the server's loss.
constexpr int kBufferBytes = 4 << 20;

Result<Descriptor> open_socket(const Endpoint& endpoint, int type) {
    Descriptor out(::socket(endpoint.family(), type | SOCK_CLOEXEC, 0));
    if (!out.is_open()) return socket_error("socket");
    if (type == SOCK_DGRAM) {
        // The kernel grants what its own maximum allows; less is no error.
        ::setsockopt(out.get(), SOL_SOCKET, SO_RCVBUF, &kBufferBytes, sizeof kBufferBytes);
        ::setsockopt(out.get(), SOL_SOCKET, SO_SNDBUF, &kBufferBytes, sizeof kBufferBytes);
    }
    return out;
}

Result<Descriptor> connect_socket(const Endpoint& server, int type) {
    auto out = open_socket(server, type);
    if (!out) return out;
    if (::connect(out->get(), server.address(), server.size) != 0) return socket_error("connect");
    if (::fcntl(out->get(), F_SETFL, O_NONBLOCK) != 0) return socket_error("fcntl");
    return out;
}

}  // namespace

Descriptor::Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}

Descriptor::~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
}

Error socket_error(std::string_view call) {
    return {Errc::kUnavailable, fmt::format("{}: {}", call, std::strerror(errno))};
}

Result<Endpoint> resolve_endpoint(std::string_view host_and_port) {
    const std::size_t colon = host_and_port.rfind(':');
    if (colon == std::string_view::npos || colon == 0) {
        return Error{Errc::kInvalid,
                     fmt::format("{} is not HOST:PORT, such as 127.0.0.1:2641", host_and_port)};
    }
    std::string_view host = host_and_port.substr(0, colon);
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
    }
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int code =
        ::getaddrinfo(std::string(host).c_str(),
                      std::string(host_and_port.substr(colon + 1)).c_str(), &hints, &found);
    if (code != 0) {
        return Error{Errc::kInvalid, fmt::format("{}: {}", host_and_port, ::gai_strerror(code))};
    }
    Endpoint out;
    std::memcpy(&out.storage, found->ai_addr, found->ai_addrlen);
    out.size = found->ai_addrlen;
    ::freeaddrinfo(found);
    return out;
}

Result<Descriptor> connect_udp(const Endpoint& server) {
    return connect_socket(server, SOCK_DGRAM);
}

Result<Descriptor> connect_tcp(const Endpoint& server) {
    auto out = connect_socket(server, SOCK_STREAM);
    if (!out) return out;
    const int yes = 1;
    ::setsockopt(out->get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return out;
}

Result<Descriptor> bind_socket(const Endpoint& address, int type) {
    auto out = open_socket(address, type);
    if (!out) return out;
    const int yes = 1;
    if (type == SOCK_STREAM) ::setsockopt(out->get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (::bind(out->get(), address.address(), address.size) != 0) return socket_error("bind");
    if (type == SOCK_STREAM && ::listen(out->get(), SOMAXCONN) != 0) return socket_error("listen");
    return out;
}

Result<std::uint16_t> bound_port(const Descriptor& socket) {
    Endpoint own;
    own.size = sizeof own.storage;
    if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&own.storage), &own.size) != 0) {
        return socket_error("getsockname");
    }
    if (own.family() == AF_INET6) {
        sockaddr_in6 six{};
        std::memcpy(&six, &own.storage, sizeof six);
        return ntohs(six.sin6_port);
    }
    sockaddr_in four{};
    std::memcpy(&four, &own.storage, sizeof four);
    return ntohs(four.sin_port);
}

}  // namespace idnode::bench
