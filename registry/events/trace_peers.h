#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "proto/base/result.h"
#include "registry/events/trace.h"

namespace idnode::events {

/// Who asks at another node. The token goes to addresses below the URL only.
struct PeerCredential {
    std::string url;  // of its HTTP interface, without slash at the end
    std::string token;
};

/// A question to the node that has an identifier.
struct PeerQuestion {
    std::string cid;
    TraceDirection direction = TraceDirection::kForward;
    std::int64_t as_of_ns = INT64_MAX;
    unsigned depth_max = kTraceDepthUsual;
    bool with_possible = false;
    std::optional<PeerCredential> credential{};  // nothing: asked for what everybody may see
};

struct PeerAnswer {
    std::string node;  // where it was asked
    boost::json::object body;
};

/// Other nodes. May be used by several threads.
class TracePeers {
  public:
    virtual ~TracePeers() = default;
    /// Finds the node that has the identifier and asks it; it asks no further. Blocks until the
    /// deadline at most. The error says why there is no answer.
    virtual Result<PeerAnswer> ask(const PeerQuestion& question,
                                   std::chrono::steady_clock::time_point deadline) = 0;
};

}  // namespace idnode::events
