#include "tools/free_port.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace idnode::tools {
namespace {

std::uint16_t port_of(const sockaddr_storage& address) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&address);
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&address);
    return ntohs(address.ss_family == AF_INET6 ? v6->sin6_port : v4->sin_port);
}

Result<std::int64_t> free_port(const std::string& address, int socket_type) {
    addrinfo wanted{};
    wanted.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    wanted.ai_socktype = socket_type;
    addrinfo* found = nullptr;
    if (::getaddrinfo(address.c_str(), "0", &wanted, &found) != 0) {
        return Error{Errc::kInvalid,
                     fmt::format("listen.address: '{}' is not an address", address)};
    }
    const int socket = ::socket(found->ai_family, socket_type | SOCK_CLOEXEC, 0);
    sockaddr_storage bound{};
    socklen_t size = sizeof bound;
    const bool ok = socket >= 0 && ::bind(socket, found->ai_addr, found->ai_addrlen) == 0 &&
                    ::getsockname(socket, reinterpret_cast<sockaddr*>(&bound), &size) == 0;
    const int failure = errno;
    if (socket >= 0) ::close(socket);
    ::freeaddrinfo(found);
    if (ok) return port_of(bound);
    return Error{
        Errc::kUnavailable,
        fmt::format("listen.address: cannot listen on {}: {}; it must be an address of this "
                    "machine",
                    address, std::strerror(failure))};
}

}  // namespace

Result<void> choose_ports(Settings::Listen& listen) {
    const std::string& address = listen.address.front();
    if (listen.udp_port == 0) {
        const auto port = free_port(address, SOCK_DGRAM);
        if (!port) return port.error();
        listen.udp_port = *port;
    }
    if (listen.http_port == 0) {
        const auto port = free_port(address, SOCK_STREAM);
        if (!port) return port.error();
        listen.http_port = *port;
    }
    if (listen.tcp_port == 0) {
        const auto port = free_port(address, SOCK_STREAM);
        if (!port) return port.error();
        listen.tcp_port = *port;
    }
    return {};
}

}  // namespace idnode::tools
