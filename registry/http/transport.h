#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>

#include "proto/base/bytes.h"
#include "resolver/crypto/tls.h"

namespace idnode::http {

/// A socket that speaks plain or TLS, whichever its peer began with. Used on one thread, by one
/// coroutine; `check_deadline` and `close` come from others of that thread. Holds no buffers while
/// it waits.
class Transport {
  public:
    using Clock = std::chrono::steady_clock;

    /// `receive_buffer` is shared by all transports of the thread.
    Transport(boost::asio::ip::tcp::socket socket, std::span<std::byte> receive_buffer);

    /// Server: the first octet decides whether this becomes TLS.
    void accept_tls(const crypto::TlsServer& server) { tls_server_ = &server; }
    /// Client: begins TLS. False: the connection broke. `host`: its certificate must be of this
    /// host; empty: any certificate will do.
    boost::asio::awaitable<bool> connect_tls(std::string host = {});

    /// How long what follows may take. Each 8 KiB that move add a second, so that a long body may
    /// take its time and a dripping one may not.
    void allow(Clock::duration time);
    void allow_any_time() { deadline_ = Clock::time_point::max(); }
    /// Ends what is being waited for when its time is over.
    void check_deadline(Clock::time_point now);
    bool timed_out() const { return timed_out_; }

    /// Appends what the peer sent, at least one octet. False: it ended, broke, or took too long.
    boost::asio::awaitable<bool> read(Bytes& into);
    /// Whether `read` would find something at once.
    bool has_more() const {
        boost::system::error_code ignored;
        return socket_.available(ignored) > 0;
    }
    /// Both parts, one after the other; valid until it returns.
    boost::asio::awaitable<bool> write(BytesView head, BytesView body);
    /// Ends our direction, then reads away what the peer still sends: closing with unread octets
    /// would take our last answer from it.
    boost::asio::awaitable<void> finish();
    /// Ends what is being waited for; answers may still be written.
    void cancel();
    void close();

    auto executor() { return socket_.get_executor(); }
    bool is_open() const { return socket_.is_open(); }
    bool is_secure() const { return tls_.has_value(); }
    /// DER; empty: none was shown.
    Bytes peer_certificate() const { return tls_ ? tls_->peer_certificate() : Bytes{}; }

  private:
    bool take(Bytes& into);
    boost::asio::awaitable<bool> write_all(BytesView head, BytesView body);
    boost::asio::awaitable<bool> write_sealed();
    void count(std::size_t octets);

    boost::asio::ip::tcp::socket socket_;
    const std::span<std::byte> receive_buffer_;
    const crypto::TlsServer* tls_server_ = nullptr;  // until the first octet
    std::optional<crypto::TlsSession> tls_;
    Bytes sealed_;  // for the peer, to be sent as it is
    Clock::time_point deadline_ = Clock::time_point::max();
    bool timed_out_ = false;
};

}  // namespace idnode::http
