#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "proto/base/limits.h"
#include "proto/base/result.h"
#include "resolver/engine/context.h"

namespace idnode::crypto {
class TlsServer;
}

namespace idnode::resolver {

struct ServerSettings {
    std::vector<std::string> addresses{"127.0.0.1"};  // IPv4 and IPv6 literals
    int udp_port = 2641;                              // 0: any free one, -1: off
    int tcp_port = 2641;
    unsigned threads = 0;          // 0: one per core
    bool realtime = false;         // those before everything else, where it is permitted
    unsigned storage_threads = 4;  // for reads that must go to the disk, and signatures
    std::size_t storage_queue_max = 4096;
    std::size_t tcp_connections_max = 10'000;
    std::size_t tcp_inflight_max =
        256;  // of one connection: questions that wait for disk or upstream
    std::chrono::seconds tcp_idle{300};
    std::chrono::seconds tcp_partial =
        limits::kPartialMessageTimeout;  // for the rest of a message that has begun (§10.2 H3)
    /// Those of the addresses whose TCP connections serve industrial clients (§9).
    std::vector<std::string> industrial_addresses;
    // For TCP connections that begin with a TLS handshake; null: there are none.
    const crypto::TlsServer* tls = nullptr;
};

/// Numbers since the start, for status and metrics.
struct ServerCounters {
    std::uint64_t udp_requests = 0;
    std::uint64_t udp_dropped = 0;  // answers that the socket would not take
    std::uint64_t tcp_requests = 0;
    std::uint64_t tcp_connections = 0;  // open now
};

/// The UDP and TCP front doors: one thread per core, each with sockets of its own. A running server
/// uses the context until `stop` has returned.
class Server {
  public:
    /// Binds everything first: kUnavailable names address and setting when a port is in use.
    static Result<std::unique_ptr<Server>> start(const ServerSettings& settings,
                                                 const EngineContext& context);
    virtual ~Server() = default;

    /// Takes no more questions, answers those that were taken (which the upstream's timeout
    /// bounds), closes everything and joins all threads. Called by the destructor too.
    virtual void stop() = 0;

    /// `address:port` as bound, `[::1]:2641` for IPv6.
    virtual std::vector<std::string> udp_endpoints() const = 0;
    virtual std::vector<std::string> tcp_endpoints() const = 0;
    virtual ServerCounters counters() const = 0;
};

}  // namespace idnode::resolver
