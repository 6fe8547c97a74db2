#pragma once

#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <unordered_map>

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "proto/handle/fragment.h"
#include "resolver/forward/endpoint.h"
#include "resolver/forward/message.h"
#include "resolver/forward/task.h"

namespace idnode::resolver {

/// A connected UDP socket to one server and the questions that wait for its answers. The kernel
/// lets in datagrams of that server alone; a request id that nobody waits for is ignored, and so is
/// whatever does not decode as a response of the asked operation. Not thread-safe: one io_context,
/// one thread.
///
/// Shared, because the receiving coroutine must find it alive when its last datagram arrives.
class UdpLink : public std::enable_shared_from_this<UdpLink> {
  public:
    struct Schedule {
        std::chrono::milliseconds
            resend_after;  // the second copy; each later one waits as long again
        SteadyTime deadline;
    };

    /// Opens the socket and starts to receive. kUnavailable: no socket, or no route to the server.
    static Result<std::shared_ptr<UdpLink>> open(const asio::any_io_executor& executor,
                                                 const Endpoint& server);
    explicit UdpLink(const asio::any_io_executor& executor) : socket_(executor) {}

    /// Sends a whole message, again with the same request id when nothing comes (§3.5), and returns
    /// the first reply that matches. `message` must live as long. kUnavailable: the server's host
    /// refused the datagram, or the link was closed; kTimeout: silence until the deadline.
    Task<Result<Reply>> ask(BytesView message, Schedule schedule);

    /// Whether a question with this id is on its way.
    bool is_waiting(std::uint32_t request_id) const { return waiting_.contains(request_id); }

    /// Ends the receiving coroutine; questions on their way fail with kUnavailable.
    void close();

  private:
    struct Waiting {
        explicit Waiting(const asio::any_io_executor& executor) : timer(executor) {}
        Expected expected;
        asio::steady_timer timer;
        std::optional<Result<Reply>> outcome;

        void end(Result<Reply> result);
    };

    static Task<void> receive_until_closed(std::shared_ptr<UdpLink> link);
    void take_datagram(BytesView datagram);
    void send(BytesView message);
    void fail_all(const Error& error);

    asio::ip::udp::socket socket_;
    std::unordered_map<std::uint32_t, Waiting*> waiting_;  // by request id; live in `ask`
    handle::Reassembler pieces_{reassembly_limits()};
    Bytes scratch_;

    static handle::Reassembler::Limits reassembly_limits();
};

}  // namespace idnode::resolver
