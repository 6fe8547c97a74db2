#pragma once

#include <netinet/in.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "proto/base/bytes.h"
#include "proto/handle/fragment.h"
#include "proto/handle/message.h"
#include "proto/handle/site.h"
#include "resolver/forward/endpoint.h"

namespace idnode::test {

/// A top-level node on the loopback address whose behaviour is a function: it gets each request and
/// says which whole messages go back, in this order. None: silence (over TCP the connection stays
/// open). UDP and TCP have the same port.
class FakeServer {
  public:
    struct Request {
        handle::MessageView message;
        handle::Transport transport = handle::Transport::kUdp;
        int number = 1;  // among those over this transport
        sockaddr_in client{};
    };
    using Behaviour = std::function<std::vector<Bytes>(const Request&)>;

    /// `port` 0: a free one.
    explicit FakeServer(Behaviour behaviour, std::uint16_t port = 0);
    ~FakeServer();
    FakeServer(const FakeServer&) = delete;
    FakeServer& operator=(const FakeServer&) = delete;

    std::uint16_t port() const { return port_; }
    std::string name() const { return "127.0.0.1:" + std::to_string(port_); }
    resolver::Endpoint endpoint() const;
    int udp_requests() const { return udp_requests_; }
    int tcp_requests() const { return tcp_requests_; }

  private:
    void run();
    void take_datagram();
    void take_connection();

    Behaviour behaviour_;
    std::uint16_t port_ = 0;
    int udp_ = -1;
    int tcp_ = -1;
    std::vector<int> connections_;
    handle::Reassembler pieces_;
    std::atomic<int> udp_requests_ = 0;
    std::atomic<int> tcp_requests_ = 0;
    std::atomic<bool> stopping_ = false;
    std::thread thread_;
};

/// A port on which nothing listens, kept from other users of this machine while the object lives.
class DeadPort {
  public:
    DeadPort();
    ~DeadPort();
    DeadPort(const DeadPort&) = delete;
    DeadPort& operator=(const DeadPort&) = delete;
    std::uint16_t port() const { return port_; }
    std::string name() const { return "127.0.0.1:" + std::to_string(port_); }
    /// So that a server can take it.
    void release();

  private:
    int socket_ = -1;
    std::uint16_t port_ = 0;
};

/// A response to `request` with this body; ids and operation are taken over.
Bytes response(const FakeServer::Request& request, handle::ResponseCode code, BytesView body);
/// RC 1 with one value `URL` at index 1 holding `data`.
Bytes found(const FakeServer::Request& request, std::string_view data, std::uint32_t ttl = 86'400);
/// An error with its text.
Bytes error(const FakeServer::Request& request, handle::ResponseCode code,
            std::string_view text = "");
/// The same message with other octets in its envelope or header.
Bytes with_request_id(Bytes message, std::uint32_t id);
Bytes with_op(Bytes message, handle::OpCode op);

/// Sends the datagrams of a message from a socket of its own.
void send_from_elsewhere(const sockaddr_in& client, BytesView message);

}  // namespace idnode::test
