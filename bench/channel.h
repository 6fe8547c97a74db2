#pragma once

#include <memory>

#include "bench/exchange.h"
#include "bench/socket.h"
#include "proto/base/result.h"

namespace idnode::bench {

/// One socket with its exchange. Not thread-safe.
class Channel {
  public:
    virtual ~Channel() = default;

    virtual int fd() const = 0;
    /// Puts one request into the next batch. Only while `exchange().has_room()`.
    virtual void ask(TimePoint due, TimePoint now) = 0;
    /// Sends the batch. kUnavailable: the server is gone.
    virtual Result<void> flush() = 0;
    /// Takes what has come, without waiting.
    virtual Result<void> receive() = 0;
    /// Whether requests wait for the socket to take them.
    virtual bool wants_write() const = 0;

    Exchange& exchange() { return exchange_; }

  protected:
    explicit Channel(Exchange exchange) : exchange_(std::move(exchange)) {}

  private:
    Exchange exchange_;
};

Result<std::unique_ptr<Channel>> open_udp_channel(const Endpoint& server, Exchange exchange);
/// Connects again when the server closes; what was outstanding then counts as missing.
Result<std::unique_ptr<Channel>> open_tcp_channel(const Endpoint& server, Exchange exchange,
                                                  Tally& tally);

}  // namespace idnode::bench
