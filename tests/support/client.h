#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "proto/base/bytes.h"
#include "proto/handle/message.h"
#include "proto/handle/value.h"
#include "tests/support/process.h"

/// A client that can be as rude as a test wants: it sends any octets and shows every octet that
/// comes back.
namespace idnode::testing {

/// How long a test listens before it calls an answer silence.
inline constexpr milliseconds kSilence{400};

/// A request in the making; what is not set is what a plain query has (§3.2).
struct Request {
    handle::OpCode op = handle::OpCode::kResolution;
    std::uint32_t flags = 0x19000000;  // REC, CA, PO
    handle::Version version = handle::kOwnVersion;
    handle::Version suggested = handle::kOwnVersion;
    std::uint32_t session_id = 0;
    std::uint32_t request_id = 0;  // 0: a fresh one is taken
    std::uint8_t recursion_count = 0;
    handle::ResponseCode response = handle::ResponseCode::kNone;
    Bytes body;
};

/// A request for the values of `handle` with these indexes and types.
Request resolution(std::string_view handle, std::vector<std::int32_t> indexes = {},
                   std::vector<std::string> types = {});
/// A request whose body is one `STR`.
Request about(handle::OpCode op, std::string_view handle);

/// Envelope and message.
Bytes encode(const Request& request);
/// What digests cover: header and body of an encoded message without credential.
BytesView header_and_body(BytesView message);

/// A response that was received, in octets of its own.
class Reply {
  public:
    /// Throws when the octets are no well-formed message.
    explicit Reply(Bytes message);

    const handle::Envelope& envelope() const { return view_.envelope; }
    const handle::Header& header() const { return view_.header; }
    handle::ResponseCode code() const { return view_.header.response; }
    /// The number as it came.
    std::uint32_t rc() const { return static_cast<std::uint32_t>(view_.header.response); }
    BytesView body() const { return view_.body; }
    BytesView credential() const { return view_.credential; }
    BytesView header_and_body() const { return view_.header_and_body; }
    /// Envelope and everything after it.
    BytesView octets() const { return message_; }

    /// Of a successful resolution without digest.
    std::string handle() const;
    std::vector<handle::Value> values() const;
    std::vector<std::int32_t> indexes() const;
    /// Of an error without digest.
    std::string text() const;

  private:
    Bytes message_;
    handle::MessageView view_;
};

/// An open socket, closed at the end.
class Socket {
  public:
    Socket(int type, const std::string& address, std::uint16_t port);
    ~Socket();
    Socket(Socket&& other) noexcept;
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    int descriptor() const { return descriptor_; }
    bool wait_readable(milliseconds patience) const;

  private:
    int descriptor_ = -1;
};

class UdpClient {
  public:
    explicit UdpClient(std::uint16_t port, const std::string& address = "127.0.0.1");

    void send(BytesView datagram);
    /// One datagram as it came; nothing when none came in time.
    std::optional<Bytes> receive(milliseconds patience = kPatience);
    /// Whether nothing comes for a while.
    bool is_silent(milliseconds patience = kSilence) { return !receive(patience); }

    /// Sends a request, in several datagrams when it must, and puts the response with its request
    /// id together; others are dropped. Throws when none came in time.
    Reply ask(const Request& request, milliseconds patience = kPatience);
    Reply receive_reply(std::uint32_t request_id, milliseconds patience = kPatience);

  private:
    Socket socket_;
};

class TcpClient {
  public:
    explicit TcpClient(std::uint16_t port, const std::string& address = "127.0.0.1");

    /// Sends all of it; a connection that was closed meanwhile is no error here.
    void send(BytesView octets);
    /// The next message; nothing when the connection ended or none came in time.
    std::optional<Bytes> receive(milliseconds patience = kPatience);
    Reply receive_reply(milliseconds patience = kPatience);
    Reply ask(const Request& request, milliseconds patience = kPatience);
    /// What comes next as it comes, for streams; empty when the connection ended or nothing came.
    Bytes receive_some(milliseconds patience = kPatience);
    /// Whether the other side closes (or resets) within the time; messages before that are skipped.
    bool is_closed_within(milliseconds patience = kPatience);

  private:
    std::size_t read_some(std::span<std::byte> out, milliseconds patience);

    Socket socket_;
    bool closed_ = false;
};

/// The pieces of an encoded message as datagrams, each with its own envelope (§3.5).
std::vector<Bytes> datagrams(BytesView message);

}  // namespace idnode::testing
