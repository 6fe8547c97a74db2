#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <string>

#include "proto/base/result.h"
#include "resolver/engine/upstream.h"

namespace idnode::resolver {

/// A file descriptor that is closed with its owner.
class Descriptor {
  public:
    Descriptor() = default;
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
    Descriptor& operator=(Descriptor&& other) noexcept;
    ~Descriptor();

    int get() const { return fd_; }
    int release();

  private:
    int fd_ = -1;
};

enum class SocketKind : std::uint8_t { kDatagram, kStream };

struct Binding {
    SocketKind kind = SocketKind::kDatagram;
    boost::asio::ip::address address;
    std::uint16_t port = 0;  // 0: the kernel chooses
    bool v6_only = false;    // of an IPv6 wildcard: leave IPv4 to another socket
};

/// A bound, non-blocking socket (streams listen) that shares its port with other sockets of this
/// process. kUnavailable: the port is in use, or the address is not of this machine.
Result<Descriptor> bind_shared(const Binding& binding);
/// Fails like `bind_shared` if anybody has the port, sockets that would share it included.
Result<void> check_free(const Binding& binding);
/// The port a socket was bound to.
std::uint16_t bound_port(const Descriptor& socket);

std::string to_text(const boost::asio::ip::address& address, std::uint16_t port);

}  // namespace idnode::resolver
