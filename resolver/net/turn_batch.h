#pragma once

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <memory>
#include <vector>

#include "proto/base/bytes.h"
#include "resolver/net/dispatcher.h"

namespace idnode::resolver {

class TcpConnection;

/// The messages that came in one turn of the event loop, one on each of several connections. They
/// are answered together at its end: what each asks for is fetched while the others are looked at.
/// Used on the thread of `io` only.
class TurnBatch {
  public:
    TurnBatch(boost::asio::io_context& io, Dispatcher& dispatcher)
        : io_(io), dispatcher_(dispatcher) {}

    /// Copies the message, which is complete. The connection's `answer_foreseen` will be called.
    void add(std::shared_ptr<TcpConnection> connection, BytesView message, Logins* logins);
    /// Answers all that there are at once.
    void serve();

  private:
    struct Item {
        std::shared_ptr<TcpConnection> connection;
        std::size_t bytes;
    };

    boost::asio::io_context& io_;
    Dispatcher& dispatcher_;
    std::vector<Item> items_;
    Bytes octets_;              // of their messages, end to end
    Logins* logins_ = nullptr;  // of one of them that has some
    bool will_serve_ = false;
};

}  // namespace idnode::resolver
