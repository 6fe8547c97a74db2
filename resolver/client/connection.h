#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "proto/base/bytes.h"
#include "proto/base/limits.h"
#include "proto/base/result.h"
#include "proto/handle/envelope.h"

namespace idnode::client {

using SteadyTime = std::chrono::steady_clock::time_point;

/// Where a server listens; the host is a name or an address, an IPv6 one without brackets.
struct ServerAddress {
    std::string host = "127.0.0.1";
    std::uint16_t port = 2641;

    /// `192.0.2.1:2641`, `[2001:db8::1]:2641`.
    std::string text() const;
};

/// A message as it came: everything after the envelope is still encoded, perhaps encrypted.
struct Frame {
    handle::Envelope envelope;
    Bytes payload;
};

/// One TCP connection, §3.6: whole messages in both directions, then perhaps a stream (§7.4). Every
/// call blocks until its deadline at most. Used by one thread at a time.
///
/// After an error the connection is of no use: its place in the octets is lost. kUnavailable: it
/// cannot be made, or has ended; kTimeout: the deadline passed; kLimit: a message longer than
/// allowed. The details name the server.
class Connection {
  public:
    /// Asks the name service and tries each address of the host until one accepts.
    static Result<Connection> open(const ServerAddress& server, SteadyTime deadline);
    Connection(Connection&& other) noexcept;
    Connection& operator=(Connection&& other) noexcept;
    ~Connection();

    Result<void> send(BytesView octets, SteadyTime deadline);

    /// The next message. One that announces more than `payload_bytes_max` octets is refused before
    /// memory is taken for it.
    Result<Frame> receive(SteadyTime deadline,
                          std::size_t payload_bytes_max = limits::kMessageBytesMax);

    /// What follows the last message, as a stream: at least one octet, 0 at its end.
    Result<std::size_t> read_some(std::span<std::byte> out, SteadyTime deadline);

    /// Nothing has come and the other side has not closed: another request may be sent.
    bool is_quiet() const;
    /// Whether the last `receive` failed before it saw an octet of the message.
    bool ended_between_messages() const { return between_messages_; }

    /// The socket, for a TLS handshake that takes the connection over (§7.4). Octets that came with
    /// the last message are not in it: none do before a handshake, in which the client speaks
    /// first.
    int descriptor() const { return descriptor_; }
    const ServerAddress& server() const { return server_; }

  private:
    Connection(int descriptor, ServerAddress server);
    Result<void> read_exactly(std::span<std::byte> out, SteadyTime deadline);
    Error error(Errc code, std::string_view what) const;

    int descriptor_ = -1;
    ServerAddress server_;
    Bytes buffer_;  // read from the socket, not yet handed out from `at_` on
    std::size_t at_ = 0;
    bool between_messages_ = true;
};

}  // namespace idnode::client
