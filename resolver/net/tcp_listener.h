#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_set>

#include "resolver/engine/context.h"
#include "resolver/net/connection.h"
#include "resolver/net/sockets.h"

namespace idnode::resolver {

/// What a listener accepts, and at most how much of it.
struct StreamService {
    Carrier carrier = Carrier::kTcp;
    std::size_t connections_max = 1;
    std::function<std::shared_ptr<Connection>(boost::asio::ip::tcp::socket, const Peer&)> connect;
};

/// One listening socket of one thread and the connections it accepted.
class TcpListener {
  public:
    TcpListener(boost::asio::io_context& io, Descriptor socket, bool is_v6, StreamService service);

    /// Runs until `stop_reading`. At the maximum a new connection is closed at once.
    boost::asio::awaitable<void> run();
    /// Accepts no more; the connections end when their answers are out.
    void stop_reading();
    void close_connections();
    void check_deadlines(Connection::Clock::time_point now);

    std::uint64_t requests() const { return requests_.load(std::memory_order_relaxed); }
    std::uint64_t connections() const { return open_.load(std::memory_order_relaxed); }

  private:
    void admit(boost::asio::ip::tcp::socket socket);
    void count_requests(Connection& connection);

    boost::asio::io_context& io_;
    boost::asio::ip::tcp::acceptor acceptor_;
    boost::asio::steady_timer pause_;
    const StreamService service_;
    std::unordered_set<std::shared_ptr<Connection>> connections_;
    std::atomic<std::uint64_t> requests_ = 0;
    std::atomic<std::uint64_t> open_ = 0;
};

}  // namespace idnode::resolver
