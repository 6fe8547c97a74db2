#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

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
    boost::asio::ip::address address{};
    std::uint16_t port = 0;      // 0: the kernel chooses
    bool v6_only = false;        // of an IPv6 wildcard: leave IPv4 to another socket
    std::string_view setting{};  // that chose the port, for errors
};

/// What to bind for one port on each of these IPv4 and IPv6 literals. kInvalid: not an address.
Result<std::vector<Binding>> bindings_for(const std::vector<std::string>& addresses,
                                          const Binding& port);

/// Bound, non-blocking sockets (streams listen) that share one port, which is put into `binding`
/// when the kernel chose it. kUnavailable: anybody else has the port, or the address is not of this
/// machine.
Result<std::vector<Descriptor>> bind_shared(Binding& binding, unsigned count);

std::string to_text(const boost::asio::ip::address& address, std::uint16_t port);

}  // namespace idnode::resolver
