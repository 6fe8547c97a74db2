#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "proto/base/result.h"

namespace idnode::bench {

/// A file descriptor that closes itself.
class Descriptor {
  public:
    Descriptor() = default;
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept;
    Descriptor& operator=(Descriptor&& other) noexcept;
    ~Descriptor();

    int get() const { return fd_; }
    bool is_open() const { return fd_ >= 0; }

  private:
    int fd_ = -1;
};

/// An IPv4 or IPv6 address with its port, as the socket calls want it.
struct Endpoint {
    sockaddr_storage storage{};
    socklen_t size = 0;

    const sockaddr* address() const { return reinterpret_cast<const sockaddr*>(&storage); }
    int family() const { return storage.ss_family; }
};

/// `HOST:PORT`; an IPv6 address stands in brackets. kInvalid: neither, or the name is not known.
Result<Endpoint> resolve_endpoint(std::string_view host_and_port);

/// What `call` left in errno, in words.
Error socket_error(std::string_view call);

/// Non-blocking and connected, with buffers for a full window.
Result<Descriptor> connect_udp(const Endpoint& server);
/// Non-blocking, connected (this waits for the handshake), without Nagle's delay.
Result<Descriptor> connect_tcp(const Endpoint& server);
/// Bound to `address`; for `SOCK_STREAM` listening, too. Port 0: any free one.
Result<Descriptor> bind_socket(const Endpoint& address, int type);
Result<std::uint16_t> bound_port(const Descriptor& socket);

}  // namespace idnode::bench
