#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <cstddef>
#include <unordered_set>

#include "proto/base/bytes.h"
#include "proto/base/result.h"
#include "resolver/forward/endpoint.h"
#include "resolver/forward/message.h"
#include "resolver/forward/task.h"

namespace idnode::resolver {

/// Questions over TCP, a connection for each, bounded in number. Not thread-safe.
class TcpCalls {
  public:
    explicit TcpCalls(asio::any_io_executor executor) : executor_(std::move(executor)) {}

    /// Sends one message and reads one (§3.6). `message` must live as long. kUnavailable: the
    /// connection was refused or broke, or too many are open; kTimeout: the deadline passed first.
    /// Errors that are about the connection itself have `connected` false.
    struct Outcome {
        Result<Reply> reply;
        bool connected = false;
    };
    Task<Outcome> ask(Endpoint server, BytesView message, SteadyTime deadline);

    /// Ends all calls; they fail with kUnavailable.
    void close_all();

  private:
    struct Call;

    Task<Result<Reply>> talk(Call& call, Endpoint server, BytesView message);

    asio::any_io_executor executor_;
    std::unordered_set<Call*> calls_;
};

}  // namespace idnode::resolver
