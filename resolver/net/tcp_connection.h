#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "resolver/crypto/tls.h"
#include "resolver/engine/logins.h"
#include "resolver/net/connection.h"
#include "resolver/net/dispatcher.h"
#include "resolver/net/turn_batch.h"

namespace idnode::resolver {

/// What all connections of one thread share.
struct ConnectionContext {
    Dispatcher& dispatcher;
    TurnBatch& batch;
    // Both are used between two suspensions only.
    std::vector<std::byte>& receive_buffer;
    Bytes& send_buffer;
    std::size_t inflight_max;
    std::chrono::steady_clock::duration idle;
    std::chrono::steady_clock::duration partial;
    const crypto::TlsServer* tls;  // null: a connection is always plain
};

/// A persistent, pipelined stream connection (§3.6). Answers that need no waiting keep the order of
/// their questions; the others come when they are ready. While a stream follows an answer nothing
/// else is sent, and nothing is read but what the stream asks for: its next piece is made when the
/// peer has taken the last one. A message that comes alone is answered together with those of other
/// connections. An idle connection holds no buffer but one for the next question.
/// When the first octet begins a TLS handshake, all of this goes on inside TLS (§3.8).
/// Used on one thread; kept alive by its coroutine and by answers under way.
class TcpConnection final : public Connection, public std::enable_shared_from_this<TcpConnection> {
  public:
    /// Whether the peer may log in and use what else §9 describes.
    enum class Mode : std::uint8_t { kPlain, kIndustrial };

    TcpConnection(boost::asio::ip::tcp::socket socket, const Peer& peer, Mode mode,
                  ConnectionContext& context);

    boost::asio::awaitable<void> run() override;
    void end() override;
    void close() override;
    void check_deadlines(Clock::time_point now) override;
    std::uint64_t take_requests() override { return std::exchange(requests_, 0); }

    /// The message that it has put into the batch of this turn, under its number there.
    void answer_foreseen(std::size_t number, BytesView message);

  private:
    enum class Progress : std::uint8_t { kGoOn, kEnd };

    Progress receive(std::size_t count);
    Progress consume(BytesView octets);
    void begin_tls();
    Progress receive_sealed(BytesView octets);
    Progress shake_hands(BytesView octets);
    Progress take_unsealed(BytesView plain);
    void end_tls();
    std::size_t take_messages(BytesView octets);
    std::size_t split(BytesView octets, std::span<BytesView> messages);
    void answer(std::size_t number, BytesView message);
    void take_message(BytesView message);
    void refuse_and_end(const handle::Envelope& envelope, BytesView payload);
    void deliver(Bytes message, StreamPtr stream);
    void send(const Bytes& message, StreamPtr stream);
    void advance_stream();
    void take_piece(const Bytes& piece, Stream::Next next);
    void end_stream();
    void flush();
    boost::asio::awaitable<void> flush_when_writable();
    bool is_blocked() const;
    Bytes& wire();
    void let_go(Bytes& sent);
    std::size_t unsent() const;

    boost::asio::ip::tcp::socket socket_;
    const std::unique_ptr<Logins> logins_;  // null: not for industrial clients
    const Peer peer_;
    ConnectionContext& context_;
    boost::asio::steady_timer resumed_;  // cancelled when the reader may go on

    // For a question or two; what is longer goes on in the receive buffer. To read is cheaper than
    // to wait and then read: the event loop need not be told each time.
    std::array<std::byte, 512> first_;
    Bytes partial_;  // the beginning of a message whose rest has not come
    Bytes out_;      // answers not yet taken by the kernel, or not yet encrypted
    std::size_t out_sent_ = 0;
    std::size_t inflight_ = 0;
    bool is_in_batch_ = false;  // a message of this turn
    bool flushing_ = false;

    struct Tls {
        crypto::TlsSession session;
        Bytes sealed{};          // not yet taken by the kernel
        bool on_pool = false;    // a step of the handshake, which owns the session meanwhile
        bool unfinished = true;  // a handshake, or a record that has begun
        Since unfinished_since{};
    };
    std::unique_ptr<Tls> tls_;
    bool is_fresh_ = true;  // nothing was received yet

    struct Later {
        Bytes message;
        StreamPtr stream;
    };
    StreamPtr stream_;           // that is being sent
    bool making_piece_ = false;  // on the pool
    bool awaiting_peer_ = false;
    Bytes from_peer_;          // for the stream
    std::vector<Later> held_;  // answers that came while a stream was being sent
    Since awaiting_since_;

    bool ending_ = false;  // nothing more is read; close when all answers are out
    Since last_activity_;
    Since partial_since_;
    std::uint64_t requests_ = 0;
};

}  // namespace idnode::resolver
