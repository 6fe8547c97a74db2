#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <thread>
#include <vector>

#include "resolver/net/dispatcher.h"
#include "resolver/net/sockets.h"
#include "resolver/net/tcp_listener.h"
#include "resolver/net/turn_batch.h"
#include "resolver/net/udp_listener.h"

namespace idnode::resolver {

/// One thread of a server with its event loop, engine and sockets. Nothing of it is shared with
/// the other workers but the pool and what the context refers to.
class Worker {
  public:
    struct Counts {
        std::uint64_t datagrams = 0;
        std::uint64_t datagrams_dropped = 0;  // answers that the socket would not take
        std::uint64_t stream_requests = 0;
        std::uint64_t connections = 0;  // open now
    };

    Worker(const EngineContext& context, StoragePool& pool);
    ~Worker();

    /// For the connections of this worker, which may use them on its thread only.
    Dispatcher& dispatcher() { return dispatcher_; }
    TurnBatch& batch() { return batch_; }
    /// Both are theirs between two suspensions.
    std::vector<std::byte>& receive_buffer() { return receive_buffer_; }
    Bytes& send_buffer() { return send_buffer_; }

    /// Before `start`.
    void add_udp(Descriptor socket);
    void add_streams(Descriptor socket, bool is_v6, StreamService service);
    /// `before_all`: see `come_before_all`.
    void start(bool before_all = false);

    /// Returns when the thread takes no more questions; what waits is still answered.
    void stop_reading();
    std::size_t waiting() const { return dispatcher_.waiting(); }
    /// Closes everything and joins the thread. Nothing may be waiting for pool or upstream.
    void finish();

    Counts counts() const;

  private:
    boost::asio::awaitable<void> watch_deadlines();

    boost::asio::io_context io_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> busy_;
    boost::asio::steady_timer tick_;
    std::vector<std::byte> receive_buffer_;
    Bytes send_buffer_;
    Dispatcher dispatcher_;
    TurnBatch batch_;
    bool stopping_ = false;  // on the thread
    std::vector<std::unique_ptr<UdpListener>> udp_;
    std::vector<std::unique_ptr<TcpListener>> streams_;
    std::thread thread_;
};

}  // namespace idnode::resolver
