#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "proto/base/result.h"
#include "registry/model/ports.h"
#include "resolver/engine/upstream.h"

namespace idnode::resolver {

struct ForwardSettings {
    bool enabled = true;
    /// Top-level nodes as `HOST:PORT`, asked in this order. Names are looked up when the forwarder
    /// starts and now and then afterwards.
    std::vector<std::string> servers;
    /// Clients whose questions are forwarded: loopback, the private ranges of IPv4 and IPv6,
    /// link-local.
    std::vector<std::string> networks{"127.0.0.0/8",    "10.0.0.0/8", "172.16.0.0/12",
                                      "192.168.0.0/16", "::1/128",    "fc00::/7",
                                      "fe80::/10"};
    /// For a whole question: resends, TCP and other servers included.
    std::chrono::milliseconds timeout{2000};
    std::size_t questions_max = 10'000;  // that wait for an answer; the next gets RC 3
    std::size_t waiters_max = 1'000;     // for one and the same answer; the next gets RC 3
    std::size_t cache_bytes_max = 64U << 20U;
    std::size_t cache_entries_max = 100'000;
    std::chrono::seconds negative{10};  // how long "not found" is kept; 0: not at all
};

struct ForwardCounters {
    std::uint64_t asked = 0;       // questions that could not be answered from memory
    std::uint64_t from_cache = 0;  // questions answered from memory
    std::uint64_t coalesced = 0;   // asked, and joined to an equal question on its way
    std::uint64_t overloaded = 0;  // asked, and refused with RC 3
    std::uint64_t timeouts = 0;    // servers that were silent until their time was up
    std::uint64_t failovers = 0;   // times that the next server had to be asked
    std::uint64_t unanswered = 0;  // questions that no server answered
};

/// Asks top-level nodes on behalf of clients. Owns one thread; its destructor answers what still
/// waits with RC 3 and ends the thread (a name look-up under way is waited for).
///
/// A server that refuses connections or stays silent is marked down: it is left out, and one
/// question a second tries it again, so that a dead server costs its silence once and not each
/// time.
class Forwarder : public Upstream {
  public:
    virtual ForwardCounters counters() const = 0;
};

/// kInvalid: a server or a network that cannot be read; the detail names it. `clock` and `entropy`
/// outlive the forwarder; `entropy` is used from its thread.
Result<std::unique_ptr<Forwarder>> open_forwarder(const ForwardSettings& settings,
                                                  const model::Clock& clock,
                                                  model::Entropy& entropy);

/// As `open_forwarder`, for settings that were checked before; throws std::invalid_argument.
std::unique_ptr<Upstream> make_forwarder(const ForwardSettings& settings, const model::Clock& clock,
                                         model::Entropy& entropy);

}  // namespace idnode::resolver
