#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

#include "bench/lookup.h"
#include "proto/base/result.h"

namespace idnode::bench {

struct EchoOptions {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;  // 0: any free one
    Transport transport = Transport::kUdp;
    std::size_t reply_bytes =
        264;  // with the envelope; at least an empty answer, at most a datagram
};

/// The least that a server of this protocol can do: receive, give back a reply of fixed size that
/// carries the request's id, nothing looked up. One thread, datagrams in batches of 32; for streams
/// epoll. `ready` is called with the port once it is bound. Returns when `stop` is asked for.
Result<void> run_echo(const EchoOptions& options, std::stop_token stop,
                      const std::function<void(std::uint16_t)>& ready);

}  // namespace idnode::bench
