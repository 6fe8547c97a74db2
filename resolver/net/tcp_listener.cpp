#include "resolver/net/tcp_listener.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>
#include <exception>
#include <utility>

#include "resolver/net/udp_listener.h"

namespace idnode::resolver {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

// Out of descriptors or memory: accepting again at once would only spin.
constexpr std::chrono::milliseconds kAcceptPause{100};

}  // namespace

TcpListener::TcpListener(asio::io_context& io, Descriptor socket, bool is_v6, StreamService service)
    : io_(io),
      acceptor_(io, is_v6 ? tcp::v6() : tcp::v4(), socket.release()),
      pause_(io),
      service_(std::move(service)) {}

asio::awaitable<void> TcpListener::run() {
    while (acceptor_.is_open()) {
        auto [error, socket] = co_await acceptor_.async_accept(asio::as_tuple(asio::use_awaitable));
        if (!error) {
            admit(std::move(socket));
        } else if (acceptor_.is_open() && error != asio::error::connection_aborted) {
            pause_.expires_after(kAcceptPause);
            co_await pause_.async_wait(asio::as_tuple(asio::use_awaitable));
        }
    }
}

void TcpListener::admit(tcp::socket socket) {
    if (connections_.size() >= service_.connections_max) return;  // the destructor closes it
    boost::system::error_code error;
    socket.set_option(tcp::no_delay(true), error);
    socket.non_blocking(true, error);
    const tcp::endpoint remote = socket.remote_endpoint(error);
    if (error) return;  // gone already
    sockaddr_storage address{};
    std::memcpy(&address, remote.data(), remote.size());

    const auto connection = service_.connect(std::move(socket), peer_of(address, service_.carrier));
    connections_.insert(connection);
    open_.store(connections_.size(), std::memory_order_relaxed);
    asio::co_spawn(io_, connection->run(), [this, connection](const std::exception_ptr&) {
        // An exception here is memory that ran out: this connection ends, the others go on.
        connection->close();
        count_requests(*connection);
        connections_.erase(connection);
        open_.store(connections_.size(), std::memory_order_relaxed);
    });
}

void TcpListener::count_requests(Connection& connection) {
    requests_.fetch_add(connection.take_requests(), std::memory_order_relaxed);
}

void TcpListener::check_deadlines(Connection::Clock::time_point now) {
    for (const auto& connection : connections_) {
        connection->check_deadlines(now);
        count_requests(*connection);
    }
}

void TcpListener::stop_reading() {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    pause_.cancel();
    for (const auto& connection : connections_) connection->end();
}

void TcpListener::close_connections() {
    for (const auto& connection : connections_) connection->close();
}

}  // namespace idnode::resolver
