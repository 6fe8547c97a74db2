#include "resolver/net/sockets.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <cstring>
#include <utility>

namespace idnode::resolver {

namespace {

constexpr int kDatagramBufferBytes = 4 << 20;
constexpr int kListenBacklog = 1024;

bool set_option(const Descriptor& socket, int level, int name, int value) {
    return ::setsockopt(socket.get(), level, name, &value, sizeof value) == 0;
}

Error bind_error(const Binding& binding, int error) {
    const char* remedy = error == EADDRINUSE ? "stop the program that has it or choose another port"
                         : error == EADDRNOTAVAIL
                             ? "listen.address must be an address of this machine"
                         : error == EACCES ? "ports below 1024 need privileges"
                                           : "check listen.address and the port";
    return {Errc::kUnavailable, std::string(binding.setting) + ": cannot listen on " +
                                    to_text(binding.address, binding.port) + " (" +
                                    std::strerror(error) + "): " + remedy};
}

Result<Descriptor> bind_socket(const Binding& binding, bool shared) {
    const bool datagram = binding.kind == SocketKind::kDatagram;
    const int family = binding.address.is_v6() ? AF_INET6 : AF_INET;
    const int type = (datagram ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC;
    Descriptor socket(::socket(family, type, 0));
    if (socket.get() < 0) return bind_error(binding, errno);

    bool ok = true;
    if (family == AF_INET6)
        ok = set_option(socket, IPPROTO_IPV6, IPV6_V6ONLY, binding.v6_only ? 1 : 0);
    if (!datagram) ok = ok && set_option(socket, SOL_SOCKET, SO_REUSEADDR, 1);
    if (shared) ok = ok && set_option(socket, SOL_SOCKET, SO_REUSEPORT, 1);
    const boost::asio::ip::tcp::endpoint endpoint(binding.address, binding.port);
    ok = ok && ::bind(socket.get(), endpoint.data(), static_cast<socklen_t>(endpoint.size())) == 0;
    if (ok && !datagram) ok = ::listen(socket.get(), kListenBacklog) == 0;
    if (!ok) return bind_error(binding, errno);

    if (datagram) {
        // Larger buffers ride out a burst; the kernel may grant less, which only costs datagrams.
        set_option(socket, SOL_SOCKET, SO_RCVBUF, kDatagramBufferBytes);
        set_option(socket, SOL_SOCKET, SO_SNDBUF, kDatagramBufferBytes);
        // A datagram of ours fits every path (512 octets), so it need not be cut on its way. The
        // kernel then gives it no number to put pieces together by, which costs it a thirtieth of
        // a lookup, and does not believe who says that the path became narrower.
        if (family == AF_INET) {
            set_option(socket, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE);
        }
        if (binding.address.is_unspecified()) {
            // An answer must leave from the address that was asked.
            if (family == AF_INET6) set_option(socket, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
            if (family == AF_INET) set_option(socket, IPPROTO_IP, IP_PKTINFO, 1);
        }
    }
    return socket;
}

/// The port a socket was bound to.
std::uint16_t bound_port(const Descriptor& socket) {
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return 0;
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&address);
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&address);
    return ntohs(address.ss_family == AF_INET6 ? v6->sin6_port : v4->sin_port);
}

}  // namespace

Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
    if (this != &other) {
        if (fd_ >= 0) ::close(fd_);
        fd_ = other.release();
    }
    return *this;
}

Descriptor::~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
}

int Descriptor::release() {
    return std::exchange(fd_, -1);
}

Result<std::vector<Binding>> bindings_for(const std::vector<std::string>& addresses,
                                          const Binding& port) {
    std::vector<Binding> out;
    for (const std::string& text : addresses) {
        boost::system::error_code error;
        out.push_back(port);
        out.back().address = boost::asio::ip::make_address(text, error);
        if (error) {
            return Error{Errc::kInvalid,
                         "listen.address: '" + text + "' is not an IPv4 or IPv6 address"};
        }
    }
    const bool has_v4 = std::ranges::any_of(out, [](const auto& b) { return b.address.is_v4(); });
    for (Binding& binding : out) {
        const auto& address = binding.address;
        binding.v6_only = address.is_v6() && (has_v4 || !address.is_unspecified());
    }
    return out;
}

Result<std::vector<Descriptor>> bind_shared(Binding& binding, unsigned count) {
    if (binding.port != 0) {
        // A socket that does not share finds out whether others would share the port with us.
        if (const auto alone = bind_socket(binding, false); !alone) return alone.error();
    }
    std::vector<Descriptor> out;
    for (unsigned i = 0; i < count; ++i) {
        auto socket = bind_socket(binding, true);
        if (!socket) return socket.error();
        binding.port = bound_port(*socket);
        out.push_back(std::move(*socket));
    }
    return out;
}

std::string to_text(const boost::asio::ip::address& address, std::uint16_t port) {
    const std::string host =
        address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
    return host + ":" + std::to_string(port);
}

}  // namespace idnode::resolver
