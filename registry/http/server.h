#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "proto/base/result.h"
#include "registry/http/limits.h"
#include "resolver/engine/context.h"

namespace idnode::crypto {
class TlsServer;
}

namespace idnode::http {

class Handler;

struct ServerSettings {
    std::vector<std::string> addresses{"127.0.0.1"};  // IPv4 and IPv6 literals
    int port = 8000;                                  // 0: any free one
    unsigned io_threads = 1;                          // for the sockets and what is in memory
    unsigned threads = 8;           // for handlers, and messages that wait for the disk
    std::size_t queue_max = 1'024;  // requests that wait for one of them
    Limits limits{};
};

/// Numbers since the start, for status and metrics.
struct ServerCounters {
    std::uint64_t requests = 0;
    std::uint64_t connections = 0;  // open now
};

/// The HTTP and HTTPS front door on one port (§3.7): messages of the protocol in a POST go to the
/// engine, everything else to the handler. Has threads of its own, so that nothing here delays a
/// lookup over UDP or TCP.
class Server {
  public:
    /// What a server uses until `stop` has returned.
    struct Parts {
        const resolver::EngineContext& engine;
        Handler& handler;
        const crypto::TlsServer& tls;
    };

    /// kUnavailable names address and setting when the port is in use.
    static Result<std::unique_ptr<Server>> start(const ServerSettings& settings,
                                                 const Parts& parts);
    virtual ~Server() = default;

    /// Takes no more requests, answers those that were taken, closes everything and joins all
    /// threads. Called by the destructor too.
    virtual void stop() = 0;

    /// `address:port` as bound, `[::1]:8000` for IPv6.
    virtual std::vector<std::string> endpoints() const = 0;
    virtual ServerCounters counters() const = 0;
};

}  // namespace idnode::http
